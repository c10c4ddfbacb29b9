import { sizeOf, stridesOf } from "../../tensor/shape.ts";

/** Numbers with their shape. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * Numbers with their axes in another order: axis k of the result is axis `axes[k]` of what is given.
 *
 *   permuted({ shape: [2, 3], data }, [1, 0]).shape; // [3, 2]
 */
export function permuted({ shape, data }: Numbers, axes: readonly number[]): Numbers {
  const sizes = axes.map((axis) => shape[axis]);
  const steps = axes.map((axis) => stridesOf(shape)[axis]);
  const out = new Float32Array(sizeOf(sizes));
  const index = sizes.map(() => 0);
  let at = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = data[at];
    for (let k = sizes.length - 1; k >= 0; k--) {
      at += steps[k];
      if (++index[k] < sizes[k]) break;
      at -= steps[k] * sizes[k];
      index[k] = 0;
    }
  }
  return { shape: sizes, data: out };
}
