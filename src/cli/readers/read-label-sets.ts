import { counted } from "../../errors.ts";
import type { TableReading } from "../../index.ts";
import { withKept } from "./kept-reading.ts";
import { columnOf, findColumn, readTables, refuseEmpty, type Table, textColumn, textsOf } from "./read-table.ts";
import type { TableOptions } from "./table-options.ts";

export interface LabelSetColumns extends TableOptions {
  text?: string;
  label?: string;
  labelSeparator?: string;
  /** Columns that a model keeps for reading the next file. */
  kept?: TableReading | undefined;
}

/** Texts and lists of labels of a table: a cell holds several, separated by a mark, `|` by default; an empty one none. Throws DataError naming the line. */
export async function readLabelSets(
  files: readonly string[],
  o: LabelSetColumns,
): Promise<{ table: Table; texts: string[]; sets: string[][]; reading: TableReading }> {
  const table = await readTables(files, o);
  const named = withKept(o, o.kept, table);
  const label = named.label ?? findColumn(table, "--label") ?? "label";
  const at = columnOf(table, label, "--label");
  const mark = o.labelSeparator ?? o.kept?.separator ?? "|";
  const texts = textsOf(table, named.text, label);
  refuseEmpty(texts, table, "a text");
  const parts = (cell: string) => cell.split(mark).map((part) => part.trim());
  const sets = table.rows.map((row) => parts(row[at]).filter((part) => part !== ""));
  const labels = new Set(sets.flat());
  const each = sets.reduce((n, set) => n + set.length, 0) / sets.length;
  const text = textColumn(table, named.text, label);
  const what = `${counted(texts.length, "row")}, ${counted(labels.size, "label")}, ${each.toFixed(1)} a row`;
  o.say?.(
    `${[...new Set(table.files)].join(", ")}: ${what}; reads texts of ${text}, labels of ${label} separated by ${mark}`,
  );
  const own = mark === "|" ? {} : { separator: mark };
  return { table, texts, sets, reading: { ...(text === undefined ? {} : { text }), label, ...own } };
}
