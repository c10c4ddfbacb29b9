import { breatheWhenDue } from "../train/fit/breathe.ts";
import { from0, readOptions, wholeFrom } from "../train/options.ts";
import { checkBanned, idList, largest } from "./sampling.ts";
import type { Session } from "./session.ts";

export interface BeamOptions {
  /** Maximum number of ids. */
  length: number;
  /** Ids that end a text; they count in its probability and are not returned. Default: none. */
  stop?: readonly number[];
  /** Ids that are never generated. Default: none. */
  banned?: readonly number[];
  /** α of ((5 + length) / 6)^α, by which log-probabilities are divided (Wu et al. 2016): 0 favours short texts. Default 0.6. */
  lengthPenalty?: number;
  /** Ends the search before the next step: it rejects with the signal's reason. Default: none. */
  signal?: AbortSignal | undefined;
}

/** A text that beam search found. */
export interface Beam {
  /** The generated ids, without the prompt. */
  readonly ids: readonly number[];
  /** Sum of the natural logarithms of the tokens' probabilities. */
  readonly logProbability: number;
  /** The score it is ranked by. */
  readonly score: number;
}

/** The number by which the log-probability of a text of so many ids is divided (Wu et al. 2016). */
export const lengthDivisor = (length: number, power: number): number => ((5 + length) / 6) ** power;

interface Branch {
  readonly ids: readonly number[];
  readonly logProbability: number;
  /** The row it continues. */
  readonly row: number;
}

/**
 * The most probable continuations of a prompt of ids, best first: at every step the best `session.rows` beginnings are kept;
 * one that ends leaves its place empty. With one row it is greedy.
 *
 *   const [best] = await beamSearch(statefulSession(model, { rows: 4 }), [12, 3, 1], { length: 10 });
 */
export async function beamSearch(session: Session, prompt: readonly number[], options: BeamOptions): Promise<Beam[]> {
  const { signal, ...given } = options;
  const { length, stop, banned, lengthPenalty } = readOptions("beamSearch", given, {
    length: wholeFrom(1)(10),
    stop: idList,
    banned: idList,
    lengthPenalty: from0(0.6),
  });
  checkBanned("beamSearch", banned, session.vocabulary);
  const ranked = ({ ids, logProbability }: Branch, all = ids.length): Beam => ({
    ids,
    logProbability,
    score: logProbability / lengthDivisor(all, lengthPenalty),
  });
  const ended: Beam[] = [];
  session.reset();
  let p = await session.read(prompt, signal);
  let branches: Branch[] = [{ ids: [], logProbability: 0, row: 0 }];
  for (let k = 1; ; k++) {
    await breatheWhenDue();
    signal?.throwIfAborted();
    const best = expand(branches, p, session, banned, session.rows - ended.length);
    if (best.length === 0) break; // whatever may come has probability 0
    for (const b of best) if (stop.includes(b.ids.at(-1)!)) ended.push(ranked({ ...b, ids: b.ids.slice(0, -1) }, k));
    branches = best.filter((b) => !stop.includes(b.ids.at(-1)!));
    if (branches.length === 0 || k === length) break;
    const rows = Array.from({ length: session.rows }, (_, row) => branches[row] ?? branches[0]); // idle rows repeat the best
    session.reorder(rows.map((b) => b.row));
    p = await session.step(rows.map((b) => b.ids.at(-1)!));
    branches = branches.map((b, row) => ({ ...b, row }));
  }
  return [...ended, ...branches.map((b) => ranked(b))].sort((a, b) => b.score - a.score);
}

/** The best `most` continuations, best first; of equals the earlier branch, then the lower id. */
function expand(
  branches: readonly Branch[],
  p: Float32Array,
  { vocabulary }: Session,
  banned: readonly number[],
  most: number,
): Branch[] {
  const order = new Int32Array(most);
  const found = branches.flatMap(({ ids, logProbability, row }) => {
    const own = p.slice(row * vocabulary, (row + 1) * vocabulary);
    for (const id of banned) own[id] = 0;
    const count = largest(own, most, order);
    return Array.from(order.subarray(0, count), (id) => ({
      ids: [...ids, id],
      logProbability: logProbability + Math.log(own[id]),
      row,
    }));
  });
  return found.sort((a, b) => b.logProbability - a.logProbability).slice(0, most); // a stable sort
}
