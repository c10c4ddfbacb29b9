import { DataError, option, problem, sentence } from "../../errors.ts";
import type { LoadOptions } from "../../formats/load-model.ts";
import { Tokenizer } from "../../text/tokenizer.ts";
import { anything, oneOf, orNull, readOptions, wholeFrom, words } from "../../train/options.ts";
import { loadTask } from "../load-task.ts";
import { nameOf, openModel, type TaskSource, taskAssets, taskOf } from "../shared/task-file.ts";
import type { Bundle, BundledKind, BundleOptions, TaskContents } from "./bundle-options.ts";
import { classifierData } from "./classifier-data.ts";
import { forecasterData } from "./forecaster-data.ts";
import { languageData } from "./language-data.ts";
import { formOf, type ModelForm } from "./model-form.ts";
import { regressorData } from "./regressor-data.ts";
import { withProbabilities } from "./with-probabilities.ts";

/** See `bundleTask`. */
export async function bundle(source: TaskSource, given: BundleOptions = {}, load: LoadOptions = {}): Promise<Bundle> {
  const opened = await openModel(source, load);
  const who = nameOf(source) ?? nameOf(opened) ?? "bundleTask";
  const saved = taskOf(opened);
  if (saved !== null) {
    const next = "It keeps its own preprocessing: loadTask opens it.";
    throw new DataError(problem(who, "a model without a task", `one that ${saved} saved`, next));
  }
  readOptions("bundleTask", given, fields);
  const fewer =
    given.tokenizer instanceof Tokenizer && given.numWords
      ? { tokenizer: limited(given.tokenizer, given.numWords) }
      : {};
  const options: BundleOptions = { ...given, ...fewer };
  const model = withProbabilities(opened, formOf(opened, who), options);
  const form = formOf(model, who);
  const kind = options.kind ?? kindOf(form, options);
  refuseOthers(kind, given, who);
  const { data, files, about } = makers[kind](form, options, who);
  const assets = taskAssets(kind, data, files ?? {});
  try {
    for (const [name, bytes] of assets) model.assets.set(name, bytes);
    return { ...(await loadTask(model, load)), about, assets };
  } finally {
    for (const name of assets.keys()) model.assets.delete(name); // the task has read them; the model is what it was
  }
}

const fields = {
  tokenizer: anything,
  numWords: orNull(wholeFrom(2)(2)),
  labels: anything,
  scaler: anything,
  targetScaler: anything,
  maxLength: orNull(wholeFrom(1)(1)),
  padding: oneOf(["pre", "post"], "pre"),
  truncating: oneOf(["pre", "post"], "pre"),
  window: orNull(wholeFrom(1)(1)),
  columns: words,
  target: anything,
  threshold: anything,
  kind: oneOf(["textClassifier", "languageModel", "sequenceClassifier", "forecaster", "regressor"], "textClassifier"),
};

const makers: Record<BundledKind, (form: ModelForm, options: BundleOptions, who: string) => TaskContents> = {
  textClassifier: (form, options, who) => classifierData("textClassifier", form, options, who),
  sequenceClassifier: (form, options, who) => classifierData("sequenceClassifier", form, options, who),
  languageModel: languageData,
  forecaster: forecasterData,
  regressor: regressorData,
};

/** A tokenizer that uses ids below `numWords` alone. */
function limited(tokenizer: Tokenizer, numWords: number): Tokenizer {
  const { class_name, config } = tokenizer.toJSON();
  return Tokenizer.fromJson(JSON.stringify({ class_name, config: { ...config, num_words: numWords } }));
}

/** The kind of task that layers and options speak for. */
function kindOf(form: ModelForm, { tokenizer, labels, window }: BundleOptions): BundledKind {
  const { reads, outputs, perStep, activation, idLimit } = form;
  const classes = activation === "softmax" || activation === "sigmoid" || labels !== undefined;
  if (reads !== "steps" || tokenizer) {
    if (activation === "linear" && labels === undefined) return "regressor";
    if (labels !== undefined || outputs === 1) return "textClassifier";
    if (reads === "texts") return "textClassifier";
    const known = tokenizer?.wordIndex.size;
    const words = [idLimit, known, known && known + 1, tokenizer?.numWords];
    return perStep || words.includes(outputs) ? "languageModel" : "textClassifier";
  }
  return classes && window === undefined ? "sequenceClassifier" : "forecaster";
}

/** Options that say nothing of a kind of task. */
const meant: Partial<Record<keyof BundleOptions, readonly BundledKind[]>> = {
  tokenizer: ["textClassifier", "languageModel", "regressor"],
  numWords: ["textClassifier", "languageModel", "regressor"],
  labels: ["textClassifier", "sequenceClassifier"],
  threshold: ["textClassifier", "sequenceClassifier"],
  scaler: ["sequenceClassifier", "forecaster", "regressor"],
  targetScaler: ["forecaster", "regressor"],
  maxLength: ["textClassifier", "sequenceClassifier", "languageModel", "regressor"],
  padding: ["textClassifier", "sequenceClassifier", "regressor"],
  truncating: ["textClassifier", "sequenceClassifier", "regressor"],
  window: ["forecaster"],
  columns: ["forecaster", "sequenceClassifier", "regressor"],
  target: ["forecaster"],
};

const kinds: Record<BundledKind, string> = {
  textClassifier: "a text classifier",
  sequenceClassifier: "a classifier of sequences",
  languageModel: "a language model",
  forecaster: "a forecaster",
  regressor: "a regressor",
};

function refuseOthers(kind: BundledKind, given: BundleOptions, who: string): void {
  for (const [name, fits] of Object.entries(meant)) {
    if (given[name as keyof BundleOptions] === undefined || fits.includes(kind)) continue;
    const expected = sentence`${fits.map((one) => kinds[one]).join(" or ")}, for ${option(name)}`;
    throw new DataError(problem(who, expected, kinds[kind], sentence`Leave ${option(name)} out.`));
  }
}
