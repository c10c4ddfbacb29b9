import { DataError, problem, suggest } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";

/** A column of a pandas table: numbers (booleans as 0 and 1, what is missing as NaN), or texts and dates with null for what is missing. */
export type PandasColumn = Float64Array | readonly (string | null)[];

/**
 * A DataFrame or Series of pandas as `readPickle` gives it: columns with their names, and the index.
 *
 *   const frame = await readPickle<PandasFrame>("prices.pkl");
 *   const x = frame.numbers(["open", "close"]);   // NdArray [rows, 2]
 */
export class PandasFrame {
  /** Names of the columns; a Series has one, "0" where it has no name. */
  readonly names: readonly string[];
  /** The label of each row: its number, text, or date (ISO, in UTC where there is a time zone). */
  readonly index: readonly (string | number | null)[];
  readonly #columns: readonly PandasColumn[];

  constructor(names: readonly string[], columns: readonly PandasColumn[], index: readonly (string | number | null)[]) {
    this.names = names;
    this.index = index;
    this.#columns = columns;
  }

  /** A column by its name. Throws DataError for a name that is not there. */
  column(name: string): PandasColumn {
    const place = this.names.indexOf(name);
    if (place >= 0) return this.#columns[place];
    throw new DataError(
      problem("PandasFrame", "a column of the table", JSON.stringify(name), suggest(name, [...this.names])),
    );
  }

  /** The columns of these names, by default all, as numbers [rows, columns] in float64. Throws DataError for one of texts or dates. */
  numbers(names: readonly string[] = this.names): NdArray {
    const columns = names.map((name) => {
      const column = this.column(name);
      if (column instanceof Float64Array) return column;
      const next = "Name the columns of numbers: frame.numbers([...]). labelEncoder() makes numbers of labels.";
      throw new DataError(
        problem("PandasFrame", "columns of numbers", `the column ${JSON.stringify(name)} of texts`, next),
      );
    });
    const rows = this.index.length;
    const values = new Float64Array(rows * columns.length);
    columns.forEach((column, k) => {
      for (let t = 0; t < rows; t++) values[t * columns.length + k] = column[t];
    });
    return new NdArray(values, [rows, columns.length]);
  }
}
