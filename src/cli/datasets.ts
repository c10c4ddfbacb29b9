import { Command } from "commander";
import { DataError, problem, suggest } from "../errors.ts";
import { datasets } from "../index.ts";
import { examples, type Screen } from "./screen.ts";

const known: Record<string, { about: string; fetch: () => Promise<number> }> = {
  imdb: {
    about: "50,000 film reviews as word ids, good or bad (17 MB)",
    fetch: async () => {
      const { train, test } = await datasets.imdb();
      await datasets.imdbWordIndex();
      return train.x.length + test.x.length;
    },
  },
};

/** `cellstate datasets list|where|download NAME`. */
export function datasetsCommand(screen: Screen): Command {
  const list = new Command("list").description("The data sets there are.").action(() => {
    for (const [name, { about }] of Object.entries(known)) screen.out(`${name.padEnd(8)}  ${about}\n`);
  });
  const where = new Command("where").description("The places that are looked at, in their order.").action(async () => {
    const { dataPath, cache, kerasCache } = await datasets.dataPlaces();
    screen.out(`CELLSTATE_DATA  ${dataPath ?? "not set"}\ncache           ${cache}\nKeras's cache   ${kerasCache}\n`);
  });
  const download = new Command("download")
    .description("Finds a data set here, or downloads and checks it.")
    .argument("<name>", "one of the list")
    .action(async (name: string) => {
      if (!Object.hasOwn(known, name))
        throw new DataError(problem("datasets", "a known data set", name, suggest(name, Object.keys(known))));
      screen.out(`${name}: ${(await known[name].fetch()).toLocaleString("en-US")} rows\n`);
    });
  const command = new Command("datasets").description("Public data sets.");
  for (const one of [list, where, download]) command.addCommand(one);
  return examples(command, "cellstate datasets list", "cellstate datasets where");
}
