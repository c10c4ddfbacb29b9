import type { FitOptions } from "../../train/fit/fit-options.ts";
import { anything, type Field } from "../../train/options.ts";

/** What a task's `fit` hands on to its model's, which checks it. */
export const fitFields = {
  callbacks: anything as Field<FitOptions["callbacks"]>,
  verbose: anything as Field<FitOptions["verbose"]>,
  signal: anything as Field<FitOptions["signal"]>,
  onNaN: anything as Field<FitOptions["onNaN"]>,
  write: anything as Field<FitOptions["write"]>,
};
