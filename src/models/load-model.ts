import { FormatError, problem } from "../errors.ts";
import type { Sequential } from "./sequential.ts";

/**
 * A model from a `.keras` file of Cellstate or Keras 3: a path, an http(s) URL, or the bytes. Compiled and with its
 * optimizer's state where the file has them; `model.assets` holds what was saved beside it.
 * Throws FormatError naming the file, the place and the reason.
 *
 *   const model = await loadModel("imdb.keras");
 */
export async function loadModel(
  source: string | URL | Uint8Array | ArrayBuffer,
  options: { backend?: string } = {},
): Promise<Sequential> {
  const { readKeras } = await import("../formats/keras.ts");
  if (source instanceof Uint8Array) return readKeras(source, "model", options);
  if (source instanceof ArrayBuffer) return readKeras(new Uint8Array(source), "model", options);
  const who = String(source);
  return readKeras(await bytesOf(source, who), who, options);
}

async function bytesOf(source: string | URL, who: string): Promise<Uint8Array> {
  if (/^https?:/.test(who)) {
    const response = await fetch(who);
    if (!response.ok) throw new FormatError(problem(who, "a file", `HTTP ${response.status}`, "Check the address."));
    return new Uint8Array(await response.arrayBuffer());
  }
  const { readFile } = await import("node:fs/promises");
  try {
    return await readFile(source);
  } catch (error) {
    const code = (error as { code?: string }).code;
    throw new FormatError(
      problem(
        who,
        "a .keras file",
        code === "ENOENT" ? "no file of that name" : `one that cannot be read (${code})`,
        "Check the path.",
      ),
    );
  }
}
