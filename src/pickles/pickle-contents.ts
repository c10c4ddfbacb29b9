import type { LabelEncoder, OneHotEncoder } from "../data/encoders.ts";
import type { Scaler } from "../data/scalers.ts";
import type { NdArray } from "../tensor/nd-array.ts";
import type { Tokenizer } from "../text/tokenizer.ts";

/** Contents of a pickle: objects of Keras and scikit-learn as ours, arrays, and plain values; a dict is a Map. */
export type PickleContents =
  | Tokenizer
  | Scaler
  | LabelEncoder
  | OneHotEncoder
  | NdArray
  | Uint8Array
  | string
  | number
  | boolean
  | null
  | PickleContents[]
  | Map<PickleContents, PickleContents>;
