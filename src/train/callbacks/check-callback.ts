import { DataError, problem, showValue, suggest } from "../../errors.ts";
import type { Callback } from "./callback.ts";

/** Hooks of tfjs, and of Keras 2, by their names here. */
const elsewhere: Readonly<Record<string, string>> = {
  onBatchBegin: "onTrainBatchBegin",
  onBatchEnd: "onTrainBatchEnd",
  onYield: "onTrainBatchEnd",
};

const known: Required<{ [K in keyof Callback]: "number" | "boolean" | "function" }> = {
  batchStride: "number",
  settleSeconds: "number",
  writes: "boolean",
  onTrainBegin: "function",
  onEpochBegin: "function",
  onTrainBatchBegin: "function",
  onTrainBatchEnd: "function",
  onTestBegin: "function",
  onTestBatchBegin: "function",
  onTestBatchEnd: "function",
  onTestEnd: "function",
  onEpochEnd: "function",
  onSettled: "function",
  onTrainEnd: "function",
  state: "function",
  restore: "function",
};

/** One callback or a list of them, as a list; what is left out is none. Throws DataError for what is no callback. */
export function callbackList(
  who: string,
  given: Callback | readonly Callback[] | null | undefined,
): readonly Callback[] {
  const list = Array.isArray(given) ? (given as readonly Callback[]) : [given ?? []].flat();
  for (const c of list) checkCallback(who, c);
  return list as readonly Callback[];
}

/**
 * Throws DataError for anything that is not a callback: a factory that was not called, an unknown hook, a hook that is
 * not a function.
 */
export function checkCallback(who: string, callback: unknown): void {
  if (typeof callback === "function") {
    const next = `Call it: ${callback.name || "earlyStopping"}().`;
    throw new DataError(problem(who, "a callback", `the function ${callback.name}`, next));
  }
  if (typeof callback !== "object" || callback === null)
    throw new DataError(problem(who, "a callback", showValue(callback)));
  for (const [name, hook] of Object.entries(callback)) {
    const kind = Object.hasOwn(known, name) ? known[name as keyof Callback] : null;
    if (kind === null && /^on[A-Z_]/.test(name)) {
      const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
      const next = suggest(elsewhere[camel] ?? camel, Object.keys(known));
      throw new DataError(problem(who, "hooks of a callback", `"${name}"`, next));
    }
    if (kind !== null && hook !== undefined && typeof hook !== kind)
      throw new DataError(problem(who, `${name}: a ${kind}`, String(hook)));
  }
}
