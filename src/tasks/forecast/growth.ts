import { deviation, mean, unevenness } from "./deviation.ts";
import { difference } from "./differences.ts";
import type { SeriesStep } from "./seasons/calendar-seasons.ts";
import { findSeason } from "./seasons/find-seasons.ts";
import type { Series } from "./series.ts";

/**
 * Whether these columns change in percent rather than in units, so that their logarithm is the calmer series: all numbers of
 * the series are above 0, the highest stretch lies half as high again as the lowest or more, and the changes of a stretch are in steadier
 * proportion to its mean than to each other (after Guerrero 1993). A stretch is a season, or an eighth of the rows.
 */
export function growsInPercent(
  { values, rows }: Series,
  targets: readonly number[],
  step: SeriesStep | null = null,
): boolean {
  if (values.some((column) => column.some((v) => v <= 0))) return false;
  return targets.every((k) => {
    const season = findSeason(values[k], step);
    const length = Math.max(4, season > 1 ? season : Math.floor(rows / 8));
    const stretches = Array.from({ length: Math.floor(rows / length) }, (_, i) =>
      values[k].subarray(i * length, (i + 1) * length),
    );
    if (stretches.length < 4) return false;
    const means = stretches.map(mean);
    const spreads = stretches.map((stretch) => deviation(difference(stretch, [1])));
    const grows = Math.max(...means) > 1.5 * Math.min(...means);
    return grows && unevenness(spreads.map((s, i) => s / means[i])) < unevenness(spreads);
  });
}
