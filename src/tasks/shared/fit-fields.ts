import type { FitOptions } from "../../train/fit/fit-options.ts";
import { anything, type Field } from "../../train/options.ts";

/** Options that a task's `fit` passes on to its model's, which checks them. */
export const fitFields = {
  callbacks: anything as Field<FitOptions["callbacks"]>,
  verbose: anything as Field<FitOptions["verbose"]>,
  signal: anything as Field<FitOptions["signal"]>,
  onNaN: anything as Field<FitOptions["onNaN"]>,
  write: anything as Field<FitOptions["write"]>,
};

/** Those among the options read that go to the model's `fit` as they are; a task adds callbacks of its own. */
export const passedOn = ({
  verbose,
  signal,
  write,
  onNaN,
}: Pick<FitOptions, "verbose" | "signal" | "write" | "onNaN">) => ({
  verbose,
  signal,
  write,
  onNaN,
});
