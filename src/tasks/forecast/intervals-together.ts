import type { IntervalReport } from "./coverage.ts";

/** Several as one, each weighted by its number of origins. */
export function intervalsTogether(list: readonly IntervalReport[], origins: readonly number[]): IntervalReport {
  const all = origins.reduce((a, b) => a + b, 0);
  const sum = (of: (one: IntervalReport, weight: number) => number | null) =>
    list.reduce<number | null>((total, one, i) => {
      const value = of(one, origins[i] / all);
      return total === null || value === null ? null : total + value;
    }, 0);
  const variance = sum(({ standardError }, w) => standardError && (w * standardError) ** 2);
  return {
    measured: sum(({ measured }, w) => w * measured) ?? 0,
    asked: list[0].asked,
    standardError: variance && Math.sqrt(variance),
    msis: sum(({ msis }, w) => msis && w * msis),
  };
}
