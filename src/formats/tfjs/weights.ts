import { FormatError, problem, showShape } from "../../errors.ts";
import { joinBytes } from "../../files/protobuf.ts";
import { halfToNumber } from "../containers/half.ts";
import { plainBytes } from "../containers/plain-bytes.ts";
import { isObject, type JsonValue } from "../json.ts";
import type { WeightVariable } from "../keras/archive.ts";

export interface TfjsWeight extends WeightVariable {
  name: string;
}

/** The position of one array in its group's bytes. */
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
const forged = "No converter writes this: do not trust this file.";
const untrusted = "Do not trust this file.";
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
  const named = new Set<string>(); // every file once: together they are no more than what lies in the folder
  for (const [g, group] of manifest.entries()) {
    const place = `${who}, weightsManifest, group ${g}`;
    const paths = isObject(group) && Array.isArray(group.paths) ? group.paths : null;
    const list = isObject(group) && Array.isArray(group.weights) ? group.weights : null;
    if (!paths || !list) throw broken(place, "paths and weights", JSON.stringify(group).slice(0, 60));
    if (paths.length > mostFiles) throw broken(place, `at most ${mostFiles} files`, `${paths.length}`);
    const entries = list.map((item, k) => readEntry(item, `${place}, weight ${k}`));
    const names = paths.map((path) => besideOnly(path, place));
    for (const name of names) {
      const plain = decoded(name).toLowerCase();
      if (named.has(plain)) throw broken(place, "every file once", `${JSON.stringify(name)} twice`, forged);
      named.add(plain);
    }
    const bytes = await shardsOf(names, read, mostBytes(entries), place);
    let at = 0;
    for (const entry of entries) {
      const where = `${place}, "${entry.name}"`;
      const size = sizeIn(entry, bytes, at, where);
      if (at + size > bytes.length) {
        const found = `${bytes.length - at} left of the ${bytes.length} in ${names.join(", ").slice(0, 100)}`;
        throw broken(where, `${size} bytes for ${showShape(entry.shape)}`, found);
      }
      if (entry.dtype !== "string") weights.push(decode(entry, plainBytes(bytes).slice(at, at + size).buffer, where));
      at += size;
    }
    if (at !== bytes.length) throw broken(place, `${at} bytes, as its weights need`, `${bytes.length}`);
  }
  return weights;
}

/** The files of a group one after another; those beyond what its weights need are not opened. */
async function shardsOf(
  names: readonly string[],
  read: (name: string) => Promise<Uint8Array>,
  most: number,
  place: string,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let held = 0;
  for (const name of names) {
    const part = await read(name);
    held += part.length;
    if (held > most) throw broken(place, `${most} bytes, as its weights need`, `${held} up to "${name}"`);
    parts.push(part);
  }
  return parts.length === 1 ? parts[0] : joinBytes(parts);
}

/** Number of bytes of a group's weights; texts state their own. */
const mostBytes = (entries: readonly Entry[]): number =>
  entries.some(({ dtype }) => dtype === "string")
    ? Number.POSITIVE_INFINITY
    : entries.reduce((n, entry) => n + countOf(entry) * widthOf(entry), 0);

const countOf = ({ shape }: Entry): number => (shape.includes(0) ? 0 : shape.reduce((n, d) => n * d, 1));
const widthOf = ({ dtype, quantization }: Entry): number => widths[quantization?.dtype ?? dtype];

/**
 * A plain file name or a path downwards; nothing that leaves the folder, as it stands or as an address would be read, in
 * which %2e is a dot and a tab is nothing.
 */
function besideOnly(path: JsonValue, place: string): string {
  const name = typeof path === "string" ? path : "";
  let plain = name;
  for (let turn = 0; turn < mostDecodings; turn++) {
    if (!isBeside(plain)) throw broken(place, "files in the model's own folder", JSON.stringify(path), untrusted);
    const next = decoded(plain);
    if (next === plain) return name;
    plain = next;
  }
  throw broken(place, "files in the model's own folder", JSON.stringify(path), untrusted);
}

const mostDecodings = 4; // %252e is %2e once decoded

function isBeside(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  if (/[\\:?#\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffd]/.test(name)) return false;
  return name.split("/").every((part) => part !== "" && part.trim() === part && !/^\.+$/.test(part));
}

/** %41 → A; what is no such code stays. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name.replace(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  }
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
  const count = countOf(entry);
  if (entry.dtype !== "string") return count * widthOf(entry);
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
