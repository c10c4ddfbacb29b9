import { DataError, problem } from "../../errors.ts";
import { type BundledKind, loadModel, type TaskKind, taskOf } from "../../index.ts";
import type { BareOptions } from "../readers/bare-options.ts";
import { bundleBare } from "../readers/bundle-bare.ts";
import { type Common, notes, type Screen } from "../screen/screen.ts";
import { checkApart, checkOutput } from "../screen/write-result.ts";

export interface BundleCommandOptions extends Common, BareOptions {
  out: string;
  columns?: string[];
}

const every: readonly BundledKind[] = [
  "textClassifier",
  "languageModel",
  "sequenceClassifier",
  "forecaster",
  "regressor",
];

export async function bundle(file: string, o: BundleCommandOptions, screen: Screen): Promise<void> {
  await checkOutput("--out", o.out);
  const { tokenizer, labels, scaler, targetScaler } = o;
  await checkApart([file, tokenizer, labels, scaler || undefined, targetScaler], { "--out": o.out });
  const model = await loadModel(file, { backend: o.backend });
  const saved = taskOf(model);
  if (saved !== null) {
    const next = `It needs nothing more: cellstate ${commandFor[saved as TaskKind] ?? "predict"} ${file}.`;
    throw new DataError(problem(file, "a model without a task in its file", `one that ${saved} saved`, next));
  }
  const { kind, task, about } = await bundleBare(file, model, every, { ...o, say: notes(o, screen) });
  await task.save(o.out);
  if (o.json) return screen.out(`${JSON.stringify({ file: o.out, kind, about })}\n`);
  if (!o.quiet) screen.out(`${o.out}: cellstate ${commandFor[kind]} ${o.out}${more[kind as BundledKind]}\n`);
}

const commandFor: Record<TaskKind, string> = {
  textClassifier: "predict",
  sequenceClassifier: "predict",
  languageModel: "generate",
  forecaster: "forecast",
  globalForecaster: "forecast",
  regressor: "predict",
  anomalyDetector: "detect",
  sequenceTagger: "predict",
  translator: "predict",
  sequenceTranscriber: "predict",
  videoClassifier: "predict",
  multiLabelClassifier: "predict",
};

const more: Record<BundledKind, string> = {
  textClassifier: ' "a text"',
  sequenceClassifier: " FILE",
  languageModel: ' "a prompt"',
  forecaster: " FILE",
  regressor: "",
};
