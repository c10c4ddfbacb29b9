import { parseCsv } from "../../data/index.ts";
import { DataError, FormatError, fault, problem } from "../../errors.ts";
import type { DroppedAbout } from "../messages.ts";
import { parseReviews, tableOfReviews } from "./dropped-reviews.ts";
import { type DroppedSeries, seriesIn } from "./dropped-series.ts";

/** Data that the reader dropped, which stay with the engine. */
export interface DroppedData {
  readonly about: DroppedAbout;
  /** Lines of text, or the utterances of dialogues. */
  readonly lines: readonly string[];
  /** Reviews with their classes. */
  readonly reviews: readonly { readonly text: string; readonly positive: boolean }[];
  /** A column of numbers; null for any other file. */
  readonly series: DroppedSeries | null;
}

/** Bytes of a file after it is unpacked, at most. */
const mostBytes = 256 * 2 ** 20;
/** Lines that are kept of a text. */
const mostLines = 200_000;

/**
 * Reads a data file: reviews as JSON lines or as a table with columns for text and class, also gzipped; a table with a column of numbers;
 * dialogues whose utterances end in `__eou__`; any other text, a sentence a line. Throws DataError for a file of none of these, FormatError for a damaged one.
 */
export async function readDropped(name: string, bytes: Uint8Array): Promise<DroppedData> {
  const text = new TextDecoder().decode(await unpacked(name, bytes));
  if (text.includes("\0")) {
    const next = "IMDb is read as its texts (.jsonl, .jsonl.gz, .csv); a vocabulary of ids (imdb.npz) has none.";
    throw new DataError(problem(name, "a text file", "bytes that are no text", next));
  }
  const plain = name.replace(/\.gz$/i, "");
  if (/\.(jsonl|csv|tsv)$/i.test(plain)) {
    const series = await seriesOf(plain, text);
    if (series) {
      const { column, values } = series;
      return { about: { kind: "series", name, rows: values.length, column }, lines: [], reviews: [], series };
    }
    const reviews = await parseReviews(plain, text);
    return { about: { kind: "reviews", name, rows: reviews.length }, lines: [], reviews, series: null };
  }
  const dialogues = text.includes("__eou__");
  const lines = text
    .split(dialogues ? /__eou__|\r?\n/ : /\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .slice(0, mostLines);
  if (lines.length === 0) throw new DataError(problem(name, "lines of text", "none", "Write one sentence a line."));
  return {
    about: { kind: dialogues ? "dialogues" : "text", name, rows: lines.length },
    lines,
    reviews: [],
    series: null,
  };
}

/** The numbers of a table that has no reviews. */
async function seriesOf(name: string, text: string): Promise<DroppedSeries | null> {
  if (/\.jsonl$/i.test(name)) return null;
  const table = await parseCsv(text);
  return tableOfReviews(table.columns) ? null : seriesIn(table);
}

/** The bytes behind gzip, where they are; no more than a bound. */
async function unpacked(name: string, bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream("gzip"));
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for (const reader = stream.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > mostBytes) {
        await reader.cancel();
        throw new DataError(problem(name, `at most ${mostBytes} bytes unpacked`, "more", "Give a part of it."));
      }
      parts.push(value);
    }
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new FormatError(fault(name, "this gzip file is damaged", "Download it again."));
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
