import type { LanguageModel, Session } from "../../index.ts";

/** Log-probabilities of a text's tokens, as OpenAI's completions write them. */
export interface Logprobs {
  readonly tokens: readonly string[];
  readonly token_logprobs: readonly number[];
  readonly top_logprobs: readonly Readonly<Record<string, number>>[];
  readonly text_offset: readonly number[];
}

/** A session whose last probabilities can be looked at: a token is yielded before the next are computed. */
export function watched(of: Session): { session: Session; last(): Float32Array } {
  let last: Float32Array = new Float32Array();
  const note = (p: Float32Array) => {
    last = p.slice();
    return p;
  };
  const session: Session = {
    ...of,
    read: async (ids, signal) => note(await of.read(ids, signal)),
    step: async (ids) => note(await of.step(ids)),
  };
  return { session, last: () => last };
}

/** The log-probability of a token and of the most probable ones beside it. */
export function logprobsOf(p: Float32Array, token: string, task: LanguageModel, count: number) {
  const { wordIndex, indexWord } = task.reading.tokenizer;
  const log = (id: number) => Math.max(-1e4, Math.log(p[id] ?? 0)); // JSON has no -Infinity
  const ids = Array.from(p.keys()).filter((id) => indexWord.has(id));
  ids.sort((a, b) => p[b] - p[a]);
  const top = Object.fromEntries(ids.slice(0, count).map((id) => [indexWord.get(id)!, log(id)]));
  return { token, logprob: log(wordIndex.get(token) ?? -1), top };
}
