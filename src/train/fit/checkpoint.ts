import { DataError, FormatError, option, problem, sentence } from "../../errors.ts";
import { crc32c } from "../../files/crc.ts";

/** Plain data that a checkpoint can hold: every number bit for bit, NaN and infinities too. */
export type Saved =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | Float32Array
  | readonly Saved[]
  | { readonly [key: string]: Saved };

const magic = "CELLCKPT";

/** Plain data as bytes: a word that names the format, a checksum, a JSON header, and the arrays it points to. */
export function encodeCheckpoint(value: Saved): Uint8Array {
  const arrays: Arrays = { list: [], length: 0 };
  const header = new TextEncoder().encode(JSON.stringify(plain(value, arrays, 0)));
  const bytes = new Uint8Array(16 + header.length + arrays.length);
  bytes.set(new TextEncoder().encode(magic));
  let at = 16;
  for (const part of [header, ...arrays.list]) {
    bytes.set(part, at);
    at += part.length;
  }
  const view = new DataView(bytes.buffer);
  view.setUint32(12, header.length, true);
  view.setUint32(8, crc32c(bytes.subarray(12)), true);
  return bytes;
}

/** Reads what `encodeCheckpoint` wrote. Throws FormatError for anything else, a right checksum around it or not. */
export function decodeCheckpoint(bytes: Uint8Array): Saved {
  if (bytes.length < 16 || new TextDecoder().decode(bytes.subarray(0, 8)) !== magic)
    throw wrong(`${bytes.length} bytes of something else`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(8, true) !== crc32c(bytes.subarray(12))) throw wrong("one that is damaged or cut short");
  const start = 16 + view.getUint32(12, true);
  if (start > bytes.length) throw wrong("one whose header does not end");
  const arrays = new Uint8Array(bytes.buffer, bytes.byteOffset + start, bytes.length - start); // no Buffer: its slices share memory
  return lively(headerOf(bytes.subarray(16, start)), { bytes: arrays, left: arrays.length }, 0);
}

/** Advice for a checkpoint that no training can continue from. */
export const startOver = sentence`${option("resume", false, "Delete it")} to start over.`;

const wrong = (found: string) =>
  new FormatError(problem("checkpoint", "a whole training checkpoint", found, startOver));

function headerOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw wrong("one whose header is no JSON");
  }
}

const deepest = 256; // lists and objects inside each other

/** Arrays so far, and their bytes together. */
interface Arrays {
  readonly list: Uint8Array[];
  length: number;
}

/**
 * JSON has no NaN, no infinities, no -0 and no arrays of bytes: those become `{ "$": [kind, ...] }`, and so does an object
 * that has a key `$` itself: `{ "$": ["object", [key, value], ...] }`.
 */
function plain(value: Saved, arrays: Arrays, depth: number): unknown {
  if (typeof value === "number")
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { $: ["number", Object.is(value, -0) ? "-0" : String(value)] };
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Uint8Array || value instanceof Float32Array) {
    const from = arrays.length;
    arrays.list.push(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    arrays.length += value.byteLength;
    return { $: [value instanceof Uint8Array ? "bytes" : "floats", from, value.byteLength] };
  }
  if (depth === deepest) {
    const next = "A callback's state() gives plain data, without circles.";
    throw new DataError(problem("checkpoint", `lists and objects at most ${deepest} deep`, "deeper ones", next));
  }
  if (Array.isArray(value)) return value.map((item) => plain(item, arrays, depth + 1));
  const entries = Object.entries(value).map(([key, item]) => [key, plain(item, arrays, depth + 1)] as const);
  return Object.hasOwn(value, "$") ? { $: ["object", ...entries] } : Object.fromEntries(entries);
}

/** Back again. Every array was written once, so together they are no more than the file. */
function lively(value: unknown, arrays: { readonly bytes: Uint8Array; left: number }, depth: number): Saved {
  if (value === null || typeof value !== "object") return value as Saved;
  if (depth > deepest) throw wrong(`one more than ${deepest} levels deep`);
  const inner = (item: unknown) => lively(item, arrays, depth + 1);
  if (Array.isArray(value)) return value.map(inner);
  if (!Object.hasOwn(value, "$")) return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, inner(v)]));
  const [kind, ...rest] = listOf((value as { $: unknown }).$);
  if (kind === "object")
    return Object.fromEntries(rest.map((entry) => [String(listOf(entry)[0]), inner(listOf(entry)[1])]));
  if (kind === "number" && typeof rest[0] === "string") return Number(rest[0]);
  const [from, length] = rest as number[];
  const whole = Number.isInteger(from) && Number.isInteger(length) && from >= 0 && length >= 0;
  const width = kind === "bytes" ? 1 : kind === "floats" ? 4 : 0;
  if (!whole || width === 0 || length % width !== 0 || from + length > arrays.bytes.length || length > arrays.left)
    throw wrong("one that points to what is not in it");
  arrays.left -= length;
  const bytes = arrays.bytes.slice(from, from + length);
  return kind === "bytes" ? bytes : new Float32Array(bytes.buffer);
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw wrong("one whose header is not as it was written");
}
