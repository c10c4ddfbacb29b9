import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { presentBackends } from "../../../test/backends.ts";
import { FormatError } from "../../errors.ts";
import * as l from "../../layers/index.ts";
import { sequential } from "../../models/sequential.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { Random } from "../../tensor/random.ts";
import { adam } from "../../train/optimizers/index.ts";
import { loadModel } from "../load-model.ts";
import { onnxBytes } from "./export.ts";
import { type OnnxModel, readOnnx, readOnnxTensor, writeOnnx } from "./proto.ts";
import { readOnnxGraph } from "./read-graph.ts";

const folder = "../shared/models/onnx-node-tests";
const backends = (await presentBackends()).map((b) => b.name);
const close = (found: ArrayLike<number>, said: ArrayLike<number>) => {
  expect(found.length).toBe(said.length);
  for (let i = 0; i < said.length; i++) expect(Math.abs(found[i] - said[i])).toBeLessThan(1e-5); // f32
};

describe.skipIf(!existsSync(folder))("ONNX's own node tests", () => {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  test("there are all twelve", () => expect(names.length).toBe(12));
  for (const name of names)
    for (const backend of backends)
      test(`${name} on ${backend}`, async () => {
        const graph = readOnnxGraph(readFileSync(`${folder}/${name}/model.onnx`), name);
        const array = (file: string) => {
          const { dims, data } = readOnnxTensor(readFileSync(`${folder}/${name}/test_data_set_0/${file}.pb`), file);
          return new NdArray(Float32Array.from(data as Float32Array), dims);
        };
        const inputs = Object.fromEntries(graph.inputs.map((place, k) => [place.name, array(`input_${k}`)]));
        const results = await graph.run(inputs, { backend });
        graph.outputs.forEach((place, k) => {
          const said = array(`output_${k}`);
          expect(results[place.name].shape).toEqual(said.shape);
          close(results[place.name].data, said.data);
        });
      });
});

const random = new Random(3);
const floats = (...shape: number[]) =>
  new NdArray(
    Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, () => random.uniform(-1, 1)),
    shape,
  );

describe("graphs written here come back as models", () => {
  const stacks: Record<string, [l.Layer[], NdArray]> = {
    "embedding, both ways, dense": [
      [
        l.input([null]),
        l.embedding(9, 4),
        l.bidirectional(l.lstm(3, { returnSequences: true })),
        l.gru(5),
        l.dense(2, { activation: "softmax" }),
      ],
      new NdArray(Float32Array.from([1, 2, 3, 8, 0, 4]), [2, 3]),
    ],
    "simpleRnn backwards, normalised, flattened": [
      [
        l.input([4, 3]),
        l.simpleRnn(3, { goBackwards: true, returnSequences: true }),
        l.layerNormalization(),
        l.flatten(),
        l.dense(2, { activation: "gelu" }),
      ],
      floats(2, 4, 3),
    ],
    "masked, both ways and one way, padding of every kind": [
      [
        l.input([null]),
        l.embedding(6, 3, { maskZero: true }),
        l.bidirectional(l.lstm(3, { returnSequences: true })),
        l.gru(4),
        l.dense(2, { activation: "softmax" }),
      ],
      new NdArray(Float32Array.from([0, 0, 3, 1, 4, 2, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 1, 2, 3, 4]), [5, 4]),
    ],
    "masked, a sequence as output": [
      [l.input([null]), l.embedding(6, 3, { maskZero: true }), l.lstm(3, { returnSequences: true }), l.dense(2)],
      new NdArray(Float32Array.from([0, 0, 3, 1, 4, 2, 0, 0, 1, 0, 2, 0]), [3, 4]),
    ],
    "gru of the older kind, pooled": [
      [
        l.input([null, 3]),
        l.gru(4, { resetAfter: false, returnSequences: true }),
        l.globalAveragePooling1d(),
        l.dense(1),
      ],
      floats(3, 5, 3),
    ],
  };
  for (const [name, [layers, x]] of Object.entries(stacks))
    for (const backend of backends)
      test(`${name}, on ${backend}`, async () => {
        const model = sequential(layers.map((layer) => layer));
        const back = await loadModel(onnxBytes(model), { backend });
        const said = await model.predict(x);
        const found = await back.predict(x);
        expect(found.shape).toEqual(said.shape);
        close(found.data, said.data);
      });

  test("nodes that are not in order are sorted, as ONNX Runtime does", async () => {
    const bytes = onnxBytes(sequential([l.input([4, 3]), l.lstm(3), l.dense(1)]));
    const file = readOnnx(bytes, "small");
    file.nodes.reverse();
    const [a, b] = [await loadModel(bytes), await loadModel(writeOnnx(file))];
    const x = floats(2, 4, 3);
    expect([...(await a.predict(x)).data]).toEqual([...(await b.predict(x)).data]);
  });

  test("such a model can be trained further", async () => {
    const model = sequential([l.input([4, 3]), l.lstm(3), l.dense(1)]);
    const back = await loadModel(onnxBytes(model));
    back.compile({ optimizer: adam({ learningRate: 0.05 }), loss: "mse" });
    const [x, y] = [floats(8, 4, 3), floats(8, 1)];
    const before = await back.evaluate(x, y, { verbose: 0 });
    await back.fit(x, y, { epochs: 20, verbose: 0 });
    expect((await back.evaluate(x, y, { verbose: 0 })).loss).toBeLessThan(before.loss * 0.9); // 20 steps of Adam
  });
});

describe("a graph that cannot be run is refused, with the node and the reason", () => {
  const small = () => readOnnx(onnxBytes(sequential([l.input([4, 3]), l.lstm(3), l.dense(1)])), "small");
  const wrong: Record<string, [(m: OnnxModel) => void, RegExp]> = {
    "an unknown operator": [
      (m) => void Object.assign(m.nodes[1], { op: "NonZero" }),
      /node 1 \(NonZero.*operators that are known here, received NonZero/,
    ],
    "an operator of another domain": [(m) => void Object.assign(m.nodes[0], { op: "Mine" }), /received Mine/],
    "a value nobody computes": [
      (m) => void m.nodes[0].inputs.splice(0, 1, "nowhere"),
      /the value "nowhere" computed before it, received none/,
    ],
    "nodes in a circle": [(m) => void m.nodes[0].inputs.splice(0, 1, m.nodes.at(-1)!.outputs[0]), /computed before it/],
    "weights of another size": [(m) => void Object.assign(m.initializers[0], { dims: [1, 6, 6] }), /small.*|model/],
    "no inputs": [(m) => void m.inputs.splice(0), /no inputs/],
    "an output nobody computes": [(m) => void Object.assign(m.outputs[0], { name: "lost" }), /the output "lost"/],
    "no batch in front": [
      (m) => void Object.assign(m.inputs[0], { shape: [4, "batch", 3] }),
      /all begin with the batch[\s\S]*readOnnxGraph/,
    ],
  };
  for (const [name, [change, message]] of Object.entries(wrong))
    test(name, async () => {
      const model = small();
      change(model);
      const error = await loadModel(writeOnnx(model)).catch((e: unknown) => e as Error);
      expect(error).toBeInstanceOf(FormatError);
      expect((error as Error).message).toMatch(message);
    });
});
