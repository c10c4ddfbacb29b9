import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readLayer } from "../../src/formats/keras/layers.ts";
import type { Weight } from "../../src/layers/layer.ts";
import { asNdArray, NdArray, type NestedNumbers } from "../../src/tensor/nd-array.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { presentBackends } from "../backends.ts";
import { difference, type Formula, runFormula } from "../conformance/harness.ts";

type Nested = readonly NestedNumbers[];
type Values = Nested | number;
/** Numbers of another library for layers that it shares with Keras. */
interface Case {
  name: string;
  class_name: string;
  config: Record<string, never>;
  call: Record<string, never>;
  training: boolean;
  inputs: Nested[];
  /** Of the values of an attention, else of the only input. */
  mask?: Nested | null;
  /** Of each input. */
  masks?: (Nested | null)[] | null;
  weights: Values[];
  output: Nested;
  /** null where no mask comes out; absent where it is not looked at. */
  output_mask?: Nested | null;
  projection: Nested;
  grad_inputs: Nested[];
  /** null for one that no gradient moves. */
  grad_weights: (Values | null)[];
  /** The weights that the layer itself moves, as they are afterwards. */
  updated?: (Values | null)[];
}

/** Runs the cases of a file in test/fixtures on every backend: outputs, masks, slopes of inputs and weights, updates. */
export function compareLayers(library: string, file: string): void {
  const { cases } = JSON.parse(readFileSync(new URL(`../fixtures/${file}`, import.meta.url), "utf8")) as {
    cases: Case[];
  };
  const tolerance = 1e-5; // f32, sums of some dozens of terms; gelu's erf is good to 1.5e-7
  const near = (found: NdArray, said: Values, what: string) => {
    expect(found.shape, what).toEqual(numbers(said).shape);
    const largest = Math.max(1, ...numbers(said).data.map(Math.abs));
    expect(difference(found.data, numbers(said).data) / largest, what).toBeLessThan(tolerance);
  };
  for (const backend of backends)
    describe(`${library}'s numbers on ${backend.name}`, () => {
      for (const c of cases)
        test(c.name, async () => {
          const formula = formulaOf(c);
          const seen = await runFormula(backend, formula, { seeds: [asNdArray(c.projection)] });
          near(seen.outputs[0], c.output, "output");
          if (c.output_mask === null) expect(formula.found.masked).toBe(false);
          if (c.output_mask) near(seen.outputs[1], c.output_mask, "mask");
          const zero = (said: Values) => new NdArray(new Float32Array(numbers(said).size), numbers(said).shape);
          for (const [k, g] of c.grad_inputs.entries())
            near(seen.gradients[`x${k}`] ?? zero(g), g, `slope of input ${k}`);
          for (const [k, g] of c.grad_weights.entries())
            if (g !== null) near(seen.gradients[`w${k}`] ?? zero(g), g, `slope of weight ${k}`);
          const from = formula.found.masked ? 2 : 1;
          const moved = (c.updated ?? []).flatMap((value, k) => (value === null ? [] : [{ value, k }]));
          expect(formula.found.updates.length).toBeGreaterThanOrEqual(moved.length);
          for (const { value, k } of moved)
            near(seen.outputs[from + formula.found.updates.indexOf(k)], value, `weight ${k} afterwards`);
        });
    });
}

const backends = await presentBackends();

/** The layer that Keras's config describes, as a formula over its inputs and weights; its updates come last. */
function formulaOf(c: Case): Formula & { found: { masked: boolean; updates: number[] } } {
  const object = { class_name: c.class_name, inbound_nodes: [{ args: [], kwargs: c.call }] };
  const layer = readLayer(object, { name: "compared", ...c.config }, "case", { major: 3, numbers: 1e6 });
  const arrays = c.inputs.map((x) => asNdArray(x));
  layer.buildAll(arrays.map((a) => a.shape));
  const weights = layer.ownedWeights().flatMap(({ weight }) => (weight.integer ? [] : [weight]));
  expect(weights.map((w) => w.shape)).toEqual(c.weights.map((w) => numbers(w).shape));
  const inputs: Record<string, NdArray> = {};
  for (const [k, a] of arrays.entries()) inputs[`x${k}`] = a;
  for (const [k, w] of c.weights.entries()) inputs[`w${k}`] = numbers(w);
  const masks = c.masks ?? arrays.map((_, k) => (k === arrays.length - 1 ? (c.mask ?? null) : null));
  for (const [k, m] of masks.entries()) if (m) inputs[`m${k}`] = asNdArray(m);
  const found = { masked: false, updates: [] as number[] };
  const outputs = (t: Record<string, Tensor>) => {
    const xs = arrays.map((_, k) => t[`x${k}`]);
    for (const [k, m] of masks.entries()) if (m) xs[k].mask = t[`m${k}`];
    const updates: Tensor[] = [];
    found.updates = [];
    const [y] = layer.forwardAll(xs, {
      training: c.training,
      weight: (w: Weight) => t[`w${weights.indexOf(w)}`],
      stream: () => 0,
      update: (w, value) => {
        found.updates.push(weights.indexOf(w));
        updates.push(value);
      },
      addLoss: () => {},
    });
    found.masked = y.mask !== undefined;
    return [y, ...(y.mask ? [y.mask] : []), ...updates];
  };
  return { inputs, outputs, found };
}

const numbers = (value: Values): NdArray =>
  typeof value === "number" ? new NdArray(Float64Array.of(value), []) : asNdArray(value);
