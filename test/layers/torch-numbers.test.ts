import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readLayer } from "../../src/formats/keras-layers.ts";
import type { Weight } from "../../src/layers/layer.ts";
import { asNdArray, NdArray, type NestedNumbers } from "../../src/tensor/nd-array.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { presentBackends } from "../backends.ts";
import { difference, type Formula, runFormula } from "../conformance/harness.ts";

type Nested = readonly NestedNumbers[];
interface Case {
  name: string;
  class_name: string;
  config: Record<string, never>;
  call: Record<string, never>;
  training: boolean;
  inputs: Nested[];
  /** Of the values of an attention, else of the only input. */
  mask: Nested | null;
  weights: (Nested | number)[];
  output: Nested;
  projection: Nested;
  grad_inputs: Nested[];
  grad_weights: (Nested | number)[];
}
const file = new URL("../fixtures/layer-numbers.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: Case[] };

/** The layer that Keras's config describes, as a formula over its inputs and weights. */
function formulaOf(c: Case): Formula {
  const object = { class_name: c.class_name, inbound_nodes: [{ args: [], kwargs: c.call }] };
  const layer = readLayer(object, { name: "judged", ...c.config }, "case", { major: 3, numbers: 1e6 });
  const arrays = c.inputs.map((x) => asNdArray(x));
  layer.buildAll(arrays.map((a) => a.shape));
  const weights = layer.ownedWeights().map(({ weight }) => weight);
  expect(weights.map((w) => w.shape)).toEqual(c.weights.map((w) => numbers(w).shape));
  const inputs: Record<string, NdArray> = {};
  for (const [k, a] of arrays.entries()) inputs[`x${k}`] = a;
  for (const [k, w] of c.weights.entries()) inputs[`w${k}`] = numbers(w);
  if (c.mask) inputs.mask = asNdArray(c.mask);
  const outputs = (t: Record<string, Tensor>) => {
    const xs = arrays.map((_, k) => t[`x${k}`]);
    if (c.mask) xs[xs.length - 1].mask = t.mask;
    const none = () => {};
    const weight = (w: Weight) => t[`w${weights.indexOf(w)}`];
    return layer.forwardAll(xs, { training: c.training, weight, stream: () => 0, update: none, addLoss: none });
  };
  return { inputs, outputs };
}

const numbers = (value: Nested | number): NdArray =>
  typeof value === "number" ? new NdArray(Float64Array.of(value), []) : asNdArray(value);

for (const backend of await presentBackends()) {
  describe(`PyTorch's numbers on ${backend.name}`, () => {
    for (const c of cases)
      test(c.name, async () => {
        const seen = await runFormula(backend, formulaOf(c), { seeds: [asNdArray(c.projection)] });
        const tolerance = 1e-5; // f32, sums of some dozens of terms; gelu's erf is good to 1.5e-7
        expect(seen.outputs[0].shape).toEqual(asNdArray(c.output).shape);
        expect(difference(seen.outputs[0].data, asNdArray(c.output).data), "output").toBeLessThan(tolerance);
        const slopes = (name: string, said: Nested | number) => {
          const expected = numbers(said);
          const found = seen.gradients[name]?.data ?? new Float32Array(expected.size);
          expect(difference(found, expected.data), `slope of ${name}`).toBeLessThan(tolerance);
        };
        for (const [k, g] of c.grad_inputs.entries()) slopes(`x${k}`, g);
        for (const [k, g] of c.grad_weights.entries()) slopes(`w${k}`, g);
      });
  });
}
