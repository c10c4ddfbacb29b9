import { textTable } from "../../../train/text-table.ts";

/** The forecast of one series. */
export interface SeriesForecast {
  /** Of the series. */
  readonly id: string;
  /** The date of each step, as ISO 8601 writes it; null where the series was given without dates, or has no regular step. */
  readonly dates: readonly string[] | null;
  /** A number for each step, in units of the series. */
  readonly values: Float64Array;
  /** The lower end of each step's prediction interval; null: none were asked for. */
  readonly low: Float64Array | null;
  /** The upper end. */
  readonly high: Float64Array | null;
}

/** Forecasts of many series; as text a table of them. */
export type SeriesForecasts = readonly SeriesForecast[];

const shownSteps = 6;

/**
 * A list that reads as a table: a line for each series, the first steps and the last, under their dates where all series have the same; of one
 * series a line for each step.
 */
export function shownForecasts(forecasts: SeriesForecast[]): SeriesForecasts {
  const text = () => {
    if (forecasts.length === 1) return stepsOf(forecasts[0]);
    const H = forecasts[0]?.values.length ?? 0;
    const dates = forecasts[0]?.dates;
    const same = dates && forecasts.every((one) => one.dates?.[0] === dates[0] && one.dates[H - 1] === dates[H - 1]);
    const steps = [...Array(H).keys()].filter((h) => h < shownSteps || h === H - 1);
    const rows = forecasts.map(({ id, values }) => [id, ...steps.map((h) => short(values[h]))]);
    return textTable(["series", ...steps.map((h) => (same ? dates[h] : `step ${h + 1}`))], rows);
  };
  return Object.defineProperty(forecasts, "toString", { value: text, enumerable: false });
}

function stepsOf({ id, dates, values, low, high }: SeriesForecast): string {
  const bounds = low && high ? [low, high] : [];
  const rows = Array.from(values, (v, h) => [
    dates?.[h] ?? `${h + 1}`,
    ...[v, ...bounds.map((one) => one[h])].map(short),
  ]);
  return textTable([dates ? "date" : "step", id, ...(low && high ? ["low", "high"] : [])], rows);
}

const short = (v: number): string => String(Number(v.toPrecision(5)));
