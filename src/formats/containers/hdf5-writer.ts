import { DataError, problem, showShape } from "../../errors.ts";
import type { Hdf5Dataset, Hdf5Writer } from "./hdf5.ts";

/** A group while it is written: its children, and its text attributes. */
interface Group {
  readonly children: Map<string, Group | Hdf5Dataset>;
  readonly texts: Map<string, string>;
}

const isGroup = (object: Group | Hdf5Dataset): object is Group => "children" in object;
const noAddress = 0xffff_ffff_ffff_ffffn;
const [leafEntries, nodeChildren] = [8, 32]; // twice the K that the superblock says: 4 and 16, HDF5's own

/** A little-endian file that grows; parts begin at multiples of 8. */
class Bytes {
  #data = new Uint8Array(65_536);
  #view = new DataView(this.#data.buffer);
  #length = 0;

  /** Room for so many bytes; returns where it begins. */
  room(size: number): number {
    const at = this.#length;
    this.#length += 8 * Math.ceil(size / 8);
    if (this.#length > this.#data.length) {
      const larger = new Uint8Array(Math.max(this.#length, 2 * this.#data.length));
      larger.set(this.#data);
      this.#data = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
  put(at: number, bytes: ArrayLike<number>): void {
    this.#data.set(bytes, at);
  }
  u16(at: number, value: number): void {
    this.#view.setUint16(at, value, true);
  }
  u32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }
  u64(at: number, value: number | bigint): void {
    this.#view.setBigUint64(at, BigInt(value), true);
  }
  get length(): number {
    return this.#length;
  }
  all(): Uint8Array {
    return this.#data.slice(0, this.#length);
  }
}

/**
 * Builds an HDF5 file of groups, numbers and texts of groups, in the form that h5py writes by default: superblock 0, symbol tables, contiguous
 * datasets (HDF5 specification, II to IV). Equal calls give equal bytes. It is here so that a model is saved without the HDF5 library, which
 * a page would have to load (4.8 MB). Throws DataError for data that does not fit its shape or dtype.
 *
 *   writePlainHdf5((file) => file.dataset("vars/0", { data: new Float32Array([1, 2]), shape: [2], dtype: "float32" }));
 */
export function writePlainHdf5(write: (file: Pick<Hdf5Writer, "group" | "text" | "dataset">) => void): Uint8Array {
  const root: Group = { children: new Map(), texts: new Map() };
  const groupAt = (path: string): Group =>
    path.split("/").reduce((group, name) => {
      if (path === "") return group;
      const found = group.children.get(name) ?? { children: new Map(), texts: new Map() };
      if (!plainName(name) || !isGroup(found))
        throw new DataError(problem(`HDF5 "${path}"`, "a plain name for each group", JSON.stringify(name)));
      group.children.set(name, found);
      return found;
    }, root);
  write({
    group: (path) => void groupAt(path),
    text(path, attribute, value) {
      if (value.includes("\0")) throw new DataError(problem(`HDF5 "${path}@${attribute}"`, "text", "a zero character"));
      groupAt(path).texts.set(attribute, value);
    },
    dataset(path, dataset) {
      const cut = path.lastIndexOf("/");
      const [parent, name] = [path.slice(0, Math.max(0, cut)), path.slice(cut + 1)];
      checkDataset(`HDF5 "${path}"`, name, dataset);
      const { children } = groupAt(parent);
      if (children.has(name)) throw new DataError(problem(`HDF5 "${path}"`, "a name of its own", "one that is taken"));
      children.set(name, dataset);
    },
  });
  const file = new Bytes();
  file.room(96);
  const heap = writeTexts(file, root);
  const top = writeGroup(file, root, heap);
  writeSuperblock(file, top);
  return file.all();
}

const kinds = {
  float32: [Float32Array, 4],
  float64: [Float64Array, 8],
  int8: [Int8Array, 1],
  int16: [Int16Array, 2],
  int32: [Int32Array, 4],
  int64: [BigInt64Array, 8],
  uint8: [Uint8Array, 1],
  uint16: [Uint16Array, 2],
  uint32: [Uint32Array, 4],
  uint64: [BigUint64Array, 8],
} as const;

function checkDataset(where: string, name: string, { data, shape, dtype }: Hdf5Dataset): void {
  if (!plainName(name)) throw new DataError(problem(where, "a plain name for a dataset", JSON.stringify(name)));
  if (!Object.hasOwn(kinds, dtype) || !(data instanceof kinds[dtype as keyof typeof kinds][0])) {
    const next = `Pass one of ${Object.keys(kinds).join(", ")} with the typed array of that name.`;
    throw new DataError(problem(where, `${dtype} numbers`, data.constructor.name, next));
  }
  if (shape.reduce((product, n) => product * n, 1) !== data.length)
    throw new DataError(problem(where, `numbers that fill ${showShape(shape)}`, `${data.length}`));
}

/** A name that cannot be taken for a path or be cut short. */
const plainName = (name: string): boolean =>
  name !== "" && name !== "." && name !== ".." && !name.includes("/") && !name.includes("\0");

/** All texts in one global heap (III.E), and where each lies: h5py writes texts of any length so. */
function writeTexts(file: Bytes, root: Group): { at: number; indexOf: Map<string, number> } {
  const indexOf = new Map<string, number>();
  const walk = (group: Group) => {
    for (const text of group.texts.values()) if (!indexOf.has(text)) indexOf.set(text, indexOf.size + 1);
    for (const child of group.children.values()) if (isGroup(child)) walk(child);
  };
  walk(root);
  if (indexOf.size === 0) return { at: 0, indexOf };
  const texts = [...indexOf.keys()].map((text) => new TextEncoder().encode(text));
  const used = texts.reduce((sum, { length }) => sum + 16 + 8 * Math.ceil(length / 8), 16);
  const size = Math.max(4096, used + 16);
  const at = file.room(size);
  file.put(at, signature("GCOL"));
  file.put(at + 4, [1]);
  file.u64(at + 8, size);
  let place = at + 16;
  for (const [k, text] of texts.entries()) {
    file.u16(place, k + 1);
    file.u16(place + 2, 1);
    file.u64(place + 8, text.length);
    file.put(place + 16, text);
    place += 16 + 8 * Math.ceil(text.length / 8);
  }
  file.u64(place + 8, at + size - place); // what is free, its own head counted
  return { at, indexOf };
}

/** Where a group's header, tree and heap lie. */
interface Written {
  readonly header: number;
  readonly tree: number;
  readonly heap: number;
}

function writeGroup(file: Bytes, { children, texts }: Group, textHeap: ReturnType<typeof writeTexts>): Written {
  const encode = (name: string) => new TextEncoder().encode(name);
  const sorted = [...children]
    .map(([name, object]) => ({ name: encode(name), object }))
    .sort((a, b) => compare(a.name, b.name));
  const entries = sorted.map(({ name, object }) => ({
    ...{ name, offset: 0 },
    header: isGroup(object) ? writeGroup(file, object, textHeap).header : writeDataset(file, object),
  }));
  let size = 8; // the empty name
  for (const entry of entries) {
    entry.offset = size;
    size += 8 * Math.ceil((entry.name.length + 1) / 8);
  }
  const names = file.room(size);
  for (const { name, offset } of entries) file.put(names + offset, name);
  const heap = file.room(32);
  file.put(heap, signature("HEAP"));
  file.u64(heap + 8, size);
  file.u64(heap + 16, 1); // nothing is free
  file.u64(heap + 24, names);
  const tree = writeTree(file, entries);
  const table = message(17, 16, (at, body) => {
    body.u64(at, tree);
    body.u64(at + 8, heap);
  });
  const attributes = [...texts].map(([name, text]) => attributeMessage(name, text, textHeap));
  return { header: writeHeader(file, [table, ...attributes]), tree, heap };
}

/** Names as C compares them, byte by byte. */
function compare(a: Uint8Array, b: Uint8Array): number {
  for (let k = 0; k < Math.min(a.length, b.length); k++) if (a[k] !== b[k]) return a[k] - b[k];
  return a.length - b.length;
}

interface Entry {
  readonly offset: number;
  readonly header: number;
}

/** Nodes of names under a tree that finds them (III.A, III.B). */
function writeTree(file: Bytes, entries: readonly Entry[]): number {
  let level = chunks(entries, leafEntries).map((some) => {
    const at = file.room(8 + leafEntries * 40);
    file.put(at, signature("SNOD"));
    file.put(at + 4, [1]);
    file.u16(at + 6, some.length);
    for (const [k, { offset, header }] of some.entries()) {
      file.u64(at + 8 + 40 * k, offset);
      file.u64(at + 16 + 40 * k, header);
    }
    return { at, last: some[some.length - 1].offset };
  });
  for (let height = 0; ; height++) {
    const groups = chunks(level, nodeChildren);
    const places = (groups.length > 0 ? groups : [[]]).map((some) => {
      const at = file.room(24 + nodeChildren * 16 + 8);
      file.put(at, signature("TREE"));
      file.put(at + 4, [0, height]);
      file.u16(at + 6, some.length);
      for (const [k, { at: child, last }] of some.entries()) {
        file.u64(at + 32 + 16 * k, child);
        file.u64(at + 40 + 16 * k, last);
      }
      return { at, last: some[some.length - 1]?.last ?? 0 };
    });
    for (const [k, { at }] of places.entries()) {
      file.u64(at + 8, places[k - 1]?.at ?? noAddress);
      file.u64(at + 16, places[k + 1]?.at ?? noAddress);
      file.u64(at + 24, k === 0 ? 0 : places[k - 1].last); // the name before those of its first child
    }
    if (places.length === 1) return places[0].at;
    level = places;
  }
}

const chunks = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, k) => all.slice(k * size, (k + 1) * size));

function writeDataset(file: Bytes, { data, shape, dtype }: Hdf5Dataset): number {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const at = raw.length > 0 ? file.room(raw.length) : 0;
  file.put(at, raw);
  const layout = message(8, 18, (to, body) => {
    body.put(to, [3, 1]);
    body.u64(to + 2, raw.length > 0 ? at : noAddress);
    body.u64(to + 10, raw.length);
  });
  const space = message(1, 8 + 8 * shape.length, (to, body) => writeSpace(body, to, shape));
  const type = message(3, typeSize(dtype), (to, body) => writeType(body, to, dtype), true);
  const fill = message(5, 8, (to, body) => body.put(to, [2, 2, 2, 1]), true); // zeros, written where nothing else is
  return writeHeader(file, [space, type, fill, layout]);
}

function writeSpace(file: Bytes, to: number, shape: readonly number[]): void {
  file.put(to, [1, shape.length]);
  for (const [k, n] of shape.entries()) file.u64(to + 8 + 8 * k, n);
}

const typeSize = (dtype: string): number => (dtype.startsWith("float") ? 20 : 12);

/** Numbers of a type (IV.A.2.d): a float's sign, exponent and mantissa by their places. */
function writeType(file: Bytes, to: number, dtype: string): void {
  const [, width] = kinds[dtype as keyof typeof kinds];
  const float = dtype.startsWith("float");
  const signed = dtype.startsWith("int") ? 8 : 0;
  file.put(to, float ? [0x11, 0x20, 8 * width - 1, 0] : [0x10, signed, 0, 0]);
  file.u32(to + 4, width);
  file.u16(to + 10, 8 * width); // precision; its offset is 0
  if (!float) return;
  file.put(to + 12, width === 4 ? [23, 8, 0, 23] : [52, 11, 0, 52]);
  file.u32(to + 16, width === 4 ? 127 : 1023);
}

/** A text of any length, UTF-8 (IV.A.2.m). */
function attributeMessage(name: string, text: string, { at, indexOf }: ReturnType<typeof writeTexts>): Message {
  const title = new TextEncoder().encode(`${name}\0`);
  const padded = 8 * Math.ceil(title.length / 8);
  return message(12, 8 + padded + 24 + 8 + 16, (to, file) => {
    file.put(to, [1, 0]);
    for (const [k, size] of [title.length, 20, 8].entries()) file.u16(to + 2 + 2 * k, size);
    file.put(to + 8, title);
    const type = to + 8 + padded;
    file.put(type, [0x19, 0x01, 0x01, 0]); // a string of variable length, UTF-8
    file.u32(type + 4, 16);
    file.put(type + 8, [0x10, 0, 0, 0]);
    file.u32(type + 12, 1);
    file.u16(type + 18, 8);
    const space = type + 24;
    file.put(space, [1, 0]);
    file.u32(space + 8, new TextEncoder().encode(text).length);
    file.u64(space + 12, at);
    file.u32(space + 20, indexOf.get(text)!);
  });
}

interface Message {
  readonly type: number;
  readonly size: number;
  readonly constant: boolean;
  write(to: number, file: Bytes): void;
}
const message = (type: number, size: number, write: Message["write"], constant = false): Message => ({
  ...{ type, write, constant },
  size: 8 * Math.ceil(size / 8),
});

/** An object header of version 1 (IV.A.1.a). */
function writeHeader(file: Bytes, messages: readonly Message[]): number {
  const size = messages.reduce((sum, one) => sum + 8 + one.size, 0);
  const at = file.room(16 + size);
  file.put(at, [1]);
  file.u16(at + 2, messages.length);
  file.u32(at + 4, 1);
  file.u32(at + 8, size);
  let place = at + 16;
  for (const one of messages) {
    file.u16(place, one.type);
    file.u16(place + 2, one.size);
    file.put(place + 4, [one.constant ? 1 : 0]);
    one.write(place + 8, file);
    place += 8 + one.size;
  }
  return at;
}

function writeSuperblock(file: Bytes, { header, tree, heap }: Written): void {
  file.put(0, [0x89, ...signature("HDF"), 13, 10, 26, 10]);
  file.put(13, [8, 8]);
  file.u16(16, leafEntries / 2);
  file.u16(18, nodeChildren / 2);
  file.u64(32, noAddress);
  file.u64(40, file.length);
  file.u64(48, noAddress);
  file.u64(64, header);
  file.u32(72, 1); // the root's tree and heap beside it
  file.u64(80, tree);
  file.u64(88, heap);
}

const signature = (text: string): number[] => [...text].map((c) => c.charCodeAt(0));
