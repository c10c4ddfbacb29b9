import type { LabelEncoder, OneHotEncoder } from "../data/encoders.ts";
import type { Scaler } from "../data/scalers.ts";
import type { NdArray } from "../tensor/nd-array.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { PandasFrame } from "./pandas-frame.ts";

/** Contents of a pickle: objects of Keras, scikit-learn and pandas as ours, arrays, and plain values; a dict is a Map. */
export type PickleContents =
  | Tokenizer
  | Scaler
  | LabelEncoder
  | OneHotEncoder
  | PandasFrame
  | NdArray
  | Uint8Array
  | string
  | number
  | boolean
  | null
  | PickleContents[]
  | Map<PickleContents, PickleContents>;
