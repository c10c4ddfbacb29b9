import { readFile, stat } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { guessEncoding, textDecoder, wideEncoding } from "../../data/index.ts";
import { CellstateError, DataError, FormatError, type ProblemData, problem } from "../../errors.ts";
import { fileProblem } from "../../system-problem.ts";

const largest = 2 ** 29; // bytes: the longest string Node holds has as many characters

/** The name of standard input among files. */
export const standardInput = "-";

/** A file's name without the mark of a packed one: `reviews.csv` of `reviews.csv.gz`. */
export const unpackedName = (file: string): string => file.replace(/\.gz$/i, "");

let typed: Promise<Uint8Array> | null = null; // it can be read once

/** The bytes of a file that a user named, unpacked where gzip packed them; `-` is standard input. Throws DataError where there is none. */
export async function readBytes(file: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    if (file === standardInput) typed ??= readFile("/dev/stdin").catch(() => piped());
    bytes = await (file === standardInput ? typed! : readFile(file));
  } catch (error) {
    throw new DataError(fileProblem(file, "read", error), { cause: error });
  }
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? unpacked(bytes, file) : bytes;
}

async function piped(): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of process.stdin) parts.push(part as Uint8Array);
  return Buffer.concat(parts);
}

function unpacked(bytes: Uint8Array, file: string): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: largest });
  } catch (error) {
    const tooLong = (error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE";
    const found = tooLong ? "more" : "damaged ones";
    const expected = tooLong ? "at most 512 MB of unpacked bytes" : "whole bytes of gzip";
    throw new FormatError(problem(file, expected, found), { cause: error });
  }
}

/**
 * The text of a file, lines ending as `\n`, without byte order mark. Throws DataError for what is too long, FormatError for
 * what is no text, or text of another encoding than the one given (UTF-8), naming the line.
 */
export async function readTextFile(file: string, encoding?: string): Promise<string> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0, // readBytes says why
  );
  if (size > largest) {
    const next = "Cut it into parts, split -C 500m FILE, and train on some of them.";
    throw new DataError(problem(file, "at most 512 MB of text", `${(size / 2 ** 20).toFixed(0)} MB`, next));
  }
  const bytes = await readBytes(file);
  const wide = encoding?.toLowerCase().startsWith("utf-16") === true;
  const zero = wide ? -1 : bytes.indexOf(0);
  if (zero >= 0) {
    const [found, next] = kindOf(bytes, encoding);
    throw new FormatError(problem(file, "text", `a zero byte at ${zero}: ${found}`, next));
  }
  const decoder = await textDecoder(encoding, { fatal: true, who: file });
  try {
    return decoder.decode(bytes).replace(/\r\n?/g, "\n");
  } catch {
    const guess = await guessEncoding(bytes);
    const say = `Say how it is written, ${guess} by the look of it: --encoding ${guess}.`;
    const save = `Save it as UTF-8: iconv -f ${guess} -t utf-8 FILE.`;
    const next = encoding === undefined ? save : encoding === "utf-8" ? `${say} Or: ${save}` : say;
    const name = encoding?.toUpperCase() ?? "UTF-8";
    const expected = wide ? name : `${name} on line ${await badLine(bytes, encoding)}`;
    throw new FormatError(problem(file, expected, "other bytes", next));
  }
}

/** The first line that is not text, from 1: outside UTF-16 no character of several bytes holds a line end. */
async function badLine(bytes: Uint8Array, encoding: string | undefined): Promise<number> {
  let from = 0;
  for (let line = 1; ; line++) {
    const end = bytes.indexOf(10, from);
    try {
      const decoder = await textDecoder(encoding, { fatal: true });
      decoder.decode(bytes.subarray(from, end < 0 ? bytes.length : end));
    } catch {
      return line;
    }
    if (end < 0) return line;
    from = end + 1;
  }
}

/** Describes bytes with zeros among them (a binary file, UTF-16), and says what to do. */
function kindOf(bytes: Uint8Array, encoding: string | undefined): [found: string, next: string] {
  const wide = wideEncoding(bytes);
  if (wide === null)
    return [
      bytes[0] === 0x50 && bytes[1] === 0x4b ? "a zip file" : "a binary file",
      "Give txt, csv, tsv or jsonl; numbers also as npz.",
    ];
  const save = `Save it as UTF-8: iconv -f ${wide} -t utf-8 FILE.`;
  return ["text in UTF-16", encoding === undefined ? save : `Say so: --encoding ${wide}.`];
}

/** Lets the library work; where its function `its` complains, the file is named in its place, and what to do if that is not said. */
export async function told<T>(its: string, file: string, work: () => T | Promise<T>, next?: string): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof CellstateError ? error.retell(partsFor(error.toJSON(), its, file, next)) : error;
  }
}

const partsFor = (said: ProblemData, its: string, file: string, next: string | undefined) => ({
  ...(said.who === its ? { who: file } : {}),
  ...(next && !said.next ? { next } : {}),
});
