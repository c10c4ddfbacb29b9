import { DataError, problem, ShapeError, showShape } from "../errors.ts";
import { type ArrayLike, asNdArray, type NdArray } from "../tensor/nd-array.ts";
import { fitText, muted, shade, svgFile, textWidth } from "./style.ts";
import { svgText } from "./svg-document.ts";
import { rangeTexts } from "./ticks.ts";

export interface HeatmapOptions {
  /** A label for each row, "" for none. Default: some of the numbers from 0. */
  rowLabels?: readonly string[];
  /** A label for each column, "" for none. Default: some of the numbers from 0. */
  columnLabels?: readonly string[];
  /** Label of the vertical axis. Default: none. */
  yLabel?: string;
  /** Label of the horizontal axis. Default: none. */
  xLabel?: string;
  /** Title of the plot. Default: none. */
  title?: string;
  /** Values drawn white and darkest. Default: the smallest and the largest value. */
  range?: readonly [low: number, high: number];
}

const labelRoom = 150; // pixels for the longest label

/**
 * Numbers as darkness, as the text of an SVG file: attention weights, a spectrogram, a piano roll. values [R, C], the first
 * row on top. Throws ShapeError for other ranks, DataError for values that are not finite and labels of another count.
 *
 *   const svg = await plotHeatmap([[0.9, 0.1], [0.2, 0.8]], { rowLabels: ["je", "dors"], columnLabels: ["i", "sleep"] });
 */
export async function plotHeatmap(values: ArrayLike, options: HeatmapOptions = {}): Promise<string> {
  const array = checkValues(values);
  const [R, C] = array.shape;
  const { title, xLabel = "", yLabel = "", range = smallestAndLargest(array) } = options;
  const rows = labelsOf("rowLabels", options.rowLabels, R);
  const columns = labelsOf("columnLabels", options.columnLabels, C);
  const w = Math.max(2, Math.min(36, Math.floor(640 / C)), closest(columns) === 1 ? 15 : 0); // pixels of a cell
  const h = Math.max(2, Math.min(36, Math.floor(440 / R)), closest(rows) === 1 ? 15 : 0);
  const widest = Math.max(...columns.map((label) => textWidth(label)));
  const upright = widest + 6 > closest(columns) * w; // column labels that do not fit beside each other stand on end
  const left = (yLabel ? 34 : 12) + Math.max(...rows.map((label) => textWidth(label))) + 8;
  const top = (title ? 46 : 12) + (xLabel ? 20 : 0) + (upright ? widest : 14) + 8;
  const width = Math.ceil(Math.max(left + C * w + 92, title ? textWidth(title, 17) + 24 : 0));
  const height = Math.ceil(top + Math.max(R * h, 60) + 16);
  const parts = [
    xLabel && svgText(xLabel, left + (C * w) / 2, (title ? 46 : 12) + 12, 'text-anchor="middle" font-weight="600"'),
    yLabel && turned(yLabel, 22, top + (R * h) / 2, 'text-anchor="middle" font-weight="600"'),
    ...columns.map((label, j) => label && columnLabel(label, left + (j + 0.5) * w, top - 8, upright)),
    ...rows.map((label, i) => label && svgText(label, left - 8, top + (i + 0.5) * h + 4, 'text-anchor="end"')),
    `<g shape-rendering="crispEdges">`, // no light seams between neighbours
    ...rows.map((_, i) => drawRow(array.row(i).data, range, left, top + i * h, w, h)),
    "</g>",
    `<rect x="${left}" y="${top}" width="${C * w}" height="${R * h}" fill="none" stroke="${muted}"/>`,
    scale(left + C * w + 18, top, Math.max(60, Math.min(R * h, 160)), range),
  ];
  return svgFile(width, height, inWords(array, rows, columns, title), title, parts.join(""));
}

/** A rectangle for each run of equal cells; white ones are the background. */
function drawRow(row: Iterable<number>, [low, high]: readonly number[], x: number, y: number, w: number, h: number) {
  const fills = Array.from(row, (v) => shade((v - low) / (high - low || 1)).fill);
  let drawn = "";
  for (let from = 0, j = 1; j <= fills.length; j++) {
    if (fills[j] === fills[from]) continue;
    const place = `x="${x + from * w}" y="${y}" width="${(j - from) * w}" height="${h}"`;
    if (fills[from] !== "#ffffff") drawn += `<rect ${place} fill="${fills[from]}"/>`;
    from = j;
  }
  return drawn;
}

function columnLabel(label: string, x: number, y: number, upright: boolean): string {
  return upright ? turned(label, x + 4, y) : svgText(label, x, y, 'text-anchor="middle"');
}

function turned(text: string, x: number, y: number, attributes = ""): string {
  return svgText(text, 0, 0, `${attributes} transform="translate(${x},${y}) rotate(-90)"`.trim());
}

/** The color scale. */
function scale(x: number, y: number, height: number, [low, high]: readonly number[]): string {
  const stops = `<stop offset="0" stop-color="${shade(1).fill}"/><stop offset="1" stop-color="${shade(0).fill}"/>`;
  const defined = `<linearGradient id="cellstate-heat" x1="0" y1="0" x2="0" y2="1">${stops}</linearGradient>`;
  const frame = `<rect x="${x}" y="${y}" width="12" height="${height}" fill="url(#cellstate-heat)" stroke="${muted}"/>`;
  const [most, least] = rangeTexts([high, low], high - low);
  return `<defs>${defined}</defs>${frame}${svgText(most, x + 17, y + 10)}${svgText(least, x + 17, y + height)}`;
}

function inWords(array: NdArray, rows: readonly string[], columns: readonly string[], title?: string): string {
  const [R, C] = array.shape;
  const largest = array.data.indexOf(smallestAndLargest(array)[1]);
  const [i, j] = [Math.floor(largest / C), largest % C];
  const place = `${rows[i] || `row ${i}`}, ${columns[j] || `column ${j}`}`;
  return `${title ?? "Heat map"}: ${R} rows, ${C} columns, darkest at ${place}.`;
}

/** Distance between the two nearest labels, in columns or rows. */
function closest(labels: readonly string[]): number {
  const places = labels.flatMap((label, i) => (label === "" ? [] : [i]));
  return Math.min(labels.length, ...places.slice(1).map((place, k) => place - places[k]));
}

function labelsOf(option: string, labels: readonly string[] | undefined, count: number): readonly string[] {
  if (labels?.length === count) return labels.map((label) => fitText(label, labelRoom));
  if (labels) {
    const next = 'Give "" where there is to be none, or leave them out.';
    throw new DataError(problem("plotHeatmap", `${count} ${option}`, `${labels.length}`, next));
  }
  const every = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((step) => count / step <= 10) ?? 1000;
  return Array.from({ length: count }, (_, i) => (i % every === 0 ? String(i) : ""));
}

function smallestAndLargest({ data }: NdArray): [number, number] {
  let [low, high] = [data[0], data[0]];
  for (const v of data) {
    if (v < low) low = v;
    if (v > high) high = v;
  }
  return [low, high];
}

function checkValues(values: ArrayLike): NdArray {
  const array = asNdArray(values, { who: "plotHeatmap" });
  if (array.rank !== 2 || array.size === 0) {
    const next = array.rank === 1 ? "Put a single row in brackets: [row]." : undefined;
    throw new ShapeError(problem("plotHeatmap", "values [R, C]", showShape(array.shape), next));
  }
  const wrong = array.data.findIndex((v) => !Number.isFinite(v));
  if (wrong < 0) return array;
  const place = `[${Math.floor(wrong / array.shape[1])}][${wrong % array.shape[1]}]`;
  throw new DataError(problem("plotHeatmap", `a finite value at ${place}`, String(array.data[wrong])));
}
