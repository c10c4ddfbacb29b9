import type { NextWord } from "../../../src/studio/messages.ts";
import { lyingBars } from "./draw.ts";
import { digits, type Figure, fileName, type Origin, originWords, withOrigin } from "./figure.ts";
import { framed } from "./frame.ts";
import { modelPart } from "./of-trace.ts";

/** The most probable next words, and those after each of them. */
export function nextWordsFigure(
  tree: readonly NextWord[],
  prompt: string,
  temperature: number,
  origin: Origin,
): Figure {
  const title = "The most probable next words, and those after them";
  const shown = prompt.length > 300 ? `… ${prompt.slice(-300)}` : prompt;
  const caption = `${originWords(origin)}. After “${shown}”, temperature ${temperature}.`;
  const rows = tree.flatMap(({ token, probability, next = [] }) => [
    { first: token, second: "", probability },
    ...next.map((after) => ({ first: token, second: after.token, probability: after.probability })),
  ]);
  return {
    name: fileName(modelPart(origin), "next words"),
    title,
    caption,
    table: withOrigin(origin, {
      columns: ["temperature", "word", "word_after", "probability"],
      rows: rows.map((row) => [temperature, row.first, row.second, digits(row.probability)]),
    }),
    svg: () =>
      framed(
        title,
        caption,
        lyingBars(rows.map((row) => [`${row.second ? "   " : ""}${row.first} ${row.second}`, row.probability])),
      ),
  };
}
