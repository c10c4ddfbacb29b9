import { FormatError, problem } from "../../errors.ts";
import { Budget, memoryFor } from "../budget.ts";
import { plainBytes } from "../containers/plain-bytes.ts";
import { readOnnx } from "./proto.ts";
import type { ReadExternal } from "./tensor-proto.ts";

/** Numbers of a model that lie in files beside it: their names come from the model, and are no paths out of its folder. */

/** The files that a model's numbers lie in, by the names that it has for them. */
export type FilesBeside = ReadonlyMap<string, Uint8Array>;

/** The names of the files that a model's numbers lie in. Throws FormatError where one leaves the folder. */
export function externalNames(bytes: Uint8Array, who: string): string[] {
  const names = new Set<string>();
  readOnnx(bytes, who, ({ location }, where) => void names.add(below(location, where)));
  return [...names];
}

export const bytesTogether = (bytes: Uint8Array, files: FilesBeside): number =>
  [...files.values()].reduce((sum, file) => sum + file.length, bytes.length);

/** Reads numbers from such files. Tensors may share bytes, but not so often that they fill the memory. */
export function externalReader(files: FilesBeside, bytes: Uint8Array, who: string): ReadExternal {
  const memory = new Budget(who, memoryFor(bytesTogether(bytes, files), 4), "bytes of numbers in other files");
  return ({ location, offset, length }, where) => {
    const name = below(location, where);
    const file = files.get(name);
    if (!file) {
      const next = "Put it beside the model, and open that by its path.";
      throw new FormatError(problem(where, `its numbers in the file ${JSON.stringify(name)}`, "no such file", next));
    }
    if (offset + length > file.length) {
      const next = `${JSON.stringify(name)} is cut short, or belongs to another model: export it again.`;
      throw new FormatError(problem(where, `${length} bytes from ${offset}`, `a file of ${file.length}`, next));
    }
    memory.take(length, where);
    return plainBytes(file).subarray(offset, offset + length);
  };
}

/** A location as a name below the model's folder. */
function below(location: string, where: string): string {
  const parts = location.split("/").filter((part) => part !== ".");
  const sound = parts.length > 0 && parts.every((part) => part !== "" && part !== ".." && !/[\\:\0]/.test(part));
  if (sound && location.length < 1024) return parts.join("/");
  const found = JSON.stringify(location.slice(0, 100));
  throw new FormatError(problem(where, "a file in the model's own folder", found, "Do not trust this file."));
}
