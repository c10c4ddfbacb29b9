import { existsSync, readdirSync, readFileSync } from "node:fs";
import { unzipSync } from "fflate";
import * as h5 from "h5wasm";
import { beforeAll, describe, expect, test } from "vitest";
import { thorough } from "../../../test/thorough.ts";
import { Random } from "../../tensor/random.ts";
import { writeHdf5 } from "./hdf5.ts";
import { isGroup, type PlainGroup, scanPlainHdf5 } from "./hdf5-plain.ts";

interface Files {
  writeFile(path: string, bytes: Uint8Array): void;
  readFile(path: string): Uint8Array;
}
let files: Files;
beforeAll(async () => {
  files = (await h5.ready).FS as unknown as Files;
});

/** Every dataset with its shape and its bytes as text, by path. */
function ours(bytes: Uint8Array, group: PlainGroup, path = ""): Map<string, string> {
  return new Map(
    [...group.children].flatMap(([name, child]) => {
      if (isGroup(child)) return [...ours(bytes, child, `${path}/${name}`)];
      return [
        [
          `${path}/${name}`,
          `${child.shape} ${Buffer.from(bytes)
            .subarray(child.at, child.at + child.size)
            .toString("hex")}`,
        ],
      ] as [string, string][];
    }),
  );
}
function theirs(bytes: Uint8Array): Map<string, string> {
  files.writeFile("/test.h5", bytes);
  const file = new h5.File("/test.h5", "r");
  const found = new Map<string, string>();
  const walk = (group: h5.Group, path: string) => {
    for (const name of group.keys()) {
      const child = group.get(name);
      if (child instanceof h5.Group) walk(child, `${path}/${name}`);
      else if (child instanceof h5.Dataset) {
        const numbers = [child.value].flat()[0];
        const view = ArrayBuffer.isView(numbers)
          ? Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength)
          : null;
        const scalar =
          typeof numbers === "bigint"
            ? Buffer.from(BigInt64Array.of(numbers).buffer)
            : Buffer.from((child.dtype === "<i" ? Int32Array : Float32Array).of(Number(numbers)).buffer);
        found.set(`${path}/${name}`, `${child.shape} ${(view ?? scalar).toString("hex")}`);
      }
    }
  };
  walk(file, "");
  file.close();
  return found;
}

describe("finds what the HDF5 library finds, in files of every Keras", () => {
  for (const folder of ["test/fixtures", "../shared/models", "../shared/golden"].filter(existsSync))
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((f) =>
      /\.(keras|h5)$/.test(f),
    ))
      test(name, () => {
        const raw = readFileSync(`${folder}/${name}`);
        const bytes = raw[0] === 0x50 ? unzipSync(raw)["model.weights.h5"] : raw;
        const root = scanPlainHdf5(bytes);
        expect(root).not.toBeNull();
        const [mine, library] = [ours(bytes, root!), theirs(bytes)];
        expect(mine.size).toBeGreaterThan(0);
        expect(mine).toEqual(library);
      });
});

test("a file with more objects than one node of its tree holds is read whole", async () => {
  const bytes = await writeHdf5((file) => {
    for (let k = 0; k < 300; k++) file.dataset(`group/${k}`, { data: Int32Array.of(k), shape: [1], dtype: "int32" });
  });
  const found = ours(bytes, scanPlainHdf5(bytes)!);
  expect(found.size).toBe(300);
  expect(found).toEqual(theirs(bytes));
});

test("files of other kinds are left to the library", () => {
  for (const [name, make] of [
    ["newest layout", (f: h5.File) => f.create_dataset({ name: "x", data: new Float32Array(4), shape: [4] })],
    ["chunked", (f: h5.File) => f.create_dataset({ name: "x", data: new Float32Array(4), shape: [4], chunks: [2] })],
    ["texts", (f: h5.File) => f.create_dataset({ name: "x", data: ["a", "b"], shape: [2] })],
  ] as const) {
    const libver = name === "newest layout" ? "latest" : ["earliest", "latest"];
    const file = new h5.File("/other.h5", "w", { libver } as never);
    make(file);
    file.close();
    expect(scanPlainHdf5(files.readFile("/other.h5")), name).toBeNull();
  }
  expect(scanPlainHdf5(new Uint8Array(10))).toBeNull();
});

test("damaged anywhere, a file is read within its bounds or left to the library", async () => {
  const good = await writeHdf5((file) => {
    file.group("a/b");
    for (const name of ["a/x", "a/b/y", "z"])
      file.dataset(name, { data: new Float32Array(6), shape: [2, 3], dtype: "float32" });
  });
  for (let seed = 0; seed < (thorough ? 500 : 60); seed++) {
    const random = new Random(seed, 9);
    const bytes = Uint8Array.from(good);
    const view = new DataView(bytes.buffer);
    for (let turn = 0; turn <= random.below(4); turn++) {
      const at = random.below(bytes.length - 8);
      if (random.below(2)) bytes[at] ^= 1 << random.below(8);
      else view.setBigUint64(at, [0n, 56n, 96n, 2n ** 40n, 2n ** 64n - 1n][random.below(5)], true);
    }
    const root = scanPlainHdf5(bytes.subarray(0, random.below(4) ? bytes.length : random.below(bytes.length)));
    for (const [, numbers] of root ? ours(bytes, root) : []) expect(numbers.length).toBeLessThan(2 * bytes.length + 40);
  }
});
