import { FormatError, problem } from "../errors.ts";
import { crc32c } from "./crc32c.ts";

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
  const arrays: Uint8Array[] = [];
  const header = new TextEncoder().encode(JSON.stringify(plain(value, arrays)));
  const bytes = new Uint8Array(16 + header.length + arrays.reduce((n, a) => n + a.length, 0));
  bytes.set(new TextEncoder().encode(magic));
  let at = 16;
  for (const part of [header, ...arrays]) {
    bytes.set(part, at);
    at += part.length;
  }
  const view = new DataView(bytes.buffer);
  view.setUint32(12, header.length, true);
  view.setUint32(8, crc32c(bytes.subarray(12)), true);
  return bytes;
}

/** Reads what `encodeCheckpoint` wrote. Throws FormatError for anything else. */
export function decodeCheckpoint(bytes: Uint8Array): Saved {
  const wrong = (found: string) =>
    new FormatError(problem("checkpoint", "a whole training checkpoint", found, "Delete it to begin anew."));
  if (bytes.length < 16 || new TextDecoder().decode(bytes.subarray(0, 8)) !== magic)
    throw wrong(`${bytes.length} bytes of something else`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(8, true) !== crc32c(bytes.subarray(12))) throw wrong("one that is damaged or cut short");
  const start = 16 + view.getUint32(12, true);
  const arrays = new Uint8Array(bytes.buffer, bytes.byteOffset + start, bytes.length - start); // no Buffer: its slices share memory
  return lively(JSON.parse(new TextDecoder().decode(bytes.subarray(16, start))), arrays);
}

/** JSON has no NaN, no infinities, no -0 and no arrays of bytes: those become `{ "$": [kind, ...] }`. */
function plain(value: Saved, arrays: Uint8Array[]): unknown {
  if (typeof value === "number")
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { $: ["number", Object.is(value, -0) ? "-0" : String(value)] };
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Uint8Array || value instanceof Float32Array) {
    const from = arrays.reduce((n, a) => n + a.length, 0);
    arrays.push(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    return { $: [value instanceof Uint8Array ? "bytes" : "floats", from, value.byteLength] };
  }
  if (Array.isArray(value)) return value.map((item) => plain(item, arrays));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, arrays)]));
}

function lively(value: unknown, arrays: Uint8Array): Saved {
  if (value === null || typeof value !== "object") return value as Saved;
  if (Array.isArray(value)) return value.map((item) => lively(item, arrays));
  const { $ } = value as { $?: readonly [kind: string, from: number | string, length: number] };
  if (!$) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, lively(item, arrays)]));
  if ($[0] === "number") return Number($[1]);
  const bytes = arrays.slice($[1] as number, ($[1] as number) + $[2]);
  return $[0] === "bytes" ? bytes : new Float32Array(bytes.buffer);
}
