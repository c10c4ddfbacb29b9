import type { Metadata, Module } from "h5wasm";
import { DataError, FormatError, problem, showShape } from "../../errors.ts";
import { countingOrder } from "../counting-order.ts";
import { bfloat16ToFloat32, halfToNumber } from "./half.ts";
import { endlessHeap } from "./hdf5-heaps.ts";
import { BrokenText } from "./hdf5-messages.ts";
import { isGroup, type PlainGroup, type PlainObject, scanPlainHdf5 } from "./hdf5-plain.ts";
import { Hdf5Session, loadHdf5 } from "./hdf5-session.ts";
import { textReader } from "./hdf5-text.ts";
import { plainBytes } from "./plain-bytes.ts";

/** Typed arrays that an HDF5 file's numbers come in. */
export type Hdf5Numbers =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

/** Row-major numbers with NumPy's name for their type; `float16` and `bfloat16` arrive as Float32Array, `bool` as Uint8Array. */
export interface Hdf5Dataset {
  data: Hdf5Numbers;
  shape: number[];
  dtype: string;
}

/** The open file that `readHdf5` passes to its callback; a path is `"layers/lstm"`, the root `""`. Valid during the callback only. */
export interface Hdf5Reader {
  /** The names of a group's children in counting order: `lstm, lstm_1, lstm_2, lstm_10`. A group may be listed once. */
  list(path: string): { groups: string[]; datasets: string[] };
  /** A text attribute: one string, or an array of them; undefined where there is none. */
  text(path: string, attribute: string): string | string[] | undefined;
  /** A dataset of numbers; each may be read once. */
  dataset(path: string): Hdf5Dataset;
}

/** The new file that `writeHdf5` passes to its callback. */
export interface Hdf5Writer {
  /** Makes a group and the groups above it, where they are missing. */
  group(path: string): void;
  /** Writes a text attribute (variable-length UTF-8) of an existing group. */
  text(path: string, attribute: string, value: string): void;
  /** Writes a list of texts as an attribute of an existing group. */
  texts(path: string, attribute: string, values: readonly string[]): void;
  /** Writes a contiguous dataset; the dtype must be that of the typed array. */
  dataset(path: string, dataset: Hdf5Dataset): void;
}

const deepest = 32; // groups inside groups
const mostObjects = 20_000; // Keras writes one dataset a variable
const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
};
const damaged = "The file is damaged or was not written by Keras: download it again, or save it again with Keras 3.";

const forged = "Keras does not write this: do not trust this file.";
const repack = "Save it again with Keras, or unpack it with h5repack -f NONE -l CONTI.";

/**
 * Opens an HDF5 file in memory and returns what the callback makes of it. The file is hostile until checked: depth, number
 * of objects and bytes are bounded, nothing outside it is followed, and whatever the HDF5 library complains about throws
 * FormatError with the file, the place and the reason.
 *
 *   const kernel = await readHdf5(bytes, "model.weights.h5", (file) => file.dataset("layers/dense/vars/0"));
 */
export async function readHdf5<T>(bytes: Uint8Array, who: string, read: (file: Hdf5Reader) => T): Promise<T> {
  const fail: Fail = (where, expected, received, next = damaged) => {
    throw new FormatError(problem(where ? `${who}, "${where}"` : who, expected, received, next));
  };
  const plain = scanPlainHdf5(bytes);
  if (plain) return read(plainReader(bytes, plain, fail));
  const heap = endlessHeap(bytes);
  if (heap !== undefined) fail("", "heaps of text that end", `one that does not, at byte ${heap}`);
  const session = new Hdf5Session(await loadHdf5(who), (where, reason) =>
    fail(where, "HDF5 that its library can read", `its complaint "${reason}"`),
  );
  const module = session.h5.Module;
  const seen = new Set<number>();
  let objects = 0;
  let left = bytes.length; // of numbers: what is not chunked cannot exceed the file

  const readText = textReader(bytes);
  const addressOf = (path: string) => {
    const bytes = session.call(path, () => module.create_object_reference(session.id, `/${path}`));
    return bytes.reduceRight((sum, byte) => sum * 256 + byte, 0); // u64, little-endian
  };
  const visit = (path: string) => {
    const address = addressOf(path);
    if (seen.has(address)) fail(path, "every object under one name", "an object that has two", forged);
    seen.add(address);
  };
  const file: Hdf5Reader = {
    list(path) {
      if (path.split("/").length > deepest) fail(path, `at most ${deepest} groups inside each other`, "more", forged);
      visit(path);
      const names = session.call(path, () => module.get_names(session.id, `/${path}`, false));
      objects += names.length;
      if (objects > mostObjects) fail(path, `at most ${mostObjects} objects`, "more", forged);
      const found = { groups: [] as string[], datasets: [] as string[] };
      for (const name of names.sort(countingOrder)) {
        const child = path ? `${path}/${name}` : name;
        if (!plainName(name)) fail(child, "a name that is not itself a path", JSON.stringify(name), forged);
        const type = session.call(child, () => module.get_type(session.id, `/${child}`));
        if (type === module.H5G_GROUP) found.groups.push(name);
        else if (type === module.H5G_DATASET) found.datasets.push(name);
        else fail(child, "a group or a dataset", "a link that leads outside the file or nowhere, or a named type");
      }
      return found;
    },
    text(path, attribute) {
      try {
        return readText(addressOf(path), attribute);
      } catch (error) {
        if (!(error instanceof BrokenText || error instanceof RangeError)) throw error;
        return fail(`${path}@${attribute}`, "text", error.message);
      }
    },
    dataset(path) {
      visit(path);
      const kind = session.call(path, () => module.get_dataset_metadata(session.id, `/${path}`));
      const { shape } = kind;
      if (!shape || kind.virtual_sources)
        return fail(path, "numbers in this file", shape ? "a virtual dataset" : "no shape");
      if (kind.chunks)
        return fail(path, "plain numbers, as Keras writes them", "a chunked or compressed dataset", repack);
      const size = shape.reduce((product, n) => product * n, kind.size); // bytes
      if (!(size <= left))
        fail(path, `at most ${left} bytes left to read`, `${showShape(shape)} of ${kind.size} bytes`, forged);
      left -= size;
      const marked = kind.size === 2 ? file.text(path, "dtype") : undefined;
      const dtype = marked === "bfloat16" ? marked : dtypeOf(kind, module.H5T_class_t);
      if (!dtype) return fail(path, "numbers", `HDF5 type class ${kind.type} of ${kind.size} bytes`);
      const raw = session.memory(path, size, (at) => {
        session.call(path, () => module.get_dataset_data(session.id, `/${path}`, null, null, null, BigInt(at)));
        return module.HEAPU8.slice(at, at + size);
      });
      return { data: decode(raw.buffer, dtype), shape: [...shape], dtype };
    },
  };
  return session.run(bytes, () => read(file)).result;
}

/** Reads what `scanPlainHdf5` found. */
function plainReader(bytes: Uint8Array, root: PlainGroup, fail: Fail): Hdf5Reader {
  const readText = textReader(bytes);
  const find = (path: string): PlainObject => {
    let object: PlainObject = root;
    for (const name of path === "" ? [] : path.split("/")) {
      const child: PlainObject | undefined = isGroup(object) ? object.children.get(name) : undefined;
      object = child ?? fail(path, "an object of that name", "none");
    }
    return object;
  };
  const text: Hdf5Reader["text"] = (path, attribute) => {
    try {
      return readText(find(path).header, attribute);
    } catch (error) {
      if (!(error instanceof BrokenText || error instanceof RangeError)) throw error;
      return fail(`${path}@${attribute}`, "text", error.message);
    }
  };
  return {
    text,
    list(path) {
      const group = find(path);
      if (!isGroup(group)) return fail(path, "a group", "a dataset");
      const names = [...group.children.keys()].sort(countingOrder);
      const inner = (name: string) => isGroup(group.children.get(name)!);
      return { groups: names.filter(inner), datasets: names.filter((name) => !inner(name)) };
    },
    dataset(path) {
      const found = find(path);
      if (isGroup(found)) return fail(path, "numbers", "a group");
      const marked = found.size > 0 && found.dtype.endsWith("16") ? text(path, "dtype") : undefined;
      const dtype = marked === "bfloat16" ? marked : found.dtype;
      const raw = plainBytes(bytes).slice(found.at, found.at + found.size).buffer;
      return { data: decode(raw, dtype), shape: [...found.shape], dtype };
    },
  };
}

type Fail = (where: string, expected: string, received: string, next?: string) => never;

/**
 * Builds an HDF5 file as h5py does by default (superblock 0, contiguous datasets) and returns its bytes; equal calls give
 * equal bytes, as no times are stored. Throws DataError for data that does not fit its shape or dtype.
 *
 *   await writeHdf5((file) => {
 *     file.group("vars");
 *     file.dataset("vars/0", { data: new Float32Array([1, 2]), shape: [2], dtype: "float32" });
 *   });
 */
export async function writeHdf5(write: (file: Hdf5Writer) => void): Promise<Uint8Array> {
  const session = new Hdf5Session(await loadHdf5("an .h5 file"), (where, reason) => {
    throw new DataError(problem(`HDF5 "${where}"`, "something to write", reason));
  });
  const { h5 } = session;
  const groups = new Set([""]);
  const headers: number[] = []; // where each dataset's object header starts
  const split = (path: string) => [
    path.slice(0, Math.max(0, path.lastIndexOf("/"))),
    path.slice(path.lastIndexOf("/") + 1),
  ];
  const file: Hdf5Writer = {
    group(path) {
      if (groups.has(path)) return;
      const [parent, name] = split(path);
      file.group(parent);
      if (!plainName(name))
        throw new DataError(problem(`HDF5 "${path}"`, "a plain name for each group", JSON.stringify(name)));
      session.call(path, () => h5.Module.create_group(session.id, `/${path}`));
      groups.add(path);
    },
    text(path, attribute, value) {
      if (value.includes("\0")) throw new DataError(problem(`HDF5 "${path}@${attribute}"`, "text", "a zero character"));
      session.call(path, () => new h5.Group(session.id, `/${path}`).create_attribute(attribute, value, [], "S"));
    },
    texts(path, attribute, values) {
      const group = () => new h5.Group(session.id, `/${path}`);
      session.call(path, () => {
        if (values.length > 0) group().create_attribute(attribute, [...values], [values.length], "S");
        else group().create_attribute(attribute, new Float64Array(0), [0], "<d"); // h5py's empty list
      });
    },
    dataset(path, { data, shape, dtype }) {
      const [parent, name] = split(path);
      const where = `HDF5 "${path}"`;
      if (!plainName(name)) throw new DataError(problem(where, "a plain name for a dataset", JSON.stringify(name)));
      const array = Object.hasOwn(arrays, dtype) ? arrays[dtype as keyof typeof arrays] : undefined;
      if (!array || !(data instanceof array)) {
        const next = `Pass one of ${Object.keys(arrays).join(", ")} with the typed array of that name.`;
        throw new DataError(problem(where, `${dtype} numbers`, data.constructor.name, next));
      }
      if (shape.reduce((product, n) => product * n, 1) !== data.length) {
        throw new DataError(problem(where, `numbers that fill ${showShape(shape)}`, `${data.length}`));
      }
      file.group(parent);
      session.call(path, () => {
        new h5.Group(session.id, `/${parent}`).create_dataset({ name, data, shape });
        const address = h5.Module.create_object_reference(session.id, `/${path}`);
        headers.push(address.reduceRight((sum, byte) => sum * 256 + byte, 0));
      });
    },
  };
  const { bytes } = session.run(undefined, () => write(file));
  for (const at of headers) clearTime(bytes, at);
  return bytes;
}

/** A name that cannot be taken for a path or be cut short. */
function plainName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !name.includes("/") && !name.includes("\0");
}

/** NumPy's name for an HDF5 type, or undefined where it is not one for numbers. */
function dtypeOf(kind: Metadata, classes: typeof Module.H5T_class_t): string | undefined {
  const bits = kind.size * 8;
  if (kind.type === classes.H5T_FLOAT.value) return [16, 32, 64].includes(bits) ? `float${bits}` : undefined;
  if (kind.type === classes.H5T_ENUM.value) return bits === 8 ? "bool" : undefined; // as h5py writes booleans
  if (kind.type !== classes.H5T_INTEGER.value || ![8, 16, 32, 64].includes(bits)) return undefined;
  return `${kind.signed ? "int" : "uint"}${bits}`;
}

function decode(raw: ArrayBuffer, dtype: string): Hdf5Numbers {
  if (dtype === "bool") return new Uint8Array(raw);
  if (dtype === "float16") return Float32Array.from(new Uint16Array(raw), halfToNumber);
  if (dtype === "bfloat16") return bfloat16ToFloat32(new Uint16Array(raw));
  return new arrays[dtype as keyof typeof arrays](raw);
}

/** Zeroes the modification time (message 18) in a version 1 object header, which h5wasm cannot be told to leave out. */
function clearTime(bytes: Uint8Array, header: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = header + 16 + view.getUint32(header + 8, true);
  for (let at = header + 16; at < end; at += 8 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) === 18) view.setUint32(at + 12, 0, true);
  }
}
