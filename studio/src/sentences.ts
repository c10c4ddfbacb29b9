import type { CellTrace, StudioTrace } from "../../src/studio/messages.ts";
import { meanAt } from "./gates.ts";
import { followedOf } from "./outputs.ts";
import { percent } from "./parts/ribbons.tsx";

/** In words, what the layer did at a step; before one is chosen, where to begin. */
export function whatHappened(
  { steps, outputs }: StudioTrace,
  { values, units, left }: CellTrace,
  step: number | null,
): string {
  const count = steps.length;
  if (step === null) return "Choose a word: what did the network keep, write and forget there?";
  const word = `“${steps[step].text}”`;
  const keeps = values.f ?? values.z;
  const kept =
    keeps && step > 0
      ? `At ${word} the layer kept ${percent(meanAt(keeps, step, units))} of its memory, on average.`
      : `${word} is the first step: there was no memory yet.`;
  const own = left?.[step * count + step];
  const written =
    left && own && step < count - 1
      ? ` Of what ${word} wrote, ${percent(left[step * count + count - 1] / own)} is left at the end.`
      : "";
  return kept + written + moved(outputs, step);
}

/** How the prediction moved there, for a single class that is followed. */
function moved(outputs: StudioTrace["outputs"], step: number): string {
  const { labels, at, kind, words } = outputs;
  if (words || at !== "each" || step === 0) return "";
  const { place: k, values } = followedOf(outputs);
  const [before, now] = [values[step - 1], values[step]];
  const show = (v: number) => (kind === "probability" ? v.toFixed(2) : String(Number(v.toPrecision(4))));
  return ` The prediction${kind === "probability" ? ` of “${labels[k]}”` : ""} went from ${show(before)} to ${show(now)}.`;
}
