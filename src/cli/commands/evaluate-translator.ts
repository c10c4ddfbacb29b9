import { counted, DataError, problem } from "../../errors.ts";
import type { Translator } from "../../translate/index.ts";
import { type PairColumns, readPairs } from "../readers/read-pairs.ts";
import { type Common, notes, percent, type Screen } from "../screen/screen.ts";
import { searchOptions } from "./translated-lines.ts";

/** A translator on pairs: BLEU. */
export async function evaluateTranslator(
  task: Translator,
  files: readonly string[],
  o: Common & PairColumns & { chart?: string; beams?: number; lengthPenalty?: number },
  screen: Screen,
): Promise<void> {
  if (o.chart) {
    const next = "cellstate explain MODEL TEXT --chart FILE draws the attention of one translation.";
    throw new DataError(problem("--chart", "classes or a forecast", "a translator", next));
  }
  const { pairs } = await readPairs(files, { ...o, say: notes(o, screen) }, task.options.reading);
  const found = await task.evaluate(pairs, searchOptions(o));
  if (o.json) return screen.out(`${JSON.stringify(found)}\n`);
  const { bleu, brevityPenalty, precisions, exact } = found;
  const orders = precisions.map((p) => p.toFixed(1)).join("/");
  screen.out(`BLEU ${bleu.toFixed(1)} (${orders}, brevity penalty ${brevityPenalty.toFixed(3)}), `);
  screen.out(`exact ${percent(exact)} of ${counted(found.pairs, "text")}\n`);
}
