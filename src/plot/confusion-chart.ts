import type { ArrayLike } from "../tensor/nd-array.ts";
import { classLabels, countRows } from "./class-numbers.ts";
import { inShort } from "./confusion-matrix.ts";
import { displayWidth, fitColumns, type Terminal } from "./terminal.ts";

const most = 14; // columns for a label

/**
 * A confusion matrix for a terminal: rows are actual classes, columns predicted ones, every count after a block that is
 * darker the larger its fraction of the row. Where the columns do not fit, the most frequent mistakes in words.
 *
 *   console.log(confusionChart([[45, 5], [8, 42]], { labels: ["negative", "positive"], ...terminal() }));
 */
export function confusionChart(
  matrix: ArrayLike,
  options: { labels?: readonly string[] } & Partial<Terminal> = {},
): string {
  const rows = countRows(matrix, "confusionChart");
  const labels = classLabels(options.labels, rows.length, "confusionChart");
  const { columns = 80, color = false } = options;
  const left = Math.min(most, Math.max(6, ...labels.map(displayWidth)));
  const cell = Math.max(
    ...rows.flat().map((count) => String(count).length + 2),
    ...labels.map((l) => Math.min(most, displayWidth(l))),
  );
  const head = `Confusion matrix: ${inShort(rows)}`;
  if (left + rows.length * (cell + 2) > columns) return [head, ...mistakes(rows, labels, columns)].join("\n");
  const line = (name: string, cells: readonly string[]) => `${fitColumns(name, left)}  ${cells.join("  ")}`.trimEnd();
  return [
    head,
    `${" ".repeat(left)}  predicted`,
    line(
      "actual",
      labels.map((label) => fitColumns(label, cell, "right")),
    ),
    ...rows.map((row, i) =>
      line(
        labels[i],
        row.map((count) => shaded(count, row, cell, color)),
      ),
    ),
  ].join("\n");
}

function shaded(count: number, row: readonly number[], width: number, color: boolean): string {
  const fraction = count / (row.reduce((a, b) => a + b, 0) || 1);
  const text = fitColumns(String(count), width - 2, "right");
  const block = fraction === 0 ? " " : "░▒▓█"[Math.min(3, Math.floor(fraction * 4))];
  return color ? `\x1b[34m${block}\x1b[0m ${text}` : `${block} ${text}`;
}

/** The ten most frequent ways to be wrong. */
function mistakes(rows: readonly (readonly number[])[], labels: readonly string[], columns: number): string[] {
  const wrong = rows
    .flatMap((row, i) => row.map((count, j) => ({ count, i, j })))
    .filter(({ count, i, j }) => i !== j && count > 0);
  const worst = wrong.sort((a, b) => b.count - a.count).slice(0, 10);
  const width = Math.max(1, ...worst.map(({ count }) => String(count).length));
  const half = Math.floor((columns - width - 16) / 2);
  const cut = (label: string) => (displayWidth(label) > half ? fitColumns(label, half) : label);
  return worst.map(
    ({ count, i, j }) => `${String(count).padStart(width)} × ${cut(labels[i])} taken for ${cut(labels[j])}`,
  );
}
