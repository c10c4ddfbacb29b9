/** Whether tests run in their long form: `.ci/run` sets CELLSTATE_THOROUGH=1, `npm test` runs the short one, about a minute long; test/long-form.ts says what it leaves out. */
export const thorough = process.env.CELLSTATE_THOROUGH === "1";

/** All of them in the long form, otherwise the first of each kind. */
export function oneOfEach<T>(list: readonly T[], kind: (item: T) => string): readonly T[] {
  if (thorough) return list;
  const seen = new Set<string>();
  return list.filter((item) => !seen.has(kind(item)) && seen.add(kind(item)));
}

/** All of them in the long form, otherwise every `step`th, beginning with number `from`. */
export const everyOther = <T>(list: readonly T[], step: number, from = 0): readonly T[] =>
  thorough ? list : list.filter((_, k) => k % step === from);

/** After which of so many steps a training is broken off: each in the long form, otherwise an odd one in the midst of them. */
export const cuts = (steps: number): readonly number[] =>
  thorough ? Array.from({ length: steps }, (_, k) => k + 1) : [2 * Math.floor(steps / 4) + 1];
