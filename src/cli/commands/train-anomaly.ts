import type { Command } from "commander";
import { anomalyDetector, type DetectorMethod } from "../../index.ts";
import { readSeries } from "../readers/read-series.ts";
import { told } from "../readers/read-text-file.ts";
import { notes, type Screen } from "../screen/screen.ts";
import { refuseToContinue } from "./continue.ts";
import { rowOf } from "./evaluate-forecaster.ts";
import { given, optimizerFor } from "./given-options.ts";
import { seasonGiven } from "./seasons-given.ts";
import type { TrainOptions } from "./train-options.ts";
import { train } from "./train-run.ts";

/** `cellstate train anomaly`: learns what is normal in a series, or in its rows before `--until`. */
export async function onNormal(files: string[], o: TrainOptions, self: Command, screen: Screen): Promise<void> {
  refuseToContinue(o, "a detector of anomalies");
  const say = notes(o, screen);
  const found = await readSeries(files, o.columns, { ...o, toTrain: true, say });
  const end = o.until === undefined ? found.series.shape[0] : rowOf(o.until, found.dates, "--until");
  const [series, dates] = [found.series.slice(0, end), found.dates?.slice(0, end) ?? null];
  if (o.until !== undefined) say(`learns from the ${end} rows before ${found.dates?.[end] ?? `row ${end}`}`);
  const { columns, reading } = found;
  const method = o.method as DetectorMethod | undefined; // the command has these choices
  const network = given(o, "cell", "units", "dropout", "recurrentDropout", "window", "seed", "backend");
  const task = anomalyDetector({
    ...{
      ...network,
      ...seasonGiven(o, say),
      ...given(o, "falseAlarms", "timeZone"),
      ...optimizerFor(o),
      ...(method ? { method } : {}),
      columns,
      reading,
    },
  });
  const more = { ...given(o, "validationSplit", "patience"), dates };
  await train(task, o, screen, self, (fit) =>
    told("anomalyDetector.fit", files.join(", "), () => task.fit(series, { ...fit, ...more })),
  );
  for (const note of task.notes) say(note);
}
