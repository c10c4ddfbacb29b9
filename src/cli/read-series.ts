import { columnNumbers, seriesColumns } from "../data/index.ts";
import { DataError, problem } from "../errors.ts";
import type { NdArray } from "../index.ts";
import { readTables } from "./read-table.ts";

/** A series, oldest row first: the columns that are named, or all of numbers that neither count nor date the rows. [T, D] */
export async function readSeries(
  files: readonly string[],
  columns: readonly string[] | undefined,
  missing: "refuse" | "drop" | "previous" = "refuse",
): Promise<{ series: NdArray; columns: string[] }> {
  const table = await readTables(files);
  const chosen = columns ?? seriesColumns(table);
  if (chosen.length === 0) {
    const next = `The file has ${table.columns.join(", ")}: name one with --columns.`;
    throw new DataError(problem(files[0], "a column of numbers", "none", next));
  }
  return { series: columnNumbers(table, chosen, { missing }), columns: [...chosen] };
}
