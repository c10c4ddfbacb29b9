import { DataError, problem } from "../errors.ts";
import { type ArrayLike, asNdArray } from "../tensor/nd-array.ts";
import { classLabels, probabilityRows } from "./class-numbers.ts";
import { colors, fitText, svgFile, textWidth } from "./style.ts";
import { svgText } from "./svg-document.ts";
import { bar, displayWidth, fitColumns, type Terminal } from "./terminal.ts";

export interface ProbabilitiesOptions {
  /** A name for each class. Default: their numbers. */
  labels?: readonly string[];
  /** Classes shown, the most probable first. Default: all, in the order of the classes. */
  top?: number;
}

/**
 * The probabilities of one prediction as bars for a terminal, a class a line. probabilities [K], or [1] of a sigmoid;
 * also with a first axis of one row.
 *
 *   probabilityChart([0.25, 0.75], { labels: ["no", "yes"], columns: 24 }).split("\n"); // ["no  0.250 ███▌", "yes 0.750 ██████████▌"]
 */
export function probabilityChart(
  probabilities: ArrayLike,
  options: ProbabilitiesOptions & Partial<Terminal> = {},
): string {
  const classes = chooseClasses(probabilities, options, "probabilityChart");
  const { columns = 80, color = false } = options;
  const name = Math.min(Math.floor(columns / 3), Math.max(...classes.map(({ label }) => displayWidth(label))));
  const width = Math.max(4, Math.min(60, columns - name - 7));
  return classes
    .map(({ label, probability }) => {
      const blocks = bar(probability, width).trimEnd();
      return `${fitColumns(label, name)} ${probability.toFixed(3)} ${color ? `\x1b[34m${blocks}\x1b[0m` : blocks}`.trimEnd();
    })
    .join("\n");
}

const rowHeight = 26; // pixels
const barRoom = 340; // pixels for a probability of 1

/**
 * The probabilities of one prediction as bars, as the text of an SVG file.
 *
 *   const svg = await plotProbabilities(p.row(0), { labels: words, top: 10, title: "The next word" });
 */
export async function plotProbabilities(
  probabilities: ArrayLike,
  options: ProbabilitiesOptions & { title?: string | null } = {},
): Promise<string> {
  const classes = chooseClasses(probabilities, options, "plotProbabilities");
  const title = options.title === null ? undefined : (options.title ?? "Class probabilities");
  const top = title === undefined ? 12 : 50;
  const labels = classes.map(({ label }) => fitText(label, 180));
  const left = 20 + Math.max(...labels.map((label) => textWidth(label))) + 10;
  const width = Math.ceil(left + barRoom + 70);
  const height = top + classes.length * rowHeight + 34;
  const bottom = top + classes.length * rowHeight;
  const grid = [0, 0.25, 0.5, 0.75, 1].map((fraction) => {
    const x = left + fraction * barRoom;
    const line = `<path d="M${x},${top}V${bottom}" stroke="#d8dee4"/>`;
    return line + svgText(String(fraction), x, bottom + 16, 'text-anchor="middle" font-size="11"');
  });
  const bars = classes.map(({ probability }, i) => {
    const y = top + i * rowHeight;
    const length = Math.round(probability * barRoom * 10) / 10;
    // The number stands on the page, also where its bar is long: there is room for it after a whole one.
    return (
      svgText(labels[i], left - 10, y + 17, 'text-anchor="end"') +
      `<rect x="${left}" y="${y + 5}" width="${length}" height="${rowHeight - 9}" fill="${colors[0]}"/>` +
      `<rect x="${left + length + 4}" y="${y + 5}" width="40" height="${rowHeight - 9}" fill="#ffffff"/>` +
      svgText(probability.toFixed(3), left + length + 7, y + 17)
    );
  });
  const words = classes.map(({ label, probability }) => `${label} ${probability.toFixed(3)}`).join(", ");
  const label = `${title === undefined ? "" : `${title}. `}${words}.`;
  return svgFile(width, height, label, title, grid.join("") + bars.join(""));
}

function chooseClasses(probabilities: ArrayLike, options: ProbabilitiesOptions, who: string) {
  const array = asNdArray(probabilities, { who });
  const [row] = probabilityRows(array.rank === 1 ? array.reshape([1, array.size]) : array, who);
  const labels = classLabels(options.labels, row.length, who);
  const classes = row.map((probability, k) => ({ label: labels[k], probability }));
  const { top } = options;
  if (top === undefined) return classes;
  if (!(Number.isInteger(top) && top >= 1)) {
    throw new DataError(problem(who, "top to be a whole number, 1 or more", String(top)));
  }
  return classes.sort((a, b) => b.probability - a.probability).slice(0, top);
}
