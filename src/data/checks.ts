import { DataError, problem, showValue, unknownOption } from "../errors.ts";

/** Throws DataError unless `value` is a whole number from `least` to `most`. */
export function checkWhole(who: string, name: string, value: number, least: number, most?: number): void {
  if (Number.isInteger(value) && value >= least && value <= (most ?? Number.MAX_SAFE_INTEGER)) return;
  const range = most === undefined ? `${least} or more` : `from ${least} to ${most}`;
  const near = Number.isFinite(value)
    ? Math.min(Math.max(Math.round(value), least), most ?? Number.POSITIVE_INFINITY)
    : least;
  const next = `Give ${name} ${near}, for example.`;
  throw new DataError(problem(who, `${name} to be a whole number, ${range}`, showValue(value), next));
}

/** The options, all of them known. Throws DataError for another, with the nearest name. */
export function checkKnown<O extends object>(who: string, options: O, known: readonly (keyof O & string)[]): O {
  if (typeof options !== "object" || options === null)
    throw new DataError(problem(who, "options as an object", showValue(options)));
  const other = Object.keys(options).find((name) => !(known as readonly string[]).includes(name));
  if (other !== undefined) throw new DataError(unknownOption(who, other, known));
  return options;
}
