import { from0to1, orNull, wholeFrom } from "../../train/options.ts";
import { dateList, type ForecasterFitOptions } from "../forecast/fit-options.ts";
import { batchFor, epochsFor } from "../shared/defaults.ts";
import { fitFields } from "../shared/fit-fields.ts";

/** Options of a detector's `fit`; defaults follow from the number of rows. */
export interface DetectorFitOptions extends Omit<ForecasterFitOptions, "dates" | "validationSplit"> {
  /** The date of each row as text, oldest first: alarms then carry dates, and seasons follow the clock. Default: null, rows are counted. */
  dates?: readonly string[] | null;
  /** The last fraction of the rows, held out for early stopping. Default 0.2. */
  validationSplit?: number;
}

const steps = 1500; // of training, at most

/** Rules of `readOptions` for them. */
export const detectorFitFields = (rows: number) => ({
  epochs: wholeFrom(1)(epochsFor(rows, steps)),
  batchSize: wholeFrom(1)(batchFor(rows)),
  validationSplit: from0to1(0.2),
  patience: orNull(wholeFrom(0)(0)),
  dates: dateList,
  ...fitFields,
});
