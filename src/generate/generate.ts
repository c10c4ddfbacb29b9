import { DataError, problem } from "../errors.ts";
import { breatheWhenDue } from "../train/fit/breathe.ts";
import { readOptions, wholeFrom } from "../train/options.ts";
import { idList, type SamplingOptions, sampler } from "./sampling.ts";
import type { Session } from "./session.ts";

export interface GenerateOptions extends SamplingOptions {
  /** Largest number of ids. Default: no end; whoever iterates decides. */
  length?: number;
  /** Ids that end the text; they are not returned. Default: none. */
  stop?: readonly number[];
  /** Ends it before the next id: iterating rejects with the signal's reason. Default: none. */
  signal?: AbortSignal | undefined;
}

/**
 * Continues a prompt of ids, one id after the other, in a session of one row. The ids depend on the model, the prompt and
 * the options alone. Throws DataError for options out of range.
 *
 *   for await (const id of generate(statefulSession(model), [12, 3, 1], { length: 10, topP: 0.9, seed: 7 })) say(id);
 */
export async function* generate(
  session: Session,
  prompt: readonly number[],
  options: GenerateOptions = {},
): AsyncGenerator<number, void, undefined> {
  if (session.rows !== 1)
    throw new DataError(problem("generate", "a session of one row", `${session.rows}`, "Several rows are for beams."));
  const { length: most, stop: ends, signal, ...sampling } = options;
  const fields = { length: wholeFrom(0)(Number.MAX_SAFE_INTEGER), stop: idList };
  const { length, stop } = readOptions("generate", { length: most, stop: ends }, fields);
  const { pick, see } = sampler(session.vocabulary, sampling);
  signal?.throwIfAborted();
  if (length === 0) return;
  session.reset();
  for (const id of prompt) see(id);
  let p = await session.read(prompt, signal);
  const next = [0];
  for (let k = 1; ; k++) {
    await breatheWhenDue();
    signal?.throwIfAborted();
    next[0] = pick(p);
    if (stop.includes(next[0])) return;
    yield next[0];
    if (k >= length) return;
    p = await session.step(next);
  }
}
