/** Odd models through every kind of file: the same numbers come back, or the file is not written. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { everyOther } from "../../test/thorough.ts";
import { FormatError } from "../errors.ts";
import * as l from "../layers/index.ts";
import { functional } from "../models/functional.ts";
import type { AnyModel } from "../models/model.ts";
import { sequential } from "../models/sequential.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { Random } from "../tensor/random.ts";
import { loadModel } from "./load-model.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-formats-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const random = new Random(6);
const size = (shape: readonly number[]) => shape.reduce((n, d) => n * d, 1);
const floats = (...shape: number[]) =>
  new NdArray(
    Float32Array.from({ length: size(shape) }, () => random.uniform(-1, 1)),
    shape,
  );
const ids = (...shape: number[]) =>
  new NdArray(
    Int32Array.from({ length: size(shape) }, () => random.below(7)),
    shape,
  );

type Ending = "keras" | "h5" | "safetensors" | "json" | "onnx";
const endings: readonly Ending[] = ["keras", "h5", "safetensors", "json", "onnx"];
/** The model, an input, and the kinds of file that cannot say it. */
type Odd = readonly [make: () => unknown, x: NdArray | NdArray[], refused?: readonly Ending[]];

const odd: Record<string, Odd> = {
  "two outputs over a tower that two inputs share": [
    () => {
      const tower = sequential([l.input([6]), l.embedding(7, 4, { maskZero: true }), l.lstm(3)], { name: "tower" });
      const [a, b] = [l.input([6], { name: "left" }), l.input([6], { name: "right" })];
      const apart = l.subtract()([tower(a), tower(b)]);
      const kind = l.dense(3, { name: "kind", activation: "softmax" })(l.concatenate()([apart, tower(a)]));
      return functional([a, b], [l.dense(1, { name: "same" })(apart), kind]);
    },
    [ids(2, 6), ids(2, 6)],
    ["json"],
  ],
  "a state carried between batches": [
    () => {
      const x = l.input([5, 3], { batchSize: 2 });
      const gru = l.gru(3, { stateful: true, resetAfter: false });
      return functional(x, l.dense(1)(gru(l.lstm(4, { stateful: true, returnSequences: true })(x))));
    },
    floats(2, 5, 3),
  ],
  "every way to merge two directions": [
    () => {
      const x = l.input([5, 3]);
      const modes = ["concat", "sum", "mul", "ave"] as const;
      const read = modes.map((mergeMode) => l.bidirectional(l.lstm(3, { returnSequences: true }), { mergeMode })(x));
      return functional(x, l.dense(2)(l.concatenate()(read)));
    },
    floats(2, 5, 3),
  ],
  "two directions apart, with their states": [
    () => {
      const x = l.input([5, 3]);
      const states = l.bidirectional(l.lstm(3, { returnState: true }))(x);
      const pair = l.bidirectional(l.simpleRnn(3), { mergeMode: null })(x) as never as l.SymbolicTensor[];
      return functional(x, [...states, ...pair]);
    },
    floats(2, 5, 3),
  ],
  "steps that a mask hides, and a layer on every step": [
    () =>
      sequential([
        l.input([5, 3]),
        l.masking({ maskValue: 0 }),
        l.gru(4, { returnSequences: true, resetAfter: false }),
        l.timeDistributed(l.dense(3)),
        l.simpleRnn(3),
      ]),
    new NdArray(floats(2, 5, 3).data.map((v, i) => (i > 20 ? 0 : v)) as Float32Array, [2, 5, 3]),
  ],
  "initializers, penalties and constraints of every kind": [
    () =>
      sequential([
        l.input([5, 4]),
        l.lstm(4, {
          kernelInitializer: l.initializers.varianceScaling({
            scale: 2,
            mode: "fanOut",
            distribution: "uniform",
            seed: 3,
          }),
          recurrentInitializer: l.initializers.orthogonal({ gain: 0.5, seed: 7 }),
          biasInitializer: l.initializers.constant(0.1),
          unitForgetBias: false,
          kernelRegularizer: l.regularizers.l1l2({ l1: 0.01, l2: 0.02 }),
          recurrentConstraint: l.constraints.unitNorm({ axis: 1 }),
          activityRegularizer: l.regularizers.l2(0.001),
          recurrentDropout: 0.2,
          returnSequences: true,
        }),
        l.simpleRnn(4, { recurrentInitializer: l.initializers.identity({ gain: 0.7 }), useBias: false }),
        l.dense(3, {
          kernelConstraint: l.constraints.minMaxNorm({ minValue: 0.2, maxValue: 0.8, rate: 0.5 }),
          biasRegularizer: l.regularizers.l1(0.1),
          kernelRegularizer: l.regularizers.orthogonalRegularizer({ factor: 0.02, mode: "columns" }),
        }),
      ]),
    floats(2, 5, 4),
  ],
  "convolutions, pools and norms": [
    () =>
      sequential([
        l.input([12, 3]),
        l.conv1d(4, 3, { padding: "causal", dilationRate: 2 }),
        l.batchNormalization({ momentum: 0.9 }),
        l.maxPooling1d(2),
        l.layerNormalization({ epsilon: 1e-5 }),
        l.spatialDropout1d(0.3),
        l.globalMaxPooling1d(),
        l.dense(2),
      ]),
    floats(2, 12, 3),
  ],
  "a stack of cells": [
    () => sequential([l.input([5, 3]), l.rnn([l.lstmCell(3), l.lstmCell(3), l.simpleRnnCell(2)])]),
    floats(2, 5, 3),
  ],
  "an encoder's state for a decoder that looks back": [
    () => {
      const [a, b] = [l.input([4], { name: "source" }), l.input([3], { name: "said" })];
      const words = l.embedding(7, 3, { maskZero: true });
      const [seen, h, c] = l.lstm(4, { returnSequences: true, returnState: true })(words(a));
      const said = l.lstm(4, { returnSequences: true })(words(b), { initialState: [h, c] });
      const found = l.attention({ useScale: true })([said, seen]);
      return functional([a, b], l.timeDistributed(l.dense(7))(l.concatenate()([said, found])));
    },
    [ids(2, 4), ids(2, 3)],
    ["json"],
  ],
  "heads that see no later step": [
    () => {
      const x = l.input([5, 4]);
      const heads = l.multiHeadAttention(2, 3, { useCausalMask: true, valueDim: 5 })([x, x]);
      return functional(x, l.additiveAttention()([l.add()([x, heads]), x]));
    },
    floats(2, 5, 4),
    ["json"],
  ],
  "models in models, one of them twice": [
    () => {
      const begin = l.input([4]);
      const inner = functional(begin, l.dense(3, { activation: "tanh" })(begin), { name: "inner" });
      const middle = sequential([l.input([4]), inner, l.dense(4)], { name: "middle" });
      const x = l.input([4]);
      return functional(x, l.add()([middle(x), middle(middle(x))]));
    },
    floats(3, 4),
  ],
};

for (const [k, [name, [make, x, refused = []]]] of Object.entries(odd).entries())
  describe(name, () => {
    for (const ending of everyOther(endings, 2, k % 2)) {
      // In ONNX its states are inputs and outputs: onnx/export-formulas.test.ts.
      if (name === "a state carried between batches" && ending === "onnx") continue;
      test(ending, async () => {
        const model = make() as AnyModel;
        model.compile({ loss: model.outputNames.map(() => "mse" as const), backend: "js" });
        const answers = async (of: AnyModel) => {
          of.resetStates();
          return ([await of.predict(x)] as unknown[]).flat() as NdArray[];
        };
        const expected = await answers(model);
        const path = join(folder, `model.${ending}`);
        const there = model.save(path).then(() => loadModel(path, { backend: "js" }));
        if (refused.includes(ending)) {
          await expect(there).rejects.toThrow(FormatError);
          return;
        }
        const back = await there;
        if (ending === "keras" || ending === "h5") expect(back.compiled).not.toBeNull();
        const seen = await answers(back);
        expect(seen.map((a) => a.shape)).toEqual(expected.map((a) => a.shape));
        // ONNX's operators add in another order; a model from tfjs is not compiled, and runs on the fastest backend.
        const most = { keras: 0, h5: 0, safetensors: 0, json: 1e-6, onnx: 1e-5 }[ending];
        for (const [k, a] of seen.entries())
          a.data.forEach((v, i) => {
            expect(Math.abs(v - expected[k].data[i])).toBeLessThanOrEqual(most);
          });
      });
    }
  });
