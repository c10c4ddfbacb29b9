import { computed } from "@preact/signals";
import type { CellTrace, StudioTrace } from "../../src/studio/messages.ts";
import { type Part, partAround, partOf } from "./part.ts";
import { cell, cellIndex, choose, step, trace } from "./state.ts";

/** The part that is drawn; all of an input that is not long. */
export const part = computed<Part>(() => {
  const steps = trace.value?.steps.length ?? 0;
  return partAround(steps, step.value);
});
const from = computed(() => part.value.from);

/** The trace of that part; the trace itself where it is all. */
export const partTrace = computed<StudioTrace | null>(() => {
  const whole = trace.value;
  return whole && partOf(whole, { from: from.value, count: part.value.count });
});
/** The shown cell over that part. */
export const partCell = computed<CellTrace | null>(() => partTrace.value?.cells[cellIndex.value] ?? cell.value);
/** The chosen step within the part. */
export const partStep = computed(() => (step.value === null ? null : step.value - from.value));
/** Chooses a step of the part. */
export const choosePart = (t: number, unit?: number): void => choose(from.value + t, unit);

/** Numbers of all steps, of which those of the part are wanted. */
export const inPart = <T extends { slice(from: number, end: number): T }>(all: T): T =>
  all.slice(from.value, from.value + part.value.count);
