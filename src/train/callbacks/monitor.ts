import { DataError, option, problem, sentence, suggest } from "../../errors.ts";
import { oneOf } from "../options.ts";
import type { Logs, TrainingState } from "./callback.ts";

/** Whether less (`"min"`) or more (`"max"`) is better; `"auto"` decides by the metric's name. */
export type Mode = "auto" | "min" | "max";
export const modes = oneOf<Mode>(["auto", "min", "max"], "auto");

/** The number a callback watches, and which way is up. */
export interface Monitor {
  /** The number of this epoch; null in an epoch without validation. Throws DataError for a name that is not in the logs. */
  value(logs: Logs, state: TrainingState): number | null;
  /** Whether `a` is better than `b` by more than `minDelta`. */
  better(a: number, b: number, minDelta?: number): boolean;
  /** The worst possible value. */
  readonly worst: number;
}

/** `mode` "auto" tells the direction by the name. Throws DataError for a name that does not say. */
export function monitorOf(who: string, name: string, mode: Mode): Monitor {
  const sign = direction(who, name, mode);
  const worst = sign * Number.NEGATIVE_INFINITY;
  return {
    value(logs, state) {
      if (Object.hasOwn(logs, name)) return logs[name];
      const unseen = name.startsWith("val_") && state.validates && !Object.keys(logs).some((k) => k.startsWith("val_"));
      if (unseen) return null;
      const next =
        name.startsWith("val_") && !state.validates
          ? sentence`There is no validation data: give fit a ${option("validationSplit")} or validationData.`
          : suggest(snakeCase(name), Object.keys(logs));
      throw new DataError(problem(who, "a monitor that training reports", `"${name}"`, next));
    },
    // As in Keras the first value is the best so far, whatever it is: NaN too, which none after it is better than.
    better: (a, b, minDelta = 0) => b === worst || sign * a - minDelta > sign * b,
    worst,
  };
}

const snakeCase = (name: string): string => name.replace(/(?<=[a-z])[A-Z]/g, (c) => `_${c.toLowerCase()}`);

/** 1 where more is better, -1 where less is. */
function direction(who: string, name: string, mode: Mode): 1 | -1 {
  if (mode !== "auto") return mode === "max" ? 1 : -1;
  const spelt = snakeCase(name); // one in camel case is refused by the first logs, which say the right one
  if (up.test(spelt)) return 1;
  if (down.test(spelt)) return -1;
  throw new DataError(problem(who, "mode min or max", `auto, and a monitor "${name}" that does not say which`));
}

// The names Keras gives its metrics; a number behind tells a second one of the same kind.
const up = /(acc|accuracy|auc|precision|recall|specificity|sensitivity|score|f1|r2|similarity|iou)(_\d+)?$/;
const down =
  /(loss|error|mse|mae|mape|msle|rmse|crossentropy|divergence|poisson|hinge|cosh|perplexity|bits_per_character|false_positives|false_negatives)(_\d+)?$/;
