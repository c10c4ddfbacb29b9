import { Scaler, type ScalerJson } from "../../data/scalers.ts";
import { counted, DataError, option, problem, ShapeError, sentence, showValue } from "../../errors.ts";
import { Tokenizer } from "../../text/tokenizer.ts";
import type { BundleOptions } from "./bundle-options.ts";
import type { ModelForm } from "./model-form.ts";

/**
 * The tokenizer; one without words where the model reads texts itself. Throws DataError where there is none, or none that has
 * words.
 */
export function tokenizerOf({ reads }: ModelForm, { tokenizer }: BundleOptions, who: string): Tokenizer {
  if (reads === "texts" && tokenizer === undefined) return new Tokenizer();
  if (reads === "texts") {
    const next = sentence`Leave ${option("tokenizer")} out.`;
    throw new DataError(problem(who, "no tokenizer, for the model reads texts itself", "one", next));
  }
  if (tokenizer instanceof Tokenizer && tokenizer.wordIndex.size > 0) return tokenizer;
  const next = sentence`Give what the notebook kept, tokenizer.pickle for example: ${option("tokenizer", undefined, "tokenizer")}.`;
  const found =
    tokenizer === undefined ? "none" : tokenizer instanceof Tokenizer ? "one without words" : showValue(tokenizer);
  throw new DataError(problem(who, "a tokenizer, for the model reads words by their ids", found, next));
}

/**
 * Ids or steps that are read of a text or sequence: the model's own number, or the one that is given; 0 where the model reads any
 * length and none is given: all of them, without padding.
 */
export function lengthOf({ length }: ModelForm, options: BundleOptions, who: string): number {
  const { maxLength } = options;
  if (length !== null && (maxLength === undefined || maxLength === length)) return length;
  if (length !== null) throw new DataError(problem(who, `a length of ${length}, the model's own`, `${maxLength}`));
  if (maxLength !== undefined) return maxLength;
  const idle = (["padding", "truncating"] as const).find((name) => options[name] !== undefined);
  if (idle === undefined) return 0;
  const next = sentence`Give the length that the notebook padded to, ${option("maxLength", undefined, "maxLength")}, or leave ${option(idle)} out.`;
  throw new DataError(problem(who, sentence`an input length beside ${option(idle)}`, "a model of any length", next));
}

/** Throws DataError for a tokenizer whose ids go beyond what the model reads or says. */
export function idsFit({ wordIndex, numWords }: Tokenizer, limit: number | null, who: string): void {
  let most = 0;
  for (const id of wordIndex.values()) most = Math.max(most, id);
  if (numWords) most = Math.min(most, numWords - 1);
  if (limit === null || most < limit) return;
  const next = sentence`Is it the tokenizer that this model was trained with? If it was made with num_words: ${option("numWords", limit)}.`;
  throw new DataError(problem(who, `a tokenizer with ids below ${limit}`, `one with ids up to ${most}`, next));
}

/** A scaler of so many columns as plain data; without one, numbers stay as they are. */
export function scalerFor(
  scaler: Scaler | undefined,
  columns: number,
  who: string,
): { json: ScalerJson; about: string } {
  if (scaler === undefined)
    return {
      json: { kind: "standard", center: Array(columns).fill(0), scale: Array(columns).fill(1) },
      about: "not scaled, ",
    };
  if (!(scaler instanceof Scaler)) throw new DataError(problem(who, "a scaler", showValue(scaler)));
  const json = scaler.toJSON();
  if (json.center.length === columns) return { json, about: `scaled (${json.kind}), ` };
  const next = "Is it the scaler of the columns that the model reads?";
  throw new ShapeError(problem(who, `a scaler of ${counted(columns, "column")}`, `one of ${json.center.length}`, next));
}

/** Padding and truncation of texts and sequences, in words. */
export function filling(length: number, { padding = "pre", truncating = "pre" }: BundleOptions): string {
  if (length === 0) return "without padding";
  return padding === truncating
    ? `shorter ones padded and longer ones truncated at the ${ends[padding]}`
    : `shorter ones padded at the ${ends[padding]}, longer ones truncated at the ${ends[truncating]}`;
}

const ends = { pre: "beginning", post: "end" };
