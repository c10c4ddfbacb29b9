import { describe, expect, test } from "vitest";
import { presentBackends } from "../../../test/backends.ts";
import { difference, distinct, finiteDifferences, runFormula } from "../../../test/conformance/harness.ts";
import { type LayerCase, layerFormula } from "../../../test/layers.ts";
import { jsBackend } from "../../backends/js/index.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import {
  type AnyLayer,
  bidirectional,
  dense,
  embedding,
  gru,
  type Layer,
  lstm,
  lstmCell,
  type RecurrentOptions,
  rnn,
  simpleRnn,
  timeDistributed,
} from "../index.ts";

const backends = await presentBackends();
const f64 = jsBackend({ precision: "f64" });
const x = distinct([3, 5, 4], 1);
const inner = new NdArray(new Float64Array([1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]), [3, 5]);
const outputsOf = async (layer: AnyLayer, given: LayerCase) =>
  (await runFormula(f64, layerFormula(layer, given))).outputs;
const weightsOf = (layer: AnyLayer, given: LayerCase) => {
  const { inputs } = layerFormula(layer, given);
  return Object.keys(inputs)
    .filter((k) => k.startsWith("w"))
    .map((k) => inputs[k]);
};
/** Steps from last to first. */
const flipped = (a: NdArray): NdArray => {
  const rows = a.toArray() as unknown[][];
  return new NdArray(Float64Array.from(rows.map((r) => [...r].reverse()).flat(9) as number[]), a.shape);
};

describe("bidirectional", () => {
  test("is a layer forwards beside a layer backwards, whose sequence is turned round again", async () => {
    const makes: ((units: number, options: RecurrentOptions) => Layer)[] = [lstm, gru, simpleRnn];
    for (const make of makes) {
      const options = { returnSequences: true, zeroOutputForMask: true };
      for (const mask of [undefined, inner]) {
        const both = bidirectional(make(3, { returnSequences: true }), { mergeMode: null });
        const weights = weightsOf(both, { inputs: [x] });
        const [a, b] = await outputsOf(both, { inputs: [x], mask });
        const half = weights.length / 2;
        const [there] = await outputsOf(make(3, options), { inputs: [x], mask, weights: weights.slice(0, half) });
        const [back] = await outputsOf(make(3, options), {
          inputs: [flipped(x)],
          mask: mask && flipped(mask),
          weights: weights.slice(half),
        });
        expect(difference(a.data, there.data)).toBeLessThan(1e-12); // f64
        expect(difference(b.data, flipped(back).data)).toBeLessThan(1e-12);
      }
    }
  });

  test("gives the initial state's first half to the way there, and returns the states in that order", async () => {
    const states = [0, 1, 2, 3].map((k) => distinct([3, 3], 30 + k));
    const both = bidirectional(lstm(3, { returnState: true }));
    const weights = weightsOf(both, { inputs: [x] });
    const seen = await outputsOf(both, { inputs: [x, ...states] });
    expect(seen.map((o) => o.shape)).toEqual([[3, 6], ...states.map(() => [3, 3])]);
    const there = await outputsOf(lstm(3, { returnState: true }), {
      inputs: [x, states[0], states[1]],
      weights: weights.slice(0, 3),
    });
    const back = await outputsOf(lstm(3, { returnState: true, goBackwards: true }), {
      inputs: [x, states[2], states[3]],
      weights: weights.slice(3),
    });
    [...there.slice(1), ...back.slice(1)].forEach((o, k) => {
      expect([...o.data]).toEqual([...seen[k + 1].data]);
    });
  });

  test("takes a layer of another kind for the way back", async () => {
    const both = bidirectional(lstm(3), { backwardLayer: gru(2, { goBackwards: true }) });
    const [y] = await outputsOf(both, { inputs: [x] });
    expect(y.shape).toEqual([3, 5]);
    expect(weightsOf(both, { inputs: [x] }).map((w) => w.shape)).toEqual([
      [4, 12],
      [3, 12],
      [12],
      [4, 6],
      [2, 6],
      [2, 6],
    ]);
  });

  test("has Keras's names and config", () => {
    const both = bidirectional(lstm(3, { returnSequences: true, name: "reader" }), { mergeMode: "sum" });
    expect(both.config()).toMatchObject({
      merge_mode: "sum",
      layer: { class_name: "LSTM", config: { name: "forward_reader", go_backwards: false, units: 3 } },
      backward_layer: { class_name: "LSTM", config: { name: "backward_reader", go_backwards: true, units: 3 } },
    });
    expect(bidirectional(rnn([lstmCell(2), lstmCell(3)])).sublayers.map((l) => l.name)).toEqual([
      "forward_rnn",
      "backward_rnn",
    ]);
  });

  for (const backend of backends) {
    test(`has the gradients of finite differences on ${backend.name}`, async () => {
      const both = bidirectional(gru(3, { returnSequences: true }), { mergeMode: "mul" });
      const formula = layerFormula(both, { inputs: [x], mask: inner });
      const seeds = [distinct([3, 5, 3], 2)];
      const seen = await runFormula(backend, formula, { seeds });
      for (const [name, slopes] of Object.entries(await finiteDifferences(formula, seeds, 6)))
        for (const { index, slope } of slopes) expect(seen.gradients[name].data[index]).toBeCloseTo(slope, 4); // f32
    });
  }
});

describe("timeDistributed", () => {
  test("runs a layer on every step with the same weights", async () => {
    const wrapped = timeDistributed(lstm(3));
    const films = distinct([2, 3, 5, 4], 7); // two rows of three sequences
    const [y] = await outputsOf(wrapped, { inputs: [films] });
    const weights = weightsOf(wrapped, { inputs: [films] });
    const [alone] = await outputsOf(lstm(3), { inputs: [new NdArray(films.data, [6, 5, 4])], weights });
    expect(y.shape).toEqual([2, 3, 3]);
    expect([...y.data]).toEqual([...alone.data]);
  });

  test("reads ids when its layer does, and knows shapes whose steps are open", () => {
    const wrapped = timeDistributed(embedding(10, 3));
    expect([wrapped.inputDtype, wrapped.idLimit]).toEqual(["i32", 10]);
    expect(timeDistributed(dense(2)).computeOutputShape([null, null, 4])).toEqual([null, null, 2]);
  });

  test("passes the mask on", async () => {
    const layer = timeDistributed(dense(2));
    let mask: unknown;
    const formula = layerFormula(layer, { inputs: [x], mask: inner });
    await runFormula(f64, {
      ...formula,
      outputs: (t) => {
        const outputs = formula.outputs(t);
        mask = outputs[0]?.mask === t.mask;
        return outputs;
      },
    });
    expect(mask).toBe(true);
  });
});
