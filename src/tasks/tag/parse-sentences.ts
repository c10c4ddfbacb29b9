import { counted, DataError, FormatError, problem } from "../../errors.ts";
import { checkedSentences, type PlacedSentence } from "./check-labels.ts";
import type { ParsedSentences } from "./sentences.ts";

/** Options of `parseSentences`. */
export interface SentenceFileOptions {
  /** Name for messages, that of the file. Default `"parseSentences"`. */
  name?: string;
  /** Column of tokens, from 1. Default 1. */
  token?: number;
  /** Column of labels, from 1. Default: the last. */
  label?: number;
}

/**
 * Sentences with labels from the text of a file in one of two forms. CoNLL: a token and its label a line, separated by white space, an
 * empty line between sentences; `# intent: NAME` before one gives its own label. One sentence a line: tokens, a tab, and as many labels; one
 * label more is the sentence's own, and so is the last where `BOS` and `EOS` enclose the tokens. Throws FormatError naming the line.
 *
 *   const { sentences } = parseSentences("fly O\nto O\nboston B-city\n");
 */
export function parseSentences(text: string, options: SentenceFileOptions = {}): ParsedSentences {
  const { name = "parseSentences" } = options;
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const found = lines.some(isWhole) ? lineSentences(lines, name) : conllSentences(lines, name, options);
  if (found.length === 0)
    throw new DataError(
      problem(name, "sentences", "none", "Write a token and its label on each line, an empty line between sentences."),
    );
  return checkedSentences(found);
}

/** Whether a line is a whole sentence: several tokens, a tab, labels. */
function isWhole(line: string): boolean {
  const [tokens, labels, more] = line.split("\t").map(partsOf);
  return more === undefined && labels !== undefined && tokens.length > 1 && labels.length >= tokens.length;
}

const partsOf = (text: string): string[] => text.split(/\s+/).filter((part) => part !== "");

function lineSentences(lines: readonly string[], name: string): PlacedSentence[] {
  return lines.flatMap((line, k) => {
    if (line.trim() === "") return [];
    const where = `${name}: line ${k + 1}`;
    const [tokens, labels = [], ...more] = line.split("\t").map(partsOf);
    if (tokens.length === 0)
      throw new FormatError(problem(where, "tokens before the tab", "none", "Leave the line out."));
    if (more.length > 0) throw new FormatError(problem(where, "tokens, a tab, labels", `${more.length + 1} tabs`));
    const enclosed = tokens[0] === "BOS" && tokens.at(-1) === "EOS" && labels.length === tokens.length;
    const extra = labels.length - tokens.length;
    if (extra !== 0 && extra !== 1) {
      const expected = `a label for each of ${counted(tokens.length, "token")}`;
      throw new FormatError(problem(where, expected, counted(labels.length, "label")));
    }
    const own = enclosed || extra === 1 ? { intent: labels.at(-1)! } : {};
    const inside = <T>(list: readonly T[]) => (enclosed ? list.slice(1, -1) : list.slice(0, tokens.length));
    if (inside(tokens).length === 0)
      throw new FormatError(problem(where, "a sentence with tokens", "an empty one", "Leave the line out."));
    const sentence = { tokens: inside(tokens), labels: inside(labels), ...own };
    return [{ sentence, places: sentence.tokens.map(() => where) }];
  });
}

function conllSentences(lines: readonly string[], name: string, options: SentenceFileOptions): PlacedSentence[] {
  const found: PlacedSentence[] = [];
  let open: { tokens: string[]; labels: string[]; places: string[]; intent?: string } | null = null;
  let intent: string | undefined;
  let width = 0;
  for (const [k, line] of [...lines, ""].entries()) {
    const parts = partsOf(line);
    const said = /^#\s*(?:intent|label)\s*[:=]\s*(\S.*?)\s*$/.exec(line);
    if (said) intent = said[1];
    if (parts.length === 0 || parts[0] === "-DOCSTART-" || isComment(parts, width)) {
      if (open && parts.length === 0) {
        const { places, ...sentence } = open;
        found.push({ sentence, places });
        open = null;
        intent = undefined;
      }
      continue;
    }
    const where = `${name}: line ${k + 1}`;
    width ||= columnsOf(parts, where, options);
    if (parts.length !== width) {
      const next = "Separate a token and its columns by single blanks or tabs, the same number on each line.";
      throw new FormatError(problem(where, counted(width, "column"), `${parts.length}`, next));
    }
    open ??= { tokens: [], labels: [], places: [], ...(intent === undefined ? {} : { intent }) };
    open.tokens.push(parts[(options.token ?? 1) - 1]);
    open.labels.push(parts[(options.label ?? width) - 1]);
    open.places.push(where);
  }
  return found;
}

/** A comment of CoNLL-U: "# text = …"; a "#" that is a token has as many columns as the others. */
const isComment = (parts: readonly string[], width: number): boolean =>
  parts[0].startsWith("#") && (width === 0 ? parts.length !== 2 || /[:=]$/.test(parts[0]) : parts.length !== width);

function columnsOf(parts: readonly string[], where: string, { token = 1, label }: SentenceFileOptions): number {
  const most = Math.max(token, label ?? 2);
  if (parts.length >= most) return parts.length;
  const expected = most === 2 ? "a token and its label" : counted(most, "column");
  const next = "Write a token and its label on each line, an empty line between sentences.";
  throw new FormatError(problem(where, expected, counted(parts.length, "column"), next));
}
