import { BrokenText, type Message, objectMessages } from "./hdf5-messages.ts";

/** A group: its header and its children by name. A dataset: its header, and where its numbers lie. */
export interface PlainGroup {
  readonly header: number;
  readonly children: ReadonlyMap<string, PlainObject>;
}
export interface PlainDataset {
  readonly header: number;
  readonly dtype: string;
  readonly shape: number[];
  readonly at: number; // byte
  readonly size: number; // bytes
}
export type PlainObject = PlainGroup | PlainDataset;

export const isGroup = (object: PlainObject): object is PlainGroup => "children" in object;

/** Objects and bytes seen so far, to be held against limits that no valid file exceeds. */
interface Limits {
  readonly seen: Set<number>;
  objects: number;
  bytes: number;
}
const deepest = 32; // groups inside groups
const mostObjects = 20_000;
const noAddress = 0xffff_ffff_ffff_ffffn;

/**
 * The objects of an HDF5 file as h5py writes it by default: superblock 0, symbol tables, contiguous little-endian numbers
 * (HDF5 specification, II to IV). Null for any other file, an odd or damaged one too: the HDF5 library reads those. It is
 * here because that library takes longer to start than such a file takes to read.
 *
 *   scanPlainHdf5(bytes)?.children.get("layers");
 */
export function scanPlainHdf5(bytes: Uint8Array): PlainGroup | null {
  if (bytes.length < 96) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const standard = bytes[8] === 0 && bytes[13] === 8 && bytes[14] === 8 && view.getBigUint64(24, true) === 0n;
  if (!standard) return null;
  const limits: Limits = { seen: new Set(), objects: 0, bytes: bytes.length };
  try {
    const root = readObject(bytes, view, Number(view.getBigUint64(64, true)), 0, limits);
    return root && isGroup(root) ? root : null;
  } catch (error) {
    if (error instanceof BrokenText || error instanceof RangeError) return null; // the library says what is wrong
    throw error;
  }
}

function readObject(
  bytes: Uint8Array,
  view: DataView,
  header: number,
  depth: number,
  limits: Limits,
): PlainObject | null {
  if (limits.seen.has(header) || depth > deepest || ++limits.objects > mostObjects) return null;
  limits.seen.add(header);
  if (bytes[header] !== 1) return null;
  const messages = objectMessages(bytes, header);
  const find = (type: number) => messages.find((m) => m.type === type);
  // Links of the newer kind, filters, files elsewhere, types kept elsewhere: for the library.
  const strange = messages.some(({ type, shared }) => shared || [2, 6, 7, 10, 11].includes(type));
  if (strange) return null;
  const table = find(17);
  if (!table) return readDataset(bytes, view, header, [find(1), find(3), find(8)], limits);
  const children = new Map<string, PlainObject>();
  for (const { name, address } of symbolsOf(bytes, view, table)) {
    const child = children.has(name) ? null : readObject(bytes, view, address, depth + 1, limits);
    if (!child) return null;
    children.set(name, child);
  }
  return { header, children };
}

/** The entries of a group: a B-tree of symbol nodes, and a heap of names. */
function symbolsOf(bytes: Uint8Array, view: DataView, table: Message): { name: string; address: number }[] {
  const u64 = (at: number) => Number(view.getBigUint64(at, true));
  const expect = (at: number, signature: string) => {
    if ([...signature].some((c, i) => view.getUint8(at + i) !== c.charCodeAt(0)))
      throw new BrokenText(`no ${signature} at ${at}`);
  };
  const heap = u64(table.from + 8);
  expect(heap, "HEAP");
  const names = u64(heap + 24);
  const end = names + u64(heap + 8);
  if (end > bytes.length) throw new BrokenText("a heap that leaves the file");
  const found: { name: string; address: number }[] = [];
  const nodes = [u64(table.from)];
  const seen = new Set<number>();
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    if (seen.has(node) || seen.size > mostObjects) throw new BrokenText("a tree that leads back to itself");
    seen.add(node);
    expect(node, view.getUint8(node) === 84 ? "TREE" : "SNOD"); // 84: "T"
    const count = view.getUint16(node + 6, true);
    if (view.getUint8(node) === 84) {
      if (view.getUint8(node + 4) !== 0) throw new BrokenText("a tree of another kind");
      for (let k = count - 1; k >= 0; k--) nodes.push(u64(node + 32 + 16 * k));
      continue;
    }
    for (let k = 0; k < count; k++) {
      const at = node + 8 + 40 * k;
      if (view.getUint32(at + 16, true) > 1) throw new BrokenText("a link");
      const from = names + u64(at);
      const stop = bytes.indexOf(0, from);
      if (from < names || stop < 0 || stop >= end) throw new BrokenText("a name that leaves its heap");
      const name = new TextDecoder("utf-8", { fatal: false }).decode(bytes.subarray(from, stop));
      if (name === "" || name === "." || name === ".." || name.includes("/") || name.includes("\ufffd"))
        throw new BrokenText("a name that is itself a path");
      found.push({ name, address: u64(at + 8) });
    }
  }
  return found;
}

function readDataset(
  bytes: Uint8Array,
  view: DataView,
  header: number,
  [space, type, layout]: (Message | undefined)[],
  limits: Limits,
): PlainDataset | null {
  if (!space || !type || !layout) return null;
  const version = view.getUint8(space.from);
  const rank = view.getUint8(space.from + 1);
  if ((version !== 1 && version !== 2) || rank > 32 || (version === 2 && view.getUint8(space.from + 3) > 1))
    return null;
  const dimsAt = space.from + (version === 1 ? 8 : 4);
  if (dimsAt + 8 * rank > space.to) return null;
  const shape = Array.from({ length: rank }, (_, i) => Number(view.getBigUint64(dimsAt + 8 * i, true)));
  const found = dtypeAt(bytes, view, type);
  if (!found) return null;
  const size = found.width * (shape.includes(0) ? 0 : shape.reduce((n, d) => n * d, 1));
  const place = placeOf(view, layout);
  if (!place || !(place.size >= size && size <= limits.bytes)) return null;
  if (size > 0 && !(place.at + size <= bytes.length)) return null;
  limits.bytes -= size;
  return { header, dtype: found.dtype, shape, at: size > 0 ? place.at : 0, size };
}

/** Layout of version 3: inside the message, or in one piece elsewhere. */
function placeOf(view: DataView, { from, to }: Message): { at: number; size: number } | null {
  if (view.getUint8(from) !== 3) return null;
  const kind = view.getUint8(from + 1);
  if (kind === 0) {
    const size = view.getUint16(from + 2, true);
    return from + 4 + size <= to ? { at: from + 4, size } : null;
  }
  if (kind !== 1) return null;
  const address = view.getBigUint64(from + 2, true);
  const size = Number(view.getBigUint64(from + 10, true));
  return address === noAddress ? { at: Number.POSITIVE_INFINITY, size } : { at: Number(address), size };
}

/** Properties of IEEE numbers: offset, precision, exponent's and mantissa's place and size, bias. */
const floats: Readonly<Record<number, string>> = {
  2: "0,16,10,5,0,10,15",
  4: "0,32,23,8,0,23,127",
  8: "0,64,52,11,0,52,1023",
};

function dtypeAt(bytes: Uint8Array, view: DataView, { from }: Message): { dtype: string; width: number } | null {
  const kind = bytes[from] & 15;
  const bits = bytes[from + 1];
  const width = view.getUint32(from + 4, true);
  if (kind === 8) return width === 1 ? { dtype: "bool", width } : null; // h5py's booleans
  if (bits & 1) return null; // big-endian
  const at = from + 8;
  const offset = view.getUint16(at, true);
  const precision = view.getUint16(at + 2, true);
  if (kind === 0) {
    if (![1, 2, 4, 8].includes(width) || offset !== 0 || precision !== 8 * width) return null;
    return { dtype: `${bits & 8 ? "int" : "uint"}${8 * width}`, width };
  }
  if (kind !== 1 || bits & 64) return null;
  const own = [offset, precision, ...bytes.subarray(at + 4, at + 8), view.getUint32(at + 8, true)];
  return floats[width] === own.join() ? { dtype: `float${8 * width}`, width } : null;
}
