import { DataError, invalidOption, unknownOption } from "../errors.ts";

/**
 * Options with the usual ones in place of what was not given. Throws DataError for an unknown name (`also`: names that are read elsewhere)
 * and, where the usual one is a number, for what is no number above 0, or no whole one.
 */
export function completeOptions<T extends object>(
  who: string,
  options: object,
  usual: T,
  { also = [], whole = false }: { also?: readonly string[]; whole?: boolean } = {},
): T {
  const names = Object.keys(usual);
  const given = Object.entries(options).filter(([name, value]) => value !== undefined && !also.includes(name));
  for (const [name, value] of given) {
    if (!names.includes(name)) throw new DataError(unknownOption(who, name, [...also, ...names]));
    if (typeof usual[name as keyof T] !== "number") continue;
    if (typeof value === "number" && value > 0 && (!whole || Number.isInteger(value))) continue;
    throw new DataError(invalidOption(who, name, `a ${whole ? "whole " : ""}number above 0`, String(value)));
  }
  return { ...usual, ...Object.fromEntries(given) };
}
