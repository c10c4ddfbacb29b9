import { DataError, problem } from "../errors.ts";
import type { LanguageModel } from "../index.ts";
import type { NextWord } from "./messages.ts";
import type { OpenModel } from "./open-model.ts";

interface TreeOptions {
  /** Words at each branch. */
  readonly top: number;
  /** Words in a row. */
  readonly depth: number;
  /** Below 1 the probable words gain, above 1 the others. */
  readonly temperature: number;
}

/** The next words after a prompt, with those after each of them: all `top` of the first, then the best two. */
export async function writeTree(
  { task }: OpenModel,
  prompt: string,
  options: TreeOptions,
): Promise<{ tree: NextWord[]; unknown: string[] }> {
  if (task?.kind !== "languageModel") {
    const next = "Open the next-word model on the Start page, or train one: cellstate train text.";
    throw new DataError(
      problem("studio write", "a language model", task?.kind ?? "a model without a vocabulary", next),
    );
  }
  const unknown: string[] = [];
  const warn = (line: string) => void unknown.push(line);
  const { words, characters } = { words: " ", characters: "" };
  const between = task.task.reading.tokenizer.charLevel ? characters : words;
  const grow = async (text: string, depth: number, top: number): Promise<NextWord[]> => {
    const found = await heated(task.task, text, { ...options, top }, depth === options.depth ? warn : () => {});
    if (depth === 1) return found;
    const grown: NextWord[] = [];
    for (const [k, one] of found.entries())
      grown.push(k < 4 ? { ...one, next: await grow(`${text}${between}${one.token}`, depth - 1, 2) } : one);
    return grown;
  };
  return { tree: await grow(prompt, options.depth, options.top), unknown };
}

/** p^(1/temperature), over the whole vocabulary. */
async function heated(
  task: LanguageModel,
  text: string,
  { top, temperature }: TreeOptions,
  warn: (line: string) => void,
) {
  const all = await task.predict(text, { top: Number.MAX_SAFE_INTEGER, warn });
  const most = Math.log(all[0].probability);
  const weights = all.map(({ probability }) => Math.exp((Math.log(probability) - most) / temperature));
  const sum = weights.reduce((a, b) => a + b, 0);
  return all.slice(0, top).map(({ token }, k) => ({ token, probability: weights[k] / sum }));
}
