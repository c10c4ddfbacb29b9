import { dirname } from "node:path";
import { columnNumbers, parseTs, unusualNumbers } from "../../data/index.ts";
import { counted, DataError, FormatError, problem } from "../../errors.ts";
import { NdArray, type Sequence, type TableReading } from "../../index.ts";
import { classesIn } from "./classes-in.ts";
import { withKept } from "./kept-reading.ts";
import { isNumpy, npzSequences } from "./read-npz.ts";
import { isWav, type LabelFrom, readRecordings } from "./read-recordings.ts";
import { numbersIn, refuseGaps, type SeriesOptions, withoutUndefined, writtenAs } from "./read-series.ts";
import { columnOf, findColumn, labelsOf, placeOf, readTables, refuseAnswer, type Table } from "./read-table.ts";
import { readTextFile, told } from "./read-text-file.ts";
import { hasFolder, recordingsIn } from "./recordings-in.ts";
import { rowWindows } from "./row-windows.ts";

interface SequenceColumns extends Omit<SeriesOptions, "missing"> {
  label?: string;
  labelFrom?: LabelFrom;
  group?: string;
  columns?: readonly string[];
  window?: number;
  step?: number;
  windowLabel?: "majority" | "last" | "single";
  /** Columns and options that a model keeps for reading the next file. */
  kept?: TableReading | undefined;
  /** Samples per second that a model reads; others are resampled. */
  rate?: number | null | undefined;
}

export interface Sequences {
  sequences: Sequence[];
  /** Null where the file has none. */
  labels: string[] | null;
  /** The group that each window is cut from; absent where sequences are no windows. */
  groups?: string[];
  /** Where each sequence stands: a file, or a file and the line of its first row. */
  places: string[];
  /** Name of each sequence, its wav file or its group; null where they have no names. */
  names: string[] | null;
  /** The columns and options it was read with, for the next file. */
  reading: TableReading;
}

/**
 * Labelled sequences from an npz with x [N, T, D] and y [N], a .ts file of the UEA and UCR archive, a jsonl with `sequence` and `label`, or a csv with one step a row
 * and the column `--group` that says which sequence a row belongs to; or recordings, one a wav file.
 */
export async function readSequences(given: readonly string[], options: SequenceColumns): Promise<Sequences> {
  const files = await recordingsIn(given, options.say);
  if (files.some(isWav)) {
    refuseOthers("wav", options);
    const { labelFrom = usualLabels(given, files), say, rate } = options;
    return { ...(await readRecordings(files, labelFrom, { rate, say })), names: files, places: files, reading: {} };
  }
  if (files.some(isNumpy)) {
    refuseOthers("npz", options);
    const next = "Write all into one: numpy.savez(file, x=x, y=y); or give two: x.npy y.npy.";
    if (files.length > 1) throw new DataError(problem(files[0], "one npz file", `${files.length} files`, next));
    const { label = options.kept?.label } = options;
    const own = label !== undefined && isNumpy(label); // an array in a file of its own, named anew for each
    const found = await npzSequences(files[0], label);
    const places = found.sequences.map((_, row) => `${files[0]}, row ${row}`);
    return { ...found, places, names: null, reading: own ? {} : withoutUndefined({ label }) };
  }
  const { encoding, delimiter, header, comment, quote, say } = options;
  if (files.some(isTs)) return readTs(files, options);
  const table = await readTables(files, { encoding, delimiter, header, comment, quote, say });
  const { decimal, thousands, ...named } = withKept(options, options.kept, table);
  const place = table.columns.indexOf("sequence");
  const label = named.label ?? findColumn(table, "--label");
  const labels = label === undefined ? null : labelsOf(table, label);
  refuseOthers(place >= 0 ? "jsonl" : "csv", options);
  if (place >= 0) {
    const sequences = table.rows.map((row, i) => jsonSequence(row[place], placeOf(table, i)));
    const places = table.rows.map((_, i) => placeOf(table, i));
    return { sequences, labels, places, names: null, reading: withoutUndefined({ label }) };
  }
  const { window, step, windowLabel } = named;
  const group = named.group ?? table.columns.find((name) => name === "group");
  if (group === undefined && window === undefined) {
    const next = `The file has ${table.columns.join(", ")}: give --group NAME.`;
    throw new DataError(problem("--group", "the column that says which sequence a row belongs to", "none", next));
  }
  const at = group === undefined ? -1 : columnOf(table, group, "--group");
  const groups = table.rows.map((row) => (at < 0 ? "" : row[at]));
  const file = files.join(", ");
  if (group !== undefined) refuseAnswer("--group", group, label);
  for (const name of named.columns ?? []) {
    columnOf(table, name, "--columns");
    refuseAnswer("--columns", name, label);
  }
  const written = writtenAs(table, { decimal, thousands }, file, say);
  const features = named.columns ?? (await numbersIn(table, file, written, [group, label]));
  const rows = await told("columnNumbers", file, () => {
    refuseGaps(table, features, written, "Fill it with the number before it, or leave the sequence out.");
    return columnNumbers(table, features, written).toArray() as number[][];
  });
  for (const { column, cell, number } of unusualNumbers(table, features, written))
    say?.(`${file}: ${JSON.stringify(cell)} in column ${column} is read as ${number}`);
  const byGroup = new Map<string, number[]>();
  for (const [i, name] of groups.entries()) {
    if (!byGroup.has(name)) byGroup.set(name, []);
    byGroup.get(name)!.push(i);
  }
  if (window !== undefined) {
    const windows = rowWindows(table, byGroup, labels, { window, step, windowLabel });
    const of = group === undefined ? "" : ` of each ${group}`;
    const every = step ?? Math.max(1, Math.floor(window / 2));
    const counts = `${counted(table.rows.length, "row")}, ${counted(windows.length, "window")} of ${window} rows every ${every}`;
    say?.(`${file}: ${counts}${of}, reads ${features.join(", ")}`);
    return {
      sequences: windows.map((one) => one.rows.map((i) => rows[i])),
      labels: labels && windows.map((one) => one.label!),
      names: windows.map((one) => `${one.group === "" ? "" : `${one.group}, `}${placeOf(table, one.rows[0])}`),
      places: windows.map((one) => placeOf(table, one.rows[0])),
      groups: windows.map((one) => one.group),
      reading: withoutUndefined({ group, label, columns: features, window, step, windowLabel, ...written }),
    };
  }
  const all = [...byGroup.values()];
  if (labels) for (const [name, steps] of byGroup) checkOneLabel(name, steps, labels, table);
  const left = table.columns.filter((name) => ![group, label, ...features].includes(name));
  const rest = left.length > 0 ? `; leaves out ${left.join(", ")}` : "";
  say?.(
    `${file}: ${counted(table.rows.length, "row")}, a sequence for each ${group}, reads ${features.join(", ")}${rest}`,
  );
  return {
    sequences: all.map((steps) => steps.map((i) => rows[i])),
    labels: labels && all.map(([first]) => labels[first]),
    places: all.map(([first]) => placeOf(table, first)),
    names: [...byGroup.keys()],
    reading: withoutUndefined({ group, label, columns: features, ...written }),
  };
}

/** Files of the UEA and UCR archive; some places call them .ts.txt. */
const isTs = (file: string): boolean => /\.ts(\.txt)?(\.gz)?$/i.test(file);

/** The rows of such files. Throws DataError for other files among them. */
async function readTs(files: readonly string[], options: SequenceColumns): Promise<Sequences> {
  const odd = files.find((file) => !isTs(file));
  if (odd !== undefined) throw new DataError(problem(odd, "a .ts file like the others", "another"));
  refuseOthers("ts", options);
  const rows = [];
  for (const file of files) {
    const found = parseTs(await readTextFile(file, options.encoding), file);
    rows.push(...found.map((one, row) => ({ ...one, place: `${file}, row ${row}` })));
  }
  return {
    sequences: rows.map(({ sequence }) => sequence),
    labels: rows.map(({ label }) => label),
    ...{ places: rows.map(({ place }) => place), names: null, reading: {} },
  };
}

/** The classes of a folder's recordings: its folders, where it has several, else the names of its files; of files alone none. */
const usualLabels = (given: readonly string[], files: readonly string[]): LabelFrom | undefined =>
  hasFolder(given) ? (new Set(files.map((file) => dirname(file))).size > 1 ? "folder" : "name") : undefined;

/** The same, of files that say classes. Throws DataError where they do not. */
export async function readLabelled(files: readonly string[], options: SequenceColumns) {
  const two = files.length === 2 && options.label === undefined && files.every((file) => /\.npy$/i.test(file));
  const { sequences, labels, reading, groups, places } = two
    ? await readSequences([files[0]], { ...options, label: files[1] })
    : await readSequences(files, options);
  if (labels) {
    const lengths = sequences.map(stepsOf);
    const [least, most] = [Math.min(...lengths), Math.max(...lengths)];
    const steps = least === most ? `${most}` : `${least} to ${most}`;
    const sound = !(sequences[0] instanceof NdArray) && "samples" in sequences[0];
    const what = sound ? "recording" : "sequence";
    const long = sound ? "" : ` of ${steps} steps`;
    options.say?.(`${counted(sequences.length, what)}${long}, ${classesIn(labels)}`);
    return { sequences, labels, reading, groups, places };
  }
  const next =
    "Give --label NAME; in npz an array y; beside npy --label y.npy; for wav files --label-from name or folder.";
  throw new DataError(problem("--label", "a column of classes", "none", next));
}

/** Steps of a sequence; of a recording its samples. */
const stepsOf = (one: Sequence): number =>
  one instanceof NdArray ? one.shape[0] : "samples" in one ? one.samples.length : (one as readonly unknown[]).length;

/** Throws DataError for an option that was given and says nothing of such files. */
function refuseOthers(kind: "wav" | "npz" | "jsonl" | "csv" | "ts", options: SequenceColumns): void {
  const meant = [
    ["--label-from", options.labelFrom, ["wav"]],
    ["--label", options.label, ["csv", "jsonl", "npz"]],
    ["--group", options.group, ["csv"]],
    ["--columns", options.columns, ["csv"]],
    ["--window", options.window, ["csv"]],
  ] as const;
  for (const [flag, value, kinds] of meant)
    if (value !== undefined && !kinds.some((one) => one === kind))
      throw new DataError(problem(flag, kinds.join(", "), kind, "Leave it out."));
}

function checkOneLabel(
  group: string,
  [first, ...rest]: readonly number[],
  labels: readonly string[],
  table: Table,
): void {
  const odd = rest.find((i) => labels[i] !== labels[first]);
  if (odd === undefined) return;
  const said = `class ${JSON.stringify(labels[first])}, as group ${JSON.stringify(group)} has it from ${placeOf(table, first)} on`;
  const next =
    "All steps of a sequence have one class: is --group the right column? One long table is cut into windows by --window 50.";
  throw new DataError(problem(placeOf(table, odd), said, JSON.stringify(labels[odd]), next));
}

function jsonSequence(cell: string, where: string): Sequence {
  try {
    return JSON.parse(cell) as number[][];
  } catch {
    const next = 'Write a list of numbers for each step: {"sequence": [[1, 2], [3, 4]], "label": "up"}.';
    throw new FormatError(problem(where, "a sequence as a list of rows, [[1, 2], …]", cell.slice(0, 40), next));
  }
}
