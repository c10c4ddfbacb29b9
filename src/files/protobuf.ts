import { FormatError, problem } from "../errors.ts";

/** One field of a protobuf message to be written. A list of numbers is written packed. */
export type ProtoField = readonly [field: number, value: ProtoValue];
export type ProtoValue =
  | { int: number | bigint }
  | { ints: readonly (number | bigint)[] }
  | { float: number }
  | { floats: readonly number[] }
  | { double: number }
  | { doubles: readonly number[] }
  | { text: string }
  | { bytes: Uint8Array };

/**
 * The bytes of a protobuf message (encoding guide of Protocol Buffers): varints, floats of 32 and 64 bits, and bytes with their length.
 *
 *   protoMessage([[1, { int: 8 }], [2, { text: "x" }]])    // 08 08 12 01 78
 */
export function protoMessage(fields: readonly ProtoField[]): Uint8Array {
  return joinBytes(
    fields.flatMap(([field, value]) => {
      if ("int" in value) return [varint(field * 8), varint(value.int)];
      if ("float" in value) return [varint(field * 8 + 5), float32(value.float)];
      if ("double" in value) return [varint(field * 8 + 1), float64(value.double)];
      const body = bodyOf(value);
      return [varint(field * 8 + 2), varint(body.length), body];
    }),
  );
}

function bodyOf(value: Exclude<ProtoValue, { int: unknown } | { float: unknown } | { double: unknown }>): Uint8Array {
  if ("bytes" in value) return value.bytes;
  if ("text" in value) return new TextEncoder().encode(value.text);
  if ("ints" in value) return joinBytes(value.ints.map(varint));
  return joinBytes("floats" in value ? value.floats.map(float32) : value.doubles.map(float64));
}

/** Bytes one after another. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** 7 bits a byte, the lowest first; negative numbers as 64 bits of two's complement. */
function varint(value: number | bigint): Uint8Array {
  let left = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(left & 127n);
    left >>= 7n;
    bytes.push(left > 0n ? low | 128 : low);
  } while (left > 0n);
  return Uint8Array.from(bytes);
}

const float32 = (value: number) => new Uint8Array(Float32Array.of(value).buffer);
const float64 = (value: number) => new Uint8Array(Float64Array.of(value).buffer);

/** One field as it lies in a message: a varint, 8 or 4 bytes, or bytes with their length. */
export interface ReadField {
  readonly field: number;
  readonly value: bigint | Uint8Array;
  /** Whether `value` are the raw bytes of a fixed-width number. */
  readonly fixed: boolean;
  readonly at: number; // byte in the file
}

/** A message within the bytes of its file: where it starts, and what messages call it. */
export interface ProtoSource {
  readonly bytes: Uint8Array;
  readonly who: string;
  readonly offset?: number;
}

/** The fields of a message, in order. Throws FormatError naming the byte for lengths that leave it and unknown kinds. */
export function protoFields({ bytes, who, offset = 0 }: ProtoSource): ReadField[] {
  const fields: ReadField[] = [];
  let at = 0;
  const fail = (expected: string, received: string): never => {
    const next = "The file is damaged or cut short, or of another kind: download or export it again.";
    throw new FormatError(problem(`${who}, byte ${offset + at}`, expected, received, next));
  };
  const take = (length: number): Uint8Array => {
    if (!(at + length <= bytes.length)) fail(`${length} bytes`, `${bytes.length - at} left`);
    at += length;
    return bytes.subarray(at - length, at);
  };
  const readVarint = (): bigint => {
    let value = 0n;
    for (let k = 0; k < 10; k++) {
      const [byte] = take(1);
      value |= BigInt(byte & 127) << BigInt(7 * k);
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    return fail("a number of at most 10 bytes", "a longer one");
  };
  while (at < bytes.length) {
    const start = at;
    const key = readVarint();
    const field = Number(key >> 3n);
    const kind = Number(key & 7n);
    if (field === 0 || field > 536_870_911) fail("a field's number", `${field}`);
    if (kind === 0) fields.push({ field, value: readVarint(), fixed: false, at: offset + start });
    else if (kind === 1 || kind === 5)
      fields.push({ field, value: take(kind === 1 ? 8 : 4), fixed: true, at: offset + start });
    else if (kind === 2) fields.push({ field, value: take(Number(readVarint())), fixed: false, at: offset + start });
    else fail("a field of a known kind", `kind ${kind}`);
  }
  return fields;
}

/** The varints packed in a field, or its one varint. */
export function protoInts({ value }: ReadField): bigint[] {
  if (typeof value === "bigint") return [value];
  const ints: bigint[] = [];
  let current = 0n;
  let shift = 0n;
  for (const byte of value) {
    current |= BigInt(byte & 127) << shift;
    shift += 7n;
    if (byte < 128 || shift > 63n) {
      ints.push(BigInt.asUintN(64, current));
      current = 0n;
      shift = 0n;
    }
  }
  return ints;
}

/** The 32-bit floats packed in a field, or its one. */
export function protoFloats({ value }: ReadField): Float32Array {
  if (typeof value === "bigint" || value.length % 4 !== 0) return new Float32Array(0);
  return new Float32Array(value.slice().buffer);
}

/** The 64-bit floats packed in a field, or its one. */
export function protoDoubles({ value }: ReadField): Float64Array {
  if (typeof value === "bigint" || value.length % 8 !== 0) return new Float64Array(0);
  return new Float64Array(value.slice().buffer);
}
