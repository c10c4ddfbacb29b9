import type { CsvTable } from "../../data/csv.ts";
import { DataError, FormatError, option, problem, sentence, suggest } from "../../errors.ts";
import { checkedSentences, type PlacedSentence } from "./check-labels.ts";
import type { TaggerReading } from "./reading.ts";
import type { ParsedSentences } from "./sentences.ts";

/** Sentences of a table, and the columns they were read from. */
export interface TableSentences extends ParsedSentences {
  /** The columns, for the next file. */
  readonly reading: TaggerReading;
}

/**
 * Sentences with labels from a table of one token a row, with a column that says which sentence it belongs to (an empty cell: that of the row
 * above); or of one sentence a row, lists of `tokens` and `labels` as JSON lines have them. Columns are found by their usual names.
 * Throws DataError for a column that is missing, FormatError naming the line of a bad row.
 *
 *   const { sentences } = sentencesOf(await readCsv("ner.csv"), { group: "Sentence #", token: "Word", label: "Tag" });
 */
export function sentencesOf(table: CsvTable, options: TaggerReading & { name?: string } = {}): TableSentences {
  const { name = "sentencesOf", ...given } = options;
  const lists = find(table, usual.tokens, undefined, name);
  const place = (row: number) => `${table.files?.[row] ?? name}: line ${table.lines[row]}`;
  const found = lists === null ? fromRows(table, given, name, place) : fromLists(table, given, lists, name, place);
  return { ...checkedSentences(found.rows), reading: found.reading };
}

interface Found {
  rows: PlacedSentence[];
  reading: TaggerReading;
}

function fromRows(table: CsvTable, given: TaggerReading, name: string, place: (row: number) => string): Found {
  const need = (kind: "token" | "label" | "group") => {
    const column = find(table, usual[kind], given[kind], name);
    if (column !== null) return column;
    const next = sentence`The file has ${table.columns.join(", ")}: name it with ${option(kind)}.`;
    throw new DataError(problem(name, `a column for the ${meaning[kind]}`, "none of the usual names", next));
  };
  const [token, label, group] = [need("token"), need("label"), need("group")];
  const intent = find(table, usual.intent, given.intent, name);
  const sentences = new Map<string, { tokens: string[]; labels: string[]; places: string[]; intent?: string }>();
  let now = "";
  for (const [row, cells] of table.rows.entries()) {
    now = cells[group] === "" ? now : cells[group];
    const one = sentences.get(now) ?? { tokens: [], labels: [], places: [] };
    sentences.set(now, one);
    for (const [column, what] of [
      [token, "a token"],
      [label, "a label"],
    ] as const)
      if (cells[column].trim() === "")
        throw new FormatError(problem(place(row), what, "an empty cell", "Fill it, or leave the row out."));
    one.tokens.push(cells[token].trim());
    one.labels.push(cells[label].trim());
    one.places.push(place(row));
    if (intent !== null && cells[intent] !== "") one.intent ??= cells[intent];
  }
  const rows = [...sentences.values()].map(({ places, ...sentence }) => ({ sentence, places }));
  return { rows, reading: readingOf(table, { token, label, group, intent }) };
}

function fromLists(
  table: CsvTable,
  given: TaggerReading,
  tokens: number,
  name: string,
  place: (row: number) => string,
): Found {
  const labels = find(table, usual.labels, given.label, name);
  if (labels === null)
    throw new DataError(problem(name, "a field labels beside tokens", table.columns.join(", "), "Name it with label."));
  const intent = find(table, usual.intent, given.intent, name);
  const rows = table.rows.map((cells, row) => {
    const list = (k: number) => listIn(cells[k], place(row), table.columns[k]);
    const [words, marks] = [list(tokens), list(labels)];
    if (words.length === 0)
      throw new FormatError(problem(place(row), "a sentence with tokens", "an empty one", "Leave it out."));
    if (words.length !== marks.length)
      throw new FormatError(problem(place(row), `${words.length} labels, one for each token`, `${marks.length}`));
    const own = intent === null || cells[intent] === "" ? {} : { intent: cells[intent] };
    return { sentence: { tokens: words, labels: marks, ...own }, places: words.map(() => place(row)) };
  });
  return { rows, reading: readingOf(table, { label: labels, intent }) };
}

function listIn(cell: string, where: string, column: string): string[] {
  let value: unknown = null;
  if (cell.startsWith("["))
    try {
      value = JSON.parse(cell);
    } catch {} // said below
  if (Array.isArray(value) && value.every((one) => ["string", "number"].includes(typeof one))) return value.map(String);
  throw new FormatError(problem(where, `${column} as a list of texts`, cell.slice(0, 40), '["fly", "to", "boston"]'));
}

/** A column by the name given, or by its usual names, whatever their case; null where there is none. */
function find(table: CsvTable, names: readonly string[], given: string | undefined, who: string): number | null {
  if (given !== undefined) {
    const at = table.columns.indexOf(given);
    if (at >= 0) return at;
    throw new DataError(problem(who, "a column of the file", JSON.stringify(given), suggest(given, table.columns)));
  }
  const at = table.columns.findIndex((column) => names.includes(column.toLowerCase()));
  return at < 0 ? null : at;
}

const usual = {
  tokens: ["tokens", "words"],
  labels: ["labels", "tags", "slots", "ner_tags"],
  token: ["token", "word", "text"],
  label: ["label", "tag", "slot", "ner"],
  group: ["group", "sentence", "sentence #", "sentence_id", "sentence_idx", "id"],
  intent: ["intent"],
} as const;

const meaning = { token: "tokens", label: "labels", group: "sentences" } as const;

const readingOf = ({ columns }: CsvTable, places: Readonly<Record<string, number | null>>): TaggerReading =>
  Object.fromEntries(Object.entries(places).flatMap(([name, k]) => (k === null ? [] : [[name, columns[k]]])));
