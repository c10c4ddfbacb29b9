import { DataError, problem } from "../errors.ts";
import type { LayerTrace } from "./layer-trace.ts";

/** The steps of a row that count, in the order the layer reads them. */
export function stepsOf({ mask, direction, h }: LayerTrace, row: number): number[] {
  const all = Array.from({ length: h.shape[1] }, (_, t) => t).filter((t) => mask?.at(row, t) !== 0);
  return direction === "backward" ? all.reverse() : all;
}

/** An index below `size`; negative ones count from the end. Throws DataError for others. */
export function indexIn(size: number, given: number, who: string, what: string): number {
  const index = given < 0 ? given + size : given;
  if (Number.isInteger(index) && index >= 0 && index < size) return index;
  throw new DataError(problem(`${who}: ${what}`, `a whole number from 0 to ${size - 1}`, String(given)));
}

/** The layer of a trace by its name; the only one needs none. Throws DataError where it is not there, or not clear which. */
export function layerNamed(layers: readonly LayerTrace[], name: string | undefined, who: string): LayerTrace {
  if (name === undefined && layers.length === 1) return layers[0];
  const found = layers.find((layer) => layer.name === name);
  if (found) return found;
  const names = [...new Set(layers.map((layer) => layer.name))].join(", ");
  throw new DataError(problem(`${who}: layer`, `one of ${names}`, name ?? "none"));
}

/** `rnn/1` is the second cell of `rnn`. */
export const isCellOf = (name: string, path: string): boolean =>
  name.startsWith(`${path}/`) && /^\d+$/.test(name.slice(path.length + 1));
