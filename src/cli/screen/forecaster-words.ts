import { counted } from "../../errors.ts";
import type { ForecasterLearned } from "../../index.ts";

/** A trained forecaster in a line: targets, horizon, window, season, transformations. */
export function forecasterWords({
  names,
  targets,
  horizon,
  window,
  season,
  differences,
  logarithm,
  rows,
}: ForecasterLearned): string {
  const list = targets.map((k) => names?.[k] ?? `column ${k}`).join(", ");
  const seasons = season > 1 ? `a season of ${season}` : "no season";
  const lags = differences.length > 0 ? `, differences of ${differences.join(" and ")}` : "";
  return `forecasts ${list}, ${counted(horizon, "step")} from ${counted(window, "row")}: ${seasons}${logarithm ? ", logarithms" : ""}${lags}; ${counted(rows, "row")}, the last of them held out for validation`;
}
