import { DataError, problem, suggest } from "../../errors.ts";
import type { Callback } from "./callback.ts";

const known: Required<{ [K in keyof Callback]: "number" | "function" }> = {
  batchStride: "number",
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

/**
 * A callback from functions, checked: a hook nobody calls is a DataError.
 *
 *   lambdaCallback({ onEpochEnd: (epoch, logs) => console.log(epoch, logs.loss) })
 */
export function lambdaCallback(hooks: Callback): Callback {
  for (const [name, hook] of Object.entries(hooks)) {
    if (!Object.hasOwn(known, name))
      throw new DataError(
        problem("lambdaCallback", "hooks of a callback", `"${name}"`, suggest(name, Object.keys(known))),
      );
    if (hook !== undefined && typeof hook !== known[name as keyof Callback])
      throw new DataError(problem("lambdaCallback", `${name}: a ${known[name as keyof Callback]}`, String(hook)));
  }
  return { ...hooks };
}
