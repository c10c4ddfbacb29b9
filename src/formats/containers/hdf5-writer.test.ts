import { expect, test } from "vitest";
import { readHdf5, writeHdf5 } from "./hdf5.ts";
import { scanPlainHdf5 } from "./hdf5-plain.ts";
import { Hdf5Session, loadHdf5 } from "./hdf5-session.ts";
import { writePlainHdf5 } from "./hdf5-writer.ts";

/** Reads a dataset and an attribute by the HDF5 library itself. */
async function byLibrary(bytes: Uint8Array, datasets: readonly string[], texts: readonly [string, string][]) {
  const session = new Hdf5Session(await loadHdf5(), (where, reason) => {
    throw new Error(`${where}: ${reason}`);
  });
  const { h5 } = session;
  return session.run(bytes, () => ({
    numbers: datasets.map((path) => {
      const set = new h5.Dataset(session.id, `/${path}`);
      return { data: set.value, shape: set.shape, dtype: set.dtype };
    }),
    texts: texts.map(([path, name]) => new h5.Group(session.id, `/${path}`).attrs[name].value),
    names: [...new h5.Group(session.id, "/").keys()],
  })).result;
}

test("numbers of every type, empty ones, scalars, and texts are read by the HDF5 library and by our own reader", async () => {
  const sets = {
    "a/vars/0": { data: Float32Array.of(1.5, -2, 3e-39, Number.NaN), shape: [2, 2], dtype: "float32" },
    "a/vars/1": { data: Float64Array.of(Math.PI), shape: [], dtype: "float64" },
    "a/vars/2": { data: Int32Array.of(-7, 2 ** 31 - 1), shape: [2], dtype: "int32" },
    "b/c/vars/0": { data: BigInt64Array.of(-(2n ** 60n)), shape: [1], dtype: "int64" },
    "b/c/vars/1": { data: Uint8Array.of(0, 255, 7), shape: [3, 1], dtype: "uint8" },
    "b/empty": { data: new Float32Array(0), shape: [0, 4], dtype: "float32" },
    ümlaut: { data: Uint32Array.of(1), shape: [1], dtype: "uint32" },
  };
  const fill = (file: Parameters<Parameters<typeof writePlainHdf5>[0]>[0]) => {
    file.group("nothing");
    for (const [path, set] of Object.entries(sets)) file.dataset(path, set);
    file.text("a/vars", "name", "läyer");
    file.text("a/vars", "other", "");
    file.text("b", "name", "x".repeat(5000));
  };
  const bytes = writePlainHdf5(fill);
  expect(writePlainHdf5(fill)).toEqual(bytes);
  expect(scanPlainHdf5(bytes)).not.toBeNull();
  const texts = [["a/vars", "name"], ["a/vars", "other"], ["b", "name"]] as const; // biome-ignore format: one line
  const full = Object.keys(sets).filter((path) => path !== "b/empty");
  const found = await byLibrary(
    bytes,
    full,
    texts.map(([path, name]) => [path, name]),
  );
  expect(found.names).toEqual(["a", "b", "nothing", "ümlaut"]);
  expect(found.texts).toEqual(["läyer", "", "x".repeat(5000)]);
  for (const [k, path] of full.entries()) {
    const { data, shape } = sets[path as keyof typeof sets];
    expect(found.numbers[k].shape).toEqual(shape);
    expect(
      [found.numbers[k].data].flat().length > 0 && Array.from([found.numbers[k].data].flat(9)[0] as never),
    ).toEqual(shape.length === 0 ? expect.anything() : Array.from(data as never));
  }
  const own = await readHdf5(bytes, "own", (file) => ({
    sets: Object.keys(sets).map((path) => file.dataset(path)),
    name: file.text("a/vars", "name"),
  }));
  expect(own.sets).toEqual(Object.values(sets));
  expect(own.name).toBe("läyer");
});

test("a group of many names has a tree of several levels, which the library walks in order", async () => {
  const names = Array.from({ length: 700 }, (_, k) => `layer_${k}`);
  const bytes = writePlainHdf5((file) => {
    for (const [k, name] of names.entries())
      file.dataset(name, { data: Float32Array.of(k), shape: [1], dtype: "float32" });
  });
  const { numbers, names: listed } = await byLibrary(bytes, names, []);
  expect(numbers.map(({ data }) => (data as Float32Array)[0])).toEqual(names.map((_, k) => k));
  expect(listed).toEqual([...names].sort());
  expect(scanPlainHdf5(bytes)!.children.size).toBe(700);
});

test("what does not fit is refused as the library's writer refuses it", async () => {
  const cases: [Parameters<typeof writePlainHdf5>[0], string][] = [
    [(f) => f.dataset("a", { data: new Float32Array(3), shape: [2], dtype: "float32" }), "numbers that fill [2]"],
    [(f) => f.dataset("a", { data: new Float32Array(2), shape: [2], dtype: "int32" }), "int32 numbers"],
    [(f) => f.dataset("a/..", { data: new Float32Array(1), shape: [1], dtype: "float32" }), "a plain name"],
    [(f) => f.group("a//b"), "a plain name"],
    [(f) => f.text("a", "name", "a\0b"), "a zero character"],
  ];
  for (const [write, message] of cases) {
    expect(() => writePlainHdf5(write)).toThrow(message);
    await expect(writeHdf5(write)).rejects.toThrow(message);
  }
});
