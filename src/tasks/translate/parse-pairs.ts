import { counted, DataError, FormatError, problem } from "../../errors.ts";
import type { TranslationPair } from "./pairs.ts";

/**
 * Pairs from the text of a file: on each line a text, a tab, its translation; further columns are passed over. Throws FormatError naming
 * the line where a side is missing or empty. `name` is that of the file.
 *
 *   parsePairs("a dog\tein Hund\n"); // [{ source: "a dog", target: "ein Hund" }]
 */
export function parsePairs(text: string, name = "parsePairs"): TranslationPair[] {
  const pairs = linesOf(text).flatMap((line, k) => {
    if (line.trim() === "") return [];
    const [source, target] = line.split("\t").map((cell) => cell.trim());
    const where = `${name}: line ${k + 1}`;
    if (target === undefined)
      throw new FormatError(problem(where, "a text, a tab, its translation", "no tab", "Separate the two by a tab."));
    refuseEmpty(source, where, "a text before the tab");
    refuseEmpty(target, where, "a translation after the tab");
    return [{ source, target }];
  });
  if (pairs.length > 0) return pairs;
  throw new DataError(problem(name, "lines of a text, a tab, its translation", "none"));
}

/**
 * Pairs from the texts of two files, line by line. Throws DataError where one has more lines, or naming the line that is empty on one side;
 * lines that are empty in both are passed over. `names` are those of the files.
 *
 *   pairLines("a dog\n", "ein Hund\n"); // [{ source: "a dog", target: "ein Hund" }]
 */
export function pairLines(
  sources: string,
  targets: string,
  names: readonly [source: string, target: string] = ["sources", "targets"],
): TranslationPair[] {
  const [first, second] = [sources, targets].map((text) => linesOf(text.replace(/\s+$/u, "")));
  if (first.length !== second.length) {
    const next = "Line k of one file is the translation of line k of the other: find where they part.";
    const expected = `as many lines as ${names[0]}: ${counted(first.length, "line")}`;
    throw new DataError(problem(names[1], expected, `${second.length}`, next));
  }
  const pairs = first.flatMap((line, k) => {
    const [source, target] = [line.trim(), second[k].trim()];
    if (source === "" && target === "") return [];
    refuseEmpty(source, `${names[0]}: line ${k + 1}`, "a text");
    refuseEmpty(target, `${names[1]}: line ${k + 1}`, "a translation");
    return [{ source, target }];
  });
  if (pairs.length > 0) return pairs;
  throw new DataError(problem(names[0], "lines of text", "none"));
}

const linesOf = (text: string): string[] => text.replace(/\r\n?/g, "\n").split("\n");

function refuseEmpty(text: string, where: string, expected: string): void {
  if (text !== "") return;
  throw new FormatError(problem(where, expected, "an empty side", "Fill it, or leave the pair out."));
}
