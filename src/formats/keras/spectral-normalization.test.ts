import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { dense, embedding, spectralNormalization } from "../../layers/index.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import type { JsonObject } from "../json.ts";
import { loadModel } from "../load-model.ts";
import { safetensorsBytes } from "../torch/safetensors-model.ts";
import { modelConfig } from "./config.ts";
import { readModel } from "./read-model.ts";
import { weightTree } from "./weights.ts";

interface Numbers {
  readonly shape: number[];
  readonly data: number[];
}
interface Case {
  readonly name: string;
  readonly optimizer: "sgd" | "adam";
  readonly config: JsonObject;
  readonly inputs: Numbers[];
  readonly targets: Numbers[];
  readonly weights: Numbers[];
  readonly outputs: Numbers[];
  readonly losses: number[];
  readonly after: Numbers[];
  readonly afterwards: Numbers[];
}
const array = ({ shape, data }: Numbers) => new NdArray(Float32Array.from(data), shape);
const { cases } = JSON.parse(readFileSync("test/fixtures/spectral-numbers.json", "utf8")) as { cases: Case[] };

describe("Keras's numbers of spectral normalisation, before and after two steps", () => {
  for (const one of cases)
    for (const backend of ["js", "wasm"] as const)
      test(`${one.name}, ${backend}`, async () => {
        const model = readModel(one.config, "case", { major: 3, numbers: 1000 });
        const again = readModel(modelConfig(model), "case", { major: 3, numbers: 1000 });
        again.setWeights(one.weights.map(array));
        again.compile({ optimizer: one.optimizer, loss: "mse", backend });
        const [x, y] = [array(one.inputs[0]), array(one.targets[0])];
        check([await again.predict(x)].flat(), one.outputs);
        const { history } = await again.fit(x, y, { epochs: 2, batchSize: 3, verbose: 0 });
        history.loss.forEach((loss, k) => {
          expect(loss).toBeCloseTo(one.losses[k], 5);
        });
        check(again.getWeights(), one.after);
        check([await again.predict(x)].flat(), one.afterwards);
      });
});

function check(found: readonly NdArray[], right: readonly Numbers[]): void {
  expect(found.map((y) => [...y.shape])).toEqual(right.map((y) => y.shape));
  found.forEach(({ data }, k) => {
    data.forEach((v, i) => {
      // f32, two steps of sums of a few dozen terms
      expect(Math.abs(v - right[k].data[i]), `array ${k}, number ${i}: ${v}`).toBeLessThan(1e-5);
    });
  });
}

test("the kernel stands in files as Keras writes it: with the wrapper and with its layer", () => {
  const model = readModel(cases[0].config, "case", { major: 3, numbers: 1000 });
  const tree = weightTree(model);
  const shapes = (path: string) => tree.get(path)!.variables.map(({ shape }) => shape);
  expect(shapes("layers/spectral_normalization")).toEqual([
    [3, 2],
    [1, 2],
  ]);
  expect(shapes("layers/spectral_normalization/layer")).toEqual([[3, 2], [2]]);
  expect(model.countParams()).toBe(3 * 2 + 2 + 2);
});

test("written as safetensors it is read again", async () => {
  const model = readModel(cases[0].config, "case", { major: 3, numbers: 1000 });
  model.setWeights(cases[0].weights.map(array));
  const again = await loadModel(safetensorsBytes(model));
  expect(again.getWeights()).toEqual(model.getWeights());
});

test("a layer without one kernel is refused, and an embedding with what Keras makes of it", () => {
  expect(() => spectralNormalization(embedding(5, 2))).toThrow(/whole numbers/);
  expect(() => spectralNormalization(spectralNormalization(dense(2)))).toThrow(/a layer of one kernel/);
});
