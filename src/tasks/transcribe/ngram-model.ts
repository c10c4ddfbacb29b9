import { DataError, problem, showValue } from "../../errors.ts";
import { readOptions, wholeFrom } from "../../train/options.ts";
import { isList, isRecord, isText } from "../shared/task-file.ts";

/** Options of `ngramModel`. */
export interface NgramOptions {
  /** Characters that count together: of order 3 a character's probability depends on the two before it. Default 4. */
  order?: number;
}

type Counts = Map<string, Map<string, number>>;

/** A language model of characters, as `ngramModel` makes it. */
export class NgramModel {
  /** Characters that count together. */
  readonly order: number;
  /** For each context of up to `order − 1` characters, the characters that came behind it, and how often; `""` is a text's end. */
  readonly #counts: Counts;

  constructor(order: number, counts: Counts) {
    this.order = order;
    this.#counts = counts;
  }

  /** Context of a text's first character. */
  get start(): string {
    return begin.repeat(this.order - 1);
  }

  /** The context behind one more character. */
  behind(context: string, character: string): string {
    return [...context, character].slice(-(this.order - 1) || Number.POSITIVE_INFINITY).join("");
  }

  /**
   * The logarithm of the probability of a character behind a context, or of the text's end with `""`: interpolated over all shorter
   * contexts by Witten and Bell's rule (1991).
   *
   *   const model = ngramModel(["one", "one"]);
   *   model.logProbability("on", "e") > model.logProbability("on", "n"); // true
   */
  logProbability(context: string, character: string): number {
    const before = [...context];
    let p = 1 / (this.#counts.get("")!.size + 1); // one more for any that never came
    for (let from = before.length; from >= 0; from--) {
      const behind = this.#counts.get(before.slice(from).join(""));
      if (!behind) break;
      let all = 0;
      for (const n of behind.values()) all += n;
      p = ((behind.get(character) ?? 0) + behind.size * p) / (all + behind.size);
    }
    return Math.log(p);
  }

  /** Plain data for a file. */
  toJSON(): { order: number; counts: [string, [string, number][]][] } {
    return { order: this.order, counts: [...this.#counts].map(([context, behind]) => [context, [...behind]]) };
  }
}

const begin = "\u0002";

/**
 * Learns a language model of characters from texts, one transcript each: what follows what, and where a text ends. With `transcribe` it
 * helps to choose among transcripts that sound or look alike. Throws DataError without texts.
 *
 *   const model = ngramModel(["one two", "two one"], { order: 3 });
 */
export function ngramModel(texts: readonly string[], options: NgramOptions = {}): NgramModel {
  const { order } = readOptions("ngramModel", options, { order: wholeFrom(1)(4) });
  if (!isList(isText)(texts) || texts.length === 0) {
    const next = 'ngramModel(["one two", "two one"])';
    throw new DataError(problem("ngramModel", "a list of texts", showValue(texts), next));
  }
  const counts: Counts = new Map();
  for (const text of texts) {
    const characters = [...begin.repeat(order - 1), ...text, ""];
    for (let at = order - 1; at < characters.length; at++)
      for (let size = 0; size < order; size++) {
        const context = characters.slice(at - size, at).join("");
        const behind = counts.get(context) ?? new Map<string, number>();
        behind.set(characters[at], (behind.get(characters[at]) ?? 0) + 1);
        counts.set(context, behind);
      }
  }
  return new NgramModel(order, counts);
}

/** A model from what `toJSON` gave; null for anything else. */
export function readNgramModel(data: unknown): NgramModel | null {
  if (!isRecord(data) || !Number.isInteger(data.order) || Number(data.order) < 1 || !Array.isArray(data.counts))
    return null;
  const isPair = (v: unknown, second: (v: unknown) => boolean) =>
    Array.isArray(v) && v.length === 2 && isText(v[0]) && second(v[1]);
  const isCounts = (v: unknown) =>
    Array.isArray(v) && v.length > 0 && v.every((pair) => isPair(pair, (n) => Number.isInteger(n) && Number(n) > 0));
  if (!data.counts.every((pair) => isPair(pair, isCounts))) return null;
  const rows = data.counts as [string, [string, number][]][];
  const counts = new Map(rows.map(([context, behind]) => [context, new Map(behind)]));
  return counts.has("") ? new NgramModel(Number(data.order), counts) : null;
}
