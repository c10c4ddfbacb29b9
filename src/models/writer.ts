import { CellstateError, problem } from "../errors.ts";
import type { AnyLayer } from "../layers/index.ts";
import type { Parameters } from "../train/parameters.ts";

/** Parts of a model that a file may hold beside its weights. */
export interface SaveOptions {
  /** Files kept in a `.keras` file: a tokenizer, labels. Default: `model.assets`. */
  assets?: ReadonlyMap<string, Uint8Array>;
  /**
   * Whether the compile options and the optimizer's state are written too. Without them a file for serving is a third as large (adam), and
   * a model loaded from it must be compiled before it trains further. Default true.
   */
  includeOptimizer?: boolean;
}

/** Of a model, what the writer's own types ask for: `Model` lies above this file. */
type Writable = AnyLayer & { readonly weightStore: Parameters };

/** Writer of models to files, provided by formats/, with what rounds their weights. */
export interface ModelWriter {
  quantizeLayers(model: Writable, mode: "int8"): (store: Parameters) => void;
  refuseTraining(who: string): never;
  saveModel(model: Writable, path: string | URL, options: SaveOptions): Promise<void>;
}

let load = async (): Promise<ModelWriter> => {
  throw new CellstateError(problem("save", "a program that imports cellstate", "one that imports a part of it"));
};

/** Says who writes models to files, loaded when a model is saved. `index.ts` says so once: models do not know of formats. */
export function useModelWriter(loading: () => Promise<ModelWriter>): void {
  load = loading;
}

/** The writer, loaded when first asked for. */
export const modelWriter = (): Promise<ModelWriter> => load();
