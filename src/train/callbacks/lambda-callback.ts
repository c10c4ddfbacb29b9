import type { Callback } from "./callback.ts";
import { checkCallback } from "./check-callback.ts";

/**
 * A callback from functions, checked: an unknown hook is a DataError.
 *
 *   lambdaCallback({ onEpochEnd: (epoch, logs) => console.log(epoch, logs.loss) })
 */
export function lambdaCallback(hooks: Callback): Callback {
  checkCallback("lambdaCallback", hooks);
  return { ...hooks };
}
