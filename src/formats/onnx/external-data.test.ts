/** Numbers in files beside the model: read by path or by hand, never out of its folder, and not so often that they fill the memory. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { thorough } from "../../../test/thorough.ts";
import { FormatError } from "../../errors.ts";
import { type ProtoField, protoMessage } from "../../files/protobuf.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { loadModel } from "../load-model.ts";
import { describeFile, openModel } from "../model-file.ts";
import { readOnnxGraph } from "./read-graph.ts";

const bytes = (fields: readonly ProtoField[]): ProtoField[1] => ({ bytes: protoMessage(fields) });

/** x [batch, 2] times w [2, 2], `count` times over, each w in `entries` of another file. */
function model(entries: Readonly<Record<string, string>>, { count = 1, dims = [2, 2] } = {}): Uint8Array {
  const entry = ([key, value]: [string, string]): ProtoField => [13, bytes([[1, { text: key }], [2, { text: value }]])]; // biome-ignore format: key and value
  const size = (d: number | string): ProtoField => [
    1,
    bytes([typeof d === "number" ? [1, { int: d }] : [2, { text: d }]]),
  ];
  const value = (name: string) =>
    bytes([[1, { text: name }], [2, bytes([[1, bytes([[1, { int: 1 }], [2, bytes([size("batch"), size(2)])]])]])]]); // biome-ignore format: nested
  const names = Array.from({ length: count }, (_, k) => (k === 0 ? "x" : `h${k}`));
  const graph = bytes([
    ...names.map(
      (from, k): ProtoField => [
        1,
        bytes([
          [1, { text: from }],
          [1, { text: `w${k}` }],
          [2, { text: k === count - 1 ? "y" : `h${k + 1}` }],
          [4, { text: "MatMul" }],
        ]),
      ],
    ),
    ...names.map(
      (_, k): ProtoField => [
        5,
        bytes([
          ...dims.map((d): ProtoField => [1, { int: d }]),
          [2, { int: 1 }],
          [8, { text: `w${k}` }],
          ...Object.entries(entries).map(entry),
          [14, { int: 1 }],
        ]),
      ],
    ),
    [11, value("x")],
    [12, value("y")],
  ]);
  return protoMessage([
    [1, { int: 8 }],
    [2, { text: "test" }],
    [7, graph],
    [8, bytes([[2, { int: 17 }]])],
  ]);
}

const numbers = Float32Array.of(9, 9, 1, 2, 3, 4);
const file = new Uint8Array(numbers.buffer);
const good = { location: "weights.bin", offset: "8", length: "16" };
const x = new NdArray(Float32Array.of(1, 10), [1, 2]);
const folder = mkdtempSync(join(tmpdir(), "external-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("numbers in a file beside the model", () => {
  test("are read where the model is opened by its path, and by hand as bytes", async () => {
    writeFileSync(join(folder, "model.onnx"), model(good));
    writeFileSync(join(folder, "weights.bin"), file);
    const found = (await (await loadModel(join(folder, "model.onnx"))).predict(x)) as NdArray;
    expect([...found.data]).toEqual([31, 42]);
    const { y } = await readOnnxGraph(model(good), "model.onnx", { files: { "weights.bin": file } }).run({ x });
    expect([...y.data]).toEqual([31, 42]);
  });

  test("without a length are as many as the shape says, and a folder below the model's is allowed", async () => {
    const { y } = await readOnnxGraph(model({ location: "./data/w", offset: "8" }), "model.onnx", {
      files: { "data/w": file },
    }).run({ x });
    expect([...y.data]).toEqual([31, 42]);
  });

  test("are said to be missing, with what to do", async () => {
    await expect(loadModel(model(good))).rejects.toThrow(/numbers in the file "weights.bin"[\s\S]*Open it by its path/);
    expect(() => readOnnxGraph(model(good), "m", { files: { other: file } })).toThrow(/no such file[\s\S]*beside/);
    await expect(describeFile({ bytes: model(good), who: "m" })).resolves.toEqual({ kind: "ONNX", writer: "test" });
  });
});

describe("hostile places are refused before anything is opened", () => {
  for (const location of [
    "../w",
    "/etc/passwd",
    "a/../../w",
    "C:\\w",
    "a\\w",
    "http://x/w",
    "",
    ".",
    "a//w",
    "w\u0000",
    "x".repeat(2000),
  ])
    test(JSON.stringify(location.slice(0, 20)), async () => {
      const asked: string[] = [];
      const beside = async (name: string) => {
        asked.push(name);
        return file;
      };
      const error = await openModel({ bytes: model({ location }), who: "m.onnx", beside }).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(FormatError);
      expect((error as Error).message).toMatch(/m\.onnx.*the model's own folder/);
      expect(asked).toEqual([]);
    });

  const wrong: Record<string, [Record<string, string>, RegExp]> = {
    "an offset behind the end": [{ ...good, offset: "1000" }, /16 bytes from 1000.*a file of 24/],
    "an offset that is no number": [{ ...good, offset: "-8" }, /number of bytes as offset/],
    "a length beyond all": [{ ...good, length: "999999999999999" }, /a file of 24/],
    "another length than the shape's": [{ ...good, length: "12" }, /expected 4 numbers for \[2, 2\], received 3/],
  };
  for (const [name, [entries, message]] of Object.entries(wrong))
    test(name, () => {
      expect(() => readOnnxGraph(model(entries), "m", { files: { "weights.bin": file } })).toThrow(message);
    });

  test.skipIf(!thorough)("a megabyte that thousands of tensors share ends at the budget", () => {
    const shared = new Uint8Array(1 << 20);
    const bomb = model({ location: "w" }, { count: 9000, dims: [2, 1 << 17] });
    expect(() => readOnnxGraph(bomb, "m", { files: { w: shared } })).toThrow(/bytes of numbers in other files/);
  });
});
