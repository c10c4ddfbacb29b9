import { counted, DataError, problem } from "../../errors.ts";
import { type ParsedSentences, parseSentences, sentencesOf, type TaggerReading } from "../../tagging/index.ts";
import { readTables } from "./read-table.ts";
import { readTextFile, told } from "./read-text-file.ts";
import type { TableOptions } from "./table-options.ts";

export interface SentenceColumns extends TableOptions {
  token?: string;
  label?: string;
  group?: string;
  intent?: string;
}

/** Sentences of files, and the columns they were read from. */
export interface Sentences extends ParsedSentences {
  readonly reading: TaggerReading;
}

/**
 * Labelled sentences from files: csv, tsv with names of columns, and jsonl as tables; any other as CoNLL, or one sentence a line.
 * `kept` are the columns of the model's training files. Says what was read, and what is odd about it.
 */
export async function readSentences(
  files: readonly string[],
  o: SentenceColumns,
  kept: TaggerReading = {},
): Promise<Sentences> {
  const parts = await Promise.all(files.map((file) => readOne(file, o, kept)));
  const sentences = parts.flatMap((part) => part.sentences);
  const intents = sentences.filter(({ intent }) => intent !== undefined).length;
  if (intents > 0 && intents < sentences.length)
    throw new DataError(
      problem(files.join(", "), "labels of sentences in every file, or in none", `${intents} of ${sentences.length}`),
    );
  const tokens = sentences.reduce((n, one) => n + one.tokens.length, 0);
  const labels = new Set(sentences.flatMap((one) => one.labels)).size;
  const own = intents > 0 ? `, ${counted(new Set(sentences.map(({ intent }) => intent)).size, "intent")}` : "";
  o.say?.(`${counted(sentences.length, "sentence")}, ${counted(tokens, "token")}, ${counted(labels, "label")}${own}`);
  for (const [k, { notes }] of parts.entries()) for (const note of notes) o.say?.(`${files[k]}: ${note}`);
  return { sentences, notes: [], reading: parts[0].reading };
}

async function readOne(file: string, o: SentenceColumns, kept: TaggerReading): Promise<Sentences> {
  const named = Object.fromEntries(
    (["token", "label", "group", "intent"] as const).flatMap((name) =>
      (o[name] ?? kept[name]) === undefined ? [] : [[name, (o[name] ?? kept[name])!]],
    ),
  ) as TaggerReading;
  if (await isTable(file, o)) {
    const { missing: _, ...reading } = { ...o, missing: undefined };
    const table = await readTables([file], reading);
    return told("sentencesOf", file, () => sentencesOf(table, { name: file, ...named }));
  }
  const text = await readTextFile(file, o.encoding);
  const [token, label] = [named.token, named.label].map((name, k) => place(name, k === 0 ? "--token" : "--label"));
  const reading = { ...(token ? { token: `${token}` } : {}), ...(label ? { label: `${label}` } : {}) };
  return { ...parseSentences(text, { name: file, ...numbered(token, label) }), reading };
}

const numbered = (token: number | undefined, label: number | undefined) => ({
  ...(token === undefined ? {} : { token }),
  ...(label === undefined ? {} : { label }),
});

/** A tsv is a table where its first line names columns; else CoNLL with tabs. */
async function isTable(file: string, o: SentenceColumns): Promise<boolean> {
  if (!/\.tsv$/i.test(file)) return /\.(csv|jsonl|ndjson|json)$/i.test(file);
  const [first] = (await readTextFile(file, o.encoding)).split("\n", 1);
  const names = first.split("\t").map((name) => name.trim());
  return (
    [o.token, o.label, o.group].some((name) => name !== undefined && names.includes(name)) ||
    /(^|\t)(token|word|tokens|words)(\t|$)/i.test(first)
  );
}

/** A column of a file without a header, by its number from 1. */
function place(name: string | undefined, flag: string): number | undefined {
  if (name === undefined) return undefined;
  const number = Number(name);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new DataError(
    problem(flag, "the number of a column, from 1, in a file without a header", JSON.stringify(name)),
  );
}
