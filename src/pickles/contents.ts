import { FormatError, problem } from "../errors.ts";
import { type PickledArray, PickledObject, type PickleValue } from "../formats/containers/pickle-values.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { tokenizerFrom } from "./keras-tokenizer.ts";
import { pandasFrom } from "./pandas.ts";
import type { PickleContents } from "./pickle-contents.ts";
import { encoderFrom, scalerFrom } from "./scikit-learn.ts";

/**
 * Objects of known classes as ours, arrays as NdArray, the rest as it is; what is there in several places is made once. Throws
 * FormatError for another class.
 */
export function contentsOf(root: PickleValue, who: string): PickleContents {
  const done = new Map<object, PickleContents>();
  const made = (value: PickleValue): PickleContents => {
    if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
    const before = done.get(value);
    if (before !== undefined) return before;
    const found = convert(value);
    done.set(value, found);
    return found;
  };
  const convert = (value: object & PickleValue): PickleContents => {
    if (value instanceof PickledObject) return objectOf(value, who);
    if (value instanceof Map) return new Map([...value].map(([key, held]) => [made(key), made(held)]));
    if (value instanceof Int32Array) return Array.from(value);
    if (Array.isArray(value)) return value.map(made);
    const { data, shape } = value as PickledArray;
    const numbers = numbersOf(data);
    return numbers ? new NdArray(numbers, shape) : nested(Array.from(data as ArrayLike<PickleValue>, made), shape);
  };
  return made(root);
}

/** Classes whose objects hold nothing but what they were made with. */
const readers = [tokenizerFrom, scalerFrom, encoderFrom, pandasFrom];

function objectOf(object: PickledObject, who: string): PickleContents {
  for (const read of readers) {
    const found = read(object, who);
    if (found) return found;
  }
  const known =
    "Tokenizer, MinMaxScaler, StandardScaler, RobustScaler, Pipeline, LabelEncoder, OneHotEncoder, LabelBinarizer, DataFrame, Series";
  const next = `Read here: ${known}, NumPy arrays, lists and dicts. In Python: save what it holds as JSON or .npy.`;
  throw new FormatError(problem(who, "objects of known classes", object.className.replace(/^(?!a )/, "a "), next));
}

/** Numbers as float64, or int32 where they fit; null for texts and objects. */
function numbersOf(data: unknown): Float64Array | Float32Array | Int32Array | null {
  if (data instanceof Float64Array || data instanceof Float32Array || data instanceof Int32Array) return data;
  if (!ArrayBuffer.isView(data)) return null;
  const list = Array.from(data as unknown as ArrayLike<number | bigint>, Number);
  return list.every((v) => v === (v | 0)) ? Int32Array.from(list) : Float64Array.from(list);
}

function nested(items: PickleContents[], shape: readonly number[]): PickleContents {
  if (shape.length <= 1) return items;
  const width = items.length / Math.max(1, shape[0]);
  return Array.from({ length: shape[0] }, (_, i) => nested(items.slice(i * width, (i + 1) * width), shape.slice(1)));
}
