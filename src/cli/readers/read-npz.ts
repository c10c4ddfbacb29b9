import type { CsvTable } from "../../data/index.ts";
import { DataError, problem } from "../../errors.ts";
import { type NpyArray, readNpy, readNpz } from "../../formats/index.ts";
import { type ArrayLike, NdArray, type Sequence } from "../../index.ts";
import { readBytes } from "./read-text-file.ts";

/** Files of NumPy's arrays, `.npz` and `.npy`. */
export const isNumpy = (file: string): boolean => /\.np[yz]$/i.test(file);

/** The arrays of a file by their names; the one of an npy file is x. */
export async function arraysIn(file: string): Promise<Map<string, NpyArray>> {
  const bytes = await readBytes(file);
  return /\.npy$/i.test(file) ? new Map([["x", readNpy(bytes, file)]]) : readNpz(bytes, file);
}

/** Arrays [N], each a column of its name, and arrays [N, D], whose columns are counted from 1: `x1`, `x2`. NaN is an empty cell. */
export async function npzTable(file: string): Promise<CsvTable> {
  const arrays = [...(await arraysIn(file))];
  const count = arrays[0]?.[1].shape[0] ?? 0;
  const odd = arrays.find(([, { shape }]) => shape.length < 1 || shape.length > 2 || shape[0] !== count);
  if (odd || count === 0) {
    const found = odd ? `${odd[0]} [${odd[1].shape.join(", ")}]` : "none";
    const next = "Write it with numpy.savez(file, sales=sales, price=price), oldest number first.";
    throw new DataError(problem(file, "arrays [N] or [N, D], as long as each other", found, next));
  }
  const columns = arrays.flatMap(([name, { data, shape }]) => {
    const width = shape[1] ?? 1;
    const cells = data as ArrayLike & { readonly [i: number]: number | bigint | string };
    return Array.from({ length: width }, (_, k) => ({
      name: shape.length === 1 ? name : `${name}${k + 1}`,
      cell: (row: number) => (Number.isNaN(cells[row * width + k]) ? "" : String(cells[row * width + k])),
    }));
  });
  const rows = Array.from({ length: count }, (_, row) => columns.map(({ cell }) => cell(row)));
  return { columns: columns.map(({ name }) => name), rows, lines: rows.map((_, row) => row + 1) };
}

/** Sequences x [N, T, D], or [N, T] of one feature, their `lengths` [N] where they are padded behind, and labels y [N], or in an npy file of their own. */
export async function npzSequences(
  file: string,
  label = "y",
): Promise<{ sequences: Sequence[]; labels: string[] | null }> {
  const next = "Write it with numpy.savez(file, x=x, y=y), padded ones also with lengths=lengths.";
  const arrays = await arraysIn(file);
  const x = arrays.get("x");
  if ((x?.shape.length !== 3 && x?.shape.length !== 2) || !ArrayBuffer.isView(x.data)) {
    const found = x ? `one of rank ${x.shape.length}` : `only ${[...arrays.keys()].join(", ")}`;
    throw new DataError(problem(file, "an array x [N, T, D]", found, next));
  }
  const [count, steps, size = 1] = x.shape;
  const perRow = (name: string) => {
    const array = arrays.get(name);
    if (!array) return null;
    if (array.shape.length === 1 && array.shape[0] === count) return Array.from(array.data as Iterable<unknown>);
    throw new DataError(problem(file, `${name} [${count}]`, `[${array.shape.join(", ")}]`, next));
  };
  const lengths = perRow("lengths")?.map(Number) ?? Array.from({ length: count }, () => steps);
  const wrong = lengths.findIndex((length) => !(Number.isInteger(length) && length >= 1 && length <= steps));
  if (wrong >= 0)
    throw new DataError(problem(file, `lengths from 1 to ${steps}`, `${lengths[wrong]} in row ${wrong}`, next));
  const numbers = Float64Array.from(x.data as unknown as ArrayLike & Iterable<number>, Number);
  const sequences = lengths.map((length, i) => {
    const from = i * steps * size;
    return new NdArray(numbers.slice(from, from + length * size), [length, size]);
  });
  if (!isNumpy(label)) return { sequences, labels: perRow(label)?.map(String) ?? null };
  const y = (await arraysIn(label)).get("x");
  if (y?.shape.length === 1 && y.shape[0] === count)
    return { sequences, labels: Array.from(y.data as Iterable<unknown>, String) };
  throw new DataError(problem(label, `labels [${count}]`, y ? `[${y.shape.join(", ")}]` : "another array"));
}
