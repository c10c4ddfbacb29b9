import { braced, FormatError, problem, sentence } from "../errors.ts";

/** The characters that cut a text into cells. */
export interface CellRules {
  readonly delimiter: string;
  /** Encloses cells that hold delimiters and line ends; null: quotes are ordinary characters. */
  readonly quote: string | null;
  /** Begins a comment, up to the end of its line; null: nothing does. */
  readonly comment: string | null;
}

/**
 * The cells of a text, row by row, and the line on which each row begins, from 1. Cut as pandas cuts them: a quote amid a cell is an
 * ordinary character, text after a closing quote belongs to the cell, lines of blanks or comments are skipped. Throws
 * FormatError for a quote that is not closed. `most` rows at most.
 *
 *   cellsOf('a,"b, ""c"""\n', { delimiter: ",", quote: '"', comment: null }, "example").rows; // [["a", "b, \"c\""]]
 */
export function cellsOf(text: string, rules: CellRules, who: string, most = Number.POSITIVE_INFINITY) {
  const { delimiter, quote, comment } = rules;
  const stop = new RegExp(`[${[delimiter, comment ?? "", "\r\n"].map(escaped).join("")}]`, "g");
  const rows: string[][] = [];
  const lines: number[] = [];
  let at = 0;
  let line = 1;
  let row: string[] = [];
  let quoted = false; // somewhere in this row
  let begins = line;

  /** The end of what stands at `at` without quotes. */
  const plainEnd = (): number => {
    stop.lastIndex = at;
    return stop.exec(text)?.index ?? text.length;
  };
  /** The text up to the closing quote, each double quote as one. */
  const inQuotes = (): string => {
    const parts: string[] = [];
    for (let from = at + 1; ; ) {
      const end = text.indexOf(quote!, from);
      if (end < 0) {
        const next = sentence`A quote inside quotes is written twice. To read quotes as ordinary characters: ${braced("quote", null)}.`;
        throw new FormatError(problem(who, `every quote closed in the row on line ${begins}`, "one that is not", next));
      }
      parts.push(text.slice(from, end));
      line += lineEnds(text, from, end);
      if (text[end + 1] !== quote) {
        at = end + 1;
        return parts.join(quote!);
      }
      from = end + 2;
    }
  };

  while (at < text.length && rows.length < most) {
    let cell = "";
    if (quote !== null && text[at] === quote) {
      cell = inQuotes();
      quoted = true;
    }
    const end = plainEnd();
    row.push(cell + text.slice(at, end));
    at = end;
    if (text[at] === delimiter) {
      at++;
      if (at < text.length) continue;
      row.push(""); // a delimiter at the end of the text
    } else if (comment !== null && text[at] === comment) {
      while (at < text.length && text[at] !== "\n" && text[at] !== "\r") at++;
    }
    if (quoted || row.length > 1 || row[0].trim() !== "") {
      rows.push(row);
      lines.push(begins);
    }
    [row, quoted] = [[], false];
    if (text[at] === "\r" && text[at + 1] === "\n") at++;
    at++;
    line++;
    begins = line;
  }
  return { rows, lines };
}

const escaped = (character: string): string => character.replace(/[\\\]^-]/g, "\\$&");

function lineEnds(text: string, from: number, to: number): number {
  let count = 0;
  for (let i = from; i < to; i++) if (text[i] === "\n" || (text[i] === "\r" && text[i + 1] !== "\n")) count++;
  return count;
}
