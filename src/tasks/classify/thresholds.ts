import { DataError, invalidOption, suggest } from "../../errors.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import type { Label } from "./labels.ts";

/**
 * The class of each row of probabilities [N, classes] by thresholds of classes: the one whose probability exceeds its threshold by the largest
 * factor. Classes that are not named share what is left to 1, so that of two classes `{ spam: 0.3 }` means spam from 0.3 on. Throws DataError
 * for a class there is not, and for thresholds that leave nothing to the others.
 */
export function byThresholds(
  chances: NdArray,
  labels: readonly Label[],
  given: Readonly<Record<string, number>>,
  who: string,
): Int32Array {
  const thresholds = thresholdsOf(labels, given, who);
  const [N, C] = chances.shape;
  return Int32Array.from({ length: N }, (_, row) => {
    let best = 0;
    const factor = (k: number) => chances.data[row * C + k] / thresholds[k];
    for (let k = 1; k < C; k++) if (factor(k) > factor(best)) best = k;
    return best;
  });
}

/** Throws DataError naming the class of a threshold that does not lie between 0 and 1. */
export function checkThresholds(given: Readonly<Record<string, number>>, who: string): void {
  const wrong = Object.entries(given).find(([, value]) => !(value > 0 && value < 1));
  if (!wrong) return;
  const [name, value] = wrong;
  throw new DataError(invalidOption(who, "thresholds", `a number between 0 and 1 for "${name}"`, String(value)));
}

function thresholdsOf(labels: readonly Label[], given: Readonly<Record<string, number>>, who: string): number[] {
  const names = labels.map(String);
  const odd = Object.keys(given).find((name) => !names.includes(name));
  if (odd !== undefined)
    throw new DataError(invalidOption(who, "thresholds", "classes of the model", `"${odd}"`, suggest(odd, names)));
  checkThresholds(given, who);
  const sum = Object.values(given).reduce((a, b) => a + b, 0);
  const others = names.length - Object.keys(given).length;
  if (others > 0 && sum >= 1) {
    const next = "Classes that are not named share what is left to 1.";
    throw new DataError(invalidOption(who, "thresholds", "numbers that add up to less than 1", `${sum}`, next));
  }
  return names.map((name) => (Object.hasOwn(given, name) ? given[name] : (1 - sum) / others));
}
