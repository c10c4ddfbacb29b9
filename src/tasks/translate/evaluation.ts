import { corpusBleu } from "../../text/bleu.ts";

/** Results on pairs that were not trained on. */
export interface TranslatorEvaluation {
  /** BLEU of the whole set, 0 to 100: case counts, texts are split as `13a` of sacreBLEU does. */
  readonly bleu: number;
  /** 1, or below where the translations are shorter than the references. */
  readonly brevityPenalty: number;
  /** Fractions of runs of one word, two, three, four that the reference has, 0 to 100. */
  readonly precisions: readonly number[];
  /** Fraction of translations that are the reference, sign by sign. */
  readonly exact: number;
  /** Number of pairs. */
  readonly pairs: number;
}

/**
 * BLEU as sacreBLEU gives it with its defaults (Post 2018): tokens by `wordsOf13a`, four orders, exponential smoothing of orders
 * without a match.
 */
export function evaluatedBleu(
  translations: readonly string[],
  references: readonly (readonly string[])[],
): TranslatorEvaluation {
  const { bleu, precisions, brevityPenalty } = corpusBleu(
    translations.map(wordsOf13a),
    references.map((list) => list.map(wordsOf13a)),
    { smoothing: "exponential" },
  );
  const same = translations.filter((text, k) => references[k].includes(text)).length;
  return {
    bleu: 100 * bleu,
    brevityPenalty,
    precisions: precisions.map((p) => 100 * p),
    exact: same / translations.length,
    pairs: translations.length,
  };
}

/** Words of a text as the scorer of the WMT evaluations splits them (mteval-v13a): signs apart, but for points and commas between digits. */
export function wordsOf13a(text: string): string[] {
  const plain = text
    .replaceAll("<skipped>", "")
    .replaceAll("-\n", "")
    .replaceAll("\n", " ")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">");
  return ` ${plain} `
    .replace(/([{-~[-` -&(-+:-@/])/g, " $1 ")
    .replace(/([^0-9])([.,])/g, "$1 $2 ")
    .replace(/([.,])([^0-9])/g, " $1 $2")
    .replace(/([0-9])(-)/g, "$1 $2 ")
    .split(/\s+/)
    .filter((word) => word !== "");
}
