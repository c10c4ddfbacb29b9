import { memorySize } from "./memory-size.ts";
import type { Summary, SummaryRow } from "./summary-types.ts";

/**
 * The ruled table of Keras 2 (2.15): 65 characters wide, 98 where the model branches, 11 more with the Trainable column.
 * A column too narrow for its text breaks it anywhere, but first behind `),`, `],` or `',`.
 */
export function keras2Table({ name, rows, totals, showTrainable = false }: Summary): string {
  const branches = rows.some((row) => row.connectedTo !== undefined);
  const base = branches ? 98 : 65;
  const positions = (branches ? [0.3, 0.6, 0.7, 1] : [0.45, 0.85, 1]).map((p) => Math.trunc(p * base));
  const titles = ["Layer (type)", "Output Shape", "Param #"];
  if (branches) titles.push("Connected to");
  if (showTrainable) {
    positions.push(base + 11);
    titles.push("Trainable");
  }
  const width = positions.at(-1)!;
  const level = (depth: number, fill: string) => "|".repeat(depth) + fill.repeat(width - 2 * depth) + "|".repeat(depth);

  const lines = [`Model: "${name}"`, "_".repeat(width), ...printRow(titles, positions, 0), "=".repeat(width)];
  rows.forEach((row, i) => {
    const depth = row.depth ?? 0;
    const next = rows[i + 1]?.depth ?? 0;
    lines.push(...printRow(fieldsOf(row, branches, showTrainable), positions, depth));
    if (next > depth) lines.push(level(depth + 1, "¯"));
    if (next === depth) lines.push(level(depth, " "));
    for (let d = depth - 1; d >= next; d--) lines.push(level(d, "¯"));
  });
  const total = totals.trainable + totals.nonTrainable;
  const size = (params: number) => `${params} (${memorySize(params, ["Byte", "KB", "MB", "GB", "TB", "PB"])})`;
  lines.push("=".repeat(width), `Total params: ${size(total)}`, `Trainable params: ${size(totals.trainable)}`);
  lines.push(`Non-trainable params: ${size(totals.nonTrainable)}`, "_".repeat(width));
  return lines.join("\n");
}

function fieldsOf(row: SummaryRow, branches: boolean, showTrainable: boolean): string[] {
  const params = row.params === "0 (unbuilt)" ? "0 (unused)" : String(row.params);
  const fields = [`${row.name} (${row.className})`, row.outputShape, params];
  if (branches) {
    const from = row.connectedTo === undefined || row.connectedTo === "-" ? [] : row.connectedTo.split(", ");
    fields.push(`[${from.map((tensor) => `'${tensor}'`).join(", ")}]`);
  }
  if (showTrainable) fields.push(row.trainable === false ? "N" : "Y");
  return fields;
}

function printRow(fields: readonly string[], positions: readonly number[], depth: number): string[] {
  const left = [...fields];
  const lines: string[] = [];
  while (left.some((text) => text !== "")) {
    let line = "";
    positions.forEach((end, i) => {
      const isLast = i === positions.length - 1;
      const room = end - (i === 0 ? depth : positions[i - 1]) - (isLast ? 0 : 3);
      const fits = left[i].slice(0, room);
      const stops = ["),", "},", "],", "',"].map((stop) => fits.indexOf(stop)).filter((at) => at >= 0);
      const cut = stops.length > 0 ? Math.min(...stops) + 2 : room;
      if (i === 0) line = `${"|".repeat(depth)} `;
      line += fits.slice(0, cut) + (isLast ? "" : "  ");
      left[i] = left[i].slice(cut);
      line = line.padEnd(isLast ? end - depth : end);
    });
    lines.push(line + "|".repeat(depth));
  }
  return lines;
}
