import { FormatError, problem } from "../../errors.ts";
import { halfToNumber } from "./half.ts";

/** Every number type NumPy and JavaScript share; float16 is widened to float32, bool is 0 or 1 in a Uint8Array. */
export type NumericArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** One element of an array as NumPy's type string describes it; `size` in bytes. */
export interface ItemType {
  kind: "f" | "i" | "u" | "b" | "U" | "S" | "O";
  size: number;
  bigEndian: boolean;
}

/**
 * NumPy's type string as an ItemType; undefined for a type that JavaScript has no room for (complex, dates, records).
 *
 *   itemType("<f4");    // { kind: "f", size: 4, bigEndian: false }
 *   itemType("<U12");   // { kind: "U", size: 48, bigEndian: false }
 */
export function itemType(descr: string): ItemType | undefined {
  const match = /^([<>|])([fiubUSO])(\d{0,9})$/.exec(descr);
  if (!match) return undefined;
  const [, order, kind, digits] = match;
  const bigEndian = order === ">";
  if (kind === "O") return digits === "" || digits === "8" || digits === "4" ? { kind, size: 8, bigEndian } : undefined;
  if (digits === "") return undefined;
  const n = Number(digits);
  if (kind === "U") return { kind, size: 4 * n, bigEndian };
  if (kind === "S") return { kind, size: n, bigEndian };
  return `${kind}${n}` in readers ? { kind: kind as ItemType["kind"], size: n, bigEndian } : undefined;
}

/** The layout of an item in memory: times are whole numbers of their unit. */
export const storedType = (descr: string): ItemType | undefined =>
  itemType(descr.replace(/^([<>])[Mm]8\[\w+\]$/, "$1i8"));

/** The type string for a typed array: Float32Array → `"<f4"`. */
export function descrOf(data: NumericArray): string {
  if (data instanceof Float32Array) return "<f4";
  if (data instanceof Float64Array) return "<f8";
  if (data instanceof BigInt64Array) return "<i8";
  if (data instanceof BigUint64Array) return "<u8";
  const signed = data instanceof Int8Array || data instanceof Int16Array || data instanceof Int32Array;
  return `${data.BYTES_PER_ELEMENT === 1 ? "|" : "<"}${signed ? "i" : "u"}${data.BYTES_PER_ELEMENT}`;
}

/**
 * The elements that lie in `bytes`, as a typed array of their own memory (never a view), or as strings.
 * `bytes` holds a whole number of elements: the caller has checked it against the shape.
 */
export function decodeItems(bytes: Uint8Array, type: ItemType, who: string): NumericArray | string[] {
  const own = new Uint8Array(bytes); // a copy (slice() of a Node Buffer is none): aligned, safe to swap in place
  if (type.bigEndian) swapBytes(own, type.kind === "U" ? 4 : type.kind === "S" ? 1 : type.size);
  if (type.kind === "U") return decodeUnicode(own, type.size, who);
  if (type.kind === "S") return decodeBytes(own, type.size);
  const read = readers[`${type.kind}${type.size}`];
  if (!read) throw new Error(`${who}: decodeItems was called for ${type.kind}${type.size}`);
  return read(own.buffer);
}

const readers: Record<string, (buffer: ArrayBuffer) => NumericArray> = {
  f2: (b) => Float32Array.from(new Uint16Array(b), halfToNumber),
  f4: (b) => new Float32Array(b),
  f8: (b) => new Float64Array(b),
  i1: (b) => new Int8Array(b),
  i2: (b) => new Int16Array(b),
  i4: (b) => new Int32Array(b),
  i8: (b) => new BigInt64Array(b),
  u1: (b) => new Uint8Array(b),
  u2: (b) => new Uint16Array(b),
  u4: (b) => new Uint32Array(b),
  u8: (b) => new BigUint64Array(b),
  b1: (b) => new Uint8Array(b).map((v) => (v === 0 ? 0 : 1)),
};

/** Column-major elements of `shape` in row-major order: for `fortran_order: True`. */
export function fromColumnMajor<A extends NumericArray | unknown[]>(data: A, shape: readonly number[]): A {
  if (shape.length < 2 || data.length === 0) return data;
  const out = data.slice() as A;
  const stride: number[] = []; // of axis k in the column-major source
  let step = 1;
  for (const d of shape) {
    stride.push(step);
    step *= d;
  }
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += stride[axis];
      if (++index[axis] < shape[axis]) break;
      from -= stride[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return out;
}

function swapBytes(bytes: Uint8Array, size: number): void {
  if (size === 1) return;
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}

/** UTF-32, padded with NUL to `size` bytes each. */
function decodeUnicode(bytes: Uint8Array<ArrayBuffer>, size: number, who: string): string[] {
  const points = new Uint32Array(bytes.buffer);
  const width = size / 4;
  const out: string[] = [];
  for (let start = 0; start < points.length; start += width) {
    let end = start + width;
    while (end > start && points[end - 1] === 0) end--;
    let text = "";
    for (let i = start; i < end; i++) {
      if (points[i] > 0x10ffff) {
        throw new FormatError(problem(who, "Unicode code points up to 0x10ffff", `0x${points[i].toString(16)}`));
      }
      text += String.fromCodePoint(points[i]);
    }
    out.push(text);
  }
  return out;
}

/** Byte strings, padded with NUL to `size` bytes each; one character a byte. */
function decodeBytes(bytes: Uint8Array, size: number): string[] {
  const out: string[] = [];
  for (let start = 0; start < bytes.length; start += size) {
    let end = start + size;
    while (end > start && bytes[end - 1] === 0) end--;
    out.push(latin1(bytes.subarray(start, end)));
  }
  return out;
}

/** One character a byte, 0 to 255. (TextDecoder's "latin1" is windows-1252, which is not that.) */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}
