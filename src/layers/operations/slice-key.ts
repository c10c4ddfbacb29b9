import { DataError, problem } from "../../errors.ts";
import type { ConfigValue } from "../options.ts";

/** The slice of one axis: an index, [start, stop, step], "1:3", ":", "...", or "newaxis". */
export type SliceKey = number | string | readonly [start: number | null, stop?: number | null, step?: number | null];

/** The same in Keras's form. */
export function sliceKeys(keys: readonly SliceKey[], who: string): ConfigValue[] {
  return keys.map((key): ConfigValue => {
    if (typeof key === "number" && Number.isInteger(key)) return key;
    if (key === "newaxis") return null;
    if (key === "...") return { class_name: "__ellipsis__", config: {} };
    const range =
      typeof key === "string" && key.includes(":")
        ? key.split(":").map((part) => (part.trim() === "" ? null : Number(part)))
        : key;
    if (
      Array.isArray(range) &&
      range.length <= 3 &&
      range.every((d) => d === null || d === undefined || Number.isInteger(d)) &&
      range[2] !== 0
    ) {
      const [start = null, stop = null, step = null] = range;
      return { class_name: "__slice__", config: { start, stop, step } };
    }
    const next = 'x.slice(":", -1) is the last step of each row, x.slice(":", [1, 3]) two of them.';
    throw new DataError(
      problem(who, 'an index, [start, stop], "1:3", ":", "..." or "newaxis"', JSON.stringify(key), next),
    );
  });
}
