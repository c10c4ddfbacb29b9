import dialogues from "../../assets/lstm-faq.txt?raw";
import type { Lab } from "./link.ts";

/** Lines to look at the units with: of the card's own kind, made here; none for a model of the reader's own. */
export function cardLines(lab: Lab | null): string {
  if (lab === "sentiment") return madeUp().join("\n");
  if (lab === "next-word") return dialogues.trim().replaceAll("\t", " ");
  return "";
}

/** Small reviews, with and without a negation; each adjective in both. */
function madeUp(): string[] {
  const subjects = ["the film", "this movie", "the story of the film", "the acting"];
  const ways = ["was", "was not", "was never really"];
  const words = ["good", "bad", "boring", "great", "dull", "funny"];
  const ends = ["", "and i liked the end", "but the music was nice"];
  return subjects.flatMap((subject, s) =>
    ways.flatMap((way, w) => words.map((word, k) => `${subject} ${way} ${word} ${ends[(s + w + k) % 3]}`.trim())),
  );
}
