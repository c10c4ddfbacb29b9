import { FormatError, problem, ShapeError } from "../../errors.ts";
import type { PartialShape } from "../../tensor/shape.ts";

/** One size in every trace: the same number where it is fixed. */
export type Sizes = readonly number[];

/** The number that a size has in all traces; null where it follows from an open one. */
export const fixed = (v: Sizes): number | null => (v.every((d) => d === v[0]) ? v[0] : null);
export const sameSizes = (a: Sizes, b: Sizes): boolean => a.every((d, k) => d === b[k]);

/** An open size of the inputs: its name, and the sizes it is traced with. */
export interface OpenSize {
  readonly name: string;
  readonly sizes: Sizes;
}
interface Named {
  readonly name: string;
  readonly shape: PartialShape;
}
/** An axis of an input. */
type Place = readonly [input: number, axis: number];

/**
 * Far from each other, and of no common remainder: what a formula does for each step, for each doubling of them, or by what a stride
 * leaves over, differs.
 */
const lengths = [211, 64, 1_031, 420, 90, 317];
const batches = [3, 12, 7, 5, 10, 14];

/**
 * Traces with numbers for the open sizes of the inputs, and those sizes for each input and axis. All inputs have the same batch.
 * Other open sizes are apart, unless shapes do not fit where they differ. Throws FormatError where none fit.
 */
export function withOpenSizes<T>(
  inputs: readonly Named[],
  trace: (shapes: readonly (readonly number[])[]) => T,
  who: string,
): { open: (OpenSize | null)[][]; traces: T[] } {
  const places = inputs.flatMap(({ shape }, k) =>
    shape.flatMap((d, axis): Place[] => (d === null && axis > 0 ? [[k, axis]] : [])),
  );
  const traced = (groups: readonly (readonly Place[])[], k: number): T => {
    const open = openOf(inputs, groups);
    return trace(inputs.map(({ shape }, i) => shape.map((d, axis) => d ?? open[i][axis]!.sizes[k])));
  };
  const fits = (groups: readonly (readonly Place[])[]): boolean => errorOf(() => traced(groups, 0)) === null;
  const groups = places.length < 2 ? [places] : [...equals(places, fits)];
  const count = inputs.some(({ shape }) => shape.includes(null)) ? lengths.length : 1;
  const traces: T[] = [];
  const failed = errorOf(() => {
    for (let k = 0; k < count; k++) traces.push(traced(groups, k));
  });
  if (!failed) return { open: openOf(inputs, groups), traces };
  if (places.length === 0) throw failed;
  const next = "Give the model's input fixed sizes: input([20, 3]) for 20 steps.";
  const { who: where, expected, received } = failed.toJSON();
  const found = `${where}: expected ${expected}, received ${received}`;
  throw new FormatError(problem(who, "a model that takes any length of what is open", found, next));
}

/** The ShapeError of something; null where there is none. */
function errorOf(work: () => void): ShapeError | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof ShapeError) return error; // shapes are only known to fit when a formula is traced with them
    throw error;
  }
}

const most = 12; // open sizes that are looked at for equal ones

/** Places in groups that must have one size: the smallest group of the first place that may differ from the others, and so on. */
function* equals(places: readonly Place[], fits: (groups: Place[][]) => boolean): Generator<Place[]> {
  const found: Place[][] = [];
  let left = [...places];
  while (left.length > 0) {
    const [first, ...others] = left;
    const subsets = left.length > most ? [] : subsetsOf(others);
    const alone = (rest: Place[]) => [[first, ...rest], left.filter((p) => p !== first && !rest.includes(p))];
    const split = subsets.map(alone).find((pair) => fits([...found, ...pair]));
    const [own, rest] = split ?? [left, []];
    found.push(own);
    yield own;
    left = rest;
  }
}

/** Parts of a list, the smallest first; of a long one those that take few, or leave few. */
function subsetsOf<T>(list: readonly T[]): T[][] {
  const all = Array.from({ length: 2 ** list.length }, (_, bits) => list.filter((_, k) => (bits >> k) & 1));
  const few = all.filter(({ length: n }) => list.length < 6 || Math.min(n, list.length - n) <= 2);
  return few.sort((a, b) => a.length - b.length);
}

function openOf(inputs: readonly Named[], groups: readonly (readonly Place[])[]): (OpenSize | null)[][] {
  const batch: OpenSize = { name: "batch", sizes: batches };
  return inputs.map(({ shape }, k) =>
    shape.map((d, axis): OpenSize | null => {
      if (d !== null) return null;
      if (axis === 0) return batch;
      const g = groups.findIndex((group) => group.some(([input, at]) => input === k && at === axis));
      const [input, at] = groups[g][0];
      const own = groups.length > 1 && inputs.length > 1 ? `${inputs[input].name}_` : ""; // one name is one size
      const sizes = lengths.map((_, i) => lengths[(i + g) % lengths.length] + 2 * g);
      return { name: `${own}${at === 1 ? "time" : `size_${at}`}`, sizes };
    }),
  );
}
