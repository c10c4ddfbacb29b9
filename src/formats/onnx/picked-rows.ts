import type { Tensor } from "../../tensor/tensor.ts";

/** The way indices pick from data, before both are made flat: `numbered` axes of the data are chosen by the index, others are its own. */
export interface Picking {
  readonly data: Tensor;
  readonly index: Tensor;
  readonly numbered: readonly number[];
}

/** The meaning of a gather's places in a flat array: row-axis.ts sees from it whether rows stay apart. */
const pickings = new WeakMap<Tensor, Picking>();

export function notePicking(places: Tensor, picking: Picking): Tensor {
  pickings.set(places, picking);
  return places;
}
export const pickingOf = (places: Tensor): Picking | undefined => pickings.get(places);
