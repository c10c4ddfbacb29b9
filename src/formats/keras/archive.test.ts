import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { thorough } from "../../../test/thorough.ts";
import { DataError, FormatError } from "../../errors.ts";
import { endlessHeap } from "../containers/hdf5-heaps.ts";
import { loadHdf5 } from "../containers/hdf5-session.ts";
import { unzip, zip } from "../containers/zip.ts";
import {
  type KerasArchive,
  readKerasArchive,
  readWeights,
  type WeightTree,
  writeKerasArchive,
  writeWeights,
} from "./archive.ts";

const shared = join(process.cwd(), "..", "shared");
const utf8 = (value: string) => new TextEncoder().encode(value);
const load = (path: string) => new Uint8Array(readFileSync(path));

/** A generator of numbers in [0, 1) that a seed fixes (Marsaglia's xorshift, 32 bits). */
function randomFrom(seed: number): () => number {
  let s = (seed * 2654435761 + 88675123) >>> 0 || 1;
  return () => {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    return (s >>> 0) / 2 ** 32;
  };
}

function floats(count: number, seed: number): Float32Array {
  const random = randomFrom(seed);
  return Float32Array.from({ length: count }, () => random() - 0.5);
}

/** Odd shapes, scalars, an empty variable, every number type, twelve variables in one object, names beyond ASCII. */
function oddArchive(): KerasArchive {
  const special = new Float32Array(Uint32Array.of(0x80000000, 0x7fc00001, 0xff800000, 1, 0x3f800000).buffer);
  const many = Array.from({ length: 12 }, (_, i) => ({ data: Float32Array.of(i), shape: [], dtype: "float32" }));
  const weights: WeightTree = new Map([
    ["", { name: "модель ☃", variables: [] }],
    ["layers/dropout", { name: "dropout", variables: [] }],
    ["layers/lstm", { name: "é".repeat(300), variables: [] }],
    [
      "layers/lstm/cell",
      {
        name: "lstm_cell",
        variables: [
          { data: floats(3 * 20, 1), shape: [3, 20], dtype: "float32" },
          { data: floats(5 * 20, 2), shape: [5, 1, 20, 1], dtype: "float32" },
          { data: special, shape: [5], dtype: "float32" },
          { data: new Float32Array(0), shape: [0, 7], dtype: "float32" },
        ],
      },
    ],
    ["layers/schicht_für_β", { name: "x", variables: [{ data: floats(1, 3), shape: [1, 1, 1], dtype: "float32" }] }],
    ["layers/unnamed", { variables: [{ key: "kernel", data: floats(2, 4), shape: [2], dtype: "float32" }] }],
    ["optimizer", { name: "adam", variables: [{ data: Int32Array.of(-7), shape: [], dtype: "int32" }, ...many] }],
    [
      "types",
      {
        name: "all",
        variables: [
          { data: Float64Array.of(Math.PI, -0), shape: [2], dtype: "float64" },
          { data: BigInt64Array.of(-(2n ** 62n)), shape: [], dtype: "int64" },
          { data: BigUint64Array.of(2n ** 63n), shape: [1], dtype: "uint64" },
          { data: Uint32Array.of(2 ** 31, 5), shape: [2], dtype: "uint32" },
          { data: Int16Array.of(-300), shape: [1], dtype: "int16" },
          { data: Uint16Array.of(60_000), shape: [1], dtype: "uint16" },
          { data: Int8Array.of(-3), shape: [1], dtype: "int8" },
          { data: Uint8Array.of(200), shape: [1], dtype: "uint8" },
        ],
      },
    ],
  ]);
  return {
    metadata: { keras_version: "3.15.1", date_saved: "2026-11-20@23:30:19" },
    config: { class_name: "Sequential", config: { name: "модель ☃", layers: [], nothing: null, learning_rate: 0.1 } },
    weights,
    assets: new Map([
      ["tokenizer.json", utf8('{"ключ":1}')],
      ["layers/vocab.txt", Uint8Array.of(0, 255, 10)],
    ]),
  };
}

/** Everything in an archive as plain values, numbers as bytes, so that comparing is bit by bit. */
function plain(weights: WeightTree) {
  return [...weights].map(([path, { name, variables }]) => ({
    path,
    name,
    variables: variables.map(({ key, data, shape, dtype }, i) => {
      const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex");
      return { key: key ?? String(i), shape, dtype, type: data.constructor.name, bytes };
    }),
  }));
}
const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);

async function messageOf(work: Promise<unknown>, kind: typeof FormatError | typeof DataError = FormatError) {
  const error = await work.then(
    () => undefined,
    (e) => e,
  );
  expect(error).toBeInstanceOf(kind);
  return error.message as string;
}

/** A `.keras` file of the given members, with the usual three where none are given. */
async function archiveOf(changes: Record<string, Uint8Array | undefined> = {}): Promise<Uint8Array> {
  const usual = {
    "metadata.json": utf8('{"keras_version": "3.15.1", "date_saved": "2026-11-20@23:30:19"}'),
    "config.json": utf8("{}"),
    "model.weights.h5": await writeWeights(new Map([["", { name: "m", variables: [] }]])),
  };
  const members = Object.entries({ ...usual, ...changes });
  return zip(members.flatMap(([name, bytes]) => (bytes ? [[name, bytes] as const] : [])));
}

beforeAll(() => loadHdf5()); // so that no test's time limit pays for it

describe("a .keras file", () => {
  test("comes back bit for bit, whatever the shapes, types and names", async () => {
    const archive = oddArchive();
    const bytes = await writeKerasArchive(archive);
    const again = await readKerasArchive(bytes, "odd.keras");
    expect(again.metadata).toEqual(archive.metadata);
    expect(again.config).toEqual(archive.config);
    expect([...again.assets]).toEqual([...archive.assets]);
    expect(plain(again.weights).sort(byPath)).toEqual(plain(archive.weights).sort(byPath));
    expect(Buffer.compare(await writeKerasArchive(again), await writeKerasArchive(again))).toBe(0);
  });

  test("is the same bytes a second later", async () => {
    const first = await writeKerasArchive(oddArchive());
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3000 }); // HDF5 stores whole seconds where it stores times, zip two
    const later = await writeKerasArchive(oddArchive()).finally(() => vi.useRealTimers());
    expect(Buffer.compare(later, first)).toBe(0);
  });

  test("holds its members in Keras's order, all stored, assets last", async () => {
    const bytes = await writeKerasArchive(oddArchive());
    const members = await unzip(bytes, "odd.keras");
    expect(members.map(({ name }) => name)).toEqual([
      "metadata.json",
      "config.json",
      "model.weights.h5",
      "assets/tokenizer.json",
      "assets/layers/vocab.txt",
    ]);
    const stored = members.every(({ read }) => read().buffer === bytes.buffer);
    expect(stored).toBe(true); // a deflated member would have memory of its own
  });

  test("lists an object's variables in counting order and objects before what they hold", async () => {
    const { weights } = await readKerasArchive(await writeKerasArchive(oddArchive()), "odd.keras");
    expect(weights.get("optimizer")?.variables.map(({ key }) => key)).toEqual(
      Array.from({ length: 13 }, (_, i) => `${i}`),
    );
    expect(weights.get("optimizer")?.variables.map(({ data }) => Number(data[0]))).toEqual([-7, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]); // biome-ignore format: one line
    const paths = [...weights.keys()];
    expect(paths[0]).toBe("");
    expect(paths.indexOf("layers/lstm/cell")).toBe(paths.indexOf("layers/lstm") + 1);
  });

  test("does not write what it could not read back", async () => {
    const bad = async (path: string, variable: Partial<KerasVariable>) => {
      const usual = { data: Float32Array.of(1, 2), shape: [2], dtype: "float32" };
      return messageOf(writeWeights(new Map([[path, { variables: [{ ...usual, ...variable }] }]])), DataError);
    };
    expect(await bad("a", { shape: [3] })).toBe('HDF5 "a/vars/0": expected numbers that fill [3], received 2.');
    expect(await bad("a", { dtype: "int32" })).toContain("expected int32 numbers, received Float32Array");
    expect(await bad("a", { dtype: "bfloat16" })).toContain("Pass one of float32, float64");
    expect(await bad("a//b", {})).toContain("a plain name for each group");
    expect(await bad("a/..", {})).toContain("a plain name for each group");
    expect(await bad("a", { key: "b/c" })).toContain(
      'a key of its own, without a slash, for each variable, received "b/c"',
    );
    const twice = {
      variables: ["1", "1"].map((key) => ({ key, data: Float32Array.of(1), shape: [], dtype: "float32" })),
    };
    expect(await messageOf(writeWeights(new Map([["a", twice]])), DataError)).toContain('received "1"');
    // A failure leaves nothing behind: the next file is written as ever.
    expect(
      (await readWeights(await writeWeights(new Map([["", { name: "m", variables: [] }]])), "m")).get("")?.name,
    ).toBe("m");
  });
});

interface KerasVariable {
  key: string;
  data: Float32Array;
  shape: number[];
  dtype: string;
}

describe("files written by Keras", () => {
  /** Paths with variables in each file, optimizer aside: key:shape. Its optimizer as a number of variables. */
  const expected: Record<string, { version: string; optimizer: number; layers: Record<string, string> }> = {
    "models/keras3-bilstm-stock/bilstm_model.keras": {
      version: "3.0.5",
      optimizer: 34,
      layers: {
        "layers/bidirectional/backward_layer/cell": "1x200 50x200 200",
        "layers/bidirectional/forward_layer/cell": "1x200 50x200 200",
        "layers/bidirectional_1/backward_layer/cell": "100x200 50x200 200",
        "layers/bidirectional_1/forward_layer/cell": "100x200 50x200 200",
        "layers/dense": "100x25 25",
        "layers/dense_1": "25x1 1",
      },
    },
    "models/keras3-btc/btc_gru_v2.keras": {
      version: "3.14.1",
      optimizer: 16,
      layers: { "layers/dense": "64x32 32", "layers/dense_1": "32x1 1", "layers/gru/cell": "9x192 64x192 2x192" },
    },
    "models/keras3-btc/btc_lstm_v1.keras": {
      version: "3.14.1",
      optimizer: 12,
      layers: { "layers/dense": "64x1 1", "layers/lstm/cell": "9x256 64x256 256" },
    },
    "models/keras3-btc/gru_model.keras": {
      version: "3.12.2",
      optimizer: 16,
      layers: { "layers/dense": "64x32 32", "layers/dense_1": "32x1 1", "layers/gru/cell": "9x192 64x192 2x192" },
    },
    "models/keras3-btc/lstm_model.keras": {
      version: "3.12.2",
      optimizer: 16,
      layers: { "layers/dense": "64x32 32", "layers/dense_1": "32x1 1", "layers/lstm/cell": "9x256 64x256 256" },
    },
    "models/keras3-intent-bilstm/bilstm_model.keras": {
      version: "3.10.0",
      optimizer: 24,
      layers: {
        "layers/attention_layer": "256x1 40x1",
        "layers/bidirectional/backward_layer/cell": "128x512 128x512 512",
        "layers/bidirectional/forward_layer/cell": "128x512 128x512 512",
        "layers/dense": "256x12 12",
        "layers/embedding": "178x128",
      },
    },
    "golden/masked_model.keras": {
      version: "3.15.1",
      optimizer: 2,
      layers: { "layers/dense": "2x3 3", "layers/embedding": "6x3", "layers/lstm/cell": "3x8 2x8 8" },
    },
  };

  for (const [file, { version, optimizer, layers }] of Object.entries(expected)) {
    test(`${file} is read with every path and shape, and survives writing`, async ({ skip }) => {
      const path = join(shared, file);
      if (!existsSync(path)) skip(`there is no ../shared/${file} beside this checkout`);
      const archive = await readKerasArchive(load(path), file);
      expect(archive.metadata.keras_version).toBe(version);
      expect(archive.metadata.date_saved).toMatch(/^\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d$/);
      expect(archive.config.class_name).toMatch(/^(Sequential|Functional)$/);
      const found = [...archive.weights].filter(
        ([path, { variables }]) => path !== "optimizer" && variables.length > 0,
      );
      const shapes = found.map(([path, { variables }]) => [
        path,
        variables.map(({ shape }) => shape.join("x")).join(" "),
      ]);
      expect(Object.fromEntries(shapes)).toEqual(layers);
      const numbers = found.flatMap(([, { variables }]) => variables.flatMap(({ data }) => [...data].map(Number)));
      expect(numbers.every(Number.isFinite)).toBe(true);
      const steps = archive.weights.get("optimizer")?.variables ?? [];
      expect(steps.length).toBe(optimizer);
      expect(steps[0].shape).toEqual([]);
      const again = await readKerasArchive(await writeKerasArchive(archive), file);
      expect(plain(again.weights)).toEqual(plain(archive.weights));
      expect(again.config).toEqual(archive.config);
    });
  }

  test("no .keras file of the collection is left out of the list above", ({ skip }) => {
    if (!existsSync(join(shared, "models"))) skip("there is no ../shared/models beside this checkout");
    const folders = readdirSync(join(shared, "models")).filter((name) => name.startsWith("keras3-"));
    const files = folders.flatMap((folder) =>
      readdirSync(join(shared, "models", folder)).map((name) => `models/${folder}/${name}`),
    );
    const listed = Object.keys(expected).filter((file) => file.startsWith("models/"));
    expect(files.filter((file) => file.endsWith(".keras")).sort()).toEqual(listed.sort());
  });

  test("a Keras 2 model under a .keras name is called what it is", async ({ skip }) => {
    const path = join(shared, "models/keras2-bilstm-hdf5/bilstm_model.keras");
    if (!existsSync(path)) skip("there is no ../shared/models/keras2-bilstm-hdf5 beside this checkout");
    const message = await messageOf(readKerasArchive(load(path), "bilstm_model.keras"));
    expect(message).toContain(
      "bilstm_model.keras: expected a Keras v3 file (a zip archive), received a legacy HDF5 file",
    );
    expect(message).toContain("end in .h5");
  });
});

/** A Python with h5py, which reads and writes HDF5 with other code than ours; undefined where there is none. */
function pythonWithH5py(): string | undefined {
  return ["python3", "/usr/bin/python3"].find((python) => {
    try {
      execFileSync(python, ["-c", "import h5py, numpy"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  });
}

describe("h5py as an independent reader", () => {
  const python = pythonWithH5py();
  const why = "there is no python3 with h5py here";
  const inFolder = (work: (folder: string) => void) => {
    const folder = mkdtempSync(join(tmpdir(), "cellstate-h5py-"));
    try {
      work(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  const run = (script: string, ...args: string[]) =>
    execFileSync(python ?? "", ["-c", script, ...args], { encoding: "utf8" });

  test("finds the groups, names, types and numbers we wrote, stored as Keras stores them", async ({ skip }) => {
    if (!python) skip(why);
    const archive = oddArchive();
    const bytes = await writeKerasArchive(archive);
    const script = `
import sys, io, json, zipfile, h5py
z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None
out = {"members": [(i.filename, i.compress_type) for i in z.infolist()], "objects": [],
       "json": json.loads(z.read("config.json")), "superblock": z.read("model.weights.h5")[8]}
def visit(name, item):
    if not isinstance(item, h5py.Group) or name.split("/")[-1] != "vars": return
    text = item.attrs.get_id("name") if "name" in item.attrs else None
    kind = h5py.check_string_dtype(text.dtype) if text else None
    out["objects"].append({"path": name[:-5] if name != "vars" else "", "name": item.attrs.get("name"),
        "kind": [kind.encoding, kind.length, list(text.shape)] if kind else None,
        "variables": [{"key": k, "shape": list(item[k].shape), "dtype": str(item[k].dtype), "chunks": item[k].chunks,
            "compression": item[k].compression, "bytes": item[k][()].tobytes().hex()} for k in sorted(item, key=lambda k: (len(k), k))]})
h5py.File(io.BytesIO(z.read("model.weights.h5")), "r").visititems(visit)
print(json.dumps(out))`;
    inFolder((folder) => {
      const path = join(folder, "odd.keras");
      writeFileSync(path, bytes);
      const found = JSON.parse(run(script, path));
      expect(found.members.map(([, method]: [string, number]) => method)).toEqual([0, 0, 0, 0, 0]);
      expect(found.json).toEqual(archive.config);
      expect(found.superblock).toBe(0);
      const wanted = plain(archive.weights).map(({ path, name, variables }) => ({
        path,
        name: name ?? null,
        kind: name === undefined ? null : ["utf-8", null, []],
        variables: variables.map(({ type: _, ...variable }) => ({ ...variable, chunks: null, compression: null })),
      }));
      expect(found.objects.sort(byPath)).toEqual(wanted.sort(byPath));
    });
  });

  test("writes half floats, booleans, big-endian numbers and fixed strings, which we read", async ({ skip }) => {
    if (!python) skip(why);
    const script = `
import sys, h5py, numpy as np
for name, version in (("old", "earliest"), ("new", "latest")):
    with h5py.File(sys.argv[1] + "/" + name + ".h5", "w", libver=version) as f:
        g = f.create_group("vars"); g.attrs["name"] = np.bytes_("fixed")
        g["0"] = np.array([1.5, -2, 65504, 2**-24, np.inf, -0.0], "f2"); g["1"] = np.array([True, False])
        g.create_dataset("2", data=np.array([0x3f80, 0xc000], "u2").view("V2")).attrs["dtype"] = "bfloat16"
        g["3"] = np.array([1, 2.5], ">f4"); g["10"] = np.int64(5)`;
    const files: Uint8Array[] = [];
    inFolder((folder) => {
      run(script, folder);
      for (const name of ["old", "new"]) files.push(load(join(folder, `${name}.h5`)));
    });
    for (const bytes of files) {
      const group = (await readWeights(bytes, "h5py.h5")).get("");
      expect(group?.name).toBe("fixed");
      expect(group?.variables.map(({ key, dtype, data }) => [key, dtype, Array.from(data as Float32Array)])).toEqual([
        ["0", "float16", [1.5, -2, 65504, 2 ** -24, Number.POSITIVE_INFINITY, -0]],
        ["1", "bool", [1, 0]],
        ["2", "bfloat16", [1, -2]],
        ["3", "float32", [1, 2.5]],
        ["10", "int64", [5n]],
      ]);
    }
  });

  test("writes datasets that live in other files, which we refuse", async ({ skip }) => {
    if (!python) skip(why);
    const script = `
import sys, h5py, numpy as np
with h5py.File(sys.argv[1] + "/storage.h5", "w") as f:
    f.create_group("vars").create_dataset("0", shape=(16,), dtype="u1", external=[(sys.argv[1] + "/secret.txt", 0, 16)])
with h5py.File(sys.argv[1] + "/virtual.h5", "w") as f:
    layout = h5py.VirtualLayout(shape=(16,), dtype="u1"); layout[:] = h5py.VirtualSource("secret.h5", "x", shape=(16,))
    f.create_group("vars").create_virtual_dataset("0", layout)`;
    const files: Record<string, Uint8Array> = {};
    inFolder((folder) => {
      writeFileSync(join(folder, "secret.txt"), "0123456789abcdef");
      run(script, folder);
      for (const name of ["storage", "virtual"]) files[name] = load(join(folder, `${name}.h5`));
    });
    expect(await messageOf(readWeights(files.storage, "x.h5"))).toContain("unable to open external raw data file");
    expect(await messageOf(readWeights(files.virtual, "x.h5"))).toContain("received a virtual dataset");
  });
});

describe("a file that is not what it claims", () => {
  test("is told apart by its first bytes", async () => {
    const message = async (bytes: Uint8Array) => messageOf(readKerasArchive(bytes, "x.keras"));
    expect(await message(new Uint8Array(0))).toContain("the file is empty");
    expect(await message(utf8("<!DOCTYPE html>"))).toContain("this is a web page (HTML), not a model");
    expect(await message(Uint8Array.of(0x1f, 0x8b, 8, 0))).toContain("this is a gzip archive, not a model");
    expect(await message(utf8("version https://git-lfs.github.com/spec/v1\n"))).toContain("git lfs pull");
    expect(await message(await writeWeights(new Map()))).toContain("legacy HDF5 file");
    expect(await message(await zip([]))).toContain('expected a member "model.weights.h5", received an empty archive');
  });

  test("is told what it lacks", async () => {
    const message = async (changes: Record<string, Uint8Array | undefined>) =>
      messageOf(readKerasArchive(await archiveOf(changes), "x.keras"));
    expect(await message({ "config.json": undefined })).toContain('expected a member "config.json"');
    expect(await message({ "metadata.json": undefined })).toContain('expected a member "metadata.json"');
    const shards = {
      "model.weights.h5": undefined,
      "model.weights.json": utf8("{}"),
      "model_00000.weights.h5": utf8(""),
    };
    expect(await message(shards)).toContain("received weights in shards (model.weights.json)");
    expect(await message(shards)).toContain("max_shard_size");
  });

  test("is told what is wrong with its JSON", async () => {
    const message = async (json: Uint8Array) =>
      messageOf(readKerasArchive(await archiveOf({ "config.json": json }), "x.keras"));
    expect(await message(utf8('{"a": }'))).toContain('x.keras, "config.json": expected JSON in UTF-8, received');
    expect(await message(Uint8Array.of(0x22, 0xff, 0x22))).toContain("expected JSON in UTF-8");
    expect(await message(utf8("[1]"))).toContain("expected a JSON object, received a list");
    expect(await message(utf8("null"))).toContain("received null");
    expect(await message(utf8(`{"a":${"[".repeat(1e6)}${"]".repeat(1e6)}}`))).toContain("at most 256 levels");
    const brackets = utf8(JSON.stringify({ text: `\\"${"[".repeat(1000)}` }));
    expect((await readKerasArchive(await archiveOf({ "config.json": brackets }), "x.keras")).config.text).toHaveLength(
      1002,
    );
    const versionless = archiveOf({ "metadata.json": utf8('{"date_saved": 3}') });
    expect(await messageOf(readKerasArchive(await versionless, "x.keras"))).toContain(
      "expected keras_version and date_saved",
    );
  });

  test("is refused when an asset would leave its folder or the archive unpacks to too much", async () => {
    const archive = await archiveOf({ "assets/aa/x": utf8("x") });
    const escaping = Buffer.from(
      Buffer.from(archive).toString("latin1").replaceAll("assets/aa/x", "assets/../x"),
      "latin1",
    );
    expect(await messageOf(readKerasArchive(new Uint8Array(escaping), "x.keras"))).toContain('"assets/../x"');
    const bomb = await archiveOf();
    const size = Buffer.from(bomb).lastIndexOf("PK\x01\x02") + 24; // the declared size of the last member
    new DataView(bomb.buffer, bomb.byteOffset).setUint32(size, 0x7fffffff, true);
    new DataView(bomb.buffer, bomb.byteOffset).setUint16(size - 14, 8, true); // deflated
    expect(await messageOf(readKerasArchive(bomb, "x.keras"))).toContain("zip bomb");
  });

  test("is refused when its weights are no HDF5 or not Keras's", async () => {
    const message = async (bytes: Uint8Array) =>
      messageOf(readKerasArchive(await archiveOf({ "model.weights.h5": bytes }), "x.keras"));
    expect(await message(utf8("garbage"))).toContain(
      'x.keras, "model.weights.h5": expected HDF5 that its library can read',
    );
    expect(await message(new Uint8Array(0))).toContain('x.keras, "model.weights.h5"');
    const good = await writeWeights(
      new Map([["a", { variables: [{ data: floats(900, 5), shape: [900], dtype: "float32" }] }]]),
    );
    expect(await message(good.slice(0, good.length - 1000))).toContain("truncated file");
  });
});

describe("crafted HDF5", () => {
  /** An HDF5 file made by h5wasm itself, for what our own writer refuses to make. */
  async function craft(make: (file: InstanceType<typeof import("h5wasm").File>) => void): Promise<Uint8Array> {
    const h5 = await loadHdf5();
    const file = new h5.File("/crafted.h5", "w");
    make(file);
    file.close();
    const bytes = h5.FS?.readFile("/crafted.h5");
    h5.FS?.unlink("/crafted.h5");
    return bytes as Uint8Array;
  }
  const read = (bytes: Uint8Array) => messageOf(readWeights(bytes, "x.h5"));

  test("with groups that lead back to themselves ends", async () => {
    const hard = craft((file) => {
      file.create_group("layers");
      file.create_hard_link("/layers", "layers/again");
    });
    const found = 'x.h5, "layers/again": expected every object under one name, received an object that has two';
    expect(await read(await hard)).toContain(found);
    const soft = craft((file) => void file.create_soft_link("/", "layers"));
    expect(await read(await soft)).toContain("an object that has two");
  });

  test("with one dataset under many names is refused, not read many times", async () => {
    const bytes = craft((file) => {
      file.create_group("vars").create_dataset({ name: "0", data: floats(1000, 6) });
      for (let i = 1; i < 50; i++) file.create_hard_link("/vars/0", `vars/${i}`);
    });
    expect(await read(await bytes)).toContain('"vars/1": expected every object under one name');
  });

  test("with links out of the file or to nowhere is refused", async () => {
    expect(await read(await craft((file) => void file.create_external_link("elsewhere.h5", "/", "layers")))).toContain(
      "a link",
    );
    expect(await read(await craft((file) => void file.create_soft_link("/nowhere", "layers")))).toContain("a link");
  });

  test("with compressed, outlying or textual datasets is refused with what to do", async () => {
    const chunked = craft((file) => {
      const data = new Float32Array(10_000);
      file.create_group("vars").create_dataset({ name: "0", data, shape: [10_000], chunks: [100], compression: 9 });
    });
    expect(await read(await chunked)).toContain("h5repack");
    const outside = craft((file) => void file.create_dataset({ name: "kernel", data: floats(2, 7) }));
    expect(await read(await outside)).toContain('x.h5, "kernel": expected variables in groups named "vars"');
    const inside = craft((file) => void file.create_group("vars").create_group("deeper"));
    expect(await read(await inside)).toContain('expected variables only, received the group "deeper"');
    const text = craft(
      (file) => void file.create_group("vars").create_dataset({ name: "0", data: ["a"], dtype: "S3" }),
    );
    expect(await read(await text)).toContain("expected numbers, received HDF5 type class 3");
  });

  test("with groups inside groups beyond reason is refused", async () => {
    const bytes = craft((file) => {
      for (let i = 1; i <= 60; i++) file.create_group(Array(i).fill("g").join("/"));
    });
    expect(await read(await bytes)).toContain("at most 32 groups inside each other");
  });

  test("with a heap of text that never ends, which the HDF5 library reads for ever, is kept from the library", async () => {
    const bytes = await writeWeights(new Map([["", { name: "m", variables: [] }]]));
    const heap = Buffer.from(bytes).indexOf("GCOL");
    const free = heap + 16 + 16 + 8; // after the header and the one object, "m" padded to 8
    expect(new DataView(bytes.buffer, bytes.byteOffset).getUint16(free, true)).toBe(0); // it is the free space
    new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(free + 8, 0n, true);
    expect(endlessHeap(bytes)).toBe(free);
    expect((await readWeights(bytes, "w.h5")).get("")!.name).toBe("m"); // our own reader stops where the heap's texts do
    bytes[8] = 2; // another superblock: not for our own reader
    expect(await read(bytes)).toContain(`expected heaps of text that end, received one that does not, at byte ${free}`);
  });

  test("with a text longer than its heap is refused without asking for that memory", async () => {
    const bytes = await writeWeights(new Map([["", { name: "marked text", variables: [] }]]));
    const length = Buffer.from(bytes).lastIndexOf(Buffer.from([11, 0, 0, 0])); // the descriptor: u32 length, u64 heap, u32 index
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(length, 0x7f000000, true);
    const message = await read(bytes);
    expect(message).toContain('x.h5, "vars@name": expected text, received a text of 2130706432 bytes');
  });
});

describe("damage", () => {
  const [few, many] = thorough ? [80, 150] : [20, 40]; // seeds
  const limit = 2000; // ms a damaged file may take
  let file: Uint8Array;
  let weights: Uint8Array;
  beforeAll(async () => {
    file = await writeKerasArchive(oddArchive());
    weights = (await unzip(file, "odd.keras"))[2].read().slice();
  });

  async function outcomeOf(bytes: Uint8Array, seed: number): Promise<"read" | "refused"> {
    const start = performance.now();
    const outcome = await readKerasArchive(bytes, "odd.keras").then(
      () => "read" as const,
      (error) => {
        expect(error, `seed ${seed}: ${error?.stack}`).toBeInstanceOf(FormatError);
        expect(error.message).toContain("odd.keras");
        return "refused" as const;
      },
    );
    expect(performance.now() - start, `seed ${seed}, ms`).toBeLessThan(limit);
    return outcome;
  }

  /** A copy with 1 to 8 bytes changed, three in four of them by one bit, most where structure is denser than numbers. */
  function flipped(bytes: Uint8Array, seed: number): Uint8Array {
    const random = randomFrom(seed);
    const out = bytes.slice();
    const count = 1 + Math.floor(random() * 8);
    const range = random() < 0.7 ? Math.min(bytes.length, 12_000) : bytes.length;
    for (let i = 0; i < count; i++) {
      const at = Math.floor(random() * range);
      out[at] =
        random() < 0.75 ? out[at] ^ (1 << Math.floor(random() * 8)) : [0, 255, 1, 127][Math.floor(random() * 4)];
    }
    return out;
  }

  test(`anywhere in the zip is read or refused, in time: ${few} seeds`, async () => {
    const outcomes = [];
    for (let seed = 1; seed <= few; seed++) outcomes.push(await outcomeOf(flipped(file, seed), seed));
    expect(outcomes.filter((o) => o === "refused").length).toBeGreaterThan(0.75 * few); // checksums cover all but padding and dates
  });

  test(`inside the HDF5 under a correct checksum is read or refused, in time: ${many} seeds`, async () => {
    const outcomes = [];
    for (let seed = 1001; seed <= 1000 + many; seed++) {
      const bytes = await archiveOf({ "model.weights.h5": flipped(weights, seed) });
      outcomes.push(await outcomeOf(bytes, seed));
    }
    expect(outcomes.filter((o) => o === "refused").length).toBeGreaterThan(many / 8); // the rest hit numbers or unused room
    expect(outcomes).toContain("read");
  });

  test("by cutting the file or its HDF5 short is refused, in time: 60 lengths", async () => {
    const random = randomFrom(7);
    for (let i = 0; i < 30; i++) {
      expect(await outcomeOf(file.slice(0, Math.floor(random() * file.length)), i)).toBe("refused");
      const short = weights.slice(0, Math.floor(random() * weights.length));
      expect(await outcomeOf(await archiveOf({ "model.weights.h5": short }), i)).toBe("refused");
    }
  });

  test("leaves h5wasm able to read the undamaged file, and its own files closed", async () => {
    const h5 = await loadHdf5();
    expect(plain((await readKerasArchive(file, "odd.keras")).weights).sort(byPath)).toEqual(
      plain(oddArchive().weights).sort(byPath),
    );
    expect(h5.FS?.readdir("/").filter((name: string) => name.startsWith("cellstate"))).toEqual([]);
  });
});
