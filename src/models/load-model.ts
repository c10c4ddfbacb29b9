import { FormatError, problem } from "../errors.ts";
import type { SymbolicTensor } from "../layers/layer.ts";
import type { Model } from "./model.ts";

/**
 * A model from a `.keras` file of Cellstate or Keras 3: a path, a URL (file, http, https), or the bytes. Compiled and with
 * its optimizer's state where the file has them; a model whose loss, metrics or optimizer are not all here is left to be
 * compiled. `model.assets` holds what was saved beside it. Throws FormatError naming the file, the place and the reason.
 *
 *   const model = await loadModel("imdb.keras");
 */
export async function loadModel<Out extends SymbolicTensor | SymbolicTensor[] = SymbolicTensor>(
  source: string | URL | Uint8Array | ArrayBuffer,
  options: { backend?: string } = {},
): Promise<Model<NoInfer<Out>>> {
  const { readKeras } = await import("../formats/keras.ts");
  const read = async (bytes: Uint8Array, who: string) =>
    (await readKeras(bytes, who, options)) as unknown as Model<NoInfer<Out>>;
  if (source instanceof Uint8Array) return read(source, "model");
  if (source instanceof ArrayBuffer) return read(new Uint8Array(source), "model");
  return read(await bytesOf(source, String(source)), String(source));
}

async function bytesOf(source: string | URL, who: string): Promise<Uint8Array> {
  if (/^https?:/.test(who)) return download(who);
  const { readFile } = await import("node:fs/promises");
  try {
    return await readFile(who.startsWith("file:") ? new URL(who) : source);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const found = code === "ENOENT" ? "no file of that name" : `one that cannot be read (${code ?? message})`;
    throw new FormatError(problem(who, "a .keras file", found, "Check the path."), { cause: error });
  }
}

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
