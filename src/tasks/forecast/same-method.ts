import { DataError, option, problem, sentence } from "../../errors.ts";
import type { Callback } from "../../train/callbacks/index.ts";
import { sameRun } from "../shared/same-run.ts";
import type { MethodOption } from "./candidates/method.ts";

/**
 * As `sameRun`; a training that version 0.1 began, which had no other method, goes on as the network's. Rejects with DataError where that one
 * took other differences.
 */
export function sameMethod(
  who: string,
  options: object,
  asked: MethodOption,
  data: Readonly<Record<string, unknown>>,
  differences: readonly number[],
  ofNetwork: () => readonly number[],
): { callback: Callback; method: () => MethodOption } {
  const same = sameRun(who, { ...options, method: asked }, data);
  let method = asked;
  const callback: Callback = {
    ...same,
    restore(saved) {
      const before = saved as { words: Record<string, string> };
      if (before.words.method === undefined) {
        method = "network";
        const first = ofNetwork();
        if (String(first) !== String(differences)) {
          const next = sentence`Give ${option("method", "network")} to resume it, or delete its checkpoint to start over.`;
          throw new DataError(
            problem(who, `differences [${first}], as in the interrupted training`, `[${differences}]`, next),
          );
        }
      }
      same.restore?.({ ...before, words: { method: JSON.stringify(asked), ...before.words } });
    },
  };
  return { callback, method: () => method };
}
