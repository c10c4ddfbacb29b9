import { FormatError, problem } from "../../errors.ts";
import { Budget, memoryFor } from "../budget.ts";
import { decodeItems, descrOf, fromColumnMajor, itemType, type NumericArray } from "./npy-types.ts";
import { unpickle } from "./pickle.ts";
import type { PickleValue } from "./pickle-values.ts";
import { unzip, zip } from "./zip.ts";

/** An array from a NumPy file: row-major whatever the file's order; `descr` is NumPy's type string, such as `"<f4"`. */
export interface NpyArray {
  /** Sizes of the axes; empty for one number. */
  shape: number[];
  /** NumPy's type string: `<f4`. */
  descr: string;
  /** The values, row-major. */
  data: NumericArray | string[] | PickleValue[];
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // "\x93NUMPY"
const longestHeader = 65_535; // bytes; NumPy's own headers are under 200
/** Bytes unpacked: arrays of zeros pack a thousandfold, so that a small file may hold much, but not anything. */
const largestArchive = (archiveBytes: number) => Math.min(2 ** 30, 2 ** 27 + 32 * archiveBytes);
const bytesOfText = 32; // of a JavaScript string and its place in a list, at least
const mostAxes = 64; // as in NumPy 2
const trusted = "If you trust this file, say how much it may take: { maxBytes: 2 ** 30 }.";
const kinds = "Numbers, booleans, strings and lists of them can be read: convert with astype(...) and save again.";

/**
 * Reads a NumPy `.npy` file (versions 1 to 3). Numbers become a typed array (float16 → Float32Array, bool → Uint8Array,
 * int64 → BigInt64Array), strings an array of strings; objects go through a restricted unpickler, where a list of
 * integers becomes an Int32Array. Throws FormatError naming `who`, the byte and the reason.
 * (Format: NumPy enhancement proposal 1.)
 *
 *   readNpy(bytes, "x.npy");   // { shape: [2, 3], descr: "<f4", data: Float32Array(6) }
 */
export function readNpy(bytes: Uint8Array, who: string): NpyArray {
  return readArray(bytes, who, new Budget(who, memoryFor(bytes.length, 96), "bytes of texts, lists and objects"));
}

function readArray(bytes: Uint8Array, who: string, memory: Budget): NpyArray {
  const { descr, fortran, shape, start } = readHeader(bytes, who);
  const type = itemType(descr);
  if (!type)
    throw new FormatError(
      problem(who, "an array of numbers, strings or objects", `dtype ${descr.slice(0, 60)}`, kinds),
    );
  if (type.kind === "O") return readObjects(bytes, who, start, shape, memory);

  const count = shape.reduce((n, d) => n * d, 1);
  const held = bytes.length - start;
  if (count * type.size !== held || (type.size === 0 && count > 0)) {
    const needed = `${count * type.size} bytes after byte ${start} for shape [${shape.join(", ")}] of ${descr}`;
    throw new FormatError(problem(who, needed, `${held}`, "The file is cut off, or not one array."));
  }
  if (type.kind === "U" || type.kind === "S") memory.take(bytesOfText * count);
  const data = decodeItems(bytes.subarray(start), type, who);
  return { shape, descr, data: fortran ? fromColumnMajor(data, shape) : data };
}

/**
 * Reads a NumPy `.npz` file: each member `name.npy` under its name, in the archive's order; other members are skipped.
 * At most `maxBytes` unpacked (128 MiB and 32 times the file, 1 GiB for large files); throws FormatError for a damaged, oversized or ambiguous archive.
 *
 *   const arrays = await readNpz(bytes, "imdb.npz");
 *   arrays.get("y_train");   // { shape: [25000], descr: "<i8", data: BigInt64Array(25000) }
 */
export async function readNpz(
  bytes: Uint8Array,
  who: string,
  options: { only?: readonly string[]; maxBytes?: number } = {},
): Promise<Map<string, NpyArray>> {
  const arrays = new Map<string, NpyArray>();
  const most = options.maxBytes ?? largestArchive(bytes.length);
  const held = options.maxBytes ?? memoryFor(bytes.length, 96);
  const memory = new Budget(who, held, "bytes of texts, lists and objects", trusted);
  for (const member of await unzip(bytes, who, most, trusted)) {
    const name = member.name.replace(/\.npy$/, "");
    if (name === member.name || (options.only && !options.only.includes(name))) continue;
    arrays.set(name, readArray(member.read(), `${who}: ${member.name}`, memory));
  }
  return arrays;
}

/**
 * The bytes of a `.npy` file (version 1, row-major) that NumPy and `readNpy` read.
 *
 *   await writeFile("x.npy", writeNpy({ data: new Float32Array(6), shape: [2, 3] }));
 */
export function writeNpy(array: { data: NumericArray; shape: readonly number[] }): Uint8Array<ArrayBuffer> {
  const { data, shape } = array;
  if (shape.reduce((n, d) => n * d, 1) !== data.length) {
    throw new FormatError(problem("writeNpy", `${data.length} elements' worth of shape`, `[${shape.join(", ")}]`));
  }
  const sizes = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': '${descrOf(data)}', 'fortran_order': False, 'shape': ${sizes}, }`;
  const start = Math.ceil((10 + text.length + 1) / 64) * 64; // data begin at a multiple of 64 bytes
  const bytes = new Uint8Array(start + data.byteLength);
  bytes.set([...magic, 1, 0, (start - 10) & 255, (start - 10) >>> 8]);
  bytes.set(new TextEncoder().encode(`${text.padEnd(start - 11)}\n`), 10);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return bytes;
}

/**
 * The bytes of a `.npz` file (stored, not packed); the same arrays give the same bytes.
 *
 *   await writeFile("data.npz", await writeNpz({ x: new NdArray(Float32Array.of(1, 2), [2]) }));
 */
export async function writeNpz(
  arrays: Readonly<Record<string, { data: NumericArray; shape: readonly number[] }>>,
): Promise<Uint8Array> {
  return zip(Object.entries(arrays).map(([name, array]) => [`${name}.npy`, writeNpy(array)] as const));
}

function readObjects(bytes: Uint8Array, who: string, start: number, shape: number[], memory: Budget): NpyArray {
  const value = unpickle(bytes, who, start, memory);
  const isArray = value !== null && typeof value === "object" && "shape" in value && "descr" in value;
  if (!isArray || value.descr !== "|O") {
    throw new FormatError(problem(who, "an object array in the pickle", isArray ? value.descr : "something else"));
  }
  if (value.shape.join() !== shape.join()) {
    throw new FormatError(problem(who, `shape [${shape.join(", ")}] as in the header`, `[${value.shape.join(", ")}]`));
  }
  return value;
}

interface Header {
  descr: string;
  fortran: boolean;
  shape: number[];
  start: number; // byte where the data begin
}

function readHeader(bytes: Uint8Array, who: string): Header {
  const fail: (byte: number, expected: string, received: string, next?: string) => never = (
    byte,
    expected,
    received,
    next,
  ) => {
    throw new FormatError(problem(`${who}, byte ${byte}`, expected, received, next));
  };
  if (bytes.length < 12 || magic.some((m, i) => bytes[i] !== m)) {
    fail(0, "a NumPy file (\\x93NUMPY)", bytes.length < 12 ? `${bytes.length} bytes` : "other bytes");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6];
  if (version < 1 || version > 3) fail(6, "format version 1 to 3", `${version}`);
  const from = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > longestHeader) fail(8, `a header of at most ${longestHeader} bytes`, `${length}`);
  if (from + length > bytes.length) fail(8, `a header inside ${bytes.length} bytes`, `one of ${length} bytes`);
  const text = new TextDecoder().decode(bytes.subarray(from, from + length));
  return {
    ...parseHeader(text, (at, expected, received) => fail(from + at, expected, received, kinds)),
    start: from + length,
  };
}

/** Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`: these three keys, in any order, and nothing else. */
function parseHeader(
  text: string,
  fail: (at: number, expected: string, received: string) => never,
): Omit<Header, "start"> {
  let at = 0;
  const space = (): void => {
    while (text[at] === " " || text[at] === "\n" || text[at] === "\t") at++;
  };
  const seen = (): string => (at < text.length ? JSON.stringify(text.slice(at, at + 20)) : "the end of the header");
  const expect = (token: string): void => {
    space();
    if (!text.startsWith(token, at)) fail(at, `"${token}"`, seen());
    at += token.length;
  };
  const found = (token: string): boolean => {
    space();
    const is = text.startsWith(token, at);
    if (is) at += token.length;
    return is;
  };
  const string = (): string => {
    space();
    const quote = text[at];
    const end = quote === "'" || quote === '"' ? text.indexOf(quote, at + 1) : -1;
    if (end < 0) fail(at, "a quoted string", seen());
    const value = text.slice(at + 1, end);
    if (value.includes("\\")) fail(at, "a string without escapes", seen());
    at = end + 1;
    return value;
  };
  const size = (): number => {
    space();
    const digits = /^\d{1,16}/.exec(text.slice(at, at + 16))?.[0];
    if (!digits || !Number.isSafeInteger(Number(digits))) fail(at, "a size", seen());
    at += digits.length;
    found("L"); // Python 2 wrote long integers so
    return Number(digits);
  };
  const tuple = (): number[] => {
    expect("(");
    const sizes: number[] = [];
    while (!found(")")) {
      if (sizes.length === mostAxes) fail(at, `at most ${mostAxes} axes`, "more");
      sizes.push(size());
      if (!found(",")) {
        if (sizes.length === 1) fail(at, `a tuple of sizes`, "one number in brackets");
        expect(")");
        break;
      }
    }
    return sizes;
  };

  let descr: string | undefined;
  let fortran: boolean | undefined;
  let shape: number[] | undefined;
  expect("{");
  while (!found("}")) {
    const keyAt = at;
    const key = string();
    expect(":");
    if (key === "descr" && descr === undefined) descr = string();
    else if (key === "fortran_order" && fortran === undefined) {
      fortran = found("True");
      if (!fortran) expect("False");
    } else if (key === "shape" && !shape) shape = tuple();
    else fail(keyAt, "descr, fortran_order and shape, once each", `the key ${JSON.stringify(key.slice(0, 40))}`);
    if (!found(",")) {
      expect("}");
      break;
    }
  }
  space();
  if (at < text.length) fail(at, "nothing after the header's dictionary", seen());
  if (descr === undefined || fortran === undefined || !shape) {
    fail(0, "the keys descr, fortran_order and shape", seen());
  }
  return { descr, fortran, shape };
}
