import type { AnyModel } from "../models/model.ts";
import type { SaveOptions } from "../models/writer.ts";
import type { BackendName } from "../train/compiled.ts";
import type { OnMismatch } from "./keras/weights.ts";

/** A file's bytes, what messages call it, and how to read a file beside it. */
export interface ModelSource {
  /** The contents of the file. */
  bytes: Uint8Array;
  /** Its name in messages: the path. */
  who: string;
  /** Reads a file beside it; absent where it came as bytes alone. */
  beside?: (name: string) => Promise<Uint8Array>;
}

export interface OpenOptions {
  /** Backend that computes: `"js"`, `"wasm"` or `"native"`. Default: the fastest that loads here. */
  backend?: BackendName;
  /** Whether the model is compiled as its file says, with its optimizer's state. Default true. */
  compile?: boolean;
  /** The weights for a `model.json` that is an architecture alone. Default: those in the file. */
  weights?: ModelSource;
}

/** Options for matching weights with layers. */
export interface WeightOptions {
  /** Called where a layer's weights are missing or do not fit; without it, that is an error. */
  mismatch?: OnMismatch;
  /** The module of the file for each layer named here; the others are found. */
  map?: Readonly<Record<string, string>>;
}

/** The modules of a file that layers took. */
export interface TakenModules {
  /** The module of each layer, by the layer's name. */
  map: ReadonlyMap<string, string>;
  /** Modules that no layer took. */
  unused: readonly string[];
}

/** Gives a model the weights in a file of any kind; what it resolves to writes them, and says which modules were taken if the file has such. */
export type OpenWeights = (
  model: AnyModel,
  source: ModelSource,
  options?: WeightOptions,
  // biome-ignore lint/suspicious/noConfusingVoidType: a format without modules has nothing to say
) => Promise<() => TakenModules | void>;

/** Facts that a model file states about itself. */
export interface FileDescription {
  /** Its kind, where a format has several. */
  kind?: string;
  /** The program that wrote it: `"Keras 2.2.4-tf"`. */
  writer?: string;
  /** Of weights without a model: each array, with its name, shape and type. */
  arrays?: readonly { readonly name: string; readonly shape: readonly number[]; readonly dtype: string }[];
  /** Of a file of PyTorch: its modules, and the layers here that would take their weights. */
  modules?: readonly SuggestedLayer[];
  /** Other contents, a line each. */
  notes?: readonly string[];
}

/** A module of a PyTorch file, and what it looks like. */
export interface SuggestedLayer {
  /** Its name, as the `map` of `loadWeights` has it. */
  readonly module: string;
  /** Its tensors, with their shapes. */
  readonly tensors: string;
  /** The call that makes the layer: `"lstm(64, { returnSequences: true })"`; null where no layer has such tensors. */
  readonly code: string | null;
}

/** A kind of file that models or their weights are read from or written to. It says all that is known of it; `registry.ts` lists them. */
export interface ModelFormat {
  /** Its name in `cellstate inspect`: `"ONNX"`. */
  readonly name: string;
  /** File name endings by which `save` chooses it: `[".keras"]`. Of those that match, the longest counts. */
  readonly endings: readonly string[];
  /** A note beside its endings in messages: `"tfjs"` makes `.json (tfjs)`. */
  readonly called?: string;
  /** Whether bytes begin as such a file does. */
  sniff(bytes: Uint8Array): boolean;
  /** A model from such a file. Throws FormatError naming file, place and reason. */
  read?(source: ModelSource, options: OpenOptions, openWeights: OpenWeights): Promise<AnyModel>;
  /** The call that reads the weights in such a file into a model, for messages. */
  readonly readWeights?: OpenWeights;
  /** Whether its weights belong to modules that a `map` may give to layers. */
  readonly hasModules?: boolean;
  /** Facts that a file states about itself. */
  describe?(source: ModelSource): Promise<FileDescription>;
  /** The bytes of a file with this model. Throws FormatError naming what it cannot hold. */
  write?(model: AnyModel, options: SaveOptions): Promise<Uint8Array>;
  /** Writes a model to several files, where one does not hold it; `write` then only checks. */
  saveAll?(model: AnyModel, path: string): Promise<void>;
  /** Whether it holds weights of 8 bits. */
  readonly holdsInt8?: boolean;
  /** For a format that is recognized and not read: what the file is, and what to do. */
  readonly refused?: { readonly what: string; readonly next: string };
}

/** Whether bytes begin with a text of one byte a letter. */
export const beginsWith = (bytes: Uint8Array, text: string): boolean =>
  [...text].every((letter, i) => bytes[i] === letter.charCodeAt(0));
