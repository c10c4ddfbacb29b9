/** Pickles and archives as PyTorch writes them, part by part, for tests of what no PyTorch writes. Each part is text of one character a byte. */
import { zip } from "../src/formats/containers/zip.ts";

const u32 = (n: number) => String.fromCharCode(n & 255, (n >> 8) & 255, (n >> 16) & 255, (n >>> 24) & 255);

export const global = (module: string, name: string) => `c${module}\n${name}\n`;
export const text = (value: string) => `X${u32(value.length)}${value}`;
export const int = (n: number): string => {
  if (Number.isInteger(n) && Math.abs(n) < 2 ** 31) return `J${u32(n)}`;
  const bytes = new Uint8Array(new BigInt64Array([BigInt(n)]).buffer);
  return `\x8a\x08${String.fromCharCode(...bytes)}`;
};
export const tuple = (...items: string[]) => `(${items.join("")}t`;
export const list = (...items: string[]) => `](${items.join("")}e`;
export const dict = (entries: readonly (readonly [string, string])[]) =>
  `}(${entries.map(([name, value]) => text(name) + value).join("")}u`;
export const call = (fn: string, ...args: string[]) => `${fn}${tuple(...args)}R`;
/** An object of a class with these fields. */
export const object = (type: string, fields: string) => `${type})\x81${fields}b`;
export const storage = (key: string, count: number, type = "FloatStorage") =>
  `${tuple(text("storage"), global("torch", type), text(key), text("cpu"), int(count))}Q`;
export const tensor = (stored: string, offset: number, shape: readonly number[], strides: readonly number[]) =>
  call(
    global("torch._utils", "_rebuild_tensor_v2"),
    stored,
    int(offset),
    tuple(...shape.map(int)),
    tuple(...strides.map(int)),
    "\x89",
    call(global("collections", "OrderedDict")),
  );
/** A module with these tensors and modules. */
export const moduleOf = (
  type: string,
  parameters: readonly (readonly [string, string])[],
  modules: readonly (readonly [string, string])[] = [],
) => object(type, dict([["_parameters", dict(parameters)], ["_buffers", dict([])], ["_modules", dict(modules)]])); // biome-ignore format: a list

export const bytesOf = (pickle: string): Uint8Array =>
  Uint8Array.from(`\x80\x02${pickle}.`, (letter) => letter.charCodeAt(0));

/** The archive of `torch.save` with such a pickle and storages of numbers. */
export const archive = (pickle: string, storages: Record<string, Uint8Array> = {}): Promise<Uint8Array> =>
  zip([
    ["net/data.pkl", bytesOf(pickle)],
    ["net/version", new TextEncoder().encode("3\n")],
    ...Object.entries(storages).map(([key, bytes]) => [`net/data/${key}`, bytes] as const),
  ]);
