/** Small files that ask for much: each is refused in the library's own words, before it is given. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unzipSync, zipSync } from "fflate";
import { expect, test } from "vitest";
import { readTables } from "../../src/cli/readers/read-table.ts";
import { FormatError } from "../../src/errors.ts";
import { readNpy, readNpz, readSafetensors, writeNpy } from "../../src/formats/index.ts";
import { readKerasArchive, writeKerasArchive } from "../../src/formats/keras/archive.ts";
import { kerasBytes } from "../../src/formats/keras/keras.ts";
import { openModel } from "../../src/formats/model-file.ts";
import { dense, input, loadTask, loadTextClassifier, sequential, TextVectorization } from "../../src/index.ts";
import type { AnyModel } from "../../src/models/model.ts";

const encoded = (text: string) => new TextEncoder().encode(text);
const npy = (descr: string, shape: string, body: Uint8Array) => {
  const head = encoded(`{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117));
  const bytes = new Uint8Array(128 + body.length);
  bytes.set([0x93, ...encoded("NUMPY"), 1, 0, 118, 0, ...head, 10]);
  bytes.set(body, 128);
  return bytes;
};

test("zeros pack a thousandfold: an npz may hold 128 MiB and 32 times itself, or what the caller allows", async () => {
  const zeros = writeNpy({ data: new Uint8Array(2 ** 24), shape: [2 ** 24] });
  const honest = zipSync({ "a.npy": zeros }, { level: 1 });
  expect((await readNpz(honest, "zeros.npz")).get("a")?.shape).toEqual([2 ** 24]);
  const bomb = honest.slice();
  const view = new DataView(bomb.buffer);
  const entry = view.getUint32(bomb.length - 6, true); // where the directory begins
  view.setUint32(entry + 24, 2 ** 28, true); // what the member says it unpacks to
  await expect(readNpz(bomb, "bomb.npz")).rejects.toThrow(
    /bomb\.npz: expected at most \d+ bytes unpacked[\s\S]*maxBytes: 2 \*\* 30/,
  );
  await expect(readNpz(bomb, "bomb.npz", { maxBytes: 2 ** 30 })).rejects.toThrow(/"a\.npy"/); // it lied
});

test("texts of one byte and lists of none take a hundred times their bytes: they are counted", async () => {
  const texts = npy("|S1", `(${2 ** 22},)`, new Uint8Array(2 ** 22));
  expect(readNpy(texts, "honest.npy").data).toHaveLength(2 ** 22);
  await expect(readNpz(zipSync({ "a.npy": texts }, { level: 1 }), "bomb.npz")).rejects.toThrow(
    /bytes of texts, lists and objects/,
  );
  const lists = new Uint8Array(2 ** 20).fill(0x5d);
  lists.set([0x80, 3, 0x5d, 0x28]);
  lists.set([0x65, 0x2e], lists.length - 2);
  expect(() => readNpy(npy("|O", `(${lists.length - 6},)`, lists), "lists.npy")).toThrow(FormatError);
});

test("a weight may be as large as the file's numbers, a hundred such may not", async () => {
  const model = sequential([input([1]), dense(1000, { useBias: false }), dense(2, { useBias: false })]);
  const archive = await readKerasArchive(await kerasBytes(model as unknown as AnyModel), "good");
  const { layers } = (archive.config as { config: { layers: { config: { name: string; units: number } }[] } }).config;
  const [first, wide] = layers;
  const many = Array.from({ length: 18_000 }, (_, k) => ({
    ...wide,
    config: { ...wide.config, name: `d${k}`, units: k % 2 ? 1000 : 2 },
  }));
  layers.splice(0, layers.length, first, ...many);
  const bytes = await writeKerasArchive(archive);
  await expect(openModel({ bytes, who: "bomb.keras" })).rejects.toThrow(
    /bomb\.keras: expected weights of the 3000 numbers in the file, received of \d+/,
  );
});

test("layers, calls, lists and assets that a small archive unpacks to are bounded by its size", async () => {
  const base = await readKerasArchive(
    await kerasBytes(sequential([input([1]), dense(1)]) as unknown as AnyModel),
    "good",
  );
  const packed = async (change: (config: { config: { layers: unknown[] } }) => void, asset = new Uint8Array(0)) => {
    const archive = structuredClone(base);
    change(archive.config as never);
    const stored = unzipSync(await writeKerasArchive({ ...archive, assets: new Map([["a", asset]]) }));
    const bytes = zipSync(stored);
    expect(bytes.length).toBeLessThan(100_000);
    return openModel({ bytes, who: "bomb.keras" });
  };
  const flat = { class_name: "Flatten", config: {} };
  await expect(packed(({ config }) => config.layers.push(...Array(10_000).fill(flat)))).rejects.toThrow(
    /bomb\.keras: expected at most \d+ layers and calls of them in a file of its size/,
  );
  const called = { ...flat, inbound_nodes: Array(10_000).fill([["in", 0, 0, {}]]) };
  await expect(packed(({ config }) => config.layers.push(called))).rejects.toThrow(/layers and calls/);
  await expect(packed((config) => Object.assign(config, { more: Array(1e6).fill([]) }))).rejects.toThrow(
    /"config\.json": expected at most \d+ bytes/,
  );
  await expect(packed(() => {}, new Uint8Array(2 ** 23))).rejects.toThrow(/"assets\/a": expected at most \d+ bytes/);
  expect((await packed(({ config }) => config.layers.push(...Array(2000).fill(flat)))).layers).toHaveLength(2001);
});

test("a task's data that nests without end are named", async () => {
  const model = sequential([input([1]), dense(1)]);
  const deep = `{"task":"textClassifier","version":1,"labels":${"[".repeat(1e6)}${"]".repeat(1e6)}}`;
  model.assets.set("cellstate/task.json", encoded(deep));
  const bytes = await kerasBytes(model as unknown as AnyModel);
  await expect(loadTextClassifier(bytes)).rejects.toThrow(/textClassifier: \w+: expected/);
  await expect(loadTask(bytes)).rejects.toThrow(FormatError);
});

test("a layer called nothing has its class's name, in files too", async () => {
  const model = sequential([input([1]), dense(2, { name: "" }), dense(3, { name: "" })]);
  expect(model.layers.map(({ name }) => name)).toEqual(["dense", "dense_1"]);
  const back = await openModel({ bytes: await kerasBytes(model as unknown as AnyModel), who: "m.keras" });
  expect(back.getWeights()).toEqual(model.getWeights());
});

test("n-grams of every width of a long text are refused, those wider than a text are none", () => {
  const words = Array.from({ length: 3000 }, (_, k) => `w${k}`).join(" ");
  expect(() => new TextVectorization({ ngrams: 3000 }).adapt([words])).toThrow(
    /n-grams of at most 16777216 words[\s\S]*ngrams 3/,
  );
  const short = new TextVectorization({ ngrams: 1e9 });
  short.adapt(["a b"]);
  expect(short.vocabulary().toSorted()).toEqual(["", "[UNK]", "a", "a b", "b"]);
});

test("a line of JSON that is nested without end is named with its line", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cellstate-deep-"));
  const path = join(folder, "deep.jsonl");
  writeFileSync(path, `{"a": "[[[\\"[["}\n{"a": ${"[".repeat(200_000)}${"]".repeat(200_000)}}\n`);
  await expect(readTables([path])).rejects.toThrow(/line 2.*at most 256 levels/);
  rmSync(folder, { recursive: true });
});

test.for([
  [640, "a pickle"],
  [0x4b50, "a zip"],
] as const)("a safetensors header of %d bytes begins as %s does, and is read", async ([length]) => {
  const head = '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'.padEnd(length);
  const bytes = new Uint8Array(8 + length + 4);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(encoded(head), 8);
  expect(readSafetensors(bytes, "w").tensors.size).toBe(1);
  await expect(openModel({ bytes, who: "w" })).rejects.toThrow(/weights and an architecture/);
});
