import { appendFile, makeFolderOf } from "../../files/files.ts";
import { crc32c } from "../crc32c.ts";

/**
 * One event file of TensorBoard: records of TFRecord framing, each an `Event` message (tensorflow/core/util/event.proto).
 * Begun with its first event; every event is on disk once awaited.
 */
export class EventFile {
  readonly #folder: string;
  #path: string | null = null;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async write(step: number, summaries: readonly Uint8Array[]): Promise<void> {
    const parts: Uint8Array[] = [];
    if (!this.#path) {
      this.#path = await newPath(this.#folder);
      await makeFolderOf(this.#path);
      parts.push(record(message([double(1, Date.now() / 1000), bytes(3, utf8("brain.Event:2"))])));
    }
    for (const value of summaries)
      parts.push(record(message([double(1, Date.now() / 1000), whole(2, step), bytes(5, bytes(1, value))])));
    await appendFile(this.#path, message(parts));
  }
}

/** A `Summary.Value` of one number, as TensorFlow 2 writes it: a float tensor of the plugin "scalars". */
export function scalarSummary(tag: string, value: number): Uint8Array {
  const tensor = [whole(1, floatType), bytes(2, new Uint8Array()), bytes(5, floats32([value]))];
  return message([bytes(1, utf8(tag)), bytes(8, message(tensor)), bytes(9, metadata("scalars", scalarClass))]);
}

/** A `Summary.Value` of how often numbers lie where: a tensor [buckets, 3] of left edge, right edge, count. */
export function histogramSummary(tag: string, values: ArrayLike<number>): Uint8Array {
  const rows = histogram(values);
  const sides = [rows.length, 3].map((size) => bytes(2, whole(1, size)));
  const tensor = [whole(1, doubleType), bytes(2, message(sides)), bytes(4, floats64(rows.flat()))];
  return message([bytes(1, utf8(tag)), bytes(8, message(tensor)), bytes(9, metadata("histograms", tensorClass))]);
}

const buckets = 30;

/** Equal buckets from the least to the greatest finite number; where all are one number, one bucket of width 1 around it. */
export function histogram(values: ArrayLike<number>): [left: number, right: number, count: number][] {
  const finite = Array.from(values).filter(Number.isFinite);
  if (finite.length === 0) return [];
  const low = finite.reduce((a, b) => Math.min(a, b));
  const high = finite.reduce((a, b) => Math.max(a, b));
  if (low === high) return [[low - 0.5, low + 0.5, finite.length]];
  const width = (high - low) / buckets;
  const counts = new Array<number>(buckets).fill(0);
  for (const v of finite) counts[Math.min(buckets - 1, Math.floor((v - low) / width))]++;
  return counts.map((n, k) => [low + k * width, k === buckets - 1 ? high : low + (k + 1) * width, n]);
}

// Numbers of tensorflow/core/framework/types.proto and summary.proto.
const floatType = 1;
const doubleType = 2;
const scalarClass = 1;
const tensorClass = 2;

const metadata = (plugin: string, dataClass: number) =>
  message([bytes(1, bytes(1, utf8(plugin))), whole(4, dataClass)]);

let made = 0;

/** `events.out.tfevents.1700000000.host.1234.0.v2`, as TensorBoard looks for it. */
async function newPath(folder: string): Promise<string> {
  const { hostname } = await import("node:os");
  return `${folder}/events.out.tfevents.${Math.floor(Date.now() / 1000)}.${hostname()}.${process.pid}.${made++}.v2`;
}

/** Length, its checksum, the data, its checksum. */
export function record(data: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length + 16);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(crc32c(out.subarray(0, 8))), true);
  out.set(data, 12);
  view.setUint32(12 + data.length, masked(crc32c(data)), true);
  return out;
}

/** TFRecord's masked checksum: turned right by 15 bits, plus a constant. */
export const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

// Protocol buffers' wire format: a field is its number and kind (0 varint, 1 eight bytes, 2 length and bytes), then the value.

function message(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function varint(value: number): Uint8Array {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  return Uint8Array.of(...out, rest);
}

const whole = (field: number, value: number) => message([varint(field * 8), varint(value)]);
const double = (field: number, value: number) => message([varint(field * 8 + 1), floats64([value])]);
const bytes = (field: number, value: Uint8Array) => message([varint(field * 8 + 2), varint(value.length), value]);
const utf8 = (text: string) => new TextEncoder().encode(text);
const floats32 = (values: readonly number[]) => littleEndian(values, 4, "setFloat32");
const floats64 = (values: readonly number[]) => littleEndian(values, 8, "setFloat64");

function littleEndian(values: readonly number[], size: number, set: "setFloat32" | "setFloat64"): Uint8Array {
  const out = new Uint8Array(values.length * size);
  const view = new DataView(out.buffer);
  for (const [k, v] of values.entries()) view[set](k * size, v, true);
  return out;
}
