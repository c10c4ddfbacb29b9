/** A table in plain text: every column as wide as its widest cell, flush right, two spaces apart. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, k) => Math.max(...all.map((row) => [...(row[k] ?? "")].length)));
  const line = (row: readonly string[]) =>
    widths.map((width, k) => " ".repeat(width - [...(row[k] ?? "")].length) + (row[k] ?? "")).join("  ");
  return all.map((row) => line(row).trimEnd()).join("\n");
}
