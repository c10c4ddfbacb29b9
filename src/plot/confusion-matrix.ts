import type { ArrayLike } from "../tensor/nd-array.ts";
import { classLabels, countRows } from "./class-numbers.ts";
import { fitText, muted, shade, svgFile, textWidth } from "./style.ts";
import { svgText } from "./svg-document.ts";

export interface ConfusionMatrixOptions {
  /** A name for each class. Default: their numbers. */
  labels?: readonly string[];
  /** Title of the plot; `null` for none. Default "Confusion matrix". */
  title?: string | null;
}

const labelRoom = 150; // pixels for the longest label

/**
 * A confusion matrix as the text of an SVG file: rows are actual classes, columns predicted ones, each cell its count and
 * its fraction of the row, darker for more. matrix [K, K], as `confusionMatrix` returns it.
 *
 *   const svg = await plotConfusionMatrix([[45, 5], [8, 42]], { labels: ["negative", "positive"] });
 */
export async function plotConfusionMatrix(matrix: ArrayLike, options: ConfusionMatrixOptions = {}): Promise<string> {
  const who = "plotConfusionMatrix";
  const rows = countRows(matrix, who);
  const K = rows.length;
  const labels = classLabels(options.labels, K, who).map((label) => fitText(label, labelRoom));
  const title = options.title === null ? undefined : (options.title ?? "Confusion matrix");
  const cell = Math.max(16, Math.min(84, Math.floor(620 / K))); // pixels
  const longest = rows.flat().reduce((most, count) => Math.max(most, textWidth(String(count), 1)), 0);
  const fontSize = [14, 12, 10, 8].find((font) => longest * font <= cell - 4 && font <= cell - 4); // the same for all
  const widest = Math.max(...labels.map((label) => textWidth(label)));
  const upright = widest + 6 > cell; // column labels that do not fit beside each other stand on end
  const left = 44 + widest + 8;
  const top = (title === undefined ? 12 : 46) + 40 + (upright ? widest : 14) + 8;
  const side = K * cell;
  const width = Math.ceil(Math.max(left + side + 84, 320));
  const height = Math.ceil(top + side + 24);
  const parts = [
    svgText(inShort(rows), left, top - (upright ? widest : 14) - 34, `fill="${muted}"`),
    svgText("Predicted", left + side / 2, top - (upright ? widest : 14) - 14, middle('font-weight="600"')),
    svgText("Actual", 0, 0, middle(`font-weight="600" transform="translate(24,${top + side / 2}) rotate(-90)"`)),
    ...labels.map((label, j) => columnLabel(label, left + (j + 0.5) * cell, top - 8, upright)),
    ...labels.map((label, i) => svgText(label, left - 8, top + (i + 0.5) * cell + 4, 'text-anchor="end"')),
    ...rows.flatMap((row, i) => row.map((_, j) => drawCell(row, j, left + j * cell, top + i * cell, cell, fontSize))),
    `<rect x="${left}" y="${top}" width="${side}" height="${side}" fill="none" stroke="${muted}"/>`,
    scale(left + side + 18, top, Math.min(side, 160)),
  ];
  return svgFile(width, height, inWords(rows, labels, title), title, parts.join(""));
}

/** Right ones over all: `Accuracy 87.0 % of 100`. */
export function inShort(rows: readonly (readonly number[])[]): string {
  const total = sum(rows.flat());
  const right = sum(rows.map((row, i) => row[i]));
  return `Accuracy ${total === 0 ? "unknown" : `${((100 * right) / total).toFixed(1)} %`} of ${total}`;
}

function drawCell(row: readonly number[], j: number, x: number, y: number, size: number, fontSize?: number): string {
  const fraction = row[j] / (sum(row) || 1);
  const { fill, ink } = shade(fraction);
  const box = `<rect x="${x}" y="${y}" width="${size}" height="${size}" fill="${fill}" stroke="#d8dee4" stroke-width="0.5"/>`;
  const count = String(row[j]);
  const attributes = `text-anchor="middle" fill="${ink}"`;
  // Where there is no room the darkness alone must do; in a crowd, zeros are only in the way.
  if (fontSize === undefined || (row[j] === 0 && row.length > 12)) return box;
  const middleX = x + size / 2;
  const percent = size >= 48 && row[j] > 0;
  const baseline = y + size / 2 + (percent ? 0 : fontSize * 0.36);
  const first = svgText(count, middleX, baseline, `${attributes} font-size="${fontSize}"`);
  if (!percent) return box + first;
  return (
    box + first + svgText(`${(100 * fraction).toFixed(1)} %`, middleX, baseline + 16, `${attributes} font-size="11"`)
  );
}

function columnLabel(label: string, x: number, y: number, upright: boolean): string {
  if (!upright) return svgText(label, x, y, 'text-anchor="middle"');
  return svgText(label, 0, 0, `transform="translate(${x + 4},${y}) rotate(-90)"`);
}

/** The color scale: from 0 to all of the row. */
function scale(x: number, y: number, height: number): string {
  const stops = `<stop offset="0" stop-color="${shade(1).fill}"/><stop offset="1" stop-color="${shade(0).fill}"/>`;
  const defined = `<linearGradient id="cellstate-shade" x1="0" y1="0" x2="0" y2="1">${stops}</linearGradient>`;
  const frame = `<rect x="${x}" y="${y}" width="12" height="${height}" fill="url(#cellstate-shade)" stroke="${muted}"/>`;
  const words = [svgText("100 %", x + 17, y + 10), svgText("0 %", x + 17, y + height)];
  return (
    `<defs>${defined}</defs>${frame}` +
    words.join("") +
    svgText("of row", x + 17, y + height / 2 + 4, `fill="${muted}"`)
  );
}

function inWords(rows: readonly (readonly number[])[], labels: readonly string[], title: string | undefined): string {
  const right = rows.map((row, i) => `${labels[i]} ${row[i]} of ${sum(row)}`);
  return `${title === undefined ? "" : `${title}. `}${inShort(rows)}. Right: ${right.join(", ")}.`;
}

function middle(attributes: string): string {
  return `text-anchor="middle" ${attributes}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
