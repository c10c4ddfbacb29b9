import { BackendError, braced, DataError, FormatError, problem, sentence, showValue } from "../errors.ts";
import { fileProblem } from "../system-problem.ts";
import { guessEncoding, textDecoder } from "./text-encoding.ts";

/** A path or a URL; in a browser also a file that the user chose. */
export type TextSource = string | URL | Blob;

/** Options for reading a file as text. */
export interface EncodingOption {
  /** Of the file, as the web names it: `"windows-1252"`, `"shift_jis"`, `"utf-16le"`. Default `"utf-8"`. */
  encoding?: string;
}

/** The text of a file without its byte order mark, every line ending as `\n`. Throws for a file absent or not text. */
export async function readText(source: TextSource, who: string, options: EncodingOption): Promise<string> {
  return unifyLines(await readWhole(source, who, options));
}

/** The same with its line endings as they are. */
export async function readWhole(
  source: TextSource,
  who: string,
  { encoding = "utf-8" }: EncodingOption,
): Promise<string> {
  const bytes = await readBytes(source, who);
  const decoder = await textDecoder(encoding, { fatal: true, who });
  try {
    return decoder.decode(bytes);
  } catch {
    const guess = await guessEncoding(bytes);
    const next = sentence`Name its encoding, which may be this: ${braced("encoding", guess)}.`;
    throw new FormatError(problem(who, `text in ${encoding}`, "invalid bytes", next));
  }
}

/** Byte order mark off, `\r\n` and `\r` as `\n`. */
export function unifyLines(text: string): string {
  return text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
}

/**
 * The lines of a text file: byte order mark off, any line ending, empty lines kept, so that line i of two files belong
 * together; the end of the last line begins no other. Throws DataError where there is no file, FormatError where it is not text.
 *
 *   const lines = await readLines("faq.txt");
 */
export async function readLines(source: TextSource, options: EncodingOption = {}): Promise<string[]> {
  return linesOf(await readText(source, "readLines", options));
}

/**
 * The values of a file with one JSON value a line (jsonl); empty lines are passed over.
 * Throws FormatError naming the line that is no JSON.
 *
 *   const reviews = await readJsonLines("reviews.jsonl");   // [{ text: "…", label: 1 }, …]
 */
export async function readJsonLines(source: TextSource, options: EncodingOption = {}): Promise<unknown[]> {
  const who = "readJsonLines";
  return linesOf(await readText(source, who, options)).flatMap((line, i) => {
    if (line.trim() === "") return [];
    try {
      return [JSON.parse(line) as unknown];
    } catch (error) {
      const received = `${showValue(line)} (${error instanceof Error ? error.message : String(error)})`;
      throw new FormatError(problem(who, `JSON on line ${i + 1}`, received));
    }
  });
}

function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** The bytes of a file. Throws DataError where there is none. */
export async function readBytes(source: TextSource, who: string): Promise<Uint8Array> {
  if (typeof Blob !== "undefined" && source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  if (typeof source !== "string" && !(source instanceof URL)) {
    throw new DataError(problem(who, "a path, a URL or a Blob", showValue(source)));
  }
  if (typeof source === "string" && source.includes("\n")) {
    const next = who === "readCsv" ? "For CSV that is already in memory: parseCsv(text)." : undefined;
    throw new DataError(problem(who, "a path", "a text of several lines", next));
  }
  if (typeof process === "undefined" || /^https?:/.test(String(source))) return fetchBytes(source, who);
  const { readFile } = await import("node:fs/promises");
  try {
    return await readFile(/^file:/i.test(String(source)) ? new URL(source) : source);
  } catch (error) {
    const file = `a file at ${showValue(String(source))}`;
    throw new DataError(fileProblem(who, "read", error, file), { cause: error });
  }
}

async function fetchBytes(source: string | URL, who: string): Promise<Uint8Array> {
  const response = await fetch(source).catch((cause: Error) => {
    const next = "Check the address and the connection.";
    throw new DataError(problem(who, `a file at ${String(source)}`, cause.message, next), { cause });
  });
  if (response.ok) return new Uint8Array(await response.arrayBuffer());
  throw new DataError(problem(who, `a file at ${String(source)}`, `status ${response.status}`));
}

/** Writes a file in Node, Bun and Deno; a browser has no place to write to (BackendError). */
export async function writeText(path: string | URL, text: string, who: string, instead: string): Promise<void> {
  if (typeof process === "undefined") throw new BackendError(problem(who, "a file system", "a browser", instead));
  const { writeFile } = await import("node:fs/promises");
  await writeFile(/^file:/i.test(String(path)) ? new URL(path) : path, text).catch((error) => {
    throw new DataError(fileProblem(String(path), "write", error), { cause: error });
  });
}
