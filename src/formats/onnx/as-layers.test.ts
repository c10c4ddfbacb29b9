/** An imported graph is saved again with its weights, and becomes layers where its nodes are some; elsewhere the node is named. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { thorough } from "../../../test/thorough.ts";
import { FormatError } from "../../errors.ts";
import type { AnyModel } from "../../models/model.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { loadModel } from "../load-model.ts";
import { modelBytes, openModel } from "../model-file.ts";
import { survivors } from "../survey.ts";
import { asLayers } from "./as-layers.ts";
import { onnxBytes } from "./export.ts";
import { readOnnx } from "./proto.ts";

interface Opened {
  name: string;
  model: AnyModel;
  x: NdArray[];
}
const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../test/fixtures/${name}`, import.meta.url), "utf8"));
const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text, "base64"));

/** Keras's exports, and those of PyTorch's that are models of rows. */
async function opened(): Promise<Opened[]> {
  const found: Opened[] = [];
  for (const { name, model, inputs } of read("keras-onnx.json"))
    found.push({
      name: `Keras, ${name}`,
      model: await openModel({ bytes: bytesOf(model), who: name }),
      x: inputs.map(
        ({ shape, data }: { shape: number[]; data: number[] }) => new NdArray(Float32Array.from(data), shape),
      ),
    });
  for (const { kind, text, model, files, runs } of read("onnx-models.json")) {
    const beside = async (file: string) => bytesOf(files[file]);
    const opening = openModel({ bytes: bytesOf(files[model]), who: text, beside }).catch(() => null);
    const own = await opening;
    if (!own) continue;
    const x = runs[0].inputs.map(({ type, shape, data }: { type: string; shape: number[]; data: string }) => {
      const numbers = new Float64Array(bytesOf(data).buffer);
      return new NdArray((/^float|^double/.test(type) ? Float32Array : Int32Array).from(numbers), shape);
    });
    found.push({ name: `${kind}, ${text}`, model: own, x });
  }
  return found;
}
const all = await opened();

async function predicted(model: AnyModel, x: NdArray[]): Promise<NdArray[]> {
  return [await model.predict((x.length > 1 ? x : x[0]) as never)].flat() as NdArray[];
}
const difference = (a: NdArray[], b: NdArray[]) =>
  Math.max(
    ...a.flatMap((y, k) => [...y.data].map((v, i) => (Object.is(v, b[k].data[i]) ? 0 : Math.abs(v - b[k].data[i])))),
  );

test.skipIf(!thorough)(
  "every imported model is written as ONNX again, from memory, and gives the same numbers",
  async () => {
    for (const { name, model, x } of all) {
      const again = await openModel({ bytes: onnxBytes(model), who: "again.onnx" });
      expect(difference(await predicted(model, x), await predicted(again, x)), name).toBe(0);
    }
  },
);

test("weights that were changed are written, and what is not a weight stays as it was", async () => {
  const { model, x } = all.find(({ name }) => name === "Keras, LSTMs over any number of steps")!;
  const before = readOnnx(onnxBytes(model), "before");
  model.setWeights(
    model.getWeights().map(
      ({ data, shape }) =>
        new NdArray(
          Float32Array.from(data, (v) => v / 2),
          shape,
        ),
    ),
  );
  const bytes = onnxBytes(model);
  const after = readOnnx(bytes, "after");
  expect(after.nodes.map(({ op }) => op)).toEqual(before.nodes.map(({ op }) => op));
  expect(difference(await predicted(model, x), await predicted(await openModel({ bytes, who: "a" }), x))).toBe(0);
  expect(() => onnxBytes(model, { step: true })).toThrow(/Convert it to layers first/);
});

/** What is made of layers alone; the others name a node. */
const layered = [
  "Keras, embedding and LSTM",
  "Keras, LSTMs over any number of steps",
  "Keras, Conv1D",
  "Keras, Conv2D",
  "Keras, separable convolution",
  "Keras, an encoder's state for a decoder",
  "Keras, normalizations",
  "Keras, GroupNormalization",
];

describe("as layers", () => {
  test.skipIf(!thorough)(
    "Keras's and PyTorch's networks are saved as .keras, give the same numbers and can be trained",
    async () => {
      const found: string[] = [];
      for (const { name, model, x } of all) {
        const layers = await asLayers(model).catch((error: Error) => error);
        if (layers instanceof Error) {
          expect(layers, name).toBeInstanceOf(FormatError);
          expect(layers.message, name).toMatch(
            /float16/.test(name) // rounded between its nodes
              ? /as layers: expected .*\n {2}(Keep it|Export it)/
              : /as layers: expected (a node that is a layer|an open batch)[\s\S]*\n {2}(Keep it|Export it)/,
          );
          continue;
        }
        found.push(name);
        const bytes = await modelBytes(model, "model.keras");
        const again = await openModel({ bytes, who: "model.keras" });
        const wanted = await predicted(model, x);
        expect(difference(wanted, await predicted(again, x)), name).toBeLessThan(1e-5); // f32: the same sums in another order
        again.compile({ optimizer: "sgd", loss: again.outputNames.map(() => "mse" as const) });
        const y = wanted.map(
          ({ data, shape }) =>
            new NdArray(
              Float32Array.from(data, (v) => v + 1),
              shape,
            ),
        );
        const { loss } = await again.trainOnBatch(
          (x.length > 1 ? x : x[0]) as never,
          (y.length > 1 ? y : y[0]) as never,
        );
        expect(loss, name).toBeCloseTo(wanted.length, 3);
      }
      expect(found).toEqual(expect.arrayContaining(layered));
      expect(found.filter((name) => !name.startsWith("Keras")).length).toBeGreaterThan(3);
    },
    120_000, // ms
  );

  test("save writes them, to a path", async () => {
    const { model } = all.find(({ name }) => name === "Keras, embedding and LSTM")!;
    const folder = mkdtempSync(join(tmpdir(), "as-layers-"));
    await model.save(join(folder, "model.keras"));
    await model.save(join(folder, "model.onnx"));
    const [a, b] = [await loadModel(join(folder, "model.keras")), await loadModel(join(folder, "model.onnx"))];
    expect(a.layers.map(({ className }) => className)).toEqual([
      "InputLayer",
      "Embedding",
      "LSTM",
      "GetItem",
      "Dense",
      "Activation",
    ]);
    expect(b.layers.map(({ className }) => className)).toEqual(["InputLayer", "OnnxGraph"]);
    rmSync(folder, { recursive: true });
  });

  test("a model of layers stays as it is", async () => {
    const { model } = all.find(({ name }) => name === "Keras, Conv2D")!;
    const layers = await asLayers(model);
    expect(await asLayers(layers)).toBe(layers);
  });

  test("a graph with a node that is no layer is not written to .keras, and is told where", async () => {
    const { model } = all.find(({ name }) => name === "Keras, GRU")!;
    await expect(modelBytes(model, "model.keras")).rejects.toThrow(/node Loop .*as layers/);
    expect((await survivors(model)).get(".keras")).toMatch(/node Loop .*as layers/);
  });

  test("survivors counts what is written as layers", async () => {
    const { model } = all.find(({ name }) => name === "Keras, embedding and LSTM")!;
    const written = await survivors(model);
    expect([written.get(".keras"), written.get(".onnx")]).toEqual([null, null]);
  });
});
