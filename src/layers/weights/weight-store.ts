import type { ArrayLike, NdArray } from "../../tensor/nd-array.ts";

/** A weight, by what it is. */
type Weight = object;

/** The owner of the values of weights: a model. */
export interface WeightStore {
  read(weight: Weight, who: string): NdArray;
  /** Replaces all of these or, where one does not fit, none. */
  write(weights: readonly Weight[], values: readonly ArrayLike[], who: string): void;
}

const stores = new WeakMap<Weight, WeightStore>();

/** The newest model of a weight has its values; models that share it know what the others have written. */
export function keepIn(store: WeightStore, weights: readonly Weight[]): void {
  for (const weight of weights) stores.set(weight, store);
}

export const storeOf = (weight: Weight): WeightStore | undefined => stores.get(weight);
