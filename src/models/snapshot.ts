import { FormatError, problem } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { Parameters } from "../train/parameters.ts";

/** Everything training continues from: numbers bit for bit, and the steps taken. */
export interface Snapshot {
  readonly iterations: number;
  /** Weights first, in their order; then each slot of the optimizer, if it has begun. */
  readonly arrays: readonly Float32Array[];
}

const magic = "CELLSNAP";

/** The bytes of a snapshot: a word that names the format, a JSON header and the arrays, little-endian. */
export function encodeSnapshot({ iterations, arrays }: Snapshot): Uint8Array {
  const header = new TextEncoder().encode(JSON.stringify({ iterations, lengths: arrays.map((a) => a.length) }));
  const start = Math.ceil((magic.length + 4 + header.length) / 4) * 4;
  const bytes = new Uint8Array(start + arrays.reduce((n, a) => n + a.byteLength, 0));
  bytes.set(new TextEncoder().encode(magic));
  new DataView(bytes.buffer).setUint32(magic.length, header.length, true);
  bytes.set(header, magic.length + 4);
  let at = start;
  for (const a of arrays) {
    bytes.set(new Uint8Array(a.buffer, a.byteOffset, a.byteLength), at);
    at += a.byteLength;
  }
  return bytes;
}

/** Reads what `encodeSnapshot` wrote. Throws FormatError for anything else. */
export function decodeSnapshot(bytes: Uint8Array): Snapshot {
  const wrong = (found: string) =>
    new FormatError(problem("restore", "the bytes of model.snapshot()", found, "Take the snapshot again."));
  if (bytes.length < magic.length + 4 || new TextDecoder().decode(bytes.subarray(0, magic.length)) !== magic)
    throw wrong(`${bytes.length} bytes of something else`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(magic.length, true);
  const header = readHeader(bytes.subarray(magic.length + 4, magic.length + 4 + length));
  if (!header) throw wrong("a damaged header");
  let at = Math.ceil((magic.length + 4 + length) / 4) * 4;
  if (at + 4 * header.lengths.reduce((n, m) => n + m, 0) !== bytes.length) throw wrong("one that is cut short");
  const arrays = header.lengths.map((n) => {
    const array = new Float32Array(Uint8Array.from(bytes.subarray(at, at + 4 * n)).buffer); // a copy of a Buffer too
    at += 4 * n;
    return array;
  });
  return { iterations: header.iterations, arrays };
}

/**
 * A snapshot read for these weights: the steps taken, the optimizer's slots, and the function that writes the weights.
 * Throws FormatError where it was taken of a model with other weights or another optimizer.
 */
export function weightsIn(bytes: Uint8Array, store: Parameters, slotCount: number, label: string) {
  const { iterations, arrays } = decodeSnapshot(bytes);
  const places = store.inOrder;
  const slots = arrays.slice(places.length);
  const fits =
    places.every((p, k) => arrays[k]?.length === sizeOf(p.shape)) &&
    slots.every((slot) => slot.length === store.trainableWords) &&
    (slots.length === 0 || slots.length === slotCount);
  if (!fits) {
    const next = "Make the model with the same layers and optimizer, then restore.";
    throw new FormatError(problem("restore", `a snapshot of ${label}`, "one of another model", next));
  }
  const weights = places.map((p, k) => new NdArray(arrays[k], p.shape));
  return { iterations, slots, write: () => store.writeAll(places, weights, "restore") };
}

function readHeader(bytes: Uint8Array): { iterations: number; lengths: number[] } | null {
  const text = new TextDecoder().decode(bytes);
  const found = /^\{"iterations":(\d{1,15}),"lengths":\[([\d,]*)\]\}$/.exec(text);
  if (!found) return null;
  return { iterations: Number(found[1]), lengths: found[2] === "" ? [] : found[2].split(",").map(Number) };
}
