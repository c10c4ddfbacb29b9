import { counted, problem, ShapeError } from "../../errors.ts";
import type { ArrayLike } from "../../tensor/nd-array.ts";
import { type Series, seriesOf } from "../forecast/series.ts";
import type { DetectorLearned } from "./learned.ts";

/** Rows for a trained detector. Throws ShapeError for others than the columns of training. */
export function rowsFor({ names, usual }: DetectorLearned, given: ArrayLike, who: string): Series {
  const series = seriesOf(given, who, names);
  if (series.values.length === usual.length) return series;
  const next = "Give the columns of training, in their order.";
  throw new ShapeError(problem(who, counted(usual.length, "column"), `${series.values.length}`, next));
}
