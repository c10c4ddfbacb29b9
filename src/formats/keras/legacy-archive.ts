import { FormatError, problem } from "../../errors.ts";
import { type Hdf5Reader, type Hdf5Writer, readHdf5, writeHdf5 } from "../containers/hdf5.ts";
import { type JsonObject, kerasJson, parseJsonObject } from "../json.ts";
import type { WeightVariable } from "./archive.ts";

/** The arrays of one layer in the order of its file, with the names they have there. */
export interface LegacyGroup {
  name: string;
  weights: { name: string; value: WeightVariable }[];
}

/** The contents of an HDF5 file of Keras 1, 2, or of `model.save("x.h5")` in Keras 3, still in Keras's terms. */
export interface LegacyArchive {
  /** `""` where the file does not say, as Keras 1 did not. */
  kerasVersion: string;
  /** The architecture; null in a file of weights alone. */
  config: JsonObject | null;
  training: JsonObject | null;
  layers: LegacyGroup[];
  optimizer: LegacyGroup["weights"];
}

const next = "This is not Keras's layout of a legacy HDF5 file.";
const mostNames = 4000; // in one attribute: each takes 16 bytes of a header message, which may have 64 kB

/**
 * Reads a legacy HDF5 file, a whole model or weights alone. `who` names the file in messages; throws FormatError with the
 * file, the place and the reason.
 *
 *   const archive = await readLegacyArchive(bytes, "imdb.h5");
 *   archive.layers[0].weights[0].value.shape;      // [5000, 32]
 */
export function readLegacyArchive(bytes: Uint8Array, who: string): Promise<LegacyArchive> {
  return readHdf5(bytes, who, (file) => {
    const json = (attribute: string) => {
      const text = file.text("", attribute);
      return typeof text === "string" ? parseJsonObject(text, `${who}, "@${attribute}"`) : null;
    };
    const config = json("model_config");
    const training = json("training_config");
    const { groups } = file.list("");
    const base = groups.includes("model_weights") ? "model_weights" : "";
    const at = (path: string) => (base ? `${base}/${path}` : path);
    const version = file.text(base, "keras_version") ?? file.text("", "keras_version");
    const arrays = new Arrays();
    if (base) listArrays(file, base, arrays);
    else for (const group of groups) if (group !== "optimizer_weights") listArrays(file, group, arrays);
    const names = namesOf(file, base, "layer_names");
    if (!names && groups.includes("layers")) throw weightsAlone(who); // a .weights.h5 of Keras 3
    if (!names) throw new FormatError(problem(who, `a list "layer_names"`, "none", next));
    const layers = names.map((name) => ({ name, weights: weightsOf(file, at(name), arrays, who) }));
    const optimizer = groups.includes("optimizer_weights") ? readOptimizer(file, who) : [];
    return { kerasVersion: typeof version === "string" ? version : "", config, training, layers, optimizer };
  });
}

/** The error of a file that has arrays and no architecture where a model was expected. */
export function weightsAlone(who: string): FormatError {
  const next = 'Its architecture is elsewhere: loadModel("model.json", { weights }), or loadWeights(model, file).';
  return new FormatError(problem(who, "a whole model", "weights alone", next));
}

/** Whether an HDF5 file is a legacy one; otherwise it may be a `.weights.h5` of Keras 3. */
export function isLegacyArchive(bytes: Uint8Array, who: string): Promise<boolean> {
  const lists = ["layer_names", "layer_names0", "model_config"];
  return readHdf5(bytes, who, (file) => {
    const { groups } = file.list("");
    return groups.includes("model_weights") || lists.some((list) => file.text("", list) !== undefined);
  });
}

/** The bytes of a legacy HDF5 file, as Keras 3 writes it; without config, of weights alone. */
export function writeLegacyArchive(archive: LegacyArchive): Promise<Uint8Array> {
  const { config, training, layers, optimizer, kerasVersion } = archive;
  return writeHdf5((file) => {
    const base = config ? "model_weights" : "";
    const about = (path: string) => {
      file.text(path, "keras_version", kerasVersion);
      file.text(path, "backend", "jax"); // any of Keras's will do: nothing in the file depends on it
    };
    about("");
    if (config) file.text("", "model_config", kerasJson(config));
    if (training) file.text("", "training_config", kerasJson(training));
    if (base) {
      file.group(base);
      about(base);
    }
    const names = layers.map(({ name }) => name);
    writeNames(file, base, "layer_names", names);
    for (const { name, weights } of [...layers, { name: "top_level_model_weights", weights: [] }]) {
      const path = base ? `${base}/${name}` : name;
      writeGroup(file, path, weights);
    }
    if (optimizer.length > 0) writeGroup(file, "optimizer_weights", optimizer);
  });
}

function writeGroup(file: Hdf5Writer, path: string, weights: LegacyGroup["weights"]): void {
  file.group(path);
  const names = weights.map(({ name }) => name);
  writeNames(file, path, "weight_names", names);
  for (const { name, value } of weights) file.dataset(placeOf(path, name), value);
}

/** To HDF5 several slashes are one. */
const placeOf = (path: string, name: string) => `${path}/${name}`.replace(/\/+/g, "/");

function writeNames(file: Hdf5Writer, path: string, attribute: string, names: readonly string[]): void {
  if (names.length <= mostNames) file.texts(path, attribute, names);
  else
    for (let k = 0; k * mostNames < names.length; k++)
      file.texts(path, `${attribute}${k}`, names.slice(k * mostNames, (k + 1) * mostNames));
}

/** A list of names; Keras cuts one beyond 64 kB into `layer_names0`, `layer_names1`, … */
function namesOf(file: Hdf5Reader, path: string, attribute: string): string[] | null {
  const whole = file.text(path, attribute);
  if (whole !== undefined) return [whole].flat();
  const parts: string[][] = [];
  for (let k = 0; ; k++) {
    const part = file.text(path, `${attribute}${k}`);
    if (part === undefined) return k === 0 ? null : parts.flat();
    parts.push([part].flat());
  }
}

/** Every dataset below a group; weight names hold slashes, which HDF5 makes groups of. */
function listArrays(file: Hdf5Reader, path: string, found: Arrays): void {
  const { groups, datasets } = file.list(path);
  for (const name of datasets) found.add(`${path}/${name}`);
  for (const name of groups) listArrays(file, `${path}/${name}`, found);
}

/** The arrays that no list has named yet, and in which groups any are. */
class Arrays {
  readonly #paths = new Set<string>();
  readonly #below = new Map<string, number>(); // how many, by the path of a group around them

  add(path: string): void {
    this.#paths.add(path);
    this.#count(path, 1);
  }
  take(path: string): boolean {
    if (!this.#paths.delete(path)) return false;
    this.#count(path, -1);
    return true;
  }
  anyIn(group: string): boolean {
    return (this.#below.get(group) ?? 0) > 0;
  }
  #count(path: string, more: number): void {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const group = path.slice(0, end);
      this.#below.set(group, (this.#below.get(group) ?? 0) + more);
    }
  }
}

function weightsOf(file: Hdf5Reader, path: string, arrays: Arrays, who: string): LegacyGroup["weights"] {
  const names = arrays.anyIn(path) ? namesOf(file, path, "weight_names") : [];
  if (!names) throw new FormatError(problem(`${who}, "${path}"`, `a list "weight_names"`, "none", next));
  return names.map((name) => {
    const array = placeOf(path, name);
    if (arrays.take(array)) return { name, value: file.dataset(array) };
    throw new FormatError(problem(`${who}, "${path}"`, `an array "${name}", as its list says`, "none", next));
  });
}

function readOptimizer(file: Hdf5Reader, who: string): LegacyGroup["weights"] {
  const arrays = new Arrays();
  listArrays(file, "optimizer_weights", arrays);
  return weightsOf(file, "optimizer_weights", arrays, who);
}
