import type { CsvTable } from "../../data/index.ts";
import { CellstateError, counted, DataError, FormatError, fault, problem, suggest } from "../../errors.ts";
import { csvTable } from "./csv-table.ts";
import { isNumpy, npzTable } from "./read-npz.ts";
import { readTextFile, standardInput, unpackedName } from "./read-text-file.ts";
import type { TableOptions } from "./table-options.ts";

export type { TableOptions };

/** The cells of files below each other, with the file and the line that each row is from. */
export interface Table extends CsvTable {
  files: string[];
}

/** The position of a row: `reviews.csv: line 6`. */
export const placeOf = ({ files, lines }: Table, row: number): string => `${files[row]}: line ${lines[row]}`;

/**
 * Files as one table of text cells, by their endings: csv and tsv have columns, jsonl has fields, npz has arrays, any other file
 * has one column "text" with its lines. Throws DataError for no file or an empty one, FormatError naming the line that is not of
 * the encoding (UTF-8) or no JSON.
 */
export async function readTables(files: readonly string[], options: TableOptions = {}): Promise<Table> {
  const [first, ...rest] = await Promise.all(files.map((file) => readTable(file, options)));
  return rest.reduce((all, table) => {
    const places = all.columns.map((name) => columnOf(table, name, table.files[0]));
    const rows = table.rows.map((row) => places.map((k) => row[k]));
    return {
      columns: all.columns,
      rows: [...all.rows, ...rows],
      lines: [...all.lines, ...table.lines],
      files: [...all.files, ...table.files],
    };
  }, first);
}

async function readTable(file: string, options: TableOptions): Promise<Table> {
  if (isNumpy(file)) return ofFile(await npzTable(file), file);
  const text = await readTextFile(file, options.encoding);
  if (text.trim() === "") throw new DataError(fault(file, "the file is empty", "Give a file with one row per sample."));
  const kind = kindOf(file, text);
  const table = ofFile(await readers[kind](text, file, options), file);
  if (table.rows.length > 0) return table;
  throw new DataError(problem(file, "rows below the names of the columns", "none", "Add at least one row."));
}

/** The way to read a file: by its ending, standard input by its begin. */
function kindOf(file: string, text: string): string {
  const named = /\.(csv|tsv|jsonl|ndjson|json)$/i.exec(unpackedName(file))?.[1].toLowerCase();
  if (named !== undefined || file !== standardInput) return named ?? "txt";
  if (/^\s*[[{]/.test(text)) return "json";
  return /[,;\t]/.test(text.split("\n", 1)[0]) && !text.startsWith(fastTextMark) ? "csv" : "txt";
}

const ofFile = (table: CsvTable, file: string): Table => ({ ...table, files: table.rows.map(() => file) });

const readers: Record<string, (text: string, file: string, options: TableOptions) => CsvTable | Promise<CsvTable>> = {
  csv: csvTable,
  tsv: csvTable,
  jsonl: jsonTable,
  ndjson: jsonTable,
  json: jsonFile,
  txt: textTable,
};

const fastTextMark = "__label__";

/** One text a line; in fastText's form, `__label__good a fine film`, with its labels. Throws FormatError for a line without one among such. */
function textTable(text: string, file: string): CsvTable {
  const found = text.split("\n").flatMap((line, i) => (line.trim() === "" ? [] : [{ line: line.trim(), at: i + 1 }]));
  const lines = found.map(({ at }) => at);
  if (!found[0]?.line.startsWith(fastTextMark))
    return { columns: ["text"], rows: found.map(({ line }) => [line]), lines };
  const rows = found.map(({ line, at }) => {
    const words = line.split(/\s+/);
    const labels = words.filter((word) => word.startsWith(fastTextMark)).map((word) => word.slice(fastTextMark.length));
    if (labels.length > 0) return [words.filter((word) => !word.startsWith(fastTextMark)).join(" "), labels.join("|")];
    const next = "Each line of fastText's form begins with __label__NAME.";
    throw new FormatError(problem(`${file}: line ${at}`, "a label, __label__NAME", line.slice(0, 40), next));
  });
  return { columns: ["text", "label"], rows, lines };
}

/** A field that a line lacks is an empty cell, as one that is null. */
function jsonTable(text: string, file: string): CsvTable {
  const found = text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    return [{ at: i + 1, value: parseJson(line, `${file}: line ${i + 1}`) }];
  });
  return fieldTable(found, file);
}

/** A list of objects, one a row; or the intents of chatbot courses, a row for each pattern. Rows count from 1 in place of lines. */
function jsonFile(text: string, file: string): CsvTable {
  checkDepth(text, file);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    if (/^\s*\{.*\}\s*\n\s*\{/.test(text)) return jsonTable(text, file); // jsonl by another name
    throw new FormatError(problem(file, "JSON", (error as Error).message));
  }
  const { intents } = Object(parsed) as { intents?: unknown };
  const list = Array.isArray(parsed) ? parsed : Array.isArray(intents) ? intents.flatMap(patternsOf) : null;
  const odd = list?.findIndex((value) => typeof value !== "object" || value === null || Array.isArray(value)) ?? 0;
  if (!list || odd >= 0) {
    const found = list ? `another value as number ${odd + 1}` : "another value";
    throw new FormatError(problem(file, 'a list of objects, [{"text": "…", "label": "…"}]', found));
  }
  return fieldTable(
    list.map((value: object, i) => ({ at: i + 1, value })),
    file,
  );
}

/** A row for each pattern of an intent, its tag as the label. */
function patternsOf(intent: unknown): object[] {
  const { tag, intent: name, patterns, examples } = Object(intent) as Record<string, unknown>;
  const texts = patterns ?? examples;
  return Array.isArray(texts)
    ? texts.map((text) => ({ text, label: tag ?? name }))
    : [{ text: "", label: tag ?? name }];
}

function fieldTable(values: readonly { at: number; value: object }[], file: string): CsvTable {
  const found = values.map(({ at, value }) => ({
    at,
    fields: new Map(Object.entries(value).map(([name, v]) => [name, cellOf(v)])),
  }));
  const columns = [...new Set(found.flatMap(({ fields }) => [...fields.keys()]))];
  if (columns.length * found.length > mostCells) {
    const next = "Give every line the same fields.";
    throw new DataError(problem(file, "fields that lines have in common", `${columns.length} names`, next));
  }
  const rows = found.map(({ fields }) => columns.map((name) => fields.get(name) ?? ""));
  return { columns, rows, lines: found.map(({ at }) => at) };
}

const mostCells = 5e7;

function parseJson(line: string, who: string): object {
  let value: unknown;
  checkDepth(line, who);
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new FormatError(problem(who, "JSON", (error as Error).message, "Write one object per line."));
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new FormatError(problem(who, 'an object, {"text": "…"}', line.slice(0, 40), "Give each value a name."));
}

const deepest = 256; // lists and objects inside each other

/** Refuses what functions that call themselves would run out of stack over. */
function checkDepth(line: string, who: string): void {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const sign = line[i];
    if (sign === "\\") i++;
    else if (sign === '"') quoted = !quoted;
    else if (!quoted && (sign === "{" || sign === "[")) depth++;
    else if (!quoted && (sign === "}" || sign === "]")) depth--;
    if (depth > deepest) throw new FormatError(problem(who, `at most ${deepest} levels of lists and objects`, "more"));
  }
}

const cellOf = (value: unknown): string =>
  typeof value === "string" ? value : value === null ? "" : JSON.stringify(value);

/** The place of a column. Throws DataError for a name that the table has not, with the names it has. */
export function columnOf(table: Table, name: string, who: string): number {
  const place = table.columns.indexOf(name);
  if (place >= 0) return place;
  throw new DataError(problem(who, "a column of the file", JSON.stringify(name), suggest(name, table.columns)));
}

/** Throws DataError for a column of texts or numbers that is the answer itself. */
export function refuseAnswer(option: string, name: string | undefined, answer: string | undefined): void {
  if (name === undefined || name !== answer) return;
  const next = "The label must not be among the inputs.";
  throw new DataError(problem(option, `another column than --label ${answer}`, JSON.stringify(name), next));
}

/** The cells of the column of texts: the one named, of a usual name, or the only one beside the labels. */
export function textsOf(table: Table, name?: string, label = findColumn(table, "--label")): string[] {
  refuseAnswer("--text", name, label);
  return cells(table, "--text", textColumn(table, name, label));
}

/** The name of the column of texts; undefined where none can be told. */
export function textColumn(table: Table, name?: string, label = findColumn(table, "--label")): string | undefined {
  const left = table.columns.filter((column) => column !== label);
  return name ?? findColumn({ ...table, columns: left }, "--text") ?? (left.length === 1 ? left[0] : undefined);
}

/** The texts that are not empty; one line says what was understood, and how many rows have none. */
export function writtenLines(table: Table, name: string | undefined, say: (line: string) => void): string[] {
  const texts = textsOf(table, name);
  const text = textColumn(table, name);
  const left = table.columns.filter((column) => column !== text);
  const rest = left.length > 0 ? `, reads ${text}; leaves out ${left.join(", ")}` : "";
  const gone = [...texts.keys()].filter((i) => texts[i].trim() === "");
  say(`${filesOf(table)}: ${counted(texts.length - gone.length, "line")} of text${rest}`);
  if (gone.length > 0)
    say(`${counted(gone.length, "row")} without a text left out, the first ${placeOf(table, gone[0])}`);
  return texts.filter((text) => text.trim() !== "");
}

/** The cells of the column of labels: the one named, or of a usual name. Throws DataError naming the line of an empty one. */
export function labelsOf(table: Table, name = findColumn(table, "--label"), next?: string): string[] {
  const labels = cells(table, "--label", name);
  refuseEmpty(labels, table, "a class", next);
  return labels;
}

export const dropThem = "Fill it, or drop such rows with --missing drop.";

/** Throws DataError naming the line of an empty cell; `next` for commands that can drop such rows. */
export function refuseEmpty(
  cells: readonly string[],
  table: Table,
  what: string,
  next = "Fill it, or leave the row out.",
): void {
  const row = cells.findIndex((cell) => cell.trim() === "");
  if (row < 0) return;
  throw new DataError(problem(placeOf(table, row), what, "an empty cell", next));
}

/**
 * Texts and their labels, and the columns they are in, for the next file. With `drop`, rows that lack one of them are left out and
 * counted. One line says what was understood.
 */
export function labelledTexts(
  table: Table,
  o: { text?: string; label?: string; missing?: string },
  say: (line: string) => void,
): { table: Table; texts: string[]; labels: string[]; reading: { text?: string; label?: string } } {
  const drop = o.missing === "drop";
  const label = o.label ?? findColumn(table, "--label");
  const [texts, labels] = [
    textsOf(table, o.text, label),
    drop ? cells(table, "--label", label) : labelsOf(table, label, dropThem),
  ];
  const text = textColumn(table, o.text, label);
  const left = table.columns.filter((name) => name !== text && name !== label);
  const rest = left.length > 0 ? `; leaves out ${left.join(", ")}` : "";
  const understood = (rows: number) =>
    say(`${filesOf(table)}: ${counted(rows, "row")}, reads texts of ${text}, labels of ${label}${rest}`);
  if (!drop) {
    refuseEmpty(texts, table, "a text", dropThem);
    understood(texts.length);
    return { table, texts, labels, reading: { text, label } };
  }
  const isWhole = (i: number) => texts[i].trim() !== "" && labels[i].trim() !== "";
  const kept = [...texts.keys()].filter(isWhole);
  const gone = [...texts.keys()].filter((i) => !isWhole(i));
  understood(kept.length);
  if (gone.length > 0)
    say(`${counted(gone.length, "row")} without a text or a class left out, the first ${placeOf(table, gone[0])}`);
  const of = <T>(list: readonly T[]) => kept.map((i) => list[i]);
  return { table: rowsAt(table, kept), texts: of(texts), labels: of(labels), reading: { text, label } };
}

/** The table of some of its rows. */
export function rowsAt(table: Table, rows: readonly number[]): Table {
  const of = <T>(list: readonly T[]) => rows.map((i) => list[i]);
  return { ...table, rows: of(table.rows), lines: of(table.lines), files: of(table.files) };
}

/** Names of the files of a table. */
const filesOf = ({ files }: Table): string => [...new Set(files)].join(", ");

/** Lets a task work on the rows of a table, if they have one; a row that it complains of by number is told by file and line. */
export const byLine = <T>(table: Table | null, work: () => T | Promise<T>): Promise<T> =>
  byPlace((row) => (table && row < table.lines.length ? placeOf(table, row) : undefined), work);

/** The same, where rows are at other places. */
export async function byPlace<T>(placeOf: (row: number) => string | undefined, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const row = error instanceof CellstateError ? error.toJSON().row : undefined;
    const who = row === undefined ? undefined : placeOf(row);
    if (who === undefined) throw error;
    throw (error as CellstateError).retell({ who, row: undefined });
  }
}

type ColumnOption = "--text" | "--label";

function cells(table: Table, option: ColumnOption, name: string | undefined): string[] {
  if (name === undefined) {
    const next = `The file has ${table.columns.join(", ")}: give ${option} NAME.`;
    throw new DataError(problem(option, "the name of a column", "none", next));
  }
  const place = columnOf(table, name, option);
  return table.rows.map((row) => row[place]);
}

/** The column that has a usual name. */
export const findColumn = (table: Table, option: ColumnOption): string | undefined =>
  table.columns.find((column) => usualNames[option].includes(column.toLowerCase()));

const usualNames: Record<ColumnOption, readonly string[]> = {
  "--text": ["text", "review", "sentence", "utterance", "message", "line"],
  "--label": ["label", "class", "category", "sentiment", "y"],
};
