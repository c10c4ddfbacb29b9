import { DataError, problem } from "../../errors.ts";
import { usualBundled } from "../shared/bundled.ts";
import type { BundleOptions, TaskContents } from "./bundle-options.ts";
import type { ModelForm } from "./model-form.ts";
import { filling, idsFit, lengthOf, scalerFor, tokenizerOf } from "./parts.ts";

/** A regressor's file. Throws DataError naming what is missing or does not fit. */
export function regressorData(form: ModelForm, options: BundleOptions, who: string): TaskContents {
  const { features, outputs, perStep } = form;
  if (perStep || form.outputShape.length > 1) {
    const next = "For numbers at each word or step, write a program: loadModel(path), then model.predict(x).";
    throw new DataError(
      problem(who, "a model with one output for each text or sequence", "one with an output at each step", next),
    );
  }
  const { padding = "pre", truncating = "pre", targetScaler } = options;
  const length = lengthOf(form, options, who);
  const target = scalerFor(targetScaler, outputs, who);
  const texts = form.reads !== "steps" || options.tokenizer !== undefined;
  const oneHot = texts && form.reads === "steps";
  const own = form.reads === "texts" ? { asTexts: true } : {};
  const bundled = { ...usualBundled, padding, oneHot, paddingValue: texts ? 0 : (form.maskValue ?? 0), ...own };
  const data = { length, truncating, bundled, outputs: target.json };
  const gives = `${outputs === 1 ? "a number" : `${outputs} numbers`}${targetScaler ? ", scaled back" : ""}`;
  if (!texts) {
    const { json, about } = scalerFor(options.scaler, features, who);
    return {
      data: { ...data, scaler: json },
      about: `a regressor of sequences: reads ${length || "all"} steps of ${features}, ${about}${filling(length, options)}; gives ${gives}`,
    };
  }
  const tokenizer = tokenizerOf(form, options, who);
  idsFit(tokenizer, oneHot ? features : form.idLimit, who);
  const unit = tokenizer.charLevel ? "characters" : "words";
  return {
    data: { ...data, scaler: null },
    files: { "tokenizer.json": tokenizer.toJson() },
    about: `a regressor of texts: reads ${length || "all"} ${unit}, ${filling(length, options)}; gives ${gives}`,
  };
}
