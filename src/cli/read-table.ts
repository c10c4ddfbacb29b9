import { type CsvTable, parseCsv } from "../data/index.ts";
import { DataError, FormatError, problem, suggest } from "../errors.ts";
import { npzTable } from "./read-npz.ts";
import { readTextFile, told } from "./read-text-file.ts";

export interface TableOptions {
  /** Of text files, as TextDecoder names it. Default: UTF-8. */
  encoding?: string;
  /** Between the cells of csv. Default: what the first line has most of. */
  delimiter?: string;
}

/**
 * Files as one table of text cells, by their endings: csv and tsv have columns, jsonl has fields, npz has arrays, any other file
 * has one column "text" with its lines. Throws DataError for no file or an empty one, FormatError naming the line that is not of
 * the encoding (UTF-8) or no JSON.
 */
export async function readTables(files: readonly string[], options: TableOptions = {}): Promise<CsvTable> {
  const [first, ...rest] = await Promise.all(files.map((file) => readTable(file, options)));
  return rest.reduce((all, table, i) => {
    const places = all.columns.map((name) => columnOf(table, name, files[i + 1]));
    const rows = table.rows.map((row) => places.map((k) => row[k]));
    return { columns: all.columns, rows: [...all.rows, ...rows], lines: [...all.lines, ...table.lines] };
  }, first);
}

async function readTable(file: string, { encoding, delimiter }: TableOptions): Promise<CsvTable> {
  if (/\.npz$/i.test(file)) return npzTable(file);
  const text = await readTextFile(file, encoding);
  if (text.trim() === "") throw new DataError(problem(file, "rows", "an empty file", "Look where they were lost."));
  const table = /\.(csv|tsv)$/i.test(file)
    ? await told("parseCsv", file, () => parseCsv(text, { delimiter: /\.tsv$/i.test(file) ? "\t" : delimiter }))
    : /\.(jsonl|ndjson)$/i.test(file)
      ? jsonTable(text, file)
      : textTable(text);
  if (table.rows.length > 0) return table;
  throw new DataError(problem(file, "rows below the names of the columns", "none", "Add at least one row."));
}

function textTable(text: string): CsvTable {
  const found = text.split("\n").flatMap((line, i) => (line.trim() === "" ? [] : [{ line: line.trim(), at: i + 1 }]));
  return { columns: ["text"], rows: found.map(({ line }) => [line]), lines: found.map(({ at }) => at) };
}

function jsonTable(text: string, file: string): CsvTable {
  const found = text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    const value = parseJson(line, `${file}: line ${i + 1}`);
    return [{ at: i + 1, fields: new Map(Object.entries(value).map(([name, v]) => [name, cellOf(v)])) }];
  });
  const columns = [...found[0].fields.keys()];
  const rows = found.map(({ at, fields }) =>
    columns.map((name) => {
      const cell = fields.get(name);
      if (cell !== undefined) return cell;
      const next = `Every line has the fields of the first: ${columns.join(", ")}; null for what is not known.`;
      throw new DataError(problem(`${file}: line ${at}`, `a field ${JSON.stringify(name)}`, "none", next));
    }),
  );
  return { columns, rows, lines: found.map(({ at }) => at) };
}

function parseJson(line: string, who: string): object {
  let value: unknown;
  checkDepth(line, who);
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new FormatError(problem(who, "JSON", (error as Error).message, "One object stands on one line."));
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
export function columnOf(table: CsvTable, name: string, who: string): number {
  const place = table.columns.indexOf(name);
  if (place >= 0) return place;
  throw new DataError(problem(who, "a column of the file", JSON.stringify(name), suggest(name, table.columns)));
}

/** The cells of the column of texts: the one named, of a usual name, or the only one beside the labels. */
export function textsOf(table: CsvTable, name?: string, label = findColumn(table, "--label")): string[] {
  const left = table.columns.filter((column) => column !== label);
  return cells(table, "--text", name ?? findColumn(table, "--text") ?? (left.length === 1 ? left[0] : undefined));
}

/** The cells of the column of labels: the one named, or of a usual name. Throws DataError naming the line of an empty one. */
export function labelsOf(table: CsvTable, name = findColumn(table, "--label")): string[] {
  const labels = cells(table, "--label", name);
  refuseEmpty(labels, table, "a class");
  return labels;
}

/** Throws DataError naming the line of an empty cell. */
export function refuseEmpty(cells: readonly string[], { lines }: CsvTable, what: string): void {
  const row = cells.findIndex((cell) => cell.trim() === "");
  if (row < 0) return;
  throw new DataError(problem(`line ${lines[row]}`, what, "an empty cell", "Fill it, or leave the row out."));
}

type ColumnOption = "--text" | "--label";

function cells(table: CsvTable, option: ColumnOption, name: string | undefined): string[] {
  if (name === undefined) {
    const next = `The file has ${table.columns.join(", ")}: give ${option} NAME.`;
    throw new DataError(problem(option, "the name of a column", "none", next));
  }
  const place = columnOf(table, name, option);
  return table.rows.map((row) => row[place]);
}

/** The column that has a usual name. */
export const findColumn = (table: CsvTable, option: ColumnOption): string | undefined =>
  table.columns.find((column) => usualNames[option].includes(column.toLowerCase()));

const usualNames: Record<ColumnOption, readonly string[]> = {
  "--text": ["text", "review", "sentence", "utterance", "message", "line"],
  "--label": ["label", "class", "category", "sentiment", "y"],
};
