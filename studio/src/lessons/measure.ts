import type { CellTrace, StudioTrace } from "../../../src/studio/messages.ts";
import { meanAt } from "../gates.ts";
import type { Measure } from "./lesson-task.ts";

/** What each measure is called where its numbers stand. */
export const measureNames: Readonly<Record<Measure, string>> = {
  kept: "Kept of the memory before",
  written: "Written to the memory, the mean of |i × g|",
  shown: "Output gate",
  left: "Left at the end of what the step wrote",
  moved: "Change of the prediction",
};
const phrases: Readonly<Record<Measure, readonly [before: string, after: string]>> = {
  kept: ["keeps the ", " of its memory"],
  written: ["writes the ", " to its memory"],
  shown: ["opens its output gate the ", ""],
  left: ["leaves the ", " of what it wrote there until the end"],
  moved: ["changes its prediction the ", ""],
};
/** What the network does at a step: `keeps the least of its memory`. */
export const doing = (measure: Measure, find: "most" | "least"): string => phrases[measure].join(find);

/** A measure at every step, from 0 to 1 (written: without bounds); NaN where a step has none. Null where the network has none. */
export function measured(measure: Measure, traced: StudioTrace, cell: CellTrace): Float64Array | null {
  const { values, units, left } = cell;
  const count = traced.steps.length;
  const each = (value: (t: number) => number) => Float64Array.from({ length: count }, (_, t) => value(t));
  const keeps = values.f ?? values.z;
  if (measure === "kept") return keeps ? each((t) => (t === 0 ? Number.NaN : meanAt(keeps, t, units))) : null;
  if (measure === "shown") return values.o ? each((t) => meanAt(values.o, t, units)) : null;
  if (measure === "moved") return moves(traced);
  if (!left) return null;
  const wrote = (t: number) => left[t * count + t];
  if (measure === "written") return each((t) => wrote(t) / units);
  return each((t) => (wrote(t) > 0 ? left[t * count + count - 1] / wrote(t) : Number.NaN));
}

/** The change of the followed prediction at each step; of many words, of the probability of the likeliest at the end. */
function moves({ outputs, steps }: StudioTrace): Float64Array | null {
  const { labels, values, at, words } = outputs;
  if (at !== "each") return null;
  const k = labels.length;
  const best = words?.at(-1)?.[0]?.token;
  const probability = (t: number) => words![t].find(({ token }) => token === best)?.probability ?? 0;
  const now = (t: number) => (words ? probability(t) : values[t * k + k - 1]);
  return Float64Array.from({ length: steps.length }, (_, t) => (t === 0 ? Number.NaN : Math.abs(now(t) - now(t - 1))));
}

/** The step with the largest or smallest number, from 0; those without one do not take part. */
export function extreme(values: Float64Array, find: "most" | "least"): number {
  let best = -1;
  values.forEach((value, t) => {
    if (Number.isNaN(value)) return;
    if (best < 0 || (find === "most" ? value > values[best] : value < values[best])) best = t;
  });
  return best;
}

/** The unit that shows best what a gate does at a step: the one for which most hangs on it. */
export function tellingUnit({ values, units }: CellTrace, step: number, gate: string | null): number {
  const { f, i, g, c, h, o } = values;
  const at = (a: Float32Array | undefined, u: number, t = step) => (a && t >= 0 ? a[t * units + u] : 0);
  const weight = (u: number): number => {
    if (gate === "f" && f && c) return Math.abs((1 - at(f, u)) * at(c, u, step - 1));
    if (gate === "i" && i && g) return Math.abs(at(i, u) * at(g, u));
    if (gate === "o" && o && c) return Math.abs(at(h, u));
    return Math.abs(at(c ?? h, u));
  };
  let best = 0;
  for (let u = 1; u < units; u++) if (weight(u) > weight(best)) best = u;
  return best;
}
