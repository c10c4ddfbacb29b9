import { FormatError, problem, showShape } from "../errors.ts";
import { halfToNumber } from "./half.ts";
import { isObject, type JsonValue } from "./json.ts";
import type { WeightVariable } from "./keras-archive.ts";

export interface TfjsWeight extends WeightVariable {
  name: string;
}

/** Where one array lies in its group's bytes. */
interface Entry {
  name: string;
  dtype: string;
  shape: number[];
  quantization: { dtype: string; scale: number; min: number } | null;
}

const widths: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
  complex64: 8,
};
const damaged = "The files do not belong together, or one is damaged: download or convert the model again.";
const mostFiles = 10_000;

/**
 * All arrays of a `weightsManifest`, group by group. Shards are joined first: cuts may fall inside an array. Quantised arrays
 * are widened. `read` gets the name of a file beside `model.json`. Throws FormatError naming the file and the array.
 */
export async function readManifest(
  manifest: JsonValue | undefined,
  who: string,
  read: (name: string) => Promise<Uint8Array>,
): Promise<TfjsWeight[]> {
  if (!Array.isArray(manifest))
    throw broken(`${who}, weightsManifest`, "a list of groups", JSON.stringify(manifest) ?? "none");
  const weights: TfjsWeight[] = [];
  for (const [g, group] of manifest.entries()) {
    const place = `${who}, weightsManifest, group ${g}`;
    const paths = isObject(group) && Array.isArray(group.paths) ? group.paths : null;
    const list = isObject(group) && Array.isArray(group.weights) ? group.weights : null;
    if (!paths || !list) throw broken(place, "paths and weights", JSON.stringify(group).slice(0, 60));
    if (paths.length > mostFiles) throw broken(place, `at most ${mostFiles} files`, `${paths.length}`);
    const parts: Uint8Array[] = [];
    for (const path of paths) parts.push(await read(besideOnly(path, place)));
    const bytes = joined(parts);
    let at = 0;
    for (const [k, item] of list.entries()) {
      const entry = readEntry(item, `${place}, weight ${k}`);
      const where = `${place}, "${entry.name}"`;
      const size = sizeIn(entry, bytes, at, where);
      if (at + size > bytes.length) {
        const found = `${bytes.length - at} left of the ${bytes.length} in ${paths.join(", ").slice(0, 100)}`;
        throw broken(where, `${size} bytes for ${showShape(entry.shape)}`, found);
      }
      if (entry.dtype !== "string") weights.push(decode(entry, bytes.slice(at, at + size).buffer, where));
      at += size;
    }
    if (at !== bytes.length) throw broken(place, `${at} bytes, as its weights need`, `${bytes.length}`);
  }
  return weights;
}

/** A plain file name or a path downwards; nothing that leaves the folder. */
function besideOnly(path: JsonValue, place: string): string {
  const name = typeof path === "string" ? path : "";
  const parts = name.split("/");
  const unsafe =
    name.includes("\\") || name.includes("\0") || name.includes(":") || name.includes("?") || name.includes("#");
  if (unsafe || parts.some((part) => part === "" || part === "." || part === "..")) {
    throw broken(place, "files in the model's own folder", JSON.stringify(path), "Do not trust this file.");
  }
  return name;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function readEntry(item: JsonValue, place: string): Entry {
  const value = isObject(item) ? item : {};
  const { name, shape, dtype } = value;
  const sizes =
    Array.isArray(shape) && shape.length <= 32 && shape.every((d) => Number.isSafeInteger(d) && (d as number) >= 0);
  if (typeof name !== "string" || !sizes || typeof dtype !== "string") {
    throw broken(place, "a name, a shape and a dtype", JSON.stringify(item)?.slice(0, 80) ?? "nothing");
  }
  const entry = { name, dtype, shape: shape as number[], quantization: null };
  if (value.quantization == null) {
    if (dtype !== "string" && !Object.hasOwn(widths, dtype))
      throw broken(`${place}, "${name}"`, "a dtype of tfjs", dtype);
    return entry;
  }
  const q = isObject(value.quantization) ? value.quantization : {};
  const number = (v: JsonValue | undefined, otherwise: number) => (v === undefined ? otherwise : v);
  const [scale, min] = [number(q.scale, 1), number(q.min, 0)];
  const known = typeof q.dtype === "string" && ["uint8", "uint16", "float16"].includes(q.dtype);
  if (!known || !Number.isFinite(scale) || !Number.isFinite(min)) {
    throw broken(`${place}, "${name}"`, "a quantization to uint8, uint16 or float16", JSON.stringify(q).slice(0, 80));
  }
  return { ...entry, quantization: { dtype: q.dtype as string, scale: scale as number, min: min as number } };
}

/** Bytes of an array; texts say their own lengths one by one. */
function sizeIn(entry: Entry, bytes: Uint8Array, from: number, where: string): number {
  const count = entry.shape.includes(0) ? 0 : entry.shape.reduce((n, d) => n * d, 1);
  if (entry.dtype !== "string") return count * widths[entry.quantization?.dtype ?? entry.dtype];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = from;
  for (let k = 0; k < count; k++) {
    if (at + 4 > bytes.length) throw broken(where, `${count} texts`, `an end after ${k}`);
    at += 4 + view.getUint32(at, true);
  }
  return at - from;
}

function decode({ name, dtype, shape, quantization }: Entry, raw: ArrayBuffer, where: string): TfjsWeight {
  const of = (data: WeightVariable["data"], type: string): TfjsWeight => ({ name, data, shape, dtype: type });
  const stored = quantization?.dtype ?? dtype;
  if (quantization && dtype !== "float32" && dtype !== "int32") throw broken(where, "quantised numbers", dtype);
  if (stored === "float32") return of(new Float32Array(raw), "float32");
  if (stored === "int32") return of(new Int32Array(raw), "int32");
  if (stored === "bool" || !quantization) return of(new Uint8Array(raw), dtype);
  if (stored === "float16") return of(Float32Array.from(new Uint16Array(raw), halfToNumber), "float32");
  const { scale, min } = quantization;
  const steps = stored === "uint8" ? new Uint8Array(raw) : new Uint16Array(raw);
  return of(
    Float32Array.from(steps, (v) => v * scale + min),
    "float32",
  );
}

function broken(place: string, expected: string, received: string, next = damaged): FormatError {
  return new FormatError(problem(place, expected, received, next));
}
