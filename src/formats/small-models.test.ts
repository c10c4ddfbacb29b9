/** Small models saved by Keras 3, Keras 2, PyTorch and TensorFlow.js themselves (`test/judges/make-*`) give their predictions here. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { presentBackends } from "../../test/backends.ts";
import { bidirectional, dense, embedding, gru, input, lstm } from "../layers/index.ts";
import { sequential } from "../models/sequential.ts";
import { asNdArray, NdArray, type NestedNumbers } from "../tensor/nd-array.ts";
import { loadModel, loadWeights } from "./load-model.ts";

const folder = "test/fixtures/models";
type Nested = NestedNumbers[];
interface Said {
  x: Nested;
  y?: { topic: number[]; length: number[] };
  predict: Nested;
  exported?: Nested;
  loss?: number;
}
const said = (name: string): Said => JSON.parse(readFileSync(`${folder}/${name}.json`, "utf8"));

/** f32 against f32: sums of a dozen terms of size 1, through six layers. */
function expectClose(found: NdArray | NdArray[], expected: Nested): void {
  const lists = Array.isArray(found) ? found : [found];
  const wanted = Array.isArray(found) ? expected.map((one) => asNdArray(one as Nested)) : [asNdArray(expected)];
  expect(lists.map(({ shape }) => shape)).toEqual(wanted.map(({ shape }) => shape));
  for (const [k, { data }] of lists.entries())
    for (const [i, v] of data.entries()) expect(Math.abs(v - wanted[k].data[i])).toBeLessThan(5e-6);
}

for (const { name: backend } of await presentBackends())
  describe(`on ${backend}`, () => {
    for (const file of ["keras3.keras", "keras3.h5", "keras2.h5"])
      test(`${file} gives Keras's predictions and loss`, async () => {
        const { x, y, predict, loss } = said(file.split(".")[0]);
        const model = await loadModel(`${folder}/${file}`, { backend });
        expectClose((await model.predict(x)) as never, predict);
        const found = await model.evaluate(x, [y!.topic, y!.length], { batchSize: 5, verbose: 0 });
        expect(found.loss).toBeCloseTo(loss!, 5);
        expect(model.iterations).toBe(2); // the optimizer's state came with it
      });

    test("keras3.weights.h5 fits the layers of keras3.keras", async () => {
      const { x, predict } = said("keras3");
      const model = await loadModel(`${folder}/keras3.keras`, { backend });
      model.setWeights(model.getWeights().map((w) => new NdArray(new Float32Array(w.size), w.shape)));
      await loadWeights(model, `${folder}/keras3.weights.h5`);
      expectClose((await model.predict(x)) as never, predict);
    });

    test("torch.safetensors fits the same layers, two LSTMs in both directions and a GRU", async () => {
      const { x, predict } = said("torch");
      const model = sequential([
        input([6], { dtype: "i32" }),
        embedding(11, 4),
        bidirectional(lstm(3, { returnSequences: true })),
        bidirectional(lstm(3, { returnSequences: true })),
        gru(4),
        dense(3),
      ]);
      model.compile({ loss: "mse", backend });
      await loadWeights(model, `${folder}/torch.safetensors`);
      expectClose(await model.predict(x), predict);
    });

    test("torch.onnx gives PyTorch's outputs", async () => {
      const { x, exported } = said("torch");
      expectClose(await (await loadModel(`${folder}/torch.onnx`, { backend })).predict(x), exported!);
    });

    test("tfjs/model.json gives TensorFlow.js's predictions", async () => {
      const { x, predict } = said("tfjs/expected");
      expectClose(await (await loadModel(`${folder}/tfjs/model.json`, { backend })).predict(x), predict);
    });
  });
