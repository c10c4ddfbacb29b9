import type { NdArray } from "../../tensor/nd-array.ts";
import type { Symbolic, SymbolicTensor } from "../layer.ts";
import type { ConfigValue } from "../options.ts";
import { type Operand, operate } from "./operation.ts";

type Either = Symbolic | number | NdArray;

const one = (className: string, operands: readonly Operand[], attributes: Record<string, ConfigValue> = {}) =>
  operate(className, operands, attributes) as SymbolicTensor;

/**
 * Operations on the tensors of a functional model that have no method there, or where a number stands on the left: Python's
 * 2 - x and 2 / x. Saved and loaded like the methods.
 *
 *   operations.subtract(2, x); operations.divide(1, x.add(1))
 */
export const operations = {
  /** a − b. */
  subtract: (a: Either, b: Either): SymbolicTensor => one("Subtract", [a, b]),
  /** a / b. */
  divide: (a: Either, b: Either): SymbolicTensor => one("TrueDivide", [a, b]),
  /** a to the power b. */
  power: (a: Either, b: Either): SymbolicTensor => one("Power", [a, b]),
  /** The entries along an axis at these places: [B, T, D], [0, 2], 1 → [B, 2, D]. */
  take: (x: Symbolic, indices: Symbolic | number | readonly number[], axis: number): SymbolicTensor =>
    one("Take", [x, indices as Operand], { axis }),
  /** Repeats the whole along each axis. */
  tile: (x: Symbolic, repeats: number | readonly number[]): SymbolicTensor =>
    one("Tile", [x], { repeats: repeats as ConfigValue }),
  /** The sum up to each entry. */
  cumsum: (x: Symbolic, axis: number): SymbolicTensor => one("Cumsum", [x], { axis }),
  /** The product along an axis or several. */
  prod: (x: Symbolic, axis: number | readonly number[], { keepdims = false } = {}): SymbolicTensor =>
    one("Prod", [x], { axis: axis as ConfigValue, keepdims }),
  /** As Keras's function; its approximate form is the default there. */
  gelu: (x: Symbolic, { approximate = true } = {}): SymbolicTensor => one("Gelu", [x], { approximate }),
  /** x above 0, otherwise alpha · (eˣ − 1). */
  elu: (x: Symbolic, { alpha = 1 } = {}): SymbolicTensor => one("Elu", [x], { alpha }),
  /** x above 0, otherwise negativeSlope · x. */
  leakyRelu: (x: Symbolic, { negativeSlope = 0.2 } = {}): SymbolicTensor =>
    one("LeakyRelu", [x], { negative_slope: negativeSlope }),
  /** The product of two tensors by an equation: "btd,bsd->bts". */
  einsum: (equation: string, a: Symbolic, b: Symbolic | NdArray): SymbolicTensor =>
    one("Einsum", [a, b], { subscripts: equation }),
};
