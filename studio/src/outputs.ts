import type { StepOutputs } from "../../src/studio/messages.ts";

/** The output that a lane follows: the second class of two, of more the most probable one at the end; of values the first. */
export function followedOf({ labels, values, kind }: StepOutputs): { place: number; values: number[] } {
  const size = Math.max(1, labels.length);
  const rows = values.length / size;
  const end = values.subarray((rows - 1) * size);
  const place = kind === "value" ? 0 : size === 2 ? 1 : end.indexOf(Math.max(...end));
  return { place, values: Array.from({ length: rows }, (_, t) => values[t * size + place]) };
}
