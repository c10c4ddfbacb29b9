import { counted, DataError, problem } from "../../errors.ts";
import type { MultiLabelClassifier, MultiLabelEvaluation, MultiLabelPrediction } from "../../multilabel/index.ts";
import { plotHeatmap } from "../../plot/index.ts";
import type { Opening } from "../readers/bare-options.ts";
import { type LabelSetColumns, readLabelSets } from "../readers/read-label-sets.ts";
import { byLine } from "../readers/read-table.ts";
import { type Common, notes, percent, type Screen } from "../screen/screen.ts";
import { writeChart } from "../screen/write-result.ts";
import { areasOf } from "./class-figures.ts";

/** Thresholds by label as they were typed. Throws DataError for one number: every label has its own. */
export function labelThresholds({ threshold }: Opening): { thresholds?: Readonly<Record<string, number>> } {
  if (threshold === undefined) return {};
  if (typeof threshold !== "number") return { thresholds: threshold };
  throw new DataError(problem("--threshold", "numbers by label, sport=0.3,news=0.4", `${threshold}`));
}

/** A classifier of several labels on labelled rows. */
export async function evaluateLabelSets(
  task: MultiLabelClassifier,
  files: readonly string[],
  o: Common & LabelSetColumns & Opening & { chart?: string },
  screen: Screen,
): Promise<void> {
  const kept = task.options.reading;
  const { table, texts, sets } = await readLabelSets(files, { ...o, kept, say: notes(o, screen) });
  const found = await byLine(table, () => task.evaluate(texts, sets, labelThresholds(o)));
  await writeLabelChart(found, o.chart);
  if (o.json) return screen.out(`${JSON.stringify(found)}\n`);
  screen.out(`${inOneLine(found)}\n`);
  if (!o.quiet) screen.out(byLabel(found));
}

/** Draws precision, recall and F1 of each label where `--chart` names a file. */
export async function writeLabelChart(
  { labels, rows }: MultiLabelEvaluation,
  chart: string | undefined,
): Promise<void> {
  if (!chart) return;
  const values = labels.map(({ precision, recall, f1 }) => [precision, recall, f1]);
  const columnLabels = ["precision", "recall", "F1"];
  const title = `${counted(labels.length, "label")}, ${counted(rows, "row")}`;
  const rowLabels = labels.map(({ label }) => label);
  await writeChart(chart, await plotHeatmap(values, { rowLabels, columnLabels, range: [0, 1], title }));
}

/** The figures of all labels, in a line. */
export function inOneLine(found: MultiLabelEvaluation): string {
  const { micro, macro, exact, hamming, loss } = found;
  const f1 = `F1 ${percent(micro.f1)} of all labels, ${percent(macro.f1)} on average of each`;
  return `${f1}; all right in ${percent(exact)} of the rows, ${percent(hamming)} of the labels wrong, loss ${loss.toFixed(4)}${areasOf(found)}`;
}

function byLabel({ labels }: MultiLabelEvaluation): string {
  const width = Math.max(5, ...labels.map(({ label }) => label.length));
  const head = `  ${"label".padEnd(width)}  precision     recall         F1  support  threshold\n`;
  const rows = labels.map(({ label, precision, recall, f1, support, threshold }) => {
    const cells = [precision, recall, f1].map((v) => percent(v).padStart(9)).join("  ");
    return `  ${label.padEnd(width)}  ${cells}  ${String(support).padStart(7)}  ${threshold.toFixed(3).padStart(9)}\n`;
  });
  return `${head}${rows.join("")}`;
}

/** The labels of a text: `sport, news`, or `(none)`. */
export function labelledLine(
  { labels, probabilities }: MultiLabelPrediction,
  text: string,
  o: Common & { csv?: boolean; top?: number },
): string | readonly (string | number)[] {
  const cells = o.top === undefined ? Object.values(probabilities) : likeliest(Object.entries(probabilities), o.top);
  if (o.csv) return [text, labels.join("|"), ...cells];
  if (o.json) return `${JSON.stringify({ text, labels, probabilities })}\n`;
  if (o.quiet) return `${labels.join("|")}\n`;
  const shown = labels.map((label) => `${label} ${percent(probabilities[label])}`).join(", ");
  return `${shown === "" ? "(none)" : shown}\t${text.replace(/\s*\n\s*/g, " ")}\n`;
}

/** The names of the largest probabilities, each with its own behind it. */
export const likeliest = (probabilities: readonly [name: string, probability: number][], count: number) =>
  [...probabilities]
    .sort(([, a], [, b]) => b - a)
    .slice(0, count)
    .flat();
