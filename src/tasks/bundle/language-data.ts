import { DataError, option, problem, sentence } from "../../errors.ts";
import { usualBundled } from "../shared/bundled.ts";
import type { BundleOptions, TaskContents } from "./bundle-options.ts";
import type { ModelForm } from "./model-form.ts";
import { idsFit, lengthOf, tokenizerOf } from "./parts.ts";

/** A language model's file. Throws DataError naming what is missing or does not fit. */
export function languageData(form: ModelForm, options: BundleOptions, who: string): TaskContents {
  if (form.reads === "texts") {
    const next = "In a program: loadModel(path), then model.predict(texts).";
    throw new DataError(problem(who, "a model that reads ids of words", "one that reads texts itself", next));
  }
  const tokenizer = tokenizerOf(form, options, who);
  const oneHot = form.reads === "steps";
  if (form.activation !== "softmax" && form.activation !== null) {
    const found = `one that ends in ${form.activation}`;
    throw new DataError(problem(who, "a model that ends in a softmax over the words", found));
  }
  idsFit(tokenizer, oneHot ? form.features : form.idLimit, who);
  idsFit(tokenizer, form.outputs, who);
  const unit = tokenizer.charLevel ? "character" : "word";
  const plain = { endToken: null, bundled: { ...usualBundled, oneHot } };
  const files = { "tokenizer.json": tokenizer.toJson() };
  const { charLevel } = tokenizer;
  if (form.perStep)
    return {
      data: { ...plain, scheme: "stream", options: { charLevel } },
      files,
      about: `a language model: says the next ${unit} at every step, of ${tokenizer.wordIndex.size}`,
    };
  const length = lengthOf(form, options, who) || longest(form, who);
  const steps = form.length === null ? { steps: length } : {};
  return {
    data: { ...plain, scheme: "prefixes", options: { charLevel, ...steps } },
    files,
    about: `a language model: reads the ${length} ${unit}s before the next one, fewer padded at the beginning; ${tokenizer.wordIndex.size} ${unit}s`,
  };
}

/** Ids that a model of any length reads. Throws DataError where padding is part of what it learned. */
function longest({ skipsPadding }: ModelForm, who: string): number {
  if (skipsPadding) return 200;
  const next = sentence`It reads its padding as words: give the length that the notebook padded to, ${option("maxLength", undefined, "maxLength")}.`;
  throw new DataError(problem(who, "an input length", "a language model of any length", next));
}
