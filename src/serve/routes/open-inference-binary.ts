import type { Asked } from "../http/exchange.ts";
import { HttpProblem } from "../http/problem.ts";
import { jsonOf } from "../http/read-body.ts";
import { fieldsOf } from "./open-inference-tensors.ts";

type Values = readonly (number | boolean | string)[];

/** Numbers of each datatype in little-endian bytes. */
const readers: Readonly<Record<string, { size: number; read(view: DataView, at: number): number | boolean }>> = {
  BOOL: { size: 1, read: (view, at) => view.getUint8(at) !== 0 },
  INT8: { size: 1, read: (view, at) => view.getInt8(at) },
  UINT8: { size: 1, read: (view, at) => view.getUint8(at) },
  INT16: { size: 2, read: (view, at) => view.getInt16(at, true) },
  UINT16: { size: 2, read: (view, at) => view.getUint16(at, true) },
  INT32: { size: 4, read: (view, at) => view.getInt32(at, true) },
  UINT32: { size: 4, read: (view, at) => view.getUint32(at, true) },
  INT64: { size: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  UINT64: { size: 8, read: (view, at) => Number(view.getBigUint64(at, true)) },
  FP16: { size: 2, read: (view, at) => half(view.getUint16(at, true)) },
  FP32: { size: 4, read: (view, at) => view.getFloat32(at, true) },
  FP64: { size: 8, read: (view, at) => view.getFloat64(at, true) },
};

/**
 * The body of an inference: JSON, or (the protocol's binary tensor data, as Triton's client sends) JSON of as many bytes as the header
 * Inference-Header-Content-Length says, and behind it the numbers of the inputs that have a `binary_data_size`, in their order. Answers are
 * JSON either way. Throws HttpProblem for sizes that do not fit.
 */
export function inferenceOf(bytes: Uint8Array, request: Asked): unknown {
  const said = request.header("inference-header-content-length");
  if (said === null) return jsonOf(bytes);
  const length = Number(said);
  if (!(Number.isInteger(length) && length > 0 && length <= bytes.length)) {
    const expected = `Expected Inference-Header-Content-Length from 1 to ${bytes.length}, the bytes of the body`;
    throw new HttpProblem(400, `${expected}, received ${said.slice(0, 40)}.`);
  }
  const body = fieldsOf(jsonOf(bytes.subarray(0, length)));
  let at = length;
  const inputs = (Array.isArray(body.inputs) ? body.inputs : []).map((each) => {
    const given = fieldsOf(each);
    const size = fieldsOf(given.parameters).binary_data_size;
    if (size === undefined) return each;
    const who = `inputs "${String(given.name).slice(0, 60)}"`;
    if (!(Number.isInteger(size) && (size as number) >= 0 && at + (size as number) <= bytes.length)) {
      const left = bytes.length - at;
      throw new HttpProblem(400, `${who}: expected binary_data_size up to the ${left} bytes that are left.`);
    }
    const own = bytes.subarray(at, at + (size as number));
    at += size as number;
    return { ...given, data: valuesOf(own, String(given.datatype), who) };
  });
  if (at !== bytes.length)
    throw new HttpProblem(400, `Expected the bytes of the inputs alone, received ${bytes.length - at} more.`);
  return { ...body, inputs };
}

function valuesOf(bytes: Uint8Array, datatype: string, who: string): Values {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (datatype === "BYTES") return textsOf(bytes, view, who);
  if (!Object.hasOwn(readers, datatype)) return []; // who reads the tensor says so
  const { size, read } = readers[datatype];
  if (bytes.length % size !== 0) throw new HttpProblem(400, `${who}: expected ${size} bytes for each ${datatype}.`);
  return Array.from({ length: bytes.length / size }, (_, k) => read(view, k * size));
}

/** Texts in UTF-8, before each its length in four bytes. */
function textsOf(bytes: Uint8Array, view: DataView, who: string): string[] {
  const texts: string[] = [];
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for (let at = 0; at < bytes.length; ) {
    const length = at + 4 <= bytes.length ? view.getUint32(at, true) : bytes.length;
    const end = at + 4 + length;
    if (end > bytes.length) throw new HttpProblem(400, `${who}: expected texts, each behind its length in four bytes.`);
    try {
      texts.push(decoder.decode(bytes.subarray(at + 4, end)));
    } catch {
      throw new HttpProblem(400, `${who}: expected texts in UTF-8, received other bytes.`);
    }
    at = end;
  }
  return texts;
}

/** A 16-bit float: sign, 5 bits of exponent, 10 of fraction. */
function half(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
