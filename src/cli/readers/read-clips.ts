import { dirname, resolve } from "node:path";
import { counted, DataError, problem } from "../../errors.ts";
import { readNpy } from "../../formats/index.ts";
import { NdArray, type TableReading } from "../../index.ts";
import type { Clip } from "../../video/index.ts";
import { withKept } from "./kept-reading.ts";
import { arraysIn, isNumpy } from "./read-npz.ts";
import { columnOf, findColumn, labelsOf, placeOf, readTables, type Table } from "./read-table.ts";
import { readBytes } from "./read-text-file.ts";
import type { TableOptions } from "./table-options.ts";

export interface ClipColumns extends TableOptions {
  path?: string;
  label?: string;
  /** Columns that a model keeps for reading the next file. */
  kept?: TableReading | undefined;
}

/** Clips of files: pixels [T, H, W] or [T, H, W, C] each. */
export interface ReadClips {
  readonly clips: Clip[];
  /** Null where the files have none. */
  readonly labels: string[] | null;
  readonly names: string[] | null;
  /** The table that named them; null for arrays. */
  readonly table: Table | null;
  readonly reading: TableReading;
}

/**
 * Clips and classes: an npz with x [N, T, H, W] (or [N, T, H, W, C]) and y [N]; npy files, a clip each; or a table that names an npy file in
 * each row, beside its class. Paths begin at the table's folder. Throws DataError naming file and line.
 */
export async function readClips(files: readonly string[], o: ClipColumns): Promise<ReadClips> {
  const arrays = files.filter(isNumpy);
  if (arrays.length === 0) return clipsOfTable(await readTables(files, o), o);
  if (arrays.length < files.length) {
    const next = "Give arrays, or tables that name their files, not both.";
    throw new DataError(problem(files.find((file) => !isNumpy(file))!, "npz or npy files", "another", next));
  }
  const asked = o.label ?? o.kept?.label;
  const parts = await Promise.all(files.map((file) => clipsOfArrays(file, o.label, asked ?? "y")));
  return {
    clips: parts.flatMap(({ clips }) => clips),
    labels: parts.every(({ labels }) => labels) ? parts.flatMap(({ labels }) => labels!) : null,
    names: parts.flatMap(({ names }) => names),
    table: null,
    reading: o.label === undefined ? {} : { label: o.label },
  };
}

/** The same, of files that say classes. Throws DataError where they do not. */
export async function readLabelledClips(files: readonly string[], o: ClipColumns) {
  const read = await readClips(files, o);
  if (read.labels) return { ...read, labels: read.labels };
  const next = "In npz an array y [N]; in a table a column, --label NAME.";
  throw new DataError(problem("--label", "a class of each clip", "none", next));
}

/** The array `usual` holds the classes where none was asked for, or y where the file lacks it. */
async function clipsOfArrays(file: string, asked: string | undefined, usual: string) {
  const found = await arraysIn(file);
  const label = asked ?? (found.has(usual) ? usual : "y");
  const x = found.get("x");
  const pixels =
    x && ArrayBuffer.isView(x.data)
      ? new NdArray(Float32Array.from(x.data as Iterable<number>, Number), [...x.shape])
      : null;
  if (/\.npy$/i.test(file) && pixels) return { clips: [pixels], labels: null, names: [file] };
  if (!pixels || pixels.rank < 4) {
    const seen = x ? `one of rank ${x.shape.length}` : `only ${[...found.keys()].join(", ")}`;
    const next = "Write it with numpy.savez(file, x=x, y=y).";
    throw new DataError(problem(file, "clips x [N, T, H, W] or [N, T, H, W, C]", seen, next));
  }
  const count = pixels.shape[0];
  const y = found.get(label);
  if (y && (y.shape.length !== 1 || y.shape[0] !== count))
    throw new DataError(problem(file, `${label} [${count}]`, `[${y.shape.join(", ")}]`));
  return {
    clips: Array.from({ length: count }, (_, k) => pixels.row(k)),
    labels: y ? Array.from(y.data as Iterable<unknown>, String) : null,
    names: Array.from({ length: count }, (_, k) => `${file}, clip ${k + 1}`),
  };
}

async function clipsOfTable(table: Table, o: ClipColumns): Promise<ReadClips> {
  const named = withKept(o, o.kept, table);
  const path =
    o.path ?? table.columns.find((one) => ["path", "file", "filename", "clip", "video"].includes(one.toLowerCase()));
  if (path === undefined) {
    const next = `The file has ${table.columns.join(", ")}: give --path NAME.`;
    throw new DataError(problem("--path", "the name of a column", "none", next));
  }
  const at = columnOf(table, path, "--path");
  const label = named.label ?? findColumn(table, "--label");
  const labels = label === undefined ? null : labelsOf(table, label);
  const clips: Clip[] = [];
  for (const [row, cells] of table.rows.entries()) {
    const who = `${placeOf(table, row)}, ${cells[at]}`;
    if (!/\.npy$/i.test(cells[at]))
      throw new DataError(
        problem(who, "the path of an npy file, [T, H, W]", "another", "Write it with numpy.save(file, clip)."),
      );
    const bytes = await readBytes(resolve(dirname(table.files[row]), cells[at])).catch((error) => {
      throw error instanceof DataError ? error.retell({ who }) : error;
    });
    const { data, shape } = readNpy(bytes, who);
    clips.push(new NdArray(Float32Array.from(data as Iterable<number>, Number), [...shape]));
  }
  o.say?.(`${[...new Set(table.files)].join(", ")}: ${counted(clips.length, "clip")} in files of column ${path}`);
  const reading = label === undefined ? {} : { label };
  return { clips, labels, names: table.rows.map((cells) => cells[at]), table, reading };
}
