import { crc32c } from "../../files/crc.ts";
import { appendFile, makeFolderOf } from "../../files/files.ts";
import { joinBytes, type ProtoField, protoMessage } from "../../files/protobuf.ts";

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
      parts.push(event([3, { text: "brain.Event:2" }]));
    }
    for (const value of summaries)
      parts.push(event([2, { int: step }], [5, { bytes: protoMessage([[1, { bytes: value }]]) }]));
    await appendFile(this.#path, joinBytes(parts));
  }
}

/** The record of an event that happens now. */
const event = (...fields: ProtoField[]) => record(protoMessage([[1, { double: Date.now() / 1000 }], ...fields]));

/** A `Summary.Value` of one number, as TensorFlow 2 writes it: a float tensor of the plugin "scalars". */
export function scalarSummary(tag: string, value: number): Uint8Array {
  return summary(tag, "scalars", scalarClass, [
    [1, { int: floatType }],
    [2, { bytes: new Uint8Array() }], // no axes
    [5, { floats: [value] }],
  ]);
}

/** A `Summary.Value` of how often numbers lie where: a tensor [buckets, 3] of left edge, right edge, count. */
export function histogramSummary(tag: string, values: ArrayLike<number>): Uint8Array {
  const rows = histogram(values);
  const sides = [rows.length, 3].map((size): ProtoField => [2, { bytes: protoMessage([[1, { int: size }]]) }]);
  return summary(tag, "histograms", tensorClass, [
    [1, { int: doubleType }],
    [2, { bytes: protoMessage(sides) }],
    [4, { doubles: rows.flat() }],
  ]);
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

function summary(tag: string, plugin: string, dataClass: number, tensor: readonly ProtoField[]): Uint8Array {
  const metadata = protoMessage([
    [1, { bytes: protoMessage([[1, { text: plugin }]]) }],
    [4, { int: dataClass }],
  ]);
  return protoMessage([
    [1, { text: tag }],
    [8, { bytes: protoMessage(tensor) }],
    [9, { bytes: metadata }],
  ]);
}

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
