import type { CellTrace, StudioTrace } from "../../src/studio/messages.ts";
import { meanAt } from "./gates.ts";
import { followedOf } from "./outputs.ts";
import { percent } from "./parts/ribbons.tsx";

/** In words, what the layer did at a step; before one is chosen, where to begin. */
export function whatHappened({ steps, outputs }: StudioTrace, cell: CellTrace, step: number | null): string {
  if (step === null) return "Choose a word: what did the network keep, write and forget there?";
  const { values, units } = cell;
  const word = `“${steps[step].text}”`;
  const keeps = values.f ?? values.z;
  const kept =
    keeps && step !== firstOf(cell, steps.length)
      ? `At ${word} the layer kept ${percent(meanAt(keeps, step, units))} of its memory, on average.`
      : `${word} is the first step: there was no memory yet.`;
  return kept + wrote(cell, steps.length, step) + fate(cell, steps, step, word) + moved(outputs, step);
}

/** Layers that read backwards begin at the end of the input. */
const firstOf = ({ direction }: CellTrace, count: number): number => (direction === "backward" ? count - 1 : 0);
const lastOf = ({ direction }: CellTrace, count: number): number => (direction === "backward" ? 0 : count - 1);

/** How far the layer took in what was new there, and how much of the memory that was. */
function wrote({ values, units, left }: CellTrace, count: number, step: number): string {
  if (!left) return "";
  let all = 0;
  for (let s = 0; s < count; s++) all += left[s * count + step];
  const share = left[step * count + step] / all;
  if (Number.isNaN(share)) return "";
  const open = values.i ? `, with the input gate open by ${percent(meanAt(values.i, step, units))},` : "";
  return ` What it wrote there${open} is ${percent(share)} of what the memory then holds.`;
}

/** What is left at the end of what was written there, and where most of it went. */
function fate(cell: CellTrace, steps: StudioTrace["steps"], step: number, word: string): string {
  const { left, values, units } = cell;
  const count = steps.length;
  const [own, end] = [left?.[step * count + step], lastOf(cell, count)];
  if (!left || !own || step === end) return "";
  const lost = lostAt(cell, count, step);
  const keeps = values.f ?? values.z;
  const part = (t: number) => left[step * count + t] / own;
  const where =
    lost !== null && keeps
      ? `, most of it lost at “${steps[lost].text}” (from ${percent(part(before(cell, lost)))} to ${percent(part(lost))}), where the layer kept ${percent(meanAt(keeps, lost, units))}`
      : "";
  return ` Of what ${word} wrote, ${percent(left[step * count + end] / own)} is left at the end${where}.`;
}

/** The step that the layer read before one. */
const before = ({ direction }: CellTrace, step: number): number => step - (direction === "backward" ? -1 : 1);

/** The later step at which most was lost of what a step wrote; null where more than half of it is left at the end. */
export function lostAt(cell: CellTrace, count: number, step: number): number | null {
  const { left } = cell;
  const [end, on] = [lastOf(cell, count), cell.direction === "backward" ? -1 : 1];
  const at = (t: number) => left?.[step * count + t] ?? 0;
  if (!left || step === end || !(at(end) < at(step) / 2)) return null;
  let most = step + on;
  for (let t = step + on; t !== end + on; t += on) if (at(t - on) - at(t) > at(most - on) - at(most)) most = t;
  return most;
}

/** The unit whose memory was changed most by what a step forgot of it, or of what one step wrote; null where there was none, or no gate that keeps. */
export function unitThatLost(
  cell: CellTrace,
  count: number,
  step: number,
  written: number | null = null,
): number | null {
  const { values, units } = cell;
  const [keeps, memory] = values.f ? [values.f, values.c] : [values.z, values.h];
  const last = before(cell, step);
  if (!keeps || !memory || last < 0 || last >= count) return null;
  const held = (u: number) => (written === null ? memory[last * units + u] : leftOf(cell, written, last, u));
  const lost = (u: number) => Math.abs(held(u) * (1 - keeps[step * units + u]));
  let most = 0;
  for (let u = 1; u < units; u++) if (lost(u) > lost(most)) most = u;
  return lost(most) > 0 ? most : null;
}

/** What a unit's memory holds at a step of what an earlier one wrote there; all that it holds where the layer has no such sum. */
function leftOf(cell: CellTrace, written: number, step: number, unit: number): number {
  const { units, direction } = cell;
  const { f, i, g, c } = cell.values;
  if (!f || !i || !g) return (c ?? cell.values.h)[step * units + unit];
  const on = direction === "backward" ? -1 : 1;
  let rest = i[written * units + unit] * g[written * units + unit];
  for (let t = written + on; t !== step + on; t += on) rest *= f[t * units + unit];
  return rest;
}

/** How the prediction moved there, for a single class that is followed. */
function moved(outputs: StudioTrace["outputs"], step: number): string {
  const { labels, at, kind, words } = outputs;
  if (words || at !== "each" || step === 0) return "";
  const { place: k, values } = followedOf(outputs);
  const [before, now] = [values[step - 1], values[step]];
  const show = (v: number) => (kind === "probability" ? v.toFixed(2) : String(Number(v.toPrecision(4))));
  return ` The prediction${kind === "probability" ? ` of “${labels[k]}”` : ""} went from ${show(before)} to ${show(now)}.`;
}
