import { DataError, FormatError, fault, problem } from "../../errors.ts";
import { Budget } from "../budget.ts";
import { type Hdf5Dataset, type Hdf5Reader, readHdf5 } from "../containers/hdf5.ts";
import { writePlainHdf5 } from "../containers/hdf5-writer.ts";
import { unzip, type ZipMember, zip } from "../containers/zip.ts";
import { foreignFile } from "../foreign-file.ts";
import { type JsonObject, type JsonValue, kerasJson, parseJsonObject } from "../json.ts";

export type { JsonObject, JsonValue };

/** One variable; `key` is its name in the file: its position in the object as a rule ("0", "1", …). */
export interface WeightVariable extends Hdf5Dataset {
  key?: string;
}

/** The variables of one Keras object, in counting order of their keys, and the name the user gave the object. */
export interface WeightGroup {
  name?: string;
  variables: WeightVariable[];
}

/** Objects by Keras's path: `"layers/lstm/cell"`, `"optimizer"`; the model itself is `""`. */
export type WeightTree = Map<string, WeightGroup>;

/** The contents of a Keras v3 file, still in Keras's terms: no layer is built here. */
export interface KerasArchive {
  /** `date_saved` is local time as `"2026-11-20@23:30:19"`, `""` where the file has none. */
  metadata: { keras_version: string; date_saved: string };
  config: JsonObject;
  weights: WeightTree;
  /** Files that layers or tasks keep in the archive, by their path below `assets/`. */
  assets: Map<string, Uint8Array>;
}

/**
 * Reads a `.keras` file (the Keras v3 zip: metadata.json, config.json, model.weights.h5, assets/). `who` names the file in
 * messages. Throws FormatError with the file, the place and the reason for anything that is not such a file.
 *
 *   const archive = await readKerasArchive(bytes, "model.keras");
 *   archive.weights.get("layers/dense")?.variables[0].shape;    // [32, 1]
 */
export async function readKerasArchive(bytes: Uint8Array, who: string): Promise<KerasArchive> {
  checkSignature(bytes, who);
  const members = new Map((await unzip(bytes, who)).map((member) => [member.name, member]));
  const find = (name: string) => members.get(name) ?? missing(name, members, who);
  const weightsMember = find("model.weights.h5");
  const metadata = readMetadata(parseJson(find("metadata.json"), 2 ** 20, who), who);
  const config = parseJson(find("config.json"), textOf(bytes.length), who);
  checkParts(config, bytes.length, who);
  const weights = await readWeights(weightsMember.read(), `${who}, "model.weights.h5"`);
  const assets = new Map<string, Uint8Array>();
  for (const [name, member] of members) {
    if (name.startsWith("assets/") && !name.endsWith("/"))
      assets.set(name.slice("assets/".length), assetOf(member, bytes.length, who));
  }
  return { metadata, config, weights, assets };
}

/**
 * The bytes of a `.keras` file, members in Keras's order and stored uncompressed; equal archives give equal bytes.
 * Throws DataError for weights that do not fit their shape or dtype.
 *
 *   await writeFileAtomic("model.keras", await writeKerasArchive(archive));
 */
export async function writeKerasArchive(archive: KerasArchive): Promise<Uint8Array> {
  const json = (value: unknown) => new TextEncoder().encode(kerasJson(value));
  return zip([
    ["metadata.json", json(archive.metadata)],
    ["config.json", json(archive.config)],
    ["model.weights.h5", await writeWeights(archive.weights)],
    ...[...archive.assets].map(([name, bytes]) => [`assets/${name}`, bytes] as const),
  ]);
}

/** Reads a `model.weights.h5` alone, the file that Keras's `save_weights("x.weights.h5")` writes. */
export function readWeights(bytes: Uint8Array, who: string): Promise<WeightTree> {
  return readHdf5(bytes, who, (file) => {
    const tree: WeightTree = new Map();
    readGroup(file, "", tree, who);
    return tree;
  });
}

/** The bytes of a `model.weights.h5`: every object a group `<path>/vars` with its name, every variable a dataset in it. */
export async function writeWeights(weights: WeightTree): Promise<Uint8Array> {
  return writePlainHdf5((file) => {
    for (const [path, { name, variables }] of weights) {
      const vars = path ? `${path}/vars` : "vars";
      file.group(vars);
      if (name !== undefined) file.text(vars, "name", name);
      const keys = variables.map(({ key }, i) => key ?? String(i));
      const bad = keys.find((key, i) => keys.indexOf(key) < i || key.includes("/"));
      if (bad !== undefined) {
        throw new DataError(
          problem(`weights "${path}"`, "a key of its own, without a slash, for each variable", `"${bad}"`),
        );
      }
      variables.forEach((variable, i) => void file.dataset(`${vars}/${keys[i]}`, variable));
    }
  });
}

/** Collects the variables of the object at `path` and of the objects below it. */
function readGroup(file: Hdf5Reader, path: string, tree: WeightTree, who: string): void {
  const { groups, datasets } = file.list(path);
  const below = (name: string) => (path ? `${path}/${name}` : name);
  if (datasets.length > 0) {
    const next = "This is not Keras's layout of weights; a legacy whole-model file has to end in .h5.";
    throw new FormatError(
      problem(`${who}, "${below(datasets[0])}"`, `variables in groups named "vars"`, "one outside", next),
    );
  }
  if (groups.includes("vars")) tree.set(path, readVariables(file, below("vars"), who)); // an object before those it holds
  for (const group of groups) if (group !== "vars") readGroup(file, below(group), tree, who);
}

function readVariables(file: Hdf5Reader, vars: string, who: string): WeightGroup {
  const { groups, datasets } = file.list(vars);
  if (groups.length > 0) {
    const found = `the group "${groups[0]}"`;
    throw new FormatError(
      problem(`${who}, "${vars}"`, "variables only", found, "This is not Keras's layout of weights."),
    );
  }
  const name = file.text(vars, "name");
  const variables = datasets.map((key) => ({ key, ...file.dataset(`${vars}/${key}`) }));
  return typeof name === "string" ? { name, variables } : { variables };
}

/** Says early and plainly what a file is that only calls itself `.keras`. */
function checkSignature(bytes: Uint8Array, who: string): void {
  const starts = (text: string) => [...text].every((letter, i) => bytes[i] === letter.charCodeAt(0));
  if (starts("PK\x03\x04") || starts("PK\x05\x06")) return;
  const expected = "a Keras v3 file (a zip archive)";
  if (starts("\x89HDF\r\n\x1a\n")) {
    const next = "Rename it to end in .h5 and load it as a legacy model, or save it again with Keras 3.";
    throw new FormatError(problem(who, expected, "a legacy HDF5 file (Keras 1 or 2) under another name", next));
  }
  if (bytes.length === 0) throw new FormatError(fault(who, "the file is empty", damaged));
  const foreign = foreignFile(bytes);
  if (foreign) throw new FormatError(fault(who, `this is ${foreign.what}, not a model`, foreign.next));
  throw new FormatError(problem(who, expected, `a file that starts with the bytes ${showStart(bytes)}`, damaged));
}

const damaged = "The file is damaged or of another kind: download or save it again.";

const showStart = (bytes: Uint8Array): string =>
  Array.from(bytes.subarray(0, 12), (b) => b.toString(16).padStart(2, "0")).join(" ");

function missing(name: string, members: Map<string, ZipMember>, who: string): never {
  if (name === "model.weights.h5" && members.has("model.weights.json")) {
    const next = "Save the model again without max_shard_size.";
    throw new FormatError(problem(who, `one "${name}"`, "weights in shards (model.weights.json)", next));
  }
  const names = [...members.keys()].slice(0, 5).map((found) => `"${found}"`);
  const found =
    members.size === 0
      ? "an empty archive"
      : `${members.size} members: ${names.join(", ")}${members.size > 5 ? ", …" : ""}`;
  throw new FormatError(
    problem(who, `a member "${name}"`, found, "This zip is not a Keras v3 file, or is incomplete."),
  );
}

/** Bytes of architecture in an archive of this size, which may be packed; each becomes up to twenty of memory. */
const textOf = (archiveBytes: number) => Math.min(2 ** 24, 2 ** 20 + 4 * archiveBytes);
/** A layer takes a quarter of a millisecond and some 10 kB to make, and as Keras writes them 200 bytes and more. */
const partsFor = (archiveBytes: number) => 4000 + Math.floor(archiveBytes / 40);

/** Throws FormatError where an architecture has more layers and calls than files of its size have. */
export const checkParts = (config: JsonObject, fileBytes: number, who: string): void =>
  countParts(config, new Budget(who, partsFor(fileBytes), "layers and calls of them in a file of its size"));

/** Counts the layers, and what else is made from an object with a class, and the calls. */
function countParts(value: JsonValue, budget: Budget): void {
  const open: JsonValue[] = [value];
  while (open.length > 0) {
    const part = open.pop()!;
    if (typeof part !== "object" || part === null) continue;
    if (!Array.isArray(part)) {
      if ("class_name" in part) budget.take(1);
      if (Array.isArray(part.inbound_nodes)) budget.take(part.inbound_nodes.length);
    }
    for (const inner of Object.values(part)) if (typeof inner === "object") open.push(inner);
  }
}

/** A file beside the weights, a copy. */
function assetOf(member: ZipMember, archiveBytes: number, who: string): Uint8Array {
  const most = 2 ** 22 + 8 * archiveBytes;
  if (member.size <= most) return member.read().slice();
  const next = "The file is damaged, or no task of Keras or Cellstate wrote it.";
  throw new FormatError(problem(`${who}, "${member.name}"`, `at most ${most} bytes`, `${member.size}`, next));
}

function parseJson(member: ZipMember, limit: number, who: string): JsonObject {
  const where = `${who}, "${member.name}"`;
  if (member.size <= limit) return parseJsonObject(member.read(), where);
  const next = "The file is damaged, or was not written by Keras.";
  throw new FormatError(problem(where, `at most ${limit} bytes`, `${member.size}`, next));
}

function readMetadata(json: JsonObject, who: string): KerasArchive["metadata"] {
  const { keras_version, date_saved = "" } = json;
  if (typeof keras_version !== "string" || typeof date_saved !== "string") {
    const expected = "keras_version and date_saved as text";
    throw new FormatError(
      problem(`${who}, "metadata.json"`, expected, JSON.stringify(json).slice(0, 100), "Save it again with Keras 3."),
    );
  }
  return { keras_version, date_saved };
}
