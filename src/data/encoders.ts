import { DataError, FormatError, problem, ShapeError, showValue, suggest } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { distinct, type RowList } from "./rows-of.ts";

/** The name of a class: a text or a number. */
export type ClassName = string | number;

/** An encoder as plain data, for `encoderFromJson`. */
export type EncoderJson =
  | { readonly encoder: "label"; readonly classes: readonly ClassName[] }
  | {
      readonly encoder: "oneHot";
      readonly categories: readonly (readonly ClassName[])[];
      /** The category of each column that has no place in the rows; null or absent where each has one. */
      readonly dropped?: readonly (number | null)[];
    };

/** Labels as whole numbers and back, as scikit-learn's LabelEncoder. Made by `labelEncoder`. */
export class LabelEncoder {
  #classes: readonly ClassName[] | null = null;
  #numbers = new Map<ClassName, number>();

  /** The distinct labels in order: numbers by size, texts by their letters. Throws DataError before `fit`. */
  get classes(): readonly ClassName[] {
    if (this.#classes) return this.#classes;
    throw new DataError(
      problem("labelEncoder", "an encoder that has seen labels", "one before fit", "First: encoder.fit(labels)."),
    );
  }

  /** Learns which labels there are. */
  fit(labels: RowList): this {
    return this.#learn(distinct(labels, "labelEncoder.fit").classes);
  }

  /** The number of each label among `classes`: int32 [N]. Throws DataError for a label that `fit` has not seen. */
  transform(labels: RowList): Int32Array {
    const { classes } = this;
    return Int32Array.from(listOf(labels), (label, row) => {
      const number = this.#numbers.get(label);
      if (number !== undefined) return number;
      throw unseen("labelEncoder", classes, label, row);
    });
  }

  /** `fit` and `transform` in one. */
  fitTransform(labels: RowList): Int32Array {
    return this.fit(labels).transform(labels);
  }

  /** The label of each number. Throws DataError for a number that is none of a class. */
  inverseTransform(numbers: ArrayLike<number> | NdArray): ClassName[] {
    const { classes } = this;
    return Array.from(numbers instanceof NdArray ? numbers.data : numbers, (n) => {
      if (Number.isInteger(n) && n >= 0 && n < classes.length) return classes[n];
      throw new DataError(problem("labelEncoder", `numbers from 0 to ${classes.length - 1}`, `${n}`));
    });
  }

  /** The fitted state, as plain data. */
  toJSON(): EncoderJson {
    return { encoder: "label", classes: this.classes };
  }

  /** From classes that are known, in this order. */
  static of(classes: readonly ClassName[]): LabelEncoder {
    return new LabelEncoder().#learn(classes);
  }

  #learn(classes: readonly ClassName[]): this {
    this.#classes = classes;
    this.#numbers = new Map(classes.map((name, k) => [name, k]));
    return this;
  }
}

/**
 * Labels as whole numbers and back, as scikit-learn's LabelEncoder: classes in order, 0 the first.
 *
 *   const encoder = labelEncoder();
 *   encoder.fitTransform(["no", "yes", "no"]); // {"0":0,"1":1,"2":0}
 *   encoder.inverseTransform([1, 0]); // ["yes", "no"]
 */
export const labelEncoder = (): LabelEncoder => new LabelEncoder();

export interface OneHotOptions {
  /** Encoding of a value that `fit` has not seen: an error, or a row of zeros. Default `"error"`. */
  handleUnknown?: "error" | "ignore";
}

/** Columns of categories as zeros and ones, as scikit-learn's OneHotEncoder. Made by `oneHotEncoder`. */
export class OneHotEncoder {
  /** Encoding of a value that `fit` has not seen. */
  readonly handleUnknown: "error" | "ignore";
  #columns: LabelEncoder[] | null = null;
  #dropped: readonly (number | null)[] = [];

  constructor({ handleUnknown = "error" }: OneHotOptions = {}) {
    if (handleUnknown !== "error" && handleUnknown !== "ignore")
      throw new DataError(problem("oneHotEncoder", 'handleUnknown: "error" or "ignore"', showValue(handleUnknown)));
    this.handleUnknown = handleUnknown;
  }

  /** The distinct values of each column, in order. Throws DataError before `fit`. */
  get categories(): readonly (readonly ClassName[])[] {
    if (this.#columns) return this.#columns.map(({ classes }) => classes);
    throw new DataError(
      problem("oneHotEncoder", "an encoder that has seen rows", "one before fit", "First: encoder.fit(rows)."),
    );
  }

  /** The number of each column's category that has no place in the rows, as scikit-learn's `drop_idx_`; null or absent: each has one. */
  get dropped(): readonly (number | null)[] {
    return this.#dropped;
  }

  /** Learns the values of each column. Rows are lists of one value a column, or single values: one column. */
  fit(rows: RowList): this {
    this.#dropped = [];
    this.#columns = columnsOf(rows).map((column, k) => {
      const who = `oneHotEncoder.fit: column ${k}`;
      return LabelEncoder.of(distinct(column, who).classes);
    });
    return this;
  }

  /** float32 [N, the number of all categories that have a place]: a 1 for each column's value, column after column. */
  transform(rows: RowList): NdArray {
    const { categories } = this;
    const columns = columnsOf(rows);
    if (columns.length !== categories.length)
      throw new ShapeError(problem("oneHotEncoder", `${categories.length} columns, as in fit`, `${columns.length}`));
    const kept = categories.map((values, k) => values.filter((_, at) => at !== this.#dropped[k]));
    const width = kept.reduce((n, { length }) => n + length, 0);
    const out = new Float32Array(columns[0].length * width);
    let from = 0;
    for (const [k, values] of kept.entries()) {
      const places = new Map(values.map((value, at) => [value, at]));
      const known = new Set(categories[k]);
      for (const [row, value] of columns[k].entries()) {
        const at = places.get(value);
        if (at !== undefined) out[row * width + from + at] = 1;
        else if (!known.has(value) && this.handleUnknown === "error")
          throw unseen(`oneHotEncoder: column ${k}`, categories[k], value, row);
      }
      from += values.length;
    }
    return new NdArray(out, [columns[0].length, width]);
  }

  /** `fit` and `transform` in one. */
  fitTransform(rows: RowList): NdArray {
    return this.fit(rows).transform(rows);
  }

  /** The fitted state, as plain data. */
  toJSON(): EncoderJson {
    const dropped = this.#dropped.length > 0 ? { dropped: this.#dropped } : {};
    return { encoder: "oneHot", categories: this.categories, ...dropped };
  }

  /** From categories that are known, in this order, but for those `dropped`, a number or null for each column. Throws DataError for another number. */
  static of(
    categories: readonly (readonly ClassName[])[],
    options: OneHotOptions = {},
    dropped: readonly (number | null)[] = [],
  ): OneHotEncoder {
    const encoder = new OneHotEncoder(options);
    const isPlace = (k: number | null, column: number) => k === null || (k >= 0 && k < categories[column].length);
    if ((dropped.length > 0 && dropped.length !== categories.length) || !dropped.every(isPlace))
      throw new DataError(problem("oneHotEncoder", "a place among the categories of each column", showValue(dropped)));
    encoder.#dropped = dropped;
    encoder.#columns = categories.map((values) => LabelEncoder.of(values));
    return encoder;
  }
}

/**
 * Columns of categories as zeros and ones, as scikit-learn's OneHotEncoder. For whole numbers from 0, `toCategorical` does it alone.
 *
 *   oneHotEncoder().fitTransform(["red", "blue", "red"]).toArray(); // [[0, 1], [1, 0], [0, 1]]
 */
export const oneHotEncoder = (options: OneHotOptions = {}): OneHotEncoder => new OneHotEncoder(options);

/**
 * The encoder that `toJSON` described. Throws FormatError for anything else.
 *
 *   const again = encoderFromJson(JSON.parse(JSON.stringify(encoder)));
 */
export function encoderFromJson(json: unknown): LabelEncoder | OneHotEncoder {
  const { encoder, classes, categories, dropped = [] } = Object(json) as Record<string, unknown>;
  if (encoder === "label" && isNames(classes)) return LabelEncoder.of(classes);
  if (encoder === "oneHot" && Array.isArray(categories) && categories.every(isNames) && isDropped(dropped))
    return OneHotEncoder.of(categories, {}, dropped);
  throw new FormatError(problem("encoderFromJson", "an encoder as toJSON gives it", showValue(json)));
}

const isNames = (value: unknown): value is ClassName[] =>
  Array.isArray(value) && value.every((v) => typeof v === "string" || typeof v === "number");

const isDropped = (value: unknown): value is (number | null)[] =>
  Array.isArray(value) && value.every((k) => k === null || Number.isInteger(k));

const listOf = (labels: RowList): ClassName[] =>
  (labels instanceof NdArray ? Array.from(labels.data) : Array.from(labels as readonly unknown[])) as ClassName[];

/** Rows as columns; single values are one column. */
function columnsOf(rows: RowList): ClassName[][] {
  const list = rows instanceof NdArray && rows.rank > 1 ? rows.toArray<ClassName[][] & number[][]>() : listOf(rows);
  if (list.length === 0) throw new DataError(problem("oneHotEncoder", "at least one row", "none"));
  if (!Array.isArray(list[0])) return [list as ClassName[]];
  const width = (list[0] as unknown as ClassName[]).length;
  const wrong = (list as unknown as ClassName[][]).findIndex((row) => !Array.isArray(row) || row.length !== width);
  if (wrong >= 0)
    throw new ShapeError(problem("oneHotEncoder", `${width} values in every row`, `another number in row ${wrong}`));
  return Array.from({ length: width }, (_, k) => (list as unknown as ClassName[][]).map((row) => row[k]));
}

function unseen(who: string, known: readonly ClassName[], value: ClassName, row: number): DataError {
  const names = known.map(String);
  const next = suggest(String(value), names.slice(0, 50));
  return new DataError(problem(who, "labels that fit has seen", `${showValue(value)} in row ${row}`, next));
}
