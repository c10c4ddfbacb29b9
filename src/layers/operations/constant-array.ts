import { constant } from "../../ops/elementwise.ts";
import { concat, reshape } from "../../ops/view.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** Numbers of a layer's options as a tensor of `shape`, in the trace of `beside`; for some dozens of them. */
export function constantArray(a: NdArray, beside: Tensor, shape: Shape = a.shape): Tensor {
  const numbers = Array.from(a.data);
  if (numbers.every((v) => v === numbers[0])) return constant(numbers[0], beside, shape);
  return reshape(concat(numbers.map((v) => constant(v, beside, [1]))), shape);
}
