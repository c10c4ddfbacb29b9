import {
  DataError,
  invalidOption,
  option,
  problem,
  sentence,
  showValue,
  unknownOption,
  type Words,
} from "../errors.ts";

/** The rule of an option: its check, and its default. */
export interface Field<T> {
  readonly otherwise: T;
  /** For messages: `a number above 0`. */
  readonly expected: Words;
  fits(value: unknown): boolean;
}

type Values<F> = { [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/**
 * The options of `who`, complete. Throws DataError for an unknown name (with the nearest one) and for a value that does
 * not fit its field.
 */
export function readOptions<F extends Record<string, Field<unknown>>>(
  who: string,
  options: object,
  fields: F,
): Values<F> {
  checkNames(who, options, Object.keys(fields));
  const given = options as Readonly<Record<string, unknown>>;
  const read = Object.entries(fields).map(([key, field]) => {
    const value = given[key];
    if (value === undefined) return [key, field.otherwise];
    if (!field.fits(value))
      throw new DataError(invalidOption(who, key, named(key, field), shown(value), "Leave it out for the default."));
    return [key, value];
  });
  return Object.fromEntries(read) as Values<F>;
}

/** Throws DataError for an unknown option, with the nearest one: `batch_size` where `batchSize` is meant. */
export function checkNames(who: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    const rate = typeof options === "number" && known.includes("learningRate");
    const next = rate ? `${who}({ learningRate: ${options} })` : "Leave them out for the defaults.";
    throw new DataError(problem(who, "options in braces", shown(options), next));
  }
  for (const key of Object.keys(options)) if (!known.includes(key)) throw new DataError(unknownOption(who, key, known));
}

const isNumber = (v: unknown): v is number => typeof v === "number" && Number.isFinite(v);
const numbers =
  (expected: string, fits: (v: number) => boolean) =>
  (otherwise: number): Field<number> => ({ otherwise, expected, fits: (v) => isNumber(v) && fits(v) });

export const anyNumber = numbers("a finite number", () => true);
export const above0 = numbers("a number above 0", (v) => v > 0);
export const from0 = numbers("a number of 0 or more", (v) => v >= 0);
export const to0 = numbers("a number of 0 or less", (v) => v <= 0);
export const from0to1 = numbers("a number from 0 to 1", (v) => v >= 0 && v <= 1);
/** Range of a decay rate: 1 would never forget, and divide by 0 where it is corrected. */
export const below1 = numbers("a number from 0 to below 1", (v) => v >= 0 && v < 1);
export const wholeFrom = (least: number) =>
  numbers(`a whole number of ${least} or more`, (v) => Number.isInteger(v) && v >= least);
export const wholeNumber = numbers("a whole number", Number.isInteger);

export const flag = (otherwise: boolean): Field<boolean> => ({
  otherwise,
  expected: "true or false",
  fits: (v) => typeof v === "boolean",
});

export const oneOf = <const T extends string>(names: readonly T[], otherwise: T): Field<T> => ({
  otherwise,
  expected: `one of ${names.map((n) => `"${n}"`).join(", ")}`,
  fits: (v) => names.includes(v as T),
});

/** The field, or null; null when it is left out. */
export const orNull = <T>(field: Field<T>): Field<T | null> => ({
  otherwise: null,
  expected: sentence`${field.expected}${{ code: ", or null" }}`,
  fits: (v) => v === null || field.fits(v),
});

/** Accepts any value: it is checked elsewhere. */
export const anything: Field<unknown> = { otherwise: undefined, expected: "anything", fits: () => true };

/** An axis of targets and predictions; axis 0 is the batch. */
export const axis: Field<number> = {
  otherwise: -1,
  expected: "a whole number other than 0",
  fits: (v) => Number.isInteger(v) && v !== 0,
};

export const words: Field<readonly string[]> = {
  otherwise: [],
  expected: "a list of words",
  fits: (v) => Array.isArray(v) && v.every((w) => typeof w === "string" && w.length > 0),
};

/** An option that must be given. */
export function required<T>(who: string, key: string, value: unknown, field: Field<T>): T {
  if (field.fits(value)) return value as T;
  throw new DataError(invalidOption(who, key, named(key, field), shown(value)));
}

const named = (key: string, { expected }: Field<unknown>) => sentence`${option(key)}: ${expected}`;

/** In full where it is short: `[1,2]`. */
function shown(value: unknown): string {
  if (!Array.isArray(value) || value.length > 8 || !value.every((v) => typeof v === "number" || typeof v === "string"))
    return showValue(value);
  return JSON.stringify(value).slice(0, 80);
}
