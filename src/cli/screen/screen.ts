import { type Command, InvalidArgumentError } from "commander";
import type { BackendName } from "../../index.ts";

/** Input and output of a command, replaceable in tests, and its exit code. */
export interface Screen {
  out(text: string): void;
  err(text: string): void;
  /**
   * The lines of standard input; at a terminal each is read with the prompt. Piped input has the
   * encoding, UTF-8 by default; invalid bytes become U+FFFD.
   */
  input(prompt?: string, encoding?: string): AsyncIterable<string>;
  /** A person types the input: one line, one answer. */
  asks?: boolean;
  /** A person looks at it: progress and colours. */
  terminal: boolean;
  /** Width of the terminal. */
  columns?: number;
  /** Of processes that train together another one speaks and writes the files. */
  follows?: boolean;
  /** 0 done, 1 failed, 2 wrong words, 130 interrupted. */
  code: number;
}

/** Options of most commands. */
export interface Common {
  json?: boolean;
  quiet?: boolean;
  backend?: BackendName;
}

/** Says what a user may not expect, in a line on standard error; not to machines, and not where the result alone is wanted. */
export const notes =
  ({ json, quiet }: Common, screen: Screen) =>
  (line: string): void => {
    if (!json && !quiet) screen.err(`${line}\n`);
  };

export function common(command: Command): Command {
  return command
    .option("--json", "JSON output, one value per line")
    .option("-q, --quiet", "print the result only")
    .option("-b, --backend <name>", "native, wasm or js (default: the fastest available)");
}

/** Examples below the help; the tests run every one of them. */
export function examples(command: Command, ...lines: string[]): Command {
  return command.addHelpText("after", `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`);
}

/**
 * Runs what Ctrl-C ends early: the first aborts the signal, so that what is there can be finished or kept; the second ends the
 * process at once. `say` is called before each, from 1.
 */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  say: (time: number) => void = () => {},
): Promise<T> {
  const stop = new AbortController();
  const onInterrupt = () => {
    say(stop.signal.aborted ? 2 : 1);
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  };
  process.on("SIGINT", onInterrupt);
  try {
    return await work(stop.signal);
  } finally {
    process.off("SIGINT", onInterrupt);
  }
}

export function wholeNumber(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError("Expected a whole number above 0.");
  return n;
}

export function wholeFrom0(text: string): number {
  const n = Number(text);
  if (text.trim() === "" || !Number.isInteger(n) || n < 0)
    throw new InvalidArgumentError("Expected a whole number, 0 or above.");
  return n;
}

export function wholeNumbers(text: string): number[] {
  return text.split(",").map(wholeNumber);
}

export function numberFrom0(text: string): number {
  const n = Number(text);
  if (text.trim() === "" || !(n >= 0)) throw new InvalidArgumentError("Expected a number, 0 or above.");
  return n;
}

export const names = (text: string): string[] => text.split(",").map((name) => name.trim());

/** An option that may come several times. */
export const collected = (text: string, before: readonly string[] = []): string[] => [...before, text];

export const percent = (fraction: number): string => `${(fraction * 100).toFixed(1)} %`;

/** A message of at most so many characters: words of a user can be long. */
export const shortened = (message: string, most = 600): string =>
  message.length > most ? `${message.slice(0, most)}…` : message;
