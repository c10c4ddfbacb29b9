import { DataError, option, problem, sentence } from "../../errors.ts";
import { oneOf, orNull } from "../options.ts";

/** A step whose loss is no finite number, or that left weights that are none. The weights are those before its crossing again. */
export interface Broken {
  /** Counted from the first step of the crossing under way; below 0: before that. */
  readonly step: number;
  /** Null: its weights are no numbers. */
  readonly loss: number | null;
}

/** The rule of `onNaN`; null where it is left out. */
export const onNaNField = orNull(oneOf(["error", "continue"], "error"));

/** Error message of a training that ends by such a step; `place`: "epoch 1, step 3". */
export function noNumber(who: string, { loss }: Broken, place: string): DataError {
  const [expected, found] =
    loss === null
      ? ["weights that are finite numbers", `others after ${place}`]
      : ["a loss that is a finite number", `${loss} in ${place}`];
  const next = sentence`The weights are those before that step. Try a smaller ${option("learningRate")}, an optimizer with clipnorm: 1, or inputs and targets that are scaled; look for extreme values in the rows.`;
  return new DataError(problem(who, expected, found, next).as("CELLSTATE_NOT_FINITE"));
}
