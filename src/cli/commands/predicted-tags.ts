import type { TaggedAnswer } from "../../tagging/index.ts";
import { percent, shortened } from "../screen/screen.ts";

/** A tagger's answer: tokens beside their labels; the labels alone with `quiet`, an object with `json`. */
export function taggedLines(answer: TaggedAnswer, text: string, o: { json?: boolean; quiet?: boolean }): string {
  const { tokens, labels, intent, unknownWords } = answer;
  if (o.json) return `${JSON.stringify({ text, ...answer })}\n`;
  if (o.quiet) return `${labels.join(" ")}\n`;
  const width = Math.max(...tokens.map((token) => token.length));
  const rows = tokens.map((token, k) => `${token.padEnd(width)}  ${labels[k]}\n`).join("");
  const own = intent ? `intent: ${intent.label}\t${percent(intent.probability)}\n` : "";
  const unknown = [...new Set(unknownWords)];
  const note = unknown.length > 0 ? `unknown words: ${shortened(unknown.join(", "), 200)}\n` : "";
  return `${rows}${own}${note}\n`;
}
