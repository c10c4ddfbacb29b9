import { counted, DataError, problem } from "../../errors.ts";
import { pairLines, parsePairs, type TranslationPair, type TranslatorReading } from "../../translate/index.ts";
import { columnOf, placeOf, readTables } from "./read-table.ts";
import { readTextFile } from "./read-text-file.ts";
import type { TableOptions } from "./table-options.ts";

export interface PairColumns extends TableOptions {
  source?: string;
  translation?: string;
}

/** Pairs of files, and the columns they were read from. */
export interface Pairs {
  readonly pairs: TranslationPair[];
  readonly reading: TranslatorReading;
}

/**
 * Pairs of a text and its translation: from two text files, line by line; or from tables, csv, jsonl, and tsv with or without names of
 * columns. `kept` are the columns of the model's training files. Says what was read.
 */
export async function readPairs(
  files: readonly string[],
  o: PairColumns,
  kept: TranslatorReading = {},
): Promise<Pairs> {
  const [first, second] = files;
  const parallel = files.length === 2 && !files.some(isTable);
  const parts = parallel
    ? [{ pairs: await twoFiles(first, second, o), reading: {} }]
    : await Promise.all(files.map((file) => oneFile(file, o, kept)));
  const pairs = parts.flatMap((part) => part.pairs);
  o.say?.(`${files.join(", ")}: ${counted(pairs.length, "pair")}, such as ${shown(pairs[0])}`);
  return { pairs, reading: parts[0].reading };
}

const isTable = (file: string): boolean => /\.(csv|tsv|jsonl|ndjson|json)(\.gz)?$/i.test(file);

const shown = ({ source, target }: TranslationPair): string => `${JSON.stringify(source)} → ${JSON.stringify(target)}`;

async function twoFiles(source: string, target: string, o: PairColumns): Promise<TranslationPair[]> {
  const [a, b] = await Promise.all([source, target].map((file) => readTextFile(file, o.encoding)));
  return pairLines(a, b, [source, target]);
}

async function oneFile(file: string, o: PairColumns, kept: TranslatorReading): Promise<Pairs> {
  const text = /\.(csv|jsonl|ndjson|json)(\.gz)?$/i.test(file) ? null : await readTextFile(file, o.encoding);
  const named = { source: o.source ?? kept.source, target: o.translation ?? kept.target };
  if (text !== null && !hasNames(text, named, o.header)) {
    if (!text.includes("\t") && !/\.tsv(\.gz)?$/i.test(file)) {
      const next =
        "Give two files, the second with the translations line by line; or lines of a text, a tab, its translation.";
      throw new DataError(problem(file, "pairs", "one text a line", next));
    }
    return { pairs: parsePairs(text, file), reading: {} };
  }
  const table = await readTables([file], { ...o, header: true });
  const flags = { source: "--source", target: "--translation" } as const;
  const place = (side: "source" | "target", otherwise: number) => {
    const name = named[side] ?? table.columns.find((column) => usual[side].includes(column.toLowerCase()));
    return name === undefined ? otherwise : columnOf(table, name, flags[side]);
  };
  const [source, target] = [place("source", 0), place("target", 1)];
  if (source === target || table.columns.length < 2) {
    const next = `The file has ${table.columns.join(", ")}: give --source NAME --translation NAME.`;
    throw new DataError(problem(file, "a column of texts and one of translations", "one column", next));
  }
  const pairs = table.rows.map((row, k) => {
    for (const at of [source, target])
      if (row[at].trim() === "") {
        const expected = `a text in "${table.columns[at]}"`;
        throw new DataError(problem(placeOf(table, k), expected, "an empty side", "Fill it, or leave the pair out."));
      }
    return { source: row[source], target: row[target] };
  });
  return { pairs, reading: { source: table.columns[source], target: table.columns[target] } };
}

/** Whether the first line names the columns: it was said, or it has names that columns usually have. */
function hasNames(text: string, named: TranslatorReading, header: boolean | undefined): boolean {
  if (header !== undefined) return header;
  const first = text
    .split("\n", 1)[0]
    .split("\t")
    .map((name) => name.trim());
  const wanted = [named.source, named.target].filter((name) => name !== undefined);
  if (wanted.length > 0) return wanted.every((name) => first.includes(name!));
  return first.length > 1 && [...usual.source, ...usual.target].some((name) => first[0].toLowerCase() === name);
}

const usual = {
  source: ["source", "src", "text", "input", "question"],
  target: ["target", "trg", "tgt", "translation", "output", "answer"],
} as const satisfies Record<string, readonly string[]> as Record<"source" | "target", readonly string[]>;
