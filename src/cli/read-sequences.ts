import { columnNumbers, numericColumns } from "../data/index.ts";
import { DataError, FormatError, problem } from "../errors.ts";
import { readNpz } from "../formats/index.ts";
import { NdArray, type Sequence } from "../index.ts";
import { columnOf, findColumn, labelsOf, readBytes, readTables } from "./read-table.ts";

export interface SequenceColumns {
  label?: string;
  group?: string;
  columns?: string[];
}

export interface Sequences {
  sequences: Sequence[];
  /** Null where the file has none. */
  labels: string[] | null;
}

/**
 * Labelled sequences from an npz with x [N, T, D] and y [N], a jsonl with `sequence` and `label`, or a csv with one step a row
 * and the column `--group` that says which sequence a row belongs to.
 */
export async function readSequences(files: readonly string[], options: SequenceColumns): Promise<Sequences> {
  if (files.some((file) => /\.npz$/i.test(file))) return npzSequences(files);
  const table = await readTables(files);
  const place = table.columns.indexOf("sequence");
  const label = options.label ?? findColumn(table, "--label");
  const labels = label === undefined ? null : labelsOf(table, label);
  if (place >= 0) return { sequences: table.rows.map((row, i) => jsonSequence(row[place], table.lines[i])), labels };
  const group = options.group ?? "group";
  const groups = table.rows.map((row) => row[columnOf(table, group, "--group")]);
  const features = options.columns ?? numericColumns(table).filter((name) => name !== group && name !== label);
  if (features.length === 0) throw new DataError(problem("--columns", "columns of numbers", "none", "Name them."));
  const rows = columnNumbers(table, features).toArray() as number[][];
  const byGroup = new Map<string, number[]>();
  groups.forEach((name, i) => void byGroup.set(name, [...(byGroup.get(name) ?? []), i]));
  return {
    sequences: [...byGroup.values()].map((steps) => steps.map((i) => rows[i])),
    labels: labels && [...byGroup.values()].map(([first]) => labels[first]),
  };
}

function jsonSequence(cell: string, line: number): Sequence {
  try {
    return JSON.parse(cell) as number[][];
  } catch {
    throw new FormatError(problem(`line ${line}`, "a sequence as a list of rows, [[1, 2], …]", cell.slice(0, 40)));
  }
}

async function npzSequences(files: readonly string[]): Promise<Sequences> {
  const next = "Write it with numpy.savez(file, x=x, y=y).";
  if (files.length > 1) throw new DataError(problem(files[0], "one npz file", `${files.length} files`, next));
  const arrays = await readNpz(await readBytes(files[0]), files[0]);
  const x = arrays.get("x");
  if (x?.shape.length !== 3 || !ArrayBuffer.isView(x.data)) {
    const found = x ? `one of rank ${x.shape.length}` : `only ${[...arrays.keys()].join(", ")}`;
    throw new DataError(problem(files[0], "an array x [N, T, D]", found, next));
  }
  const y = arrays.get("y");
  const numbers = Float32Array.from(x.data as ArrayLike<number>, Number);
  const [count, steps, size] = x.shape;
  const width = steps * size;
  const sequences = Array.from(
    { length: count },
    (_, i) => new NdArray(numbers.slice(i * width, (i + 1) * width), [steps, size]),
  );
  return { sequences, labels: y ? Array.from(y.data as ArrayLike<unknown>, String) : null };
}
