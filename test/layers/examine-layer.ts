import { describe, expect, test } from "vitest";
import type { BackendName } from "../../src/backends/choose.ts";
import { jsBackend } from "../../src/backends/js/index.ts";
import { readLayer } from "../../src/formats/keras/layers.ts";
import { type AnyLayer, functional, input, sgd } from "../../src/index.ts";
import type { SymbolicTensor, Weight } from "../../src/layers/layer.ts";
import { NdArray } from "../../src/tensor/nd-array.ts";
import { type PartialShape, type Shape, sizeOf } from "../../src/tensor/shape.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { presentBackends } from "../backends.ts";
import { difference, distinct, type Formula, finiteDifferences, ids, runFormula } from "../conformance/harness.ts";
import { layerFormula } from "../layers.ts";
import { everyOther, thorough } from "../thorough.ts";

/** Description of a layer for the examination. */
export interface Examination {
  /** The shapes of one row of each input; `null` where a size is open. Steps are axis 1. */
  inputs: readonly PartialShape[];
  /** The inputs are ids below this. */
  ids?: number;
  /** Treatment of a mask over the steps of the first input. */
  mask?: "passes" | "ends" | "made" | "none";
  /** It draws random numbers while training. */
  random?: boolean;
  /** Not in Keras's files: users' own. */
  own?: boolean;
  /** Sizes tried for an open dimension; 1 and an odd number by default. */
  steps?: readonly number[];
  /** f32 on a backend against f64 on js; says why when it is not 2e-5. */
  tolerance?: number;
}

const reference = jsBackend({ precision: "f64" });
const backends = await presentBackends();
let turn = 0; // in the short form each layer is tested on one backend, which is the next one's turn

/**
 * The same examination for every layer: the shapes it says, config and weights there and back, masks, slopes against finite
 * differences in float64, the same numbers and a training step on every backend, the same bits for the same seed, and the
 * edges: one row, one step, odd sizes.
 */
export function examineLayer(name: string, make: () => AnyLayer, about: Examination): void {
  const { inputs, mask = "none", tolerance = 2e-5 } = about; // f32: sums of some dozens of terms, a few layers deep
  const open = inputs.some((s) => s.includes(null));
  const sizes = open ? (about.steps ?? [1, 5]) : [1];
  const usual = sizes[sizes.length - 1];
  /** Rows and steps: the least of both and the usual; in the long form the other two as well. */
  const shapes = [1, 3].flatMap((rows) => sizes.map((steps) => ({ rows, steps })));
  const tried = thorough ? shapes : [shapes[0], shapes[shapes.length - 1]];

  describe(name, () => {
    for (const { rows, steps } of tried)
      test(`gives the shape it says for ${rows} row(s)${open ? ` of ${steps} step(s)` : ""}`, async () => {
        const formula = formulaOf(make, about, rows, steps);
        const { outputs } = await runFormula(reference, formula);
        const says = builtLayer(make, about).computeOutputShapes(formula.shapes);
        expect(outputs.slice(0, says.length).map((o) => o.shape)).toEqual(says.map((s) => [...s]));
        const loose = builtLayer(make, about).computeOutputShapes(inputs.map((s) => [null, ...s]));
        loose.forEach((shape, k) => {
          expect(shape.length).toBe(says[k].length);
          shape.forEach((d, i) => void (d !== null && expect(d).toBe(says[k][i])));
        });
      });

    test("config: plain JSON, and the same layer again from it", () => {
      const layer = builtLayer(make, about);
      const config = JSON.parse(JSON.stringify({ name: "again", trainable: true, ...layer.config() }));
      if (about.own) {
        expect(layer.config()).toEqual(JSON.parse(JSON.stringify(layer.config())));
        return;
      }
      const object = { module: "keras.layers", class_name: layer.className, config, registered_name: null };
      const call = { inbound_nodes: [{ args: [], kwargs: JSON.parse(JSON.stringify(layer.callConfig())) }] };
      const again = readLayer({ ...object, ...call }, config, "file", { major: 3, numbers: 1e6 });
      expect(again.className).toBe(layer.className);
      expect(again.name).toBe("again");
      expect(again.callConfig()).toEqual(layer.callConfig());
      again.buildAll(inputs.map((s) => [null, ...s]));
      const kinds = (l: AnyLayer) =>
        l.ownedWeights().map(({ weight: w, trainable }) => ({
          name: w.name,
          shape: w.shape,
          trainable,
          regularizer: w.regularizer?.className,
          constraint: w.constraint?.className,
        }));
      expect(kinds(again)).toEqual(kinds(layer));
      expect(withoutNames(again.config())).toEqual(withoutNames(layer.config()));
    });

    test("weights: what is set is what is there, and what predicts", async () => {
      const x = dataOf(about, 3, usual);
      const first = modelOf(make, about, "js");
      const second = modelOf(make, about, "js");
      const set = first.getWeights().map((w, k) => positive(distinct(w.shape, k + 2, 0.4)));
      second.setWeights(set);
      first.setWeights(second.getWeights());
      first.getWeights().forEach((w, k) => void expect(difference(w.data, set[k].data)).toBeLessThan(1e-7)); // rounded to f32
      const [a, b] = [await first.predict(x), await second.predict(x)];
      expect(arrays(a).map((o) => o.toArray())).toEqual(arrays(b).map((o) => o.toArray()));
      if (set.length > 0) expect(() => second.setWeights(set.slice(1))).toThrow(/expected .*\d/);
    });

    if (mask !== "none")
      test(`a mask ${mask === "passes" ? "goes through" : mask === "made" ? "is made" : "ends here"}`, async () => {
        const formula = formulaOf(make, about, 3, usual, { masked: mask !== "made" });
        let seen: boolean | undefined;
        await runFormula(reference, {
          ...formula,
          outputs: (t) => {
            const out = formula.outputs(t) as Tensor[];
            seen = out[0].mask !== undefined;
            return out[0].mask ? [...out, out[0].mask] : out;
          },
        });
        expect(seen).toBe(mask !== "ends");
      });

    for (const training of thorough ? [false, true] : [true])
      for (const masked of mask === "none" || mask === "made" ? [false] : [false, true])
        test(`slopes agree with finite differences${training ? ", while training" : ""}${masked ? ", masked" : ""}`, async () => {
          const formula = formulaOf(make, about, 2, usual, { training, masked });
          const { outputs } = await runFormula(reference, formula);
          const seeds = outputs.map((o, k) => distinct(o.shape, k + 9));
          const { gradients } = await runFormula(reference, formula, { seeds });
          const slopes = await finiteDifferences(formula, seeds, thorough ? 6 : 2);
          for (const [key, list] of Object.entries(slopes))
            for (const { index, slope } of list)
              expect(Math.abs((gradients[key]?.data[index] ?? 0) - slope), `${key}[${index}]`).toBeLessThan(
                2e-6 * Math.max(1, Math.abs(slope)), // central differences with steps of 1e-5
              );
        });

    const computed = once(async () => {
      const formulas = tried.map(({ rows, steps }) => formulaOf(make, about, rows, steps, { training: true }));
      const runs = formulas.map(async (formula) => ({ formula, said: await runFormula(reference, formula) }));
      return { runs: await Promise.all(runs), weights: await weightsAfterStep(make, about, usual, "js") };
    });
    for (const backend of everyOther(backends, backends.length, turn++ % backends.length))
      test(`the numbers of js in float64, and a training step, on ${backend.name}`, async () => {
        const { runs, weights } = await computed();
        for (const { formula, said } of runs) {
          const seen = await runFormula(backend, formula);
          seen.outputs.forEach((o, k) => {
            expect(difference(o.data, said.outputs[k].data), `output ${k}`).toBeLessThan(tolerance);
          });
        }
        (await weightsAfterStep(make, about, usual, backend.name)).forEach((w, k) => {
          expect(difference(w.data, weights[k].data), `weight ${k} after a step`).toBeLessThan(tolerance);
        });
      });

    test.skipIf(!thorough && !about.random)("the same seed gives the same bits", async () => {
      const run = async (seed: number) => {
        const model = modelOf(make, about, "js", seed);
        const x = dataOf(about, 4, usual);
        const y = arrays(await model.predict(x)).map((o, k) => distinct(o.shape, k + 21));
        await model.fit(x, y, { epochs: 2, batchSize: 2, verbose: 0, seed });
        return model.getWeights().map((w) => [...w.data]);
      };
      const first = await run(3);
      expect(await run(3)).toEqual(first);
      if (about.random) expect(await run(4)).not.toEqual(first);
    });
  });
}

function builtLayer(make: () => AnyLayer, { inputs }: Examination): AnyLayer {
  const layer = make();
  layer.buildAll(inputs.map((s) => [null, ...s]));
  return layer;
}

/** The layer as a formula over its inputs, weights and mask; its outputs come first, then updates and losses. */
function formulaOf(
  make: () => AnyLayer,
  about: Examination,
  rows: number,
  steps: number,
  { training = false, masked = false } = {},
): Formula & { shapes: Shape[] } {
  const layer = builtLayer(make, about);
  const inputs = dataOf(about, rows, steps);
  const weights = layer.ownedWeights().map(({ weight }, k) => begin(weight, k));
  const mask = masked ? someSteps(rows, inputs[0].shape[1]) : undefined;
  return { ...layerFormula(layer, { inputs, mask, weights, training }), shapes: inputs.map((a) => a.shape) };
}

function dataOf({ inputs, ids: limit }: Examination, rows: number, steps: number): NdArray[] {
  return inputs.map((s, k) => {
    const shape = [rows, ...s.map((d) => d ?? steps)];
    return limit ? ids(shape, limit, k + 1) : distinct(shape, k + 3);
  });
}

/** Weights of no pattern; variances above zero. */
function begin(w: Weight, k: number): NdArray {
  const values = distinct(w.shape, k + 11, 0.6);
  return w.name.includes("variance") ? positive(values) : values;
}

const positive = (a: NdArray): NdArray =>
  new NdArray(
    Float64Array.from(a.data, (v) => Math.abs(v) + 0.3),
    a.shape,
  );

/** Row 0 whole, row 1 without its last step, row 2 without its first. */
function someSteps(rows: number, steps: number): NdArray {
  const data = new Float64Array(rows * steps).fill(1);
  if (rows > 1 && steps > 1) data[2 * steps - 1] = 0;
  if (rows > 2 && steps > 1) data[2 * steps] = 0;
  return new NdArray(data, [rows, steps]);
}

const withoutNames = (config: unknown): unknown =>
  JSON.parse(JSON.stringify(config, (key, value) => (key === "name" ? undefined : value)));

const arrays = (value: unknown): NdArray[] => (Array.isArray(value) ? value : [value]) as NdArray[];

function modelOf(make: () => AnyLayer, { inputs, ids: limit }: Examination, backend: BackendName, seed = 1) {
  const begins = inputs.map((s) => input(s, limit ? { dtype: "i32" } : {}));
  const layer = make() as unknown as (x: unknown) => SymbolicTensor | SymbolicTensor[];
  const made = layer(begins.length === 1 ? begins[0] : begins);
  const outputs = Array.isArray(made) ? made : [made];
  const model = functional(begins, outputs, { seed });
  model.compile({
    optimizer: sgd({ learningRate: 0.05 }),
    loss: outputs.map(() => "meanSquaredError" as const),
    backend,
  });
  return model;
}

/** The weights after one step of gradient descent on a backend. */
async function weightsAfterStep(
  make: () => AnyLayer,
  about: Examination,
  steps: number,
  name: BackendName,
): Promise<NdArray[]> {
  const model = modelOf(make, about, name);
  const x = dataOf(about, 3, steps);
  const before = model.getWeights();
  const y = arrays(await model.predict(x)).map((o, k) => distinct(o.shape, k + 21));
  const { history } = await model.fit(x, y, { epochs: 1, batchSize: 3, verbose: 0 });
  expect(Number.isFinite(history.loss[0])).toBe(true);
  const after = model.getWeights();
  const trained = model.ownedWeights().some((w) => w.trainable && sizeOf(w.weight.shape) > 0);
  if (trained) expect(after.some((w, k) => difference(w.data, before[k].data) > 0)).toBe(true);
  return after;
}

/** A value that several tests need and the first computes. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
