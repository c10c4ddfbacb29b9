import { DataError, option, problem, sentence } from "../../errors.ts";
import { checkKnown } from "../checks.ts";
import { columnNumbers, type NumberOptions, numericColumns } from "../column-numbers.ts";
import type { CsvTable } from "../csv.ts";
import { findDateColumns } from "./date-columns.ts";
import { filled, type Missing } from "./fill-gaps.ts";
import type { TableSeries } from "./long-series.ts";

export interface WideSeriesOptions extends Pick<NumberOptions, "decimal" | "thousands"> {
  /** Treatment of gaps between values: `"error"` names the first; `"ffill"`, `"bfill"`, `"interpolate"` fill them. Default `"error"`. */
  missing?: Exclude<Missing, "drop">;
}

const who = "wideSeries";

/**
 * The series of a table in wide form, a row for each, oldest value first: the files of the M4 competition. The first column names the series
 * where it is not of numbers; empty cells before the first value and after the last are none. Throws DataError naming the line of a gap,
 * of a row without values and of one that is a date.
 *
 *   const table = await parseCsv("id,V1,V2,V3\na,3,5,\nb,7,8,9\n");
 *   wideSeries(table).map(({ id, values }) => [id, ...values]); // [["a", 3, 5], ["b", 7, 8, 9]]
 */
export function wideSeries(table: CsvTable, options: WideSeriesOptions = {}): TableSeries[] {
  const { missing = "error", decimal, thousands } = checkKnown(who, options, ["missing", "decimal", "thousands"]);
  const [first, ...others] = table.columns;
  const named =
    others.length > 0 && numericColumns({ ...table, columns: [first] }, { decimal, thousands }).length === 0;
  const columns = named ? others : table.columns;
  if (named && table.rows.length > 1 && findDateColumns({ ...table, columns: [first] })) refuseDates(table);
  const seen = new Map<string, number>();
  return table.rows.map((cells, row) => {
    const one: CsvTable = {
      columns: table.columns,
      rows: [cells],
      lines: [table.lines[row]],
      files: [placeOf(table, row)],
    };
    const numbers = columnNumbers(one, columns, { missing: "nan", decimal, thousands }).data as Float64Array;
    const id = named ? cells[0].trim() : String(row + 1);
    const before = seen.get(id);
    if (before !== undefined) {
      const next = "Give each series a name of its own.";
      throw new DataError(problem(placeOf(table, row), "a new name", `${id}, as in line ${table.lines[before]}`, next));
    }
    seen.set(id, row);
    return { id, values: withoutGaps(trimmed(numbers), missing, placeOf(table, row)), dates: null };
  });
}

/** Throws DataError for rows that are dates. */
function refuseDates(table: CsvTable): never {
  const [first] = table.columns;
  const next = sentence`Give a row for each series. A table with a row for each date is read without ${option("wide", true, "wideSeries: by longSeries")}.`;
  const expected = `the name of a series in column ${JSON.stringify(first)}`;
  throw new DataError(problem(placeOf(table, 0), expected, `the date ${table.rows[0][0]}`, next));
}

const placeOf = ({ files, lines }: CsvTable, row: number): string => `${files?.[row] ?? who}: line ${lines[row]}`;

/** From the first number to the last. */
function trimmed(numbers: Float64Array): Float64Array {
  const first = numbers.findIndex((v) => !Number.isNaN(v));
  let end = numbers.length;
  while (end > 0 && Number.isNaN(numbers[end - 1])) end--;
  return first < 0 ? new Float64Array() : numbers.slice(first, end);
}

function withoutGaps(values: Float64Array, missing: Missing, place: string): Float64Array {
  if (values.length === 0) throw new DataError(problem(place, "values of a series", "none", "Leave the row out."));
  const gap = values.findIndex(Number.isNaN);
  if (gap < 0) return values;
  if (missing === "error") {
    const next = sentence`Choose how to fill gaps: ${option("missing", "interpolate")}, ffill or bfill.`;
    throw new DataError(problem(place, `a number as value ${gap + 1}`, "an empty cell", next));
  }
  return Float64Array.from(
    filled(
      Array.from(values, (v) => [v]),
      missing,
    ).flat(),
  );
}
