import { dirname, resolve } from "node:path";
import { readWav } from "../../data/index.ts";
import { counted, DataError, problem } from "../../errors.ts";
import { readNpy } from "../../formats/index.ts";
import { NdArray } from "../../index.ts";
import { imageColumns, type TranscribedExample, type TranscriberInput } from "../../transcribe/index.ts";
import { columnOf, dropThem, placeOf, readTables, refuseEmpty, rowsAt, type Table } from "./read-table.ts";
import { readBytes } from "./read-text-file.ts";
import type { TableOptions } from "./table-options.ts";

export interface TranscriptColumns extends TableOptions {
  path?: string;
  transcript?: string;
  /** Arrays are pixels [height, width], whose columns are frames. */
  image?: boolean;
}

/** Examples of a table, and the table, for the places of its rows. */
export interface ReadTranscripts {
  readonly examples: TranscribedExample[];
  readonly table: Table;
}

/**
 * Inputs and transcripts: a table that names a file in each row (wav, or npy with frames), beside its transcript; or JSON lines with `frames`.
 * Paths begin at the table's folder. `missing: "drop"` leaves rows without a transcript out; without `missing` no error speaks of it. Throws
 * DataError naming file and line.
 */
export async function readTranscripts(
  files: readonly string[],
  o: TranscriptColumns & { missing?: string },
): Promise<ReadTranscripts> {
  const all = await readTables(files, o);
  const column = (option: string, name: string | undefined, usual: readonly string[]) => {
    const found = name ?? all.columns.find((one) => usual.includes(one.toLowerCase()));
    if (found !== undefined) return columnOf(all, found, option);
    const next = `The file has ${all.columns.join(", ")}: give ${option} NAME.`;
    throw new DataError(problem(option, "the name of a column", "none", next));
  };
  const transcripts = column("--transcript", o.transcript, ["transcript", "text", "sentence", "label"]);
  const frames = all.columns.indexOf("frames");
  const inputs = frames >= 0 ? frames : column("--path", o.path, ["path", "file", "filename", "audio", "wav", "image"]);
  const table = o.missing === "drop" ? withTranscript(all, transcripts, o) : all;
  const texts = table.rows.map((row) => row[transcripts]);
  refuseEmpty(texts, table, "a transcript", o.missing === undefined ? undefined : dropThem);
  const examples: TranscribedExample[] = [];
  for (const [row, cells] of table.rows.entries()) {
    const input =
      frames >= 0 ? framesIn(cells[inputs], placeOf(table, row)) : await fileOf(table, row, cells[inputs], o);
    examples.push({ input, transcript: texts[row] });
  }
  const characters = new Set(texts.flatMap((text) => [...text])).size;
  o.say?.(`${counted(examples.length, "example")}, ${counted(characters, "character")} in the transcripts`);
  return { examples, table };
}

/** Without the rows that have no transcript, which are counted. */
function withTranscript(table: Table, column: number, { say }: TranscriptColumns): Table {
  const isEmpty = (row: readonly string[]) => row[column].trim() === "";
  const gone = table.rows.findIndex(isEmpty);
  if (gone < 0) return table;
  const kept = [...table.rows.keys()].filter((row) => !isEmpty(table.rows[row]));
  const count = counted(table.rows.length - kept.length, "row");
  say?.(`${count} without a transcript left out, the first ${placeOf(table, gone)}`);
  return rowsAt(table, kept);
}

/** Inputs in files: wav, or npy with frames. */
export const readInputs = (files: readonly string[], o: TranscriptColumns): Promise<TranscriberInput[]> =>
  Promise.all(files.map((file) => inputOf(file, o)));

function framesIn(cell: string, place: string): NdArray {
  let rows: unknown = null;
  try {
    rows = JSON.parse(cell);
  } catch {} // no list, said below
  const width = Array.isArray(rows) && Array.isArray(rows[0]) ? rows[0].length : 0;
  const fits = (row: unknown) => Array.isArray(row) && row.length === width && row.every(Number.isFinite);
  if (width > 0 && (rows as unknown[]).every(fits))
    return new NdArray(Float32Array.from((rows as number[][]).flat()), [(rows as number[][]).length, width]);
  throw new DataError(problem(place, "frames, lists of numbers of one length", cell.slice(0, 40)));
}

async function fileOf(table: Table, row: number, path: string, o: TranscriptColumns): Promise<TranscriberInput> {
  const place = placeOf(table, row);
  if (path === "") throw new DataError(problem(place, "the path of a file", "an empty cell"));
  return inputOf(resolve(dirname(table.files[row]), path), o, `${place}, ${path}`);
}

async function inputOf(file: string, { image }: TranscriptColumns, who = file): Promise<TranscriberInput> {
  if (!/\.(wav|npy)$/i.test(file)) {
    const next = "Convert it: ffmpeg -i FILE out.wav, or np.save.";
    throw new DataError(problem(who, "a wav or npy file", "another", next));
  }
  const bytes = await readBytes(file).catch((error) => {
    throw error instanceof DataError ? error.retell({ who }) : error;
  });
  if (/\.wav$/i.test(file)) return readWav(bytes, who);
  const { data, shape } = readNpy(bytes, who);
  const pixels = new NdArray(Float32Array.from(data as Float32Array), [...shape]);
  return image ? imageColumns(pixels) : pixels;
}
