import { DataError, problem } from "../errors.ts";
import type { SymbolicTensor } from "../layers/layer.ts";
import type { Model } from "../models/model.ts";
import type { BackendName } from "../train/compiled.ts";
import { checkNames } from "../train/options.ts";

export interface ModelFromJsonOptions {
  /** Seed of the weights and of everything random in the model. Default 1. */
  seed?: number;
  /** Backend that computes: `"js"`, `"wasm"` or `"native"`. Default: the fastest that loads here. */
  backend?: BackendName;
  /** Most numbers that the weights may have: a short text can describe more than there is memory for. Default 16,777,216. */
  maxParameters?: number;
}

/**
 * A new model of the architecture in JSON, as Keras 1, 2 or 3 writes it (`model.to_json()`) and `keras.models.model_from_json`
 * reads it: the text, or the object parsed from it. The weights are drawn by its initializers; it is compiled where Keras 3's JSON
 * says how. Without an input shape it is built by its first data. Throws FormatError for what is not an architecture, DataError
 * for another argument.
 *
 *   const model = await modelFromJson(await readFile("architecture.json", "utf8"));
 *   await loadWeights(model, "model.weights.h5");
 */
export async function modelFromJson<Out extends SymbolicTensor | SymbolicTensor[] = SymbolicTensor>(
  json: string | object,
  options: ModelFromJsonOptions = {},
): Promise<Model<NoInfer<Out>>> {
  const who = "modelFromJson";
  checkNames(who, options, ["seed", "backend", "maxParameters"]);
  const text = typeof json === "string" ? json : json && typeof json === "object" ? JSON.stringify(json) : null;
  if (text === null) throw new DataError(problem(who, "JSON as a text or an object", String(json)));
  if (!/^\s*\{/.test(text)) {
    const next = 'Give the text itself: modelFromJson(await readFile("architecture.json", "utf8")).';
    throw new DataError(problem(who, "JSON that begins with {", JSON.stringify(text.slice(0, 40)), next));
  }
  const { architectureModel } = await import("./keras/architecture.ts");
  return architectureModel(text, who, options) as unknown as Model<NoInfer<Out>>;
}
