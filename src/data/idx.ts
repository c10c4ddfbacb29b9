import { FormatError, problem } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { sizeOf } from "../tensor/shape.ts";

/**
 * The array in an IDX file, the format of MNIST (LeCun, Cortes & Burges, "The MNIST database"): whole numbers of 8, 16 or 32
 * bits, or floating point of 32 or 64, as f32 in the file's shape: images [N, rows, columns], labels [N]. Throws FormatError
 * naming the byte for what is something else, damaged or cut short. A file that ends in .gz is unzipped before: gunzipSync(bytes).
 *
 *   readIdx(new Uint8Array([0, 0, 8, 1, 0, 0, 0, 2, 7, 9])).toArray(); // [7, 9]
 */
export function readIdx(bytes: Uint8Array, who = "readIdx"): NdArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = bytes.length >= 4 && bytes[0] === 0 && bytes[1] === 0 ? types.get(bytes[2]) : undefined;
  if (!type) {
    const found = bytes.length < 4 ? `${bytes.length} bytes` : `bytes ${bytes.subarray(0, 4).join(" ")}`;
    const next = bytes[0] === 0x1f ? "It is zipped: gunzipSync(bytes) first." : "Is it another format?";
    throw new FormatError(problem(`${who}, byte 0`, "an IDX file: 0 0, a type from 8 to 14, a rank", found, next));
  }
  const rank = bytes[3];
  const start = 4 + 4 * rank;
  const next = "The file is damaged or was cut short: copy it again.";
  if (bytes.length < start)
    throw new FormatError(problem(`${who}, byte 4`, `${rank} sizes of 4 bytes`, `${bytes.length - 4} bytes`, next));
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis)); // high byte first
  const size = sizeOf(shape);
  if (bytes.length - start !== size * type.width) {
    const expected = `${size * type.width} bytes for [${shape}]`;
    throw new FormatError(problem(`${who}, byte ${start}`, expected, `${bytes.length - start}`, next));
  }
  const numbers = new Float32Array(size);
  for (let i = 0; i < size; i++) numbers[i] = type.read(view, start + i * type.width);
  return new NdArray(numbers, shape);
}

interface NumberType {
  /** Bytes of one number. */
  readonly width: number;
  readonly read: (view: DataView, at: number) => number;
}
const types = new Map<number, NumberType>([
  [0x08, { width: 1, read: (view, at) => view.getUint8(at) }],
  [0x09, { width: 1, read: (view, at) => view.getInt8(at) }],
  [0x0b, { width: 2, read: (view, at) => view.getInt16(at) }],
  [0x0c, { width: 4, read: (view, at) => view.getInt32(at) }],
  [0x0d, { width: 4, read: (view, at) => view.getFloat32(at) }],
  [0x0e, { width: 8, read: (view, at) => view.getFloat64(at) }],
]);
