import type { NdArray } from "../../tensor/nd-array.ts";

/** One label of the best path, and the steps that say it. */
export interface CtcSpan {
  /** The class of the logits. */
  readonly label: number;
  /** Its first step, from 0. */
  readonly from: number;
  /** Its last step. */
  readonly to: number;
  /** The step between them at which its logit is largest. */
  readonly peak: number;
}

/**
 * Where in the input each label lies: runs of the best class of each step of logits [T, K], blanks left out. Networks trained by CTC say a
 * label late and for a few steps only, so that a span is where it was decided, not how long it lasts.
 *
 *   const [logits] = await transcriber.logits([recording]);
 *   for (const { label, from, to } of ctcSpans(logits)) console.log(transcriber.alphabet[label - 1], from, to);
 */
export function ctcSpans(logits: NdArray, blank = 0): CtcSpan[] {
  const [T, K] = logits.shape;
  const { data } = logits;
  const spans: { label: number; from: number; to: number; peak: number }[] = [];
  let before = blank;
  for (let t = 0; t < T; t++) {
    let best = 0;
    for (let k = 1; k < K; k++) if (data[t * K + k] > data[t * K + best]) best = k;
    const last = spans.at(-1);
    if (best !== blank && best === before && last) {
      last.to = t;
      if (data[t * K + best] > data[last.peak * K + best]) last.peak = t;
    } else if (best !== blank) spans.push({ label: best, from: t, to: t, peak: t });
    before = best;
  }
  return spans;
}
