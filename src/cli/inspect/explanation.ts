import { createReadStream } from "node:fs";

/** The explanation of a file: its kind, details, and what to type next. */
export interface Explanation {
  /** Its kind: `"CSV, 1,200 rows of 3 columns"`. */
  readonly kind: string;
  /** The program that wrote it, where it says. */
  readonly writer?: string;
  /** Lines printed unchanged: the table of a model's layers. */
  readonly table?: readonly string[];
  /** Details, a line each. */
  readonly lines?: readonly string[];
  /** Next steps: a command or a line of a program, and what it does. */
  readonly next?: readonly (readonly [command: string, effect: string])[];
}

/** A file to explain: its first bytes, and all of them when they are asked for. */
export interface Inspected {
  readonly file: string;
  readonly head: Uint8Array;
  readonly size: number;
  bytes(): Promise<Uint8Array>;
}

/** Says what a file of its kind is; null for a file of another kind. */
export type Explain = (source: Inspected) => Promise<Explanation | null>;

const widest = 100; // of a command with its effect beside it; a longer one has it below

/** The explanation as it is printed. */
export function printed(file: string, { kind, writer, table = [], lines = [], next = [] }: Explanation): string {
  const by = writer === undefined || writer === "unknown" ? "" : `, written by ${writer}`;
  const width = Math.max(0, ...next.map(([command]) => command.length).filter((length) => length <= widest));
  const commands = next.map(([command, effect]) =>
    command.length <= widest ? `  ${command.padEnd(width)}  ${effect}` : `  ${command}\n      ${effect}`,
  );
  return `${[`${file}: ${kind}${by}`, ...table, ...lines.map((line) => `  ${line}`), ...commands].join("\n")}\n`;
}

/** The explanation as JSON: `lines` holds the table too. */
export function asJson(file: string, { kind, writer, table = [], lines = [], next = [] }: Explanation): string {
  const commands = next.map(([command, effect]) => ({ command, effect }));
  return `${JSON.stringify({ file, kind, writer: writer ?? null, lines: [...table, ...lines], next: commands })}\n`;
}

/** Few bytes as text, one character a byte. A decoder of that name takes some for other characters. */
export const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** Whether bytes have a text, of one byte a character, at a place. */
export const begins = (bytes: Uint8Array, text: string, at = 0): boolean =>
  latin1(bytes.subarray(at, at + text.length)) === text;

/** A file's name as it is typed in a shell. */
export const typed = (file: string): string =>
  /^[\w./@%+=:,-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`;

/** 1234567 as 1.2 MB. */
export function megabytes(size: number): string {
  if (size < 1000) return `${size} bytes`;
  return size < 1e6 ? `${(size / 1e3).toFixed(1)} kB` : `${(size / 1e6).toFixed(1)} MB`;
}

/** Few words of many. */
export const few = (words: readonly string[], most = 8): string =>
  words.length > most ? `${words.slice(0, most).join(", ")}, … (${words.length})` : words.join(", ");

/** Lines of a file of any size. */
export async function lineCount(file: string): Promise<number> {
  let count = 0;
  let last = 10;
  for await (const chunk of createReadStream(file) as AsyncIterable<Uint8Array>) {
    for (const byte of chunk) if (byte === 10) count++;
    last = chunk[chunk.length - 1];
  }
  return last === 10 ? count : count + 1;
}
