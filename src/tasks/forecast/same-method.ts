import type { Callback } from "../../train/callbacks/index.ts";
import { sameRun } from "../shared/same-run.ts";
import type { MethodOption } from "./candidates/method.ts";

/** As `sameRun`; a training that version 0.1 began, which had no other method, goes on as the network's. */
export function sameMethod(
  who: string,
  options: object,
  asked: MethodOption,
  data: Readonly<Record<string, unknown>>,
): { callback: Callback; method: () => MethodOption } {
  const same = sameRun(who, { ...options, method: asked }, data);
  let method = asked;
  const callback: Callback = {
    ...same,
    restore(saved) {
      const before = saved as { words: Record<string, string> };
      if (before.words.method === undefined) method = "network";
      same.restore?.({ ...before, words: { method: JSON.stringify(asked), ...before.words } });
    },
  };
  return { callback, method: () => method };
}
