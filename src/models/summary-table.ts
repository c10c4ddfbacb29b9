import { DataError, problem } from "../errors.ts";
import { pythonFixed, pythonThousands } from "../train/python-format.ts";
import { memorySize } from "./memory-size.ts";
import { keras2Table } from "./summary-table-keras2.ts";
import type { Summary } from "./summary-types.ts";
import { wrap } from "./word-wrap.ts";

interface Column {
  title: string;
  align: "left" | "right" | "center";
  width: number; // characters of content
}

/**
 * A model's table of layers, output shapes and parameter counts, as `model.summary()` of Keras 3.15 captures it
 * (no colours, no newline at the end).
 *
 *   const rows = [{ name: "lstm", className: "LSTM", outputShape: "(None, 4)", params: 208, trainable: true }];
 *   console.log(summaryTable({ name: "sentiment", rows, totals: { trainable: 208, nonTrainable: 0 } }));
 */
export function summaryTable(summary: Summary): string {
  if (summary.style === "keras2") return keras2Table(summary);
  const { name, rows, totals, columns = 80, showTrainable = false } = summary;
  const branches = rows.some((row) => row.connectedTo !== undefined);
  const table = layout(branches, showTrainable, columns);
  const cells = rows.map((row) => {
    const params = typeof row.params === "number" ? pythonThousands(row.params) : row.params;
    const nested = row.depth ? `${"   ".repeat(row.depth)}└ ` : "";
    const fields = [`${nested}${row.name} (${row.className})`, row.outputShape, params];
    if (branches) fields.push(row.connectedTo ?? "-");
    if (showTrainable) fields.push(row.trainable === undefined ? "-" : row.trainable ? "Y" : "N");
    return drawRow(fields, table, "│", "top");
  });
  const rule = (left: string, line: string, cross: string, right: string) =>
    left + table.map((c) => line.repeat(c.width + 2)).join(cross) + right;
  const all = totals.trainable + totals.nonTrainable + (totals.optimizer ?? 0);
  const counts = [` Total params: ${countAndSize(all)}`, ` Trainable params: ${countAndSize(totals.trainable)}`];
  counts.push(` Non-trainable params: ${countAndSize(totals.nonTrainable)}`);
  if (totals.optimizer !== undefined) counts.push(` Optimizer params: ${countAndSize(totals.optimizer)}`);
  const titles = table.map((c) => c.title);
  return [
    ...wrap(`Model: "${name}"`, columns, "fold"),
    rule("┏", "━", "┳", "┓"),
    ...drawRow(titles, table, "┃", "bottom"),
    rule("┡", "━", "╇", "┩"),
    ...cells.flatMap((lines, i) => (i === 0 ? lines : [rule("├", "─", "┼", "┤"), ...lines])),
    rule("└", "─", "┴", "┘"),
    ...counts.flatMap((line) => wrap(line, columns, "fold")),
  ].join("\n");
}

function countAndSize(params: number): string {
  return `${pythonThousands(params)} (${memorySize(params)})`;
}

/** Keras sets widths by position along the line; the table drawing then takes its borders from all columns evenly. */
function layout(branches: boolean, showTrainable: boolean, columns: number): Column[] {
  const titles = ["Layer (type)", "Output Shape", "Param #"];
  if (branches) titles.push("Connected to");
  let positions = branches ? [0.3, 0.56, 0.74, 1] : [0.45, 0.8, 1];
  if (showTrainable) {
    positions = [...positions.map((p) => p * 0.9), 1];
    titles.push("Trainable");
  }
  const longest = (branches ? 108 : 88) + (showTrainable ? 12 : 0);
  const line = Math.min(longest, columns - 4);
  const ends = positions.map((p) => Math.trunc(p * line));
  const asked = ends.map((end, i) => end - (i === 0 ? 0 : ends[i - 1]));
  let excess = 3 * titles.length + 1; // two blanks of padding a column, and the borders
  const table = titles.map((title, i): Column => {
    const fraction = Number(pythonFixed(excess / (titles.length - i), 0));
    excess -= fraction;
    const align = title === "Param #" ? "right" : title === "Trainable" ? "center" : "left";
    return { title, align, width: asked[i] - fraction };
  });
  if (asked.some((width) => width < 4) || table.some((column) => column.width < 1)) {
    const next = "Widen the terminal, or pass a larger columns.";
    throw new DataError(problem("summary", `more columns for a table of ${titles.length}`, `${columns}`, next));
  }
  return table;
}

function drawRow(fields: readonly string[], table: readonly Column[], bar: string, edge: "top" | "bottom"): string[] {
  const cells = table.map((column, i) => wrap(fields[i], column.width, "ellipsis"));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, y) => {
    const texts = table.map((column, i) => {
      const line = cells[i][edge === "top" ? y : y - height + cells[i].length] ?? "";
      return align(line, column);
    });
    return `${bar} ${texts.join(` ${bar} `)} ${bar}`;
  });
}

function align(line: string, column: Column): string {
  const text = column.align === "left" ? line : line.trimEnd();
  const room = column.width - [...text].length;
  const left = column.align === "right" ? room : column.align === "center" ? Math.floor(room / 2) : 0;
  return " ".repeat(left) + text + " ".repeat(room - left);
}
