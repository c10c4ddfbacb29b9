import { FormatError, problem } from "../errors.ts";
import { type PickledArray, PickledObject, type PickleValue } from "../formats/containers/pickle-values.ts";
import { withoutJoblib } from "./joblib.ts";
import { type PandasColumn, PandasFrame } from "./pandas-frame.ts";

/** A DataFrame or Series of pandas 1 to 3; null for another class. */
export function pandasFrom(object: PickledObject, who: string): PandasFrame | null {
  const kind = /^pandas(\.core\.(frame|series))?\.(DataFrame|Series)$/.exec(object.className)?.[3];
  if (!kind) return null;
  const manager = object.field("_mgr") ?? object.field("_data");
  if (!(manager instanceof PickledObject)) throw refused(who, "the blocks of a table", typeof manager);
  return kind === "Series" ? seriesOf(object, manager, who) : frameOf(manager, who);
}

function seriesOf(object: PickledObject, { args, state }: PickledObject, who: string): PandasFrame {
  const parts = Array.isArray(state) ? state : args;
  const [[index], [values]] = [parts[0], parts[1]].map((part) => (Array.isArray(part) ? part : [null]));
  const own = values instanceof PickledObject && isBlock(values) ? values.args[0] : values;
  const column = columnOf(own, who);
  const labels = labelsOf(index, who, column.length);
  const name = object.field("_name");
  return new PandasFrame([name === null || name === undefined ? "0" : String(name)], [column], labels);
}

function frameOf({ args }: PickledObject, who: string): PandasFrame {
  const [blocks, axes] = args.map((part) => (Array.isArray(part) ? part : []));
  if (axes.length !== 2) throw refused(who, "a table of rows and columns", `one of ${axes.length} axes`);
  const parts = blocks.map((block) => {
    if (!(block instanceof PickledObject) || !isBlock(block))
      throw refused(who, "a block of columns", "something else");
    return { values: columnOf(block.args[0], who), where: block.args[1] };
  });
  const most = parts.reduce((sum, { values }) => Math.max(sum, values.length), 0);
  const names = columnNames(axes[0], who, most);
  const index = labelsOf(axes[1], who, most);
  const columns: PandasColumn[] = Array.from({ length: names.length });
  for (const { values, where } of parts) {
    const places = placesOf(where, names.length, who);
    if (values.length !== places.length * index.length)
      throw refused(who, `${index.length} rows in each column`, `${values.length} values in ${places.length} columns`);
    places.forEach((place, k) => {
      columns[place] = values.slice(k * index.length, (k + 1) * index.length);
    });
  }
  const absent = names.find((_, k) => columns[k] === undefined);
  if (absent !== undefined) throw refused(who, "a column behind each name", `none behind ${JSON.stringify(absent)}`);
  return new PandasFrame(names, columns, index);
}

/** Names of columns; of several levels one behind the other: `Close_AAPL`, as `"_".join(name)` makes it. */
function columnNames(index: PickleValue | undefined, who: string, most: number): string[] {
  const fields = levelsIn(index);
  if (!fields) return labelsOf(index, who, most).map(String);
  const [levels, codes] = ["levels", "codes"].map((name) => {
    const list = fields.get(name) ?? (name === "codes" ? fields.get("labels") : undefined); // its name in pandas 0.2x
    return Array.isArray(list) ? list : [];
  });
  const parts = levels.map((level, k) => {
    const places = withoutJoblib(codes[k]);
    if (!isArray(places)) throw refused(who, "the places of each level's labels", typeof places);
    const labels = labelsOf(level, who, places.data.length);
    return numbersIn(places.data).map((at) => (at < 0 ? "" : String(labels[at] ?? "")));
  });
  const count = parts[0]?.length ?? 0;
  if (parts.some(({ length }) => length !== count)) throw refused(who, "levels of one length", "others");
  return Array.from({ length: count }, (_, k) => parts.map((part) => part[k]).join("_"));
}

/** The fields of an index of several levels; null for one of another kind. */
function levelsIn(index: PickleValue | undefined): Map<PickleValue, PickleValue> | null {
  const [of, fields] = index instanceof PickledObject ? index.args : [];
  const several = of instanceof PickledObject && of.className.endsWith("MultiIndex");
  return several && fields instanceof Map ? fields : null;
}

const isBlock = ({ className }: PickledObject): boolean => className.endsWith("internals._unpickle_block");

/** Where the columns of a block stand: a slice, or a list of places. */
function placesOf(where: PickleValue | undefined, columns: number, who: string): number[] {
  const places =
    where instanceof PickledObject && where.className.endsWith(".slice")
      ? range(Number(where.args[0] ?? 0), Number(where.args[1] ?? columns), Number(where.args[2] ?? 1), columns)
      : isArray(where)
        ? numbersIn(where.data)
        : null;
  if (places?.every((k) => Number.isInteger(k) && k >= 0 && k < columns)) return Array.from(places);
  throw refused(who, `places among ${columns} columns`, "others");
}

function range(start: number, stop: number, step: number, most: number): number[] | null {
  const count = Math.max(0, Math.ceil((stop - start) / step));
  return Number.isSafeInteger(count) && count <= most
    ? Array.from({ length: count }, (_, k) => start + k * step)
    : null;
}

/** Values of an array or of one of pandas' own, one after the other. */
function columnOf(given: PickleValue | undefined, who: string): PandasColumn {
  const values = withoutJoblib(given);
  if (isArray(values)) return plainColumn(values, who);
  if (!(values instanceof PickledObject)) throw refused(who, "an array of values", typeof values);
  const { className, args, state } = values;
  if (className.endsWith("__pyx_unpickle_NDArrayBacked")) {
    const kind = args[0] instanceof PickledObject ? args[0].className : "";
    const [dtype, array] = Array.isArray(state) ? state.map(withoutJoblib) : [];
    if (kind.endsWith("Categorical") && dtype instanceof PickledObject && isArray(array)) {
      const labels = labelsOf(dtype.field("categories"), who);
      const codes = numbersIn(array.data);
      return labels.every((label) => typeof label === "number")
        ? Float64Array.from(codes, (code) => (code < 0 ? Number.NaN : Number(labels[code])))
        : Array.from(codes, (code) => (code < 0 ? null : String(labels[code])));
    }
    if (isArray(array)) return plainColumn(array, who);
  }
  const [data, mask] = [values.field("_data"), values.field("_mask")];
  if (isArray(data) && isArray(mask)) {
    const missing = numbersIn(mask.data);
    return Float64Array.from(numbersIn(data.data), (v, t) => (missing[t] ? Number.NaN : v));
  }
  const found = args[0] instanceof PickledObject ? args[0].className : className;
  throw refused(who, "columns of numbers, texts, dates or categories", `one of ${found}`);
}

function plainColumn({ data, descr }: PickledArray, who: string): PandasColumn {
  const times = /^[<>]M8\[(\w+)\]$/.exec(descr)?.[1];
  if (times !== undefined) return Array.from(data as Iterable<number | bigint>, (v) => dateOf(BigInt(v), times, who));
  if (ArrayBuffer.isView(data)) return Float64Array.from(numbersIn(data));
  const list = Array.from(data as ArrayLike<PickleValue>);
  const missing = (v: PickleValue) => v === null || (typeof v === "number" && Number.isNaN(v));
  if (list.every((v) => typeof v === "number" || typeof v === "boolean" || v === null))
    return Float64Array.from(list, (v) => (v === null ? Number.NaN : Number(v)));
  return list.map((v) => {
    if (missing(v)) return null;
    if (typeof v === "object") throw refused(who, "a column of texts or numbers", "one of objects");
    return String(v);
  });
}

const millisecondsIn: Readonly<Record<string, [bigint, bigint]>> = {
  ns: [1n, 1_000_000n],
  us: [1n, 1000n],
  ms: [1n, 1n],
  s: [1000n, 1n],
  m: [60_000n, 1n],
  h: [3_600_000n, 1n],
  D: [86_400_000n, 1n],
};

/** ISO: the day alone at midnight; null for NaT. */
function dateOf(count: bigint, unit: string, who: string): string | null {
  if (count === -(2n ** 63n)) return null;
  const [times, over] = millisecondsIn[unit] ?? [];
  if (times === undefined || over === undefined) throw refused(who, "times in ns to days", unit);
  const date = new Date(Number((count * times) / over));
  if (Number.isNaN(date.getTime())) throw refused(who, "dates of the years -271820 to 275760", `${count} ${unit}`);
  return date.toISOString().replace(/T00:00:00\.000Z$|\.000Z$|Z$/, "");
}

/** The labels of an index: of rows, of columns, of categories. */
function labelsOf(index: PickleValue | undefined, who: string, most = 0): (string | number | null)[] {
  const made = index instanceof PickledObject ? index : null;
  const [of, fields] = made?.args ?? [];
  const kind = of instanceof PickledObject ? of.className : "";
  if (!made || !/\._new_(Datetime)?Index$/.test(made.className) || !(fields instanceof Map))
    throw refused(who, "an index", made?.className ?? typeof index);
  if (kind.endsWith("RangeIndex")) {
    const [start, stop, step] = ["start", "stop", "step"].map((name) => Number(fields.get(name)));
    const labels = range(start, stop, step, most);
    if (labels === null) throw refused(who, "a range of rows", `${start} to ${stop}`);
    return labels;
  }
  if (levelsIn(index)) throw refused(who, "rows of one level", `a ${kind.split(".").at(-1)}`, byColumns);
  if (!fields.has("data")) throw refused(who, "an index of numbers, texts or dates", kind || "another");
  return [...columnOf(fields.get("data"), who)];
}

const isArray = (value: unknown): value is PickledArray =>
  typeof value === "object" && value !== null && "descr" in value && "data" in value;

const numbersIn = (data: PickledArray["data"]): number[] =>
  Array.from(data as unknown as ArrayLike<number | bigint>, Number);

const byColumns = "In Python: frame.reset_index().to_pickle(path), so that its levels are columns.";

const refused = (
  who: string,
  expected: string,
  received: string,
  next = "In Python: frame.to_csv(path), which readCsv reads.",
) => new FormatError(problem(who, expected, received, next));
