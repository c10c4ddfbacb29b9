import { FormatError, problem } from "../../errors.ts";
import {
  type ProtoField,
  protoDoubles,
  protoFields,
  protoFloats,
  protoInts,
  protoMessage,
  type ReadField,
} from "../../files/protobuf.ts";
import { halfToNumber, numberToHalf } from "../containers/half.ts";
import { plainBytes } from "../containers/plain-bytes.ts";
import { dataTypes } from "./types.ts";

/** Numbers in an ONNX file; `dims` is their shape. */
export interface OnnxTensor {
  name: string;
  dims: number[];
  data: Float32Array | Int32Array | BigInt64Array | Uint8Array;
  /** ONNX's number of its type, where it was read: half and double precision are Float32Array too, integers of 8 and 16 bits Int32Array. */
  type?: number;
}

/** Where a tensor's numbers lie in a file beside the model. */
export interface ExternalPlace {
  readonly location: string;
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
}
/** The bytes of such numbers; undefined where only the names of the files are looked for. Throws FormatError. */
export type ReadExternal = (place: ExternalPlace, where: string) => Uint8Array | undefined;

/** The numbers of a TensorProto file alone, as ONNX's node tests keep inputs and outputs. */
export function readOnnxTensor(bytes: Uint8Array, who: string): OnnxTensor {
  return readTensor({ fields: protoFields({ bytes: plainBytes(bytes), who }) }, who, alone);
}

/** For a model that came as bytes alone. */
export const alone: ReadExternal = ({ location }, where) => {
  const next =
    "Open it by its path, with that file beside it: loadModel(path). For readOnnxGraph, hand the file over: { files }.";
  throw broken(where, "its numbers in the model's own file", `numbers in the file ${JSON.stringify(location)}`, next);
};

export interface Inner {
  fields: ReadField[];
}

export const inner = ({ value, at }: ReadField, who: string): Inner => ({
  fields: protoFields({ bytes: value instanceof Uint8Array ? value : new Uint8Array(0), who, offset: at }),
});

export const textOf = ({ value }: ReadField): string =>
  value instanceof Uint8Array ? new TextDecoder().decode(value) : "";

export function readTensor({ fields }: Inner, who: string, readExternal: ReadExternal): OnnxTensor {
  const all = (n: number) => fields.filter((f) => f.field === n);
  const name = all(8).map(textOf)[0] ?? "";
  const where = `${who}, tensor "${name}"`;
  const dims = all(1).flatMap((f) => protoInts(f).map(signed));
  const type = Number(all(2)[0]?.value ?? 0);
  if (dims.length > 32 || dims.some((d) => !(d >= 0))) throw broken(where, "sizes from 0", dims.slice(0, 8).join(", "));
  const count = dims.includes(0) ? 0 : dims.reduce((n, d) => n * d, 1);
  if (all(13).length > 0 || Number(all(14)[0]?.value ?? 0) === 1) {
    if (!widths[type]) throw unknownType(type, where);
    const found = readExternal(placeOf(all(13), count * widths[type], where), where);
    if (!found) return { name, dims, data: new Float32Array(0), type };
    return { name, dims, data: counted(fromRaw(found, type, where), count, dims, where), type };
  }
  const raw = all(9)[0]?.value;
  const data = raw instanceof Uint8Array ? fromRaw(raw, type, where) : fromLists(all, type, where);
  return { name, dims, data: counted(data, count, dims, where), type };
}

function counted(data: OnnxTensor["data"], count: number, dims: readonly number[], where: string): OnnxTensor["data"] {
  if (data.length === count) return data;
  throw broken(where, `${count} numbers for [${dims.join(", ")}]`, `${data.length}`);
}

/** The entries location, offset and length; without a length as many bytes as the shape takes. */
function placeOf(entries: readonly ReadField[], bytes: number, where: string): ExternalPlace {
  const said = new Map(
    entries.map((field) => {
      const [key = "", value = ""] = [1, 2].map(
        (n) =>
          inner(field, where)
            .fields.filter((f) => f.field === n)
            .map(textOf)[0],
      );
      return [key, value];
    }),
  );
  const number = (key: string, otherwise: number) => {
    const text = said.get(key) || `${otherwise}`;
    if (/^\d{1,15}$/.test(text)) return Number(text);
    throw broken(where, `a number of bytes as ${key}`, JSON.stringify(text.slice(0, 40)));
  };
  return { location: said.get("location") ?? "", offset: number("offset", 0), length: number("length", bytes) };
}

/** Bytes of a number of each type that is read. */
const widths: Readonly<Record<number, number>> = { 1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8 };

function fromRaw(raw: Uint8Array, type: number, where: string): OnnxTensor["data"] {
  const width = widths[type];
  if (!width) throw unknownType(type, where);
  if (raw.length % width !== 0) throw broken(where, `whole numbers of ${width} bytes`, `${raw.length} bytes`);
  const { buffer } = raw.slice();
  if (type === 1) return new Float32Array(buffer);
  if (type === 6) return new Int32Array(buffer);
  if (type === 7) return new BigInt64Array(buffer);
  if (type === 10) return Float32Array.from(new Uint16Array(buffer), halfToNumber);
  if (type === 11) return singles(new Float64Array(buffer), where);
  if (type === dataTypes.uint8) return Int32Array.from(new Uint8Array(buffer));
  if (type === dataTypes.int8) return Int32Array.from(new Int8Array(buffer));
  if (type === dataTypes.uint16) return Int32Array.from(new Uint16Array(buffer));
  if (type === dataTypes.int16) return Int32Array.from(new Int16Array(buffer));
  return new Uint8Array(buffer);
}

function fromLists(all: (n: number) => ReadField[], type: number, where: string): OnnxTensor["data"] {
  if (type === 1) return Float32Array.from(all(4).flatMap((f) => [...protoFloats(f)]));
  const ints = (n: number) => all(n).flatMap((f) => protoInts(f));
  if ([2, 3, 4, 5, 6].includes(type)) return Int32Array.from(ints(5), (v) => Number(BigInt.asIntN(32, v)));
  if (type === 9) return Uint8Array.from(ints(5), Number);
  if (type === 7) return BigInt64Array.from(ints(7), (v) => BigInt.asIntN(64, v));
  if (type === 10) return Float32Array.from(ints(5), (v) => halfToNumber(Number(v)));
  if (type === 11)
    return singles(
      all(10).flatMap((f) => [...protoDoubles(f)]),
      where,
    );
  throw unknownType(type, where);
}

/** Double precision as f32 holds it. Throws where a number is beyond. */
function singles(numbers: ArrayLike<number>, where: string): Float32Array {
  const found = Float32Array.from(numbers);
  const far = found.findIndex((v, k) => !Number.isFinite(v) && Number.isFinite(numbers[k]));
  if (far < 0) return found;
  throw broken(where, "numbers that float32 holds, up to 3.4e38", `${numbers[far]}`, "Export the model in float32.");
}

export const unknownType = (type: number, where: string) =>
  broken(
    where,
    "float, float16, double, bool, or integers of 8 to 64 bits but uint32 and uint64",
    `numbers of type ${type}`,
    "Export the model in float32.",
  );

export const signed = (value: bigint | Uint8Array | undefined): number =>
  typeof value === "bigint" ? Number(BigInt.asIntN(64, value)) : 0;

export function broken(place: string, expected: string, received: string, next?: string): FormatError {
  const otherwise = "The file is damaged, or not an ONNX model: download or export it again.";
  return new FormatError(problem(place, expected, received, next ?? otherwise));
}

/** A tensor as the file has it: of the type that it was read with, or its array's. */
export function tensorBytes({ name, dims, data, type: read }: OnnxTensor): Uint8Array {
  const own = data instanceof Float32Array ? 1 : data instanceof Int32Array ? 6 : data instanceof BigInt64Array ? 7 : 9;
  const type = read ?? own;
  const packed = type === own ? data : (packings[type]?.(data as Float32Array) ?? data);
  return protoMessage([
    ...dims.map((d): ProtoField => [1, { int: d }]),
    [2, { int: packed === data ? own : type }],
    [8, { text: name }],
    [9, { bytes: new Uint8Array(packed.buffer, packed.byteOffset, packed.byteLength) }],
  ]);
}

/** Numbers of types that are held in a wider one here. */
const packings: Readonly<
  Record<number, (data: Float32Array | Int32Array) => Uint8Array | Int8Array | Uint16Array | Int16Array | Float64Array>
> = {
  [dataTypes.uint8]: (data) => Uint8Array.from(data),
  [dataTypes.int8]: (data) => Int8Array.from(data),
  [dataTypes.uint16]: (data) => Uint16Array.from(data),
  [dataTypes.int16]: (data) => Int16Array.from(data),
  [dataTypes.float16]: (data) => Uint16Array.from(data, numberToHalf),
  [dataTypes.double]: (data) => Float64Array.from(data),
};
