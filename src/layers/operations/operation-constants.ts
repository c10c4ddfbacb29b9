import { DataError, problem } from "../../errors.ts";
import { cast } from "../../ops/elementwise.ts";
import { asNdArray, type NdArray, type NestedNumbers } from "../../tensor/nd-array.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { ConfigValue } from "../options.ts";
import { constantArray } from "./constant-array.ts";

/** An array among the arguments of an operation, as Keras writes it. */
export interface ArrayConstant {
  readonly class_name: "__numpy__" | "__tensor__";
  readonly config: { readonly value: ConfigValue; readonly dtype: string };
}

const mostNumbers = 4096;

export const isArrayConstant = (value: unknown): value is ArrayConstant =>
  typeof value === "object" &&
  value !== null &&
  ["__numpy__", "__tensor__"].includes((value as ArrayConstant).class_name);

/** An array in Keras's form, for an operation that is written. */
export function arrayConstant(a: NdArray): ArrayConstant {
  const dtype = a.dtype === "i32" ? "int32" : "float32";
  return { class_name: "__numpy__", config: { value: a.toArray() as ConfigValue, dtype } };
}

/** The numbers of a constant. Throws DataError for what is none, or for very many. */
export function numbersOf({ config }: ArrayConstant, who: string): NdArray {
  const array = asNdArray(plain(config?.value, who) as NestedNumbers[], { who });
  if (array.size <= mostNumbers) return array;
  const next = "Arrays that large are weights: put them into a dense or embedding layer.";
  throw new DataError(problem(who, `a constant of at most ${mostNumbers} numbers`, `${array.size}`, next));
}

/** A constant as a tensor, whole numbers as such. */
export function constantTensor(constant: ArrayConstant, beside: Tensor, who: string): Tensor {
  const t = constantArray(numbersOf(constant, who), beside);
  return /^u?int/.test(constant.config.dtype) ? cast(t, "i32") : t;
}

/** Lists of numbers; flags as 1 and 0. */
function plain(value: unknown, who: string): unknown {
  if (Array.isArray(value)) return value.map((v) => plain(v, who));
  if (typeof value === "boolean") return Number(value);
  if (typeof value === "number") return value;
  throw new DataError(problem(who, "an array of numbers", typeof value, "Save the model again."));
}
