import { describe, expect, test } from "vitest";
import { jsBackend } from "../../src/backends/js/index.ts";
import { readKerasArchive } from "../../src/formats/keras/archive.ts";
import { kerasBytes } from "../../src/formats/keras/keras.ts";
import {
  type AnyLayer,
  add,
  alphaDropout,
  attention,
  batchNormalization,
  concatenate,
  conv1d,
  customLayer,
  dense,
  dropout,
  embedding,
  functional,
  gaussianDropout,
  gaussianNoise,
  globalAveragePooling1d,
  input,
  Layer,
  lambda,
  loadModel,
  lstm,
  masking,
  maximum,
  multiHeadAttention,
  ops,
  sequential,
  spatialDropout1d,
  type Tensor,
} from "../../src/index.ts";
import { NdArray } from "../../src/tensor/nd-array.ts";
import { difference, distinct, runFormula } from "../conformance/harness.ts";

const reference = jsBackend({ precision: "f64" });
const quiet = { verbose: 0 } as const;

/** A layer's output on arrays, and the mask it passes on. */
async function given(
  layer: AnyLayer,
  arrays: NdArray[],
  masks: (number[][] | null)[] = [],
  training = false,
): Promise<{ y: NdArray; mask: NdArray | null }> {
  layer.buildAll(arrays.map((a) => a.shape));
  const inputs: Record<string, NdArray> = {};
  for (const [k, a] of arrays.entries()) inputs[`x${k}`] = a;
  for (const [k, m] of masks.entries())
    if (m) inputs[`m${k}`] = new NdArray(Float64Array.from(m.flat()), [m.length, m[0].length]);
  let masked = false;
  const { outputs } = await runFormula(reference, {
    inputs,
    outputs: (t) => {
      const xs = arrays.map((_, k) => t[`x${k}`]);
      for (const [k, m] of masks.entries()) if (m) xs[k].mask = t[`m${k}`];
      const none = () => {};
      const weight = () => {
        throw new Error("a layer without weights");
      };
      const [y] = layer.forwardAll(xs, { training, weight, stream: () => 0, update: none, addLoss: none });
      masked = y.mask !== undefined;
      return y.mask ? [y, y.mask] : [y];
    },
  });
  return { y: outputs[0], mask: masked ? outputs[1] : null };
}

const a = distinct([2, 3, 2], 1);
const b = distinct([2, 3, 2], 5);
const first = [
  [1, 1, 0],
  [0, 1, 0],
];
const second = [
  [1, 0, 0],
  [1, 1, 0],
];
const either = [
  [1, 1, 0],
  [1, 1, 0],
];

describe("masks where several tensors meet, as in Keras 3", () => {
  test("a sum counts a step where one of its inputs does", async () => {
    expect((await given(add(), [a, b], [first, second])).mask?.toArray()).toEqual(either);
  });
  test("a sum with an unmasked input has no mask", async () => {
    expect((await given(add(), [a, b], [first, null])).mask).toBeNull();
  });
  test("the larger of a masked and an unmasked step is the unmasked one", async () => {
    const { y } = await given(maximum(), [a, b], [first, second]);
    for (let row = 0; row < 2; row++)
      for (let step = 0; step < 3; step++)
        for (let d = 0; d < 2; d++) {
          const [p, q] = [a.at(row, step, d), b.at(row, step, d)];
          const [m, n] = [first[row][step], second[row][step]];
          const said = m === n ? Math.max(p, q) : m ? p : q;
          if (m || n) expect(y.at(row, step, d)).toBe(said);
        }
  });
  test("side by side, a step counts where one input does; an unmasked input counts everywhere", async () => {
    expect((await given(concatenate(), [a, b], [first, second])).mask?.toArray()).toEqual(either);
    expect((await given(concatenate(), [a, b], [first, null])).mask?.toArray()).toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ]);
  });
  test("one after another, so are the masks", async () => {
    const joined = await given(concatenate({ axis: 1 }), [a, b], [null, second]);
    expect(joined.mask?.toArray()).toEqual([
      [1, 1, 1, 1, 0, 0],
      [1, 1, 1, 1, 1, 0],
    ]);
  });
  test("an attention looks at no masked value, and gives zeros for a masked query", async () => {
    const { y, mask } = await given(attention(), [a, b], [first, second]);
    expect(mask?.toArray()).toEqual(first);
    for (const d of [0, 1]) {
      expect(y.at(0, 0, d)).toBeCloseTo(b.at(0, 0, d), 12); // the only value row 0 may look at
      expect(Math.abs(y.at(0, 2, d))).toBe(0);
    }
  });
  test("a mean over steps that are all masked is zero, not NaN", async () => {
    const { y } = await given(
      globalAveragePooling1d(),
      [a],
      [
        [
          [0, 0, 0],
          [1, 0, 1],
        ],
      ],
    );
    expect([y.at(0, 0), y.at(0, 1)]).toEqual([0, 0]);
    expect(y.at(1, 0)).toBeCloseTo((a.at(1, 0, 0) + a.at(1, 2, 0)) / 2, 12);
  });
});

describe("noise", () => {
  const ones = new NdArray(new Float64Array(40 * 10 * 25).fill(1), [40, 10, 25]);
  const moments = (values: ArrayLike<number>) => {
    const list = Array.from(values);
    const mean = list.reduce((s, v) => s + v, 0) / list.length;
    return [mean, Math.sqrt(list.reduce((s, v) => s + (v - mean) ** 2, 0) / list.length)];
  };
  test("gaussianNoise has its deviation, gaussianDropout √(rate / (1 − rate))", async () => {
    for (const [layer, deviation] of [
      [gaussianNoise(0.3), 0.3],
      [gaussianDropout(0.2), 0.5],
    ] as const) {
      const [mean, found] = moments((await given(layer, [ones], [], true)).y.data);
      expect(Math.abs(mean - 1)).toBeLessThan(0.02); // 10 000 draws: four standard errors
      expect(Math.abs(found - deviation)).toBeLessThan(0.02);
    }
  });
  test("spatialDropout1d drops a feature at all steps of a row or at none", async () => {
    const { y } = await given(spatialDropout1d(0.4), [ones], [], true);
    let dropped = 0;
    for (let row = 0; row < 40; row++)
      for (let d = 0; d < 25; d++) {
        const steps = new Set(Array.from({ length: 10 }, (_, t) => y.at(row, t, d)));
        expect(steps.size).toBe(1);
        const [value] = steps;
        if (value === 0) dropped++;
        else expect(value).toBeCloseTo(1 / 0.6, 6);
      }
    expect(Math.abs(dropped / 1000 - 0.4)).toBeLessThan(0.07); // four standard errors
  });
  test("alphaDropout keeps mean and deviation of normal numbers", async () => {
    const { data } = distinct([40, 10, 25], 3);
    const [mean, spread] = moments(data);
    const normal = new NdArray(
      data.map((v) => (v - mean) / spread),
      [40, 10, 25],
    );
    const { y } = await given(alphaDropout(0.2), [normal], [], true);
    const [found, deviation] = moments(y.data);
    expect(Math.abs(found)).toBeLessThan(0.06); // 10 000 draws that are moved by up to 2.5: four standard errors
    expect(Math.abs(deviation - 1)).toBeLessThan(0.06);
  });
  test("noiseShape drops a feature at all steps of a row or at none", async () => {
    for (const layer of [
      dropout(0.4, { noiseShape: [null, 1, null] }),
      alphaDropout(0.4, { noiseShape: [40, 1, 25] }),
    ]) {
      const { y } = await given(layer, [ones], [], true);
      for (let row = 0; row < 40; row += 7)
        for (let d = 0; d < 25; d++)
          expect(new Set(Array.from({ length: 10 }, (_, t) => y.at(row, t, d))).size).toBe(1);
    }
    await expect(given(dropout(0.4, { noiseShape: [null, 2, null] }), [ones], [], true)).rejects.toThrow(/spreads to/);
  });
  test("predicting adds none", async () => {
    for (const layer of [gaussianNoise(0.3), gaussianDropout(0.2), spatialDropout1d(0.4)])
      expect((await given(layer, [ones])).y.data).toEqual(ones.data);
  });
});

describe("batchNormalization", () => {
  const x = [
    [1, 10],
    [3, 14],
  ];
  const normalised = (options = {}) => {
    const model = sequential([input([2]), batchNormalization({ momentum: 0.9, ...options })]);
    model.compile({ loss: "mse", optimizer: "sgd", backend: "js" });
    return model;
  };
  test("training moves the averages by 1 − momentum; evaluating and predicting do not", async () => {
    const model = normalised();
    await model.fit(x, x, { epochs: 1, batchSize: 2, ...quiet });
    const averages = async () =>
      model
        .getWeights()
        .slice(2)
        .map((w) => w.toArray() as number[]);
    const [mean, variance] = await averages();
    expect(mean[0]).toBeCloseTo(0.1 * 2, 6);
    expect(mean[1]).toBeCloseTo(0.1 * 12, 6);
    expect(variance[0]).toBeCloseTo(0.9 + 0.1 * 1, 6);
    expect(variance[1]).toBeCloseTo(0.9 + 0.1 * 4, 6);
    await model.evaluate(x, x, quiet);
    await model.predict(x);
    expect(await averages()).toEqual([mean, variance]);
  });
  test("a frozen one uses its averages while training, and keeps them", async () => {
    const model = normalised({ trainable: false });
    const before = model.getWeights().map((w) => w.toArray());
    const { history } = await model.fit(x, x, { epochs: 1, batchSize: 2, ...quiet });
    expect(model.getWeights().map((w) => w.toArray())).toEqual(before);
    const { loss } = await model.evaluate(x, x, quiet);
    expect(history.loss[0]).toBeCloseTo(loss, 6);
  });
  test("masked steps have no part in mean and variance", async () => {
    const model = sequential([input([2, 1]), masking({ maskValue: -9 }), batchNormalization({ momentum: 0 })]);
    model.compile({ loss: "mse", optimizer: "sgd", backend: "js" });
    const series = [
      [[2], [-9]],
      [[4], [9]],
    ];
    await model.fit(series, series, { epochs: 1, batchSize: 2, ...quiet });
    const [mean, variance] = model.getWeights().slice(2);
    expect(mean.at(0)).toBeCloseTo(5, 5); // of 2, 4, 9
    expect(variance.at(0)).toBeCloseTo((9 + 1 + 16) / 3, 4);
  });
});

test("a model of attention, convolution and sums is the same after a save", async () => {
  const ids = input([6], { dtype: "i32" });
  const h = embedding(9, 4, { maskZero: true })(ids);
  const [seen, scores] = multiHeadAttention(2, 3, { useCausalMask: true, returnAttentionScores: true })([h, h]);
  const normal = batchNormalization()(add()([h, seen]));
  const found = globalAveragePooling1d()(conv1d(3, 2, { padding: "causal", kernelRegularizer: "l2" })(normal));
  const model = functional(ids, [dense(2)(found), scores]);
  model.compile({ loss: ["mse", "mse"], optimizer: "adam", backend: "js" });
  const x = [
    [1, 2, 3, 0, 0, 0],
    [8, 7, 6, 5, 4, 3],
  ];
  const targets = (await model.predict(x)).map((y, k) => distinct(y.shape, k + 3));
  await model.fit(x, targets, { epochs: 2, ...quiet });
  const bytes = await kerasBytes(model as never);
  const again = (await loadModel(bytes, { backend: "js" })) as unknown as typeof model;
  const said = await model.predict(x);
  (await again.predict(x)).forEach((y, k) => void expect(difference(y.data, said[k].data)).toBeLessThan(1e-6)); // the loaded model may run on another backend
  expect(said[1].at(0, 0, 0, 1)).toBe(0); // the first step sees no later one
  const { weights } = await readKerasArchive(bytes, "model");
  for (const part of ["query", "key", "value", "output"])
    expect(weights.get(`layers/multi_head_attention/${part}_dense`)?.variables.length).toBe(2);
});

describe("layers of one's own", () => {
  test("a weight learns, and an open size stays open", async () => {
    const scale = customLayer("Scale", {
      build: (shape, addWeight) => ({ gamma: addWeight("gamma", [shape.at(-1)!], "ones") }),
      forward: (x, { gamma }) => ops.mul(x, gamma),
    });
    const model = sequential([input([null, 1]), scale]);
    expect(model.outputs![0].shape).toEqual([null, null, 1]);
    model.compile({ loss: "mse", optimizer: "sgd", backend: "js" });
    const x = [[[1], [2]]];
    await model.fit(x, [[[3], [6]]], { epochs: 400, ...quiet });
    expect(model.getWeights()[0].at(0)).toBeCloseTo(3, 3);
  });
  test("a formula over time sees a scan, and its shape is found", async () => {
    const running = lambda((x) => {
      const zero = ops.mul(ops.reshape(ops.sliceAxis(x, 1, 0, 1), [x.shape[0], x.shape[2]]), 0);
      return ops.scan([zero], [x], ([sum], [step]) => {
        const next = ops.add(sum, step);
        return { carries: [next], results: [next] };
      }).results[0];
    });
    const model = sequential([input([null, 1]), running]);
    expect((await model.predict([[[1], [2], [3]]])).toArray()).toEqual([[[1], [3], [6]]]);
  });
  test("two inputs, by extending Layer", async () => {
    class Difference extends Layer {
      readonly className = "Difference";
      readonly factory = "difference";
      override get arity() {
        return 2;
      }
      override forwardAll([p, q]: readonly Tensor[]) {
        return [ops.sub(p, q)];
      }
      config() {
        return {};
      }
    }
    const [p, q] = [input([2]), input([2])];
    const model = functional([p, q], new Difference()([p, q]));
    expect((await model.predict([[[5, 6]], [[1, 1]]])).toArray()).toEqual([[4, 5]]);
  });
  test("one without an open formula before an lstm passes the mask on", async () => {
    const model = sequential([embedding(5, 3, { maskZero: true }), lambda((x) => ops.tanh(x)), lstm(2)]);
    model.build([null, 4]);
    const short = await model.predict([[1, 2, 0, 0]]);
    const other = await model.predict([[0, 1, 2, 0]]);
    expect(short.toArray()).toEqual(other.toArray());
  });
  test("a layer from a formula in a file is refused, and the message says what to do", async () => {
    const model = sequential([input([2]), lambda((x) => ops.mul(x, 2)), dense(1)]);
    await expect(loadModel(await kerasBytes(model as never))).rejects.toThrow(/registerLayer\("Lambda"/);
  });
});
