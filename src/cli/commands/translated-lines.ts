import type { TranslateOptions, Translation } from "../../translate/index.ts";
import { shortened } from "../screen/screen.ts";

/** Options of beam search, as they were given. */
export const searchOptions = ({
  beams,
  lengthPenalty,
}: {
  beams?: number;
  lengthPenalty?: number;
}): TranslateOptions => ({
  ...(beams === undefined ? {} : { beams }),
  ...(lengthPenalty === undefined ? {} : { lengthPenalty }),
});

/** A translation: its text alone on a line, so that files keep their lines; an object with `json`. */
export function translatedLines(found: Translation, text: string, o: { json?: boolean; quiet?: boolean }): string {
  const { text: translation, logProbability, unknown } = found;
  if (o.json) return `${JSON.stringify({ text, translation, logProbability, unknown })}\n`;
  const note = unknown.length > 0 && !o.quiet ? `unknown characters: ${shortened(unknown.join(" "), 200)}\n` : "";
  return `${translation}\n${note}`;
}
