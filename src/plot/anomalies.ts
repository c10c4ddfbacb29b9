import { DataError, problem } from "../errors.ts";
import { type ArrayLike, asNdArray } from "../tensor/nd-array.ts";
import { type LinePanel, type LineSeries, plotLines } from "./lines.ts";

/** A series with its alarms, as a detector's `detect` gives them. */
export interface Anomalies {
  /** The series, oldest row first [T] or [T, D]. */
  values: ArrayLike;
  /** Alarms by their first and last row, from 0. */
  alarms: readonly { readonly from: number; readonly to: number }[];
  /** Usual values, by column then row. Default: none are drawn. */
  usual?: readonly ArrayLike[];
  /** Score of each row; NaN where there is none. Default: no panel of scores. */
  scores?: ArrayLike;
  /** Scores above it are alarms. Default: no line. */
  threshold?: number;
  /** The date of each row; the axis has dates then. */
  dates?: readonly string[] | null;
}

export interface AnomaliesOptions {
  /** Title of the plot. Default "Anomalies". */
  title?: string;
  /** Names of the columns. Default: numbers from 0. */
  columns?: readonly string[];
  /** Width in pixels. Default 900. */
  width?: number;
  /** Height of a panel in pixels. Default 260. */
  height?: number;
}

const mostPanels = 6; // columns that are drawn
const mostPoints = 1500; // of a curve; beyond, the least and the largest of as many rows as it takes

/**
 * A series with its alarms shaded, a panel for each column, and the scores with their threshold below; the text of an SVG file.
 *
 *   const { alarms, usual, scores, threshold, dates } = await detector.detect(series, { dates });
 *   const svg = await plotAnomalies({ values: series, alarms, usual, scores, threshold, dates });
 */
export async function plotAnomalies(found: Anomalies, options: AnomaliesOptions = {}): Promise<string> {
  const who = "plotAnomalies";
  const { title = "Anomalies", width = 900, height = 260 } = options;
  const array = asNdArray(found.values, { who });
  if (array.size === 0) throw new DataError(problem(who, "a series with rows", "an empty one", "Check its file."));
  const [T, D = 1] = array.shape;
  const column = (k: number) => Array.from({ length: T }, (_, t) => array.data[t * D + k]);
  const dated = found.dates ?? undefined;
  const axis = { xLabel: dated ? "Date" : "Row", xDates: dated };
  const spans = found.alarms.map(({ from, to }) => ({ from: from + 1, to: to + 1 }));
  const names = Array.from({ length: Math.min(D, mostPanels) }, (_, k) => options.columns?.[k] ?? `column ${k}`);
  const panels: LinePanel[] = names.map((name, k) => {
    const usual = found.usual?.[k];
    const series = [
      thinned("value", column(k)),
      ...(usual ? [{ ...thinned("usual", listOf(usual, T, "usual", who)), dashed: true }] : []),
    ];
    return { title: name, ...axis, yLabel: name, series, spans };
  });
  if (found.scores) {
    const { threshold } = found;
    const score = thinned("score", listOf(found.scores, T, "scores", who));
    const x = [...new Set([1, ...(score.x ?? []), T])]; // as long as the axis of the series
    const limit = { name: "threshold", x, y: x.map(() => threshold ?? 0), dashed: true };
    const series = threshold === undefined ? [score] : [score, limit];
    panels.push({
      title: "Score: one row so unusual in 10^score normal rows",
      ...axis,
      yLabel: "Score",
      series,
      spans,
    });
  }
  return plotLines(panels, { title, panelWidth: width, panelHeight: height, panelsPerRow: 1 });
}

/** A curve with no more points than can be seen: of each stretch the least and the largest, in their order. */
function thinned(name: string, values: readonly number[]): LineSeries {
  const known = values.flatMap((y, t) => (Number.isFinite(y) ? [{ x: t + 1, y }] : []));
  const size = Math.ceil((2 * known.length) / mostPoints);
  const kept = known.length <= mostPoints ? known : [];
  if (known.length > mostPoints)
    for (let from = 0; from < known.length; from += size) {
      const stretch = known.slice(from, from + size);
      const least = stretch.reduce((a, b) => (b.y < a.y ? b : a));
      const largest = stretch.reduce((a, b) => (b.y > a.y ? b : a));
      if (least === largest) kept.push(least);
      else kept.push(...(least.x < largest.x ? [least, largest] : [largest, least]));
    }
  if (kept.length === 0) return { name, x: [1], y: [Number.NaN] };
  return { name, x: kept.map(({ x }) => x), y: kept.map(({ y }) => y) };
}

function listOf(given: ArrayLike, length: number, what: string, who: string): number[] {
  const { data } = asNdArray(given, { who: `${who}: ${what}` });
  if (data.length === length) return Array.from(data);
  throw new DataError(
    problem(who, `${length} ${what}, one for each row`, `${data.length}`, "Give those of the same series."),
  );
}
