import type { Command } from "commander";
import { type Explanation, explained, explanationAnswer, explanationOf } from "../../answers/index.ts";
import { DataError, option, problem, sentence } from "../../errors.ts";
import { openAnyTask, refuseForeign } from "../readers/open-task.ts";
import { columnsIn } from "../readers/read-series.ts";
import { notes, type Screen } from "../screen/screen.ts";
import { checkApart, checkChart, checkOutput, writeChart, writeResult } from "../screen/write-result.ts";
import { explanationChart, explanationPage } from "./explain-report.ts";
import { type ExplainOptions, sampleOf } from "./explain-sample.ts";
import { explanationTable } from "./explain-table.ts";

export async function explain(
  model: string,
  given: string[],
  o: ExplainOptions,
  self: Command,
  screen: Screen,
): Promise<void> {
  await checkChart("--chart", o.chart);
  await checkOutput("--html", o.html);
  await checkApart([model, ...given, o.file], { "--chart": o.chart, "--html": o.html });
  const baseline = o.baseline ?? "zeros";
  if (baseline !== "zeros" && baseline !== "mean")
    throw new DataError(problem("--baseline", "zeros or mean", JSON.stringify(baseline)));
  if ((o.step === undefined) !== (o.unit === undefined))
    throw new DataError(problem("explain", sentence`${option("step")} and ${option("unit")} together`, "one of them"));
  const say = notes(o, screen);
  const files = [...(o.file ? [o.file] : []), ...given];
  const sequences = o.group !== undefined || files.some((file) => /\.(npz|npy|jsonl|wav)$/i.test(file));
  const columnsOf = /\.(csv|tsv|npy)$/i.test(files[0] ?? "") ? columnsIn(files, o) : undefined;
  const wanted = [...explained, "translator"] as const;
  const opened = await openAnyTask(model, wanted, { ...o, sequences, ...(columnsOf ? { columnsOf } : {}), say });
  if (opened.kind === "translator") {
    const { explainTranslation } = await import("./explain-translation.ts");
    return explainTranslation(opened.task, given, o, self, screen);
  }
  refuseForeign(self, opened.kind, {
    text: ["textClassifier", "multiLabelClassifier", "languageModel", "regressor"],
    at: ["sequenceTagger", "sequenceTranscriber"],
    path: ["sequenceTranscriber", "videoClassifier"],
    transcript: ["sequenceTranscriber"],
    image: ["sequenceTranscriber"],
    group: ["sequenceClassifier", "regressor"],
    columns: ["sequenceClassifier", "regressor", "forecaster", "anomalyDetector"],
  });
  const sample = await sampleOf(opened, given, o, say);
  const { prediction } = sample;
  const found = await explanationOf(opened.task.model, sample, o, baseline, say);
  const all: Explanation = { model, prediction: prediction.text, ...found };
  if (o.chart) await writeChart(o.chart, await explanationChart(all));
  if (o.html) await writeResult(o.html, await explanationPage(all));
  if (o.json) screen.out(`${JSON.stringify(explanationAnswer(all, prediction.data))}\n`);
  else screen.out(explanationTable(all, o.quiet === true));
}
