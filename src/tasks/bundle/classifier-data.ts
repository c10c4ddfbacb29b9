import { LabelEncoder, OneHotEncoder } from "../../data/encoders.ts";
import { DataError, option, problem, sentence, showValue } from "../../errors.ts";
import type { Label } from "../classify/labels.ts";
import { usualBundled } from "../shared/bundled.ts";
import type { BundleOptions, TaskContents } from "./bundle-options.ts";
import type { ModelForm } from "./model-form.ts";
import { filling, idsFit, lengthOf, scalerFor, tokenizerOf } from "./parts.ts";

/** A classifier's file. Throws DataError naming what is missing or does not fit. */
export function classifierData(
  kind: "textClassifier" | "sequenceClassifier",
  form: ModelForm,
  options: BundleOptions,
  who: string,
): TaskContents {
  const { perStep, activation, features, outputs } = form;
  if (perStep || form.outputShape.length > 1) {
    const next = "For a class at each word or step, write a program: loadModel(path), then model.predict(x).";
    throw new DataError(
      problem(who, "a model with one output for each text or sequence", "one with an output at each step", next),
    );
  }
  if (activation === "linear") {
    const next = sentence`Is it a class? Give ${option("labels", undefined, "labels")}.`;
    throw new DataError(problem(who, "a model that ends in sigmoid or softmax", "one that ends in numbers", next));
  }
  const labels = labelsOf(options.labels, outputs, who);
  const length = lengthOf(form, options, who);
  const { padding = "pre", truncating = "pre", threshold = 0.5 } = options;
  if (!(threshold > 0 && threshold < 1))
    throw new DataError(problem(who, sentence`${option("threshold")} between 0 and 1`, showValue(threshold)));
  const shared = { labels, output: outputs === 1 ? "sigmoid" : "softmax", options: {} };
  const common = { ...shared, length, keep: truncating === "post" ? "start" : "end" };
  const bundled = { ...usualBundled, padding, threshold };
  const apart = activation === "sigmoid" && outputs > 1 ? ", each with a probability of its own" : "";
  const ending = `${filling(length, options)}; classes ${shownLabels(labels)}${apart}${threshold === 0.5 ? "" : `, threshold ${threshold}`}`;
  if (kind === "sequenceClassifier") {
    const { json, about } = scalerFor(options.scaler, features, who);
    const paddingValue = form.maskValue ?? 0;
    return {
      data: { ...common, features, scaler: json, audio: null, bundled: { ...bundled, paddingValue } },
      about: `a classifier of sequences: reads ${length || "all"} steps of ${features}, ${about}${ending}`,
    };
  }
  const tokenizer = tokenizerOf(form, options, who);
  const oneHot = form.reads === "steps";
  idsFit(tokenizer, oneHot ? features : form.idLimit, who);
  return {
    data: { ...common, bundled: { ...bundled, oneHot, ...(form.reads === "texts" ? { asTexts: true } : {}) } },
    files: { "tokenizer.json": tokenizer.toJson() },
    about:
      form.reads === "texts"
        ? `a text classifier: reads texts by a layer of its own${ending.slice(ending.indexOf(";"))}`
        : `a text classifier: reads ${length || "all"} ${tokenizer.charLevel ? "characters" : "words"}, ${ending}`,
  };
}

/** One label for each output, two for one. */
function labelsOf(given: BundleOptions["labels"], outputs: number, who: string): readonly Label[] {
  const count = outputs === 1 ? 2 : outputs;
  if (given === undefined) return Array.from({ length: count }, (_, k) => k);
  const [labels, ...others] =
    given instanceof LabelEncoder ? [given.classes] : given instanceof OneHotEncoder ? inPlaces(given) : [given];
  const isLabel = (v: unknown) => (typeof v === "string" && v !== "") || (typeof v === "number" && Number.isFinite(v));
  if (others.length > 0 || !Array.isArray(labels) || !labels.every(isLabel)) {
    const found = others.length > 0 ? "those of several columns" : showValue(labels);
    throw new DataError(problem(who, "labels: a list of names or numbers", found));
  }
  const distinct = new Set(labels.map(String)).size;
  if (labels.length === count && distinct === count) return labels;
  const found = distinct < labels.length ? "one of them twice" : `${labels.length}`;
  const why = outputs === 1 ? "one output means two classes" : `it has ${outputs} outputs`;
  throw new DataError(problem(who, `${count} labels, as ${why}`, found, "Give them in the order of the outputs."));
}

/** Categories as outputs have them: a dropped one is said by the others' absence, and is the first of two. */
const inPlaces = ({ categories, dropped }: OneHotEncoder) =>
  categories.map((values, k) => {
    const first = dropped[k] ?? 0;
    return [values[first], ...values.filter((_, at) => at !== first)];
  });

const shownLabels = (labels: readonly Label[]): string =>
  labels.length > 6 ? `${labels.slice(0, 5).join(", ")}, … (${labels.length})` : labels.join(", ");
