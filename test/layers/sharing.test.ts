import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/formats/json.ts";
import { readKerasArchive } from "../../src/formats/keras/archive.ts";
import { kerasBytes } from "../../src/formats/keras/keras.ts";
import { weightPaths } from "../../src/formats/keras/paths.ts";
import { readModel } from "../../src/formats/keras/read-model.ts";
import { type AnyModel, loadModel, NdArray, sgd } from "../../src/index.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { everyOther } from "../thorough.ts";

interface Case {
  config: JsonObject;
  layers: string[];
  paths: string[];
  x: never[];
  y: Nested[];
  loss?: number;
  after?: Nested[];
}
type Nested = number | Nested[];
const file = new URL("../fixtures/sharing.json", import.meta.url); // made by make-sharing.py beside it
const cases = Object.entries(JSON.parse(readFileSync(file, "utf8")) as Record<string, Case>);

/** The model of a case with the weights it has there. */
function modelOf({ config }: Case): AnyModel {
  const model = readModel(config, "it", { major: 3, numbers: 1000 });
  let k = 0;
  const weights = model.weightStore.learned.map(({ weight, shape }) => {
    const variance = weight.name.includes("variance");
    const number = () => (variance ? shape[0] + 0.5 : Math.round(1e4 * Math.sin(1.7 * ++k)) / 1e4);
    return new NdArray(Float32Array.from({ length: sizeOf(shape) }, number), shape);
  });
  model.setWeights(weights);
  return model;
}

async function outputs(model: AnyModel, { x }: Case): Promise<number[]> {
  const y = await model.predict(x.length > 1 ? x : x[0]);
  return [y].flat().flatMap((a) => [...(a as NdArray).data].map(Number));
}

function near(found: readonly number[], right: Nested): void {
  const wanted = [right].flat(20) as number[];
  expect(found.length).toBe(wanted.length);
  for (const [k, v] of found.entries())
    expect(Math.abs(v - wanted[k])).toBeLessThan(1e-5 * Math.max(1, Math.abs(wanted[k]))); // f32, written with 6 digits
}

const backends = ["js", "native", "wasm"] as const;
describe.each(backends)("Keras's numbers on %s", (backend) => {
  test.each(everyOther(cases, 3, backends.indexOf(backend)))("%s", async (_, it) => {
    const model = modelOf(it);
    model.compile({ loss: model.outputNames.map(() => "mse" as const), backend });
    near(await outputs(model, it), it.y);
  });
});

describe("Keras's order of layers, and its places of weights", () => {
  test.each(cases)("%s", (_, it) => {
    const model = modelOf(it);
    expect(model.layers.map((layer) => layer.name)).toEqual(it.layers);
    const places = weightPaths(model.layers);
    const paths = places.flatMap(({ path, weights }) => weights.map((_, k) => `${path}/vars/${k}`));
    expect(paths.sort()).toEqual(it.paths);
  });
});

describe("one training step as Keras's", () => {
  test.each(cases.filter(([, it]) => it.after))("%s", async (_, it) => {
    const model = modelOf(it);
    model.compile({ loss: "mse", optimizer: sgd({ learningRate: 0.1 }) });
    const [rows, steps] = [2, 3];
    const zeros = Array.from({ length: rows }, () => Array.from({ length: steps }, () => [0]));
    const { loss } = await model.trainOnBatch(it.x[0], zeros);
    near([loss], it.loss!);
    for (const [k, w] of model.getWeights().entries()) near([...w.data].map(Number), it.after![k]);
  });
});

describe("what is shared stays shared in files", () => {
  test.each(cases)("%s", async (_, it) => {
    const model = modelOf(it);
    const [right, count] = [await outputs(model, it), model.countParams()];
    const bytes = await kerasBytes(model);
    const back = (await loadModel(bytes)) as unknown as AnyModel;
    expect(back.countParams()).toBe(count);
    expect(await outputs(back, it)).toEqual(right);
    // Readers that make two of it find its weights at each place.
    const { weights } = await readKerasArchive(bytes, "it");
    for (const { path, weights: own } of weightPaths(model.layers, "everywhere"))
      expect(weights.get(path)?.variables.length).toBe(own.length);
  });
});
