import { DataError, problem } from "../errors.ts";
import { type ArrayLike, asNdArray } from "../tensor/nd-array.ts";
import { classLabels, largest, probabilityRows } from "./class-numbers.ts";
import { colors, fitText, muted, svgFile, textWidth } from "./style.ts";
import { svgText } from "./svg-document.ts";
import { bar, displayWidth, fitColumns, type Terminal } from "./terminal.ts";

export interface PredictionsOptions {
  /** A name for each class. Default: their numbers. */
  labels?: readonly string[];
  /** Name of a row: "Review" gives "Review 1". Default "Row". */
  name?: string;
  /** The true class of each row; wrong predictions are then marked. Default: not known. */
  actual?: ArrayLike;
  /** Classes shown of each row, the most probable first. Default: all, three at most. */
  top?: number;
}

/** One row: its words and the classes to show. */
interface Prediction {
  name: string;
  label: string;
  /** The label it should have had; "" where the prediction is right, or nothing is known. */
  actually: string;
  classes: { label: string; probability: number }[];
}

/**
 * Predictions with their probabilities, a line each, for a terminal of `columns` columns (80 by default).
 * probabilities [N, K] of a softmax, or [N, 1] of a sigmoid (the second class's).
 *
 *   predictionsTable([[0.25], [0.9375]], { labels: ["Negative", "Positive"], name: "Review", columns: 50 }).split("\n"); // ["Review 1: Negative  Negative 0.750  Positive 0.250", "Review 2: Positive  Negative 0.063  Positive 0.938"]
 */
export function predictionsTable(
  probabilities: ArrayLike,
  options: PredictionsOptions & Partial<Terminal> = {},
): string {
  const rows = predictions(probabilities, options, "predictionsTable");
  const { columns = 80, color = false } = options;
  const heads = rows.map(({ name, label }) => `${name}: ${label}`);
  const notes = rows.map(({ actually }) => (actually === "" ? "" : `  ✗ is ${fitColumns(actually, 16).trimEnd()}`));
  const widestOf = (texts: readonly string[]) => Math.max(...texts.map(displayWidth));
  const shown = rows[0].classes.length;
  const noteWidth = widestOf(notes);
  const wanted = Math.min(16, widestOf(rows.flatMap(({ classes }) => classes.map(({ label }) => label))));
  const tooWide = (head: number, name: number) => head + noteWidth + shown * (name + 8) - columns;
  const widest = Math.min(36, widestOf(heads));
  // What does not fit is taken from the classes' names, then from the rows' ones.
  const name = Math.max(Math.min(4, wanted), wanted - Math.max(0, Math.ceil(tooWide(widest, wanted) / shown)));
  const head = Math.max(Math.min(10, widest), widest - Math.max(0, tooWide(widest, name)));
  const barWidth = Math.min(20, Math.floor(-tooWide(head, name) / shown) - 1);
  return rows
    .map(({ classes }, i) => {
      const cells = classes.map(({ label, probability }) => {
        const drawn = bar(probability, Math.max(0, barWidth));
        const blocks = barWidth < 4 ? "" : ` ${color ? `\x1b[34m${drawn}\x1b[0m` : drawn}`;
        return `  ${fitColumns(label, name)} ${probability.toFixed(3)}${blocks}`;
      });
      return `${fitColumns(heads[i], head)}${cells.join("")}${notes[i]}`.trimEnd();
    })
    .join("\n");
}

const rowHeight = 30; // pixels
const barRoom = 110; // pixels for a probability of 1

/**
 * Predictions with their probabilities, as the text of an SVG file: row, predicted label, and a bar with its number for each class shown.
 *
 *   const svg = await plotPredictions(await model.predict(x), { labels: ["Negative", "Positive"], name: "Review" });
 */
export async function plotPredictions(
  probabilities: ArrayLike,
  options: PredictionsOptions & { title?: string | null } = {},
): Promise<string> {
  const rows = predictions(probabilities, options, "plotPredictions");
  const title = options.title === null ? undefined : (options.title ?? "Predictions");
  const top = (title === undefined ? 12 : 46) + 22;
  const widest = (texts: readonly string[], least: number) =>
    Math.max(least, ...texts.map((text) => Math.min(170, textWidth(text, 13)))) + 22;
  const nameWidth = widest(
    rows.map(({ name }) => name),
    40,
  );
  const labelWidth = widest(
    rows.flatMap(({ label, actually }) => [label, actually && `actually ${actually}`]),
    66,
  );
  const sameClasses = rows.every(({ classes }) => classes.every(({ label }, k) => label === rows[0].classes[k].label));
  const classWidth = barRoom + 66;
  const left = 18;
  const barsLeft = left + nameWidth + labelWidth;
  const width = Math.ceil(barsLeft + rows[0].classes.length * classWidth + 8);
  const lineHeight = sameClasses ? rowHeight : rowHeight + 14;
  const height = top + rows.length * lineHeight + 16;
  const heads = sameClasses ? rows[0].classes.map(({ label }) => label) : rows[0].classes.map((_, k) => `${k + 1}.`);
  const heading = 'font-weight="600"';
  const drawn = rows.map(({ name, label, actually, classes }, i) => {
    const y = top + 10 + i * lineHeight;
    const baseline = y + (lineHeight === rowHeight ? 19 : 26);
    const stripe =
      i % 2 === 0 ? `<rect x="8" y="${y}" width="${width - 16}" height="${lineHeight}" fill="#f6f8fa"/>` : "";
    const right = actually === "";
    const verdict = right
      ? svgText(fitText(label, 170, 13), left + nameWidth, baseline, 'font-size="13"')
      : svgText(fitText(label, 170, 13), left + nameWidth, baseline - 5, 'font-size="13" fill="#a33e00"') +
        svgText(
          fitText(`actually ${actually}`, 170, 10),
          left + nameWidth,
          baseline + 7,
          `font-size="10" fill="${muted}"`,
        );
    const bars = classes.map((c, k) => drawBar(c, barsLeft + k * classWidth, y, !sameClasses));
    return stripe + svgText(fitText(name, 170, 13), left, baseline, 'font-size="13"') + verdict + bars.join("");
  });
  const content = [
    svgText("Predicted", left + nameWidth, top, heading),
    ...heads.map((text, k) => svgText(fitText(text, classWidth - 12), barsLeft + k * classWidth, top, heading)),
    ...drawn,
  ];
  const words = rows.map(
    ({ name, label, actually }) => `${name}: ${label}${actually === "" ? "" : ` (actually ${actually})`}.`,
  );
  return svgFile(width, height, words.join(" "), title, content.join(""));
}

function drawBar(
  { label, probability }: Prediction["classes"][number],
  x: number,
  y: number,
  withLabel: boolean,
): string {
  const from = y + (withLabel ? 20 : 9);
  const length = Math.round(probability * barRoom * 10) / 10;
  return [
    withLabel ? svgText(fitText(label, barRoom + 50), x, y + 15) : "",
    `<rect x="${x}" y="${from}" width="${barRoom}" height="12" fill="#e4e8ec"/>`,
    `<rect x="${x}" y="${from}" width="${length}" height="12" fill="${colors[0]}"/>`,
    svgText(probability.toFixed(3), x + barRoom + 8, from + 11),
  ].join("");
}

function predictions(probabilities: ArrayLike, options: PredictionsOptions, who: string): Prediction[] {
  const rows = probabilityRows(probabilities, who);
  const K = rows[0].length;
  const labels = classLabels(options.labels, K, who);
  const { name = "Row", top = Math.min(3, K) } = options;
  if (!(Number.isInteger(top) && top >= 1 && top <= K)) {
    throw new DataError(problem(who, `top to be a whole number from 1 to ${K}`, String(top)));
  }
  const actual =
    options.actual === undefined ? null : Array.from(asNdArray(options.actual, { who: `${who}: actual` }).data);
  if (actual !== null && (actual.length !== rows.length || !actual.every((k) => labels[k] !== undefined))) {
    const received = actual.length === rows.length ? "another class" : `${actual.length}`;
    throw new DataError(problem(who, `${rows.length} actual classes from 0 to ${K - 1}`, received));
  }
  return rows.map((row, i) => {
    const predicted = largest(row);
    const all = row.map((probability, k) => ({ label: labels[k], probability }));
    const classes = top < K ? all.sort((a, b) => b.probability - a.probability).slice(0, top) : all;
    const wrong = actual !== null && actual[i] !== predicted;
    const actually = wrong ? labels[actual[i]] : "";
    return { name: `${name} ${i + 1}`, label: labels[predicted], actually, classes };
  });
}
