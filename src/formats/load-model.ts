import { FormatError, problem } from "../errors.ts";
import type { SymbolicTensor } from "../layers/layer.ts";
import type { Model } from "../models/model.ts";
import { fileProblem } from "../system-problem.ts";
import type { BackendName } from "../train/compiled.ts";
import { checkNames } from "../train/options.ts";

export interface LoadOptions {
  /** Backend that computes: `"js"`, `"wasm"` or `"native"`. Default: the fastest that loads here. */
  backend?: BackendName;
  /**
   * Whether the model is compiled as its file says, with its optimizer's state. Default true. A model that only predicts needs neither, nor
   * the memory of that state, which is twice the weights' (adam).
   */
  compile?: boolean;
  /** The weights for a `model.json` that is an architecture alone, as Keras's `model.to_json()` writes it. Default: those in the file. */
  weights?: string | URL | Uint8Array | ArrayBuffer;
}

/**
 * A model from a file of Cellstate, Keras, tfjs or ONNX: a path (on a page: an address, as `fetch` reads it), a URL (file, http,
 * https), or the bytes. The format is detected by the contents of the file: `.keras`, legacy `.h5` of Keras 1 to 3, tfjs `model.json`, `.safetensors` written here,
 * `.onnx`, an `nn.Sequential` of PyTorch saved whole. Compiled and with its optimizer's state where the file has them; a model whose loss, metrics or optimizer are not
 * all here is left to be compiled. `model.assets` holds the files saved beside it. Throws FormatError naming the file, the
 * place and the reason. A model of several outputs is a `loadModel<SymbolicTensor[]>(...)`.
 *
 *   const model = await loadModel("imdb.keras");
 */
export async function loadModel<Out extends SymbolicTensor | SymbolicTensor[] = SymbolicTensor>(
  source: string | URL | Uint8Array | ArrayBuffer,
  options: LoadOptions = {},
): Promise<Model<NoInfer<Out>>> {
  const { openModel } = await import("./model-file.ts");
  const weights = options.weights === undefined ? undefined : await opened(options.weights, "weights");
  const model = await openModel(await opened(source, "model"), { ...options, weights });
  if (typeof source === "string" || source instanceof URL) sources.set(model, String(source));
  return model as unknown as Model<NoInfer<Out>>;
}

const sources = new WeakMap<object, string>();

/** The path or address that a model was loaded from, for messages; undefined for bytes. */
export const sourceOf = (model: object): string | undefined => sources.get(model);

export interface LoadWeightsOptions {
  /** Leaves a layer as it is where the file has no weights for it, or weights of another shape. Default false. */
  skipMismatch?: boolean;
  /**
   * The module of a PyTorch file for each layer named here: `{ dense: "fc1", lstm: "encoder.rnn", lstm_1: "encoder.rnn.l1" }`; `.l1` is
   * the second layer of a stacked `nn.LSTM`. Default: modules are found by name, kind and shape.
   */
  map?: Readonly<Record<string, string>>;
}

/** The result of `loadWeights`. */
export interface LoadedWeights {
  /** Layers left as they are under `skipMismatch`, and why. */
  skipped: string[];
  /** The module that each layer got, of a PyTorch file; empty for others. */
  map: Record<string, string>;
  /** Modules of a PyTorch file that no layer got. */
  unused: string[];
}

/**
 * Gives a model the weights in a `.weights.h5`, `.h5`, `.keras`, `.safetensors` or PyTorch file (`.pt`, `.pth`: a state_dict, a
 * checkpoint with one, a whole model; nothing in it is run). A PyTorch file's modules are found by the layers' names, or by kind
 * and shape; `map` in the result says which each layer got, and where two could be meant, the error asks for `map`. Throws FormatError where they are not this model's, and then none is replaced, unless `skipMismatch` leaves such layers as
 * they are: `skipped` then says which, and why. It takes its turn as `setWeights` does: predictions called before answer
 * with the old weights, those called after it with the new, and while the model trains or is evaluated it is refused.
 *
 *   await loadWeights(model, "model.weights.h5");
 *   const { skipped } = await loadWeights(newHead, "old.weights.h5", { skipMismatch: true });
 *   const { map } = await loadWeights(model, "net.pth", { map: { dense: "fc1" } }); // { dense: "fc1", lstm: "rnn" }
 */
export async function loadWeights<Out extends SymbolicTensor | SymbolicTensor[]>(
  model: Model<Out>,
  source: string | URL | Uint8Array | ArrayBuffer,
  options: LoadWeightsOptions = {},
): Promise<LoadedWeights> {
  checkNames("loadWeights", options, ["skipMismatch", "map"]);
  const { map } = options;
  const loaded: LoadedWeights = { skipped: [], map: {}, unused: [] };
  const mismatch = options.skipMismatch ? (error: FormatError) => void loaded.skipped.push(error.message) : undefined;
  await model.readWeights("loadWeights", async () => {
    const { openWeights } = await import("./model-file.ts");
    const write = await openWeights(model, await opened(source, "weights"), { mismatch, map });
    return () => {
      const taken = write();
      if (taken) Object.assign(loaded, { map: Object.fromEntries(taken.map), unused: [...taken.unused] });
    };
  });
  return loaded;
}

/** The bytes, what messages call them, and how to reach a file beside them. */
async function opened(source: string | URL | Uint8Array | ArrayBuffer, name: string) {
  if (source instanceof Uint8Array) return { bytes: source, who: name };
  if (source instanceof ArrayBuffer) return { bytes: new Uint8Array(source), who: name };
  const who = String(source);
  return { bytes: await bytesOf(source, who), who, beside: (file: string) => readBeside(who, file) };
}

/**
 * A file beside another, or below it: names come from the file, and the address that comes of one is what counts. A link in
 * the folder is followed, for whoever made the folder made it.
 */
async function readBeside(who: string, file: string): Promise<Uint8Array> {
  const outside = (found: string) =>
    new FormatError(problem(who, "files in its own folder", found, "Do not trust this file."));
  if (/^(https?|file):/i.test(who) || onPage()) {
    const base = onPage() ? new URL(who, location.href) : new URL(who);
    const folder = new URL(".", base);
    const address = new URL(file, folder);
    const inside = address.origin === base.origin && address.protocol === base.protocol && address.host === base.host;
    if (!inside || !address.pathname.startsWith(folder.pathname) || /%(2f|5c|00)/i.test(address.pathname))
      throw outside(JSON.stringify(file));
    return bytesOf(address, String(address));
  }
  const { dirname, join, resolve, sep } = await import("node:path");
  const folder = resolve(dirname(who));
  if (!resolve(folder, file).startsWith(folder.endsWith(sep) ? folder : folder + sep))
    throw outside(JSON.stringify(file));
  const path = join(dirname(who), file);
  return bytesOf(path, path);
}

async function bytesOf(source: string | URL, who: string): Promise<Uint8Array> {
  if (/^https?:/i.test(who) || onPage()) return download(who);
  const { readFile } = await import("node:fs/promises");
  try {
    return await readFile(/^file:/i.test(who) ? new URL(who) : source);
  } catch (error) {
    throw new FormatError(fileProblem(who, "read", error, "a model file"), { cause: error });
  }
}

/** Whether this runs in a browser page, which has no files. */
const onPage = (): boolean => typeof process === "undefined";

async function download(url: string): Promise<Uint8Array> {
  try {
    const response = await fetch(url);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    throw new Error(`HTTP ${response.status}`);
  } catch (error) {
    const { message } = error as Error;
    throw new FormatError(problem(url, "a file", message, "Check the address and the connection."), { cause: error });
  }
}
