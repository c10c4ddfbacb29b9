import { DataError, FormatError, problem, showShape } from "../../errors.ts";
import { isObject, type JsonValue, parseJsonObject } from "../json.ts";
import { bfloat16ToFloat32, halfToNumber } from "./half.ts";
import type { Hdf5Numbers } from "./hdf5.ts";
import { plainBytes } from "./plain-bytes.ts";

/** A tensor of a safetensors file; F16 and BF16 arrive as Float32Array, BOOL as Uint8Array, F8 as its bytes. */
export interface SafeTensor {
  /** As in the file: `F32`, `BF16`, `I64`. */
  dtype: string;
  /** Sizes of the axes. */
  shape: number[];
  /** The values, row-major. */
  data: Hdf5Numbers;
}

/** The contents of a safetensors file. */
export interface Safetensors {
  /** Texts that the writer left, by key. */
  metadata: Map<string, string>;
  /** Tensors by name. */
  tensors: Map<string, SafeTensor>;
}

const longestHeader = 100_000_000; // bytes, as in the reference reader
const damaged = "The file is damaged or cut short: download or save it again.";
const forged = "The format forbids this: do not trust this file.";

type Decoder = { size: number; decode: (raw: ArrayBuffer) => Hdf5Numbers };
const bytesOnly: Decoder = { size: 1, decode: (raw) => new Uint8Array(raw) };
const dtypes: Readonly<Record<string, Decoder>> = {
  F64: { size: 8, decode: (raw) => new Float64Array(raw) },
  I64: { size: 8, decode: (raw) => new BigInt64Array(raw) },
  U64: { size: 8, decode: (raw) => new BigUint64Array(raw) },
  F32: { size: 4, decode: (raw) => new Float32Array(raw) },
  I32: { size: 4, decode: (raw) => new Int32Array(raw) },
  U32: { size: 4, decode: (raw) => new Uint32Array(raw) },
  F16: { size: 2, decode: (raw) => Float32Array.from(new Uint16Array(raw), halfToNumber) },
  BF16: { size: 2, decode: (raw) => bfloat16ToFloat32(new Uint16Array(raw)) },
  I16: { size: 2, decode: (raw) => new Int16Array(raw) },
  U16: { size: 2, decode: (raw) => new Uint16Array(raw) },
  I8: { size: 1, decode: (raw) => new Int8Array(raw) },
  U8: bytesOnly,
  BOOL: bytesOnly,
  F8_E4M3: bytesOnly,
  F8_E5M2: bytesOnly,
  F8_E8M0: bytesOnly,
};

/** Numbers of a type by its name in safetensors files, little-endian; null for a type that has none. */
export const decodeNumbers = (dtype: string, raw: ArrayBuffer): Hdf5Numbers | null =>
  Object.hasOwn(dtypes, dtype) ? dtypes[dtype].decode(raw) : null;

/** Whether bytes begin as a safetensors file does: a header's length, then the header. */
export function isSafetensors(bytes: Uint8Array): boolean {
  if (bytes.length < 10 || bytes[8] !== 0x7b) return false;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  return length <= BigInt(longestHeader) && Number(length) <= bytes.length - 8;
}

/**
 * Reads a safetensors file: u64 length, that many bytes of JSON, then the numbers (huggingface/safetensors, format). `who`
 * names the file in messages; a header that is too long, holes, overlaps, sizes that do not fit, or a name twice throw
 * FormatError.
 *
 *   readSafetensors(bytes, "lstm.safetensors").tensors.get("lstm.weight_ih_l0");   // { dtype: "F32", shape: [512, 57], … }
 */
export function readSafetensors(bytes: Uint8Array, who: string): Safetensors {
  const fail = (expected: string, received: string, next = damaged): never => {
    throw new FormatError(problem(who, expected, received, next));
  };
  if (bytes.length < 8) return fail("8 bytes of header length", `${bytes.length} bytes`);
  const declared = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (declared > BigInt(longestHeader)) fail(`a header of at most ${longestHeader} bytes`, `${declared}`, forged);
  const start = 8 + Number(declared); // byte where the numbers begin
  if (start > bytes.length) fail(`a header of ${declared} bytes`, `${bytes.length - 8} left`);
  if (bytes[8] !== 0x7b) fail('a header that begins with "{"', `byte ${bytes[8]}`);
  const header = parseJsonObject(bytes.subarray(8, start), `${who}, header`);
  const metadata = readMetadata(header.__metadata__, who);
  const held = bytes.length - start;
  const tensors = new Map<string, SafeTensor>();
  const spans: { name: string; from: number; to: number }[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const { dtype, shape, from, to } = readEntry(value, `${who}, "${name}"`);
    if (to > held) fail(`"${name}" to end within ${held} bytes`, `byte ${to}`);
    spans.push({ name, from, to });
    const raw = plainBytes(bytes).slice(start + from, start + to).buffer;
    tensors.set(name, { dtype, shape, data: dtypes[dtype].decode(raw) });
  }
  spans.sort((a, b) => a.from - b.from || a.to - b.to);
  let at = 0;
  for (const { name, from, to } of spans) {
    if (from !== at) fail(`"${name}" to begin at byte ${at}, where the one before ends`, `byte ${from}`, forged);
    at = to;
  }
  if (at !== held) fail(`${at} bytes of numbers`, `${held}`, forged);
  return { metadata, tensors };
}

function readMetadata(value: JsonValue | undefined, who: string): Map<string, string> {
  if (value === undefined) return new Map();
  const entries = isObject(value) ? Object.entries(value) : [];
  if (isObject(value) && entries.every(([, text]) => typeof text === "string"))
    return new Map(entries as [string, string][]);
  throw new FormatError(problem(`${who}, __metadata__`, "texts by name", JSON.stringify(value).slice(0, 80), forged));
}

function readEntry(value: JsonValue, where: string): { dtype: string; shape: number[]; from: number; to: number } {
  const { dtype, shape, data_offsets: offsets } = isObject(value) ? value : {};
  const whole = (list: JsonValue | undefined): list is number[] =>
    Array.isArray(list) && list.length <= 64 && list.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);
  if (typeof dtype !== "string" || !whole(shape) || !whole(offsets) || offsets.length !== 2) {
    const found = JSON.stringify(value)?.slice(0, 100) ?? "nothing";
    throw new FormatError(problem(where, "dtype, shape and data_offsets", found, damaged));
  }
  if (!Object.hasOwn(dtypes, dtype)) {
    throw new FormatError(problem(where, `a dtype of ${Object.keys(dtypes).join(", ")}`, dtype, "Save it as float32."));
  }
  const size = dtypes[dtype].size * (shape.includes(0) ? 0 : shape.reduce((n, d) => n * d, 1));
  const [from, to] = offsets;
  if (to - from === size) return { dtype, shape, from, to };
  throw new FormatError(problem(where, `${size} bytes for ${dtype} ${showShape(shape)}`, `${to - from}`, forged));
}

const written = [
  ["F64", Float64Array],
  ["I64", BigInt64Array],
  ["U64", BigUint64Array],
  ["F32", Float32Array],
  ["I32", Int32Array],
  ["U32", Uint32Array],
  ["I16", Int16Array],
  ["U16", Uint16Array],
  ["I8", Int8Array],
  ["U8", Uint8Array],
] as const;

/**
 * The bytes of a safetensors file: widest numbers first and then by name, as the reference writer orders them, so that every
 * tensor lies aligned. Equal tensors give equal bytes. Throws DataError for data that does not fill its shape.
 *
 *   await writeFile("weights.safetensors", writeSafetensors(new Map([["w", { shape: [2], data: new Float32Array(2) }]])));
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, { shape: readonly number[]; data: Hdf5Numbers }>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array {
  const entries = [...tensors].map(([name, { shape, data }]) => {
    if (shape.reduce((n, d) => n * d, 1) !== data.length || name === "__metadata__") {
      throw new DataError(problem(`tensor "${name}"`, `numbers that fill ${showShape(shape)}`, `${data.length}`));
    }
    const [dtype] = written.find(([, array]) => data instanceof array)!;
    return { name, dtype, shape, data };
  });
  entries.sort((a, b) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT || (a.name < b.name ? -1 : 1));
  let at = 0;
  const fields = entries.map(({ name, dtype, shape, data }) => {
    const from = at;
    at += data.byteLength;
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [from, at] })}`;
  });
  if (metadata.size > 0) fields.unshift(`"__metadata__":${JSON.stringify(Object.fromEntries(metadata))}`);
  const text = new TextEncoder().encode(`{${fields.join(",")}}`);
  const start = 8 + Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(start + at).fill(0x20, 8, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(text, 8);
  let end = start;
  for (const { data } of entries) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), end);
    end += data.byteLength;
  }
  return bytes;
}
