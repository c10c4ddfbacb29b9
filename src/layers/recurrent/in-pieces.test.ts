import { describe, expect, test } from "vitest";
import {
  type BackendName,
  bidirectional,
  dense,
  gru,
  lstm,
  type Model,
  masking,
  NdArray,
  peepholeLstmCell,
  rnn,
  sequential,
  simpleRnn,
  timeDistributed,
} from "../../index.ts";
import type { AnyLayer } from "../layer.ts";

const [rows, time, features] = [3, 50, 4];
const wave = (n: number, by: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i * by));

/** Rows of different lengths, padding in front, behind and inside; one row of padding alone. */
function padded(): NdArray {
  const x = wave(rows * time * features, 0.37);
  const off = (row: number, from: number, to: number) =>
    x.fill(0, (row * time + from) * features, (row * time + to) * features);
  off(0, 0, 17);
  off(0, 30, 33);
  off(1, 20, time);
  off(2, 0, time);
  return new NdArray(x, [rows, time, features]);
}
const x = new NdArray(wave(rows * time * features, 0.37), [rows, time, features]);

/** Weights and loss after two steps of training. */
async function trained(layers: () => AnyLayer[], data: NdArray, recompute: boolean, backend: BackendName, all = false) {
  const model = sequential(layers() as never, { seed: 7 });
  model.compile({ optimizer: "sgd", loss: "mse", backend, recompute });
  const y = new NdArray(wave(all ? rows * time : rows, 0.9), all ? [rows, time, 1] : [rows, 1]);
  const { history } = await model.fit(data, y, { epochs: 2, batchSize: rows, shuffle: false, verbose: 0 });
  return { losses: history.loss, weights: model.getWeights().map((w) => [...w.data]), model };
}
const closest = (a: readonly number[][], b: readonly number[][]) =>
  Math.max(...a.flatMap((list, k) => list.map((v, i) => Math.abs(v - b[k][i]))));

const last = () => dense(1);
const every = () => timeDistributed(dense(1));
const models: Record<string, { layers: () => AnyLayer[]; all?: boolean; padded?: boolean }> = {
  lstm: { layers: () => [lstm(5), last()] },
  "lstm, all steps, twice": {
    layers: () => [lstm(5, { returnSequences: true }), lstm(4, { returnSequences: true }), every()],
    all: true,
  },
  "lstm, dropout": { layers: () => [lstm(5, { dropout: 0.3, recurrentDropout: 0.2 }), last()] },
  "gru, backwards": { layers: () => [gru(5, { goBackwards: true }), last()] },
  "gru, resetAfter false": { layers: () => [gru(5, { resetAfter: false }), last()] },
  simpleRnn: { layers: () => [simpleRnn(5, { returnSequences: true }), every()], all: true },
  "a cell's formula": { layers: () => [rnn(peepholeLstmCell(5), { returnSequences: true }), every()], all: true },
  "both ways": { layers: () => [bidirectional(lstm(5, { returnSequences: true })), every()], all: true },
  "masked, last": { layers: () => [masking(), lstm(5), last()], padded: true },
  "masked, all steps": {
    layers: () => [masking(), lstm(5, { returnSequences: true }), every()],
    all: true,
    padded: true,
  },
  "masked, backwards": {
    layers: () => [masking(), gru(5, { returnSequences: true, goBackwards: true }), every()],
    all: true,
    padded: true,
  },
  "masked, zeros": {
    layers: () => [masking(), lstm(5, { returnSequences: true, zeroOutputForMask: true }), every()],
    all: true,
    padded: true,
  },
};

describe.each(["js", "wasm"] as const)("compile({ recompute: true }) on %s", (backend) => {
  test.each(Object.keys(models))("%s: the losses of keeping, weights within rounding", async (name) => {
    const { layers, all, padded: pads } = models[name];
    const data = pads ? padded() : x;
    const kept = await trained(layers, data, false, backend, all);
    const again = await trained(layers, data, true, backend, all);
    expect(again.losses[0]).toEqual(kept.losses[0]); // forward to the bit
    // Gradients are sums of 150 numbers in another order: 1e-5 of their size, here below 1.
    expect(closest(again.weights, kept.weights)).toBeLessThan(1e-5);
    expect(
      closest(
        again.weights,
        kept.weights.map((w) => w.map(() => 0)),
      ),
    ).toBeGreaterThan(0.1);
    expect(scratch(again.model)).not.toEqual(scratch(kept.model));
  });
});

const scratch = (model: Model) => model.step!.program.sizes.scratch;

test("of 2,000 steps a quarter of the memory is left", async () => {
  const long = new NdArray(new Float32Array(2 * 2000 * 16), [2, 2000, 16]);
  const words = [];
  for (const recompute of [false, true]) {
    const model = sequential([lstm(64), dense(1)], { seed: 1 });
    model.compile({ loss: "mse", optimizer: "sgd", backend: "wasm", recompute });
    await model.fit(long, new NdArray(new Float32Array(2), [2, 1]), { verbose: 0 });
    words.push(scratch(model));
  }
  expect(words[1]).toBeLessThan(words[0] / 4);
});

test("what is not true or false is refused; a copy that is compiled without it keeps everything again", async () => {
  const model = sequential([lstm(5), dense(1)]);
  expect(() => model.compile({ loss: "mse", recompute: 1 as never })).toThrow("compile: recompute");
  model.compile({ loss: "mse", recompute: true });
  expect(model.layers[0].recompute).toBe(true);
  model.compile({ loss: "mse" });
  expect(model.layers[0].recompute).toBe(false);
});
