import { detectionAnswer, type NamedAlarm, namedAlarms } from "../../answers/index.ts";
import { formatCsv } from "../../data/index.ts";
import type { Detection } from "../../index.ts";
import { plotAnomalies } from "../../plot/index.ts";
import { openAnyTask } from "../readers/open-task.ts";
import { ofItsColumns, readingOf, readSeries } from "../readers/read-series.ts";
import { told } from "../readers/read-text-file.ts";
import { interruptible, notes, type Screen } from "../screen/screen.ts";
import { checkApart, checkChart, checkOutput, writeChart, writeResult } from "../screen/write-result.ts";
import type { DetectOptions } from "./detect-lines.ts";

export async function detect(model: string, files: string[], o: DetectOptions, screen: Screen): Promise<void> {
  await checkChart("--chart", o.chart);
  await checkOutput("--scores", o.scores);
  await checkApart([model, ...files], { "--chart": o.chart, "--scores": o.scores });
  const say = notes(o, screen);
  const { task } = await openAnyTask(model, ["anomalyDetector"], { backend: o.backend, say });
  if (files.includes("-")) {
    const { detectLines } = await import("./detect-lines.ts");
    return detectLines(task, files, o, screen);
  }
  const names = o.columns ?? task.learned.names ?? undefined;
  const { series, columns, dates } = await readSeries(files, names, { ...readingOf(task.options, o), say });
  const falseAlarms = o.falseAlarms === undefined ? {} : { falseAlarms: o.falseAlarms };
  const found = await interruptible((signal) =>
    ofItsColumns(() =>
      told("anomalyDetector.detect", files.join(", "), () => task.detect(series, { dates, signal, ...falseAlarms })),
    ),
  );
  if (o.scores) await writeResult(o.scores, await scoresCsv(found));
  if (o.chart) {
    const { alarms, usual, scores, threshold } = found;
    const drawn = { values: series, alarms, usual, scores, threshold, dates };
    await writeChart(o.chart, await plotAnomalies(drawn, { columns, title: `Anomalies: ${files.join(", ")}` }));
  }
  if (o.json) screen.out(`${JSON.stringify(detectionAnswer(found, columns))}\n`);
  else if (o.csv) screen.out(await alarmsCsv(namedAlarms(found, columns), dates !== null));
  else screen.out(o.quiet ? quietly(found) : `${found}\n`);
}

/** The first row of each alarm, by date where there is one. */
const quietly = ({ alarms }: Detection): string => alarms.map(({ start, from }) => `${start ?? from}\n`).join("");

const cell = (v: number): number => Number(v.toPrecision(8));

async function alarmsCsv(alarms: readonly NamedAlarm[], dated: boolean): Promise<string> {
  const columns = [
    ...(dated ? ["start", "end"] : []),
    "from",
    "to",
    "column",
    "value",
    "usual",
    "component",
    "size",
    "score",
  ];
  const rows = alarms.map(({ start, end, from, to, column, value, usual, component, size, score }) => [
    ...(dated ? [start ?? "", end ?? ""] : []),
    ...[from, to, column, value, cell(usual), component, cell(size), cell(score)],
  ]);
  return formatCsv({ columns, rows });
}

/** A row for each row of the series; the first ones have no score. */
async function scoresCsv({ scores, threshold, dates }: Detection): Promise<string> {
  const columns = [dates ? "date" : "row", "score", "alarm"];
  const rows = Array.from(scores, (score, t) => [
    dates?.[t] ?? t,
    Number.isNaN(score) ? "" : cell(score),
    score > threshold ? 1 : 0,
  ]);
  return formatCsv({ columns, rows });
}
