import { Command } from "commander";
import type { datasets } from "../../index.ts";
import { examples, type Screen } from "../screen/screen.ts";

interface Shown {
  json?: boolean;
  quiet?: boolean;
}

/** `cellstate datasets list|where|download NAME`. */
export function datasetsCommand(screen: Screen): Command {
  const command = new Command("datasets")
    .description("List, locate and download public data sets.")
    .addCommand(listCommand(screen))
    .addCommand(whereCommand(screen))
    .addCommand(downloadCommand(screen));
  return examples(command, "cellstate datasets list", "cellstate datasets where");
}

function listCommand(screen: Screen): Command {
  const command = new Command("list")
    .description("List the data sets: size, availability on this machine, license, source.")
    .option("--json", "JSON output, one value per line")
    .option("-q, --quiet", "print the names only")
    .action(async (o: Shown) => {
      const { datasets } = await import("../../index.ts");
      const sets = await Promise.all(datasets.dataSets.map((set) => described(set, datasets.locateDataSet)));
      if (o.quiet) screen.out(sets.map(({ name }) => `${name}\n`).join(""));
      else if (o.json) screen.out(sets.map((set) => `${JSON.stringify(set)}\n`).join(""));
      else {
        const width = (cells: string[]) => Math.max(...cells.map((cell) => cell.length));
        const [names, licences] = [width(sets.map(({ name }) => name)), width(sets.map(({ licence }) => licence))];
        for (const { name, bytes, here, download, licence, about } of sets) {
          const state = here ? "here" : download ? "download" : "by hand";
          screen.out(
            `${name.padEnd(names)}  ${megabytes(bytes).padStart(9)}  ${state.padEnd(8)}  ${licence.padEnd(licences)}  ${about}\n`,
          );
        }
        screen.out(
          "\nhere: on this machine. download: cellstate datasets download NAME. by hand: cellstate datasets where NAME says where to put it.\n",
        );
      }
    });
  return examples(command, "cellstate datasets list", "cellstate datasets list --json");
}

async function described(
  { name, about, licence, source, files }: datasets.DataSet,
  locate: typeof datasets.locateDataSet,
) {
  const found = await locate(name);
  return {
    ...{ name, about, licence, source },
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    here: [...found.values()].every((path) => path !== null),
    download: files.every(({ url }) => url !== null),
    files: files.map(({ fileName, bytes, url }) => ({ fileName, bytes, url, path: found.get(fileName) })),
  };
}

function whereCommand(screen: Screen): Command {
  const command = new Command("where")
    .description("Show the folders that are searched, in order; for one data set its files and where they belong.")
    .argument("[name]", "a name from the list")
    .option("--json", "JSON output")
    .action(async (name: string | undefined, o: Shown) => {
      const { datasets } = await import("../../index.ts");
      const places = await datasets.dataPlaces();
      const { dataPath, cache, kerasCache } = places;
      if (name === undefined) {
        if (o.json) screen.out(`${JSON.stringify(places)}\n`);
        else
          screen.out(
            `CELLSTATE_DATA  ${dataPath ?? "not set"}\ncache           ${cache}\nKeras's cache   ${kerasCache}\n`,
          );
        return;
      }
      const set = datasets.dataSet(name);
      const found = await datasets.locateDataSet(name);
      if (o.json) return screen.out(`${JSON.stringify(Object.fromEntries(found))}\n`);
      for (const { fileName, folder, place } of set.files) {
        const path = found.get(fileName);
        screen.out(`${path ?? `not here: ${cache}/${place ?? fileName}, or $CELLSTATE_DATA/${folder}/${fileName}`}\n`);
      }
    });
  return examples(command, "cellstate datasets where", "cellstate datasets where airline");
}

function downloadCommand(screen: Screen): Command {
  return new Command("download")
    .description("Find a data set here, or download it and check its sha256; a broken download leaves nothing behind.")
    .argument("<name>", "a name from the list")
    .option("-q, --quiet", "no progress output")
    .action(async (name: string, o: Shown) => {
      const [{ datasets }, { stat }] = await Promise.all([import("../../index.ts"), import("node:fs/promises")]);
      const { about, licence, source } = datasets.dataSet(name);
      if (!o.quiet) screen.out(`${name}: ${about}. ${source}. Licence: ${licence}.\n`);
      await datasets.fetchDataSet(name, o.quiet ? { onProgress: () => {} } : {});
      for (const [fileName, path] of await datasets.locateDataSet(name)) {
        const bytes = path === null ? "" : `  ${megabytes((await stat(path)).size)}`;
        screen.out(`${path ?? `${fileName}: could not be kept`}${o.quiet ? "" : bytes}\n`);
      }
    });
}

const megabytes = (bytes: number): string =>
  bytes < 100_000 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
