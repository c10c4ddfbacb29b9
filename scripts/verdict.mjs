/**
 * What a result reached of what was asked of it, in words, by the mean over its seeds: `reach` names figures and what each
 * must be at least or at most.
 *
 *   verdict({ "training, s": { atMost: 80 } }, { "training, s": 114.25 }); // "Missed: training, s 114.25 (at most 80)."
 */
export function verdict(reach, means) {
  const said = Object.entries(reach).map(([figure, { atLeast = -Infinity, atMost = Infinity }]) => {
    const mean = means[figure];
    const bounds = [atLeast > -Infinity ? `at least ${atLeast}` : "", atMost < Infinity ? `at most ${atMost}` : ""];
    const asked = bounds.filter(Boolean).join(", ");
    return { reached: mean >= atLeast && mean <= atMost, words: `${figure} ${shown(mean)} (${asked})` };
  });
  const list = (head, reached) => {
    const words = said.filter((one) => one.reached === reached).map((one) => one.words);
    return words.length > 0 ? [`${head}: ${words.join("; ")}.`] : [];
  };
  return [...list("Reached", true), ...list("Missed", false)].join(" ");
}

/** Whole numbers as they are, others with two decimals, or four below 1. */
export function shown(v) {
  if (Number.isInteger(v)) return String(v);
  return Math.abs(v) >= 1 ? v.toFixed(2) : v.toFixed(4);
}
