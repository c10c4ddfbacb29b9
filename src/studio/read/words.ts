import { DataError, problem } from "../../errors.ts";
import type { Arrays, NdArray } from "../../index.ts";
import type { Replace, Step } from "../messages.ts";
import { mostPrefixes, mostSteps, type Reading, stacked, stepOf } from "./reading.ts";

/** The words that a model knows. */
export interface WordTable {
  readonly charLevel: boolean;
  readonly split: string;
  readonly oovToken?: string | undefined;
  readonly numWords?: number | undefined;
  readonly wordIndex: ReadonlyMap<string, number>;
  textToWords(text: string): string[];
}

/** A task that reads texts: its own way to the model's input. */
export interface TextTask {
  readonly tokenizer: WordTable;
  /** Tokens in front of every text. */
  readonly begin: readonly string[];
  /** Tokens that the model reads at most. */
  readonly most: number;
  modelInput(text: string): { readonly x: Arrays; readonly steps: readonly string[] | null };
}

/** A text as a task's model reads it: its words, those unknown among them, and where they lie in the input. */
export function readText(task: TextTask, input: string, replace: Replace | null): Reading {
  const { tokenizer, begin } = task;
  const words = tokenizer.textToWords(input.trim()).map((word) => wordOf(word, tokenizer));
  let read = words.filter(({ id }) => id !== null);
  if (read.length === 0) {
    const next = words.length > 0 ? "Try everyday words." : "Type a few words.";
    throw new DataError(
      problem("input", "words that the model knows", words.length > 0 ? "none that it knows" : "none", next),
    );
  }
  const count = read.length;
  const most = Math.min(task.most, mostSteps);
  if (count > most && most < task.most) read = read.slice(-most);
  const text = (some: readonly Word[]) =>
    some.map((word) => word.text).join(tokenizer.charLevel ? "" : tokenizer.split);
  let given = task.modelInput(text(read));
  let place = placeIn(given.steps!, [...begin, ...read.map(({ token }) => token)]);
  if (replace) {
    const at = place.first + stepOf(replace, place.count) - begin.length;
    if (at < 0) throw new DataError(problem("replace", "a word of the text", "the sign that begins it"));
    read = read.with(at, knownWord(replace.by, tokenizer));
    given = task.modelInput(text(read));
    place = placeIn(given.steps!, [...begin, ...read.map(({ token }) => token)]);
  }
  const all = [...begin.map((): Step => ({ text: "(begin)", known: true })), ...read];
  const steps = all.slice(place.first, place.first + place.count).map(({ text, known }) => ({ text, known }));
  const skipped = [...new Set(words.flatMap(({ text, id }) => (id === null ? [text] : [])))];
  const end = place.first + place.count < all.length ? "first" : "last";
  const notes = [
    ...(steps.length < count ? [`The ${end} ${steps.length} of ${count} words are read.`] : []),
    ...(skipped.length > 0 ? [`Unknown to the model and left out: ${skipped.slice(0, 8).join(", ")}.`] : []),
  ];
  const ends = steps.map((_, t) => place.first + t + 1 - begin.length).filter((end) => end > 0);
  const few = steps.length <= mostPrefixes && ends.length === steps.length;
  const prefixes = few ? together(ends.map((end) => listOf(task.modelInput(text(read.slice(0, end))).x))) : null;
  return { steps, inputs: listOf(given.x), from: place.from, prefixes, note: notes.join(" "), answer: "" };
}

interface Word extends Step {
  readonly id: number | null;
  /** Its name among the task's tokens. */
  readonly token: string;
}

function wordOf(text: string, { wordIndex, numWords, oovToken }: WordTable): Word {
  const id = wordIndex.get(text);
  const known = id !== undefined && (numWords === undefined || id < numWords);
  return { text, known, id: known ? id : oovToken === undefined ? null : 1, token: known ? text : (oovToken ?? "") };
}

/** The one word that another is replaced by. */
function knownWord(by: string, tokenizer: WordTable): Word {
  const words = tokenizer.textToWords(by.trim());
  if (words.length !== 1)
    throw new DataError(
      problem("replace", `one ${tokenizer.charLevel ? "character" : "word"}`, JSON.stringify(by.slice(0, 40))),
    );
  const word = wordOf(words[0], tokenizer);
  if (word.id !== null) return word;
  throw new DataError(
    problem("replace", "a word that the model knows", JSON.stringify(by.slice(0, 40)), "Try an everyday word."),
  );
}

/** The tokens of an input that are no padding, and which of all words they are: the last ones, or the first. */
function placeIn(tokens: readonly string[], all: readonly string[]): { from: number; first: number; count: number } {
  const from = Math.max(
    0,
    tokens.findIndex((token) => token !== ""),
  );
  const count = Math.min(all.length, tokens.findLastIndex((token) => token !== "") + 1 - from);
  const last = all.length - count;
  const fits = (first: number) => all.slice(first, first + count).every((token, k) => token === tokens[from + k]);
  return { from, first: !fits(last) && fits(0) ? 0 : last, count };
}

const listOf = (x: Arrays): readonly NdArray[] => [x].flat() as NdArray[];

/** Inputs of a row each as inputs of many rows; null where the rows differ in length. */
function together(rows: readonly (readonly NdArray[])[]): readonly NdArray[] | null {
  const [first] = rows;
  if (rows.some((inputs) => inputs.some(({ shape }, k) => shape.join() !== first[k].shape.join()))) return null;
  return first.map((_, k) => stacked(rows.map((inputs) => inputs[k])));
}
