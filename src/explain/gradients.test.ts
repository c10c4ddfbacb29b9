/** `attribute` and `gradientFlow` against formulas and finite differences in float64. */
import { describe, expect, test } from "vitest";
import {
  type AnyLayer,
  additiveAttention,
  attention,
  bidirectional,
  dense,
  embedding,
  functional,
  gru,
  input,
  lambda,
  lstm,
  masking,
  multiHeadAttention,
  NdArray,
  ops,
  rnn,
  type StepCell,
  sequential,
} from "../index.ts";
import { attentionWeights, attribute, gradientFlow } from "./index.ts";
import { lstmInFloat64 } from "./testing/lstm-in-float64.ts";

const built = (...layers: AnyLayer[]) => sequential([input([null, 2]), ...layers], { seed: 4 });
const x = [
  [0.5, -1],
  [0.2, 0.3],
  [-0.7, 0.1],
  [0.9, 0.8],
];
const numbers = (a: NdArray) => [...a.data];
const near = (found: number[], wanted: number[], digits: number) => {
  expect(found.length).toBe(wanted.length);
  for (const [k, v] of found.entries()) expect(v).toBeCloseTo(wanted[k], digits);
};

for (const backend of ["js", "wasm", "native"] as const)
  test(`the gradient at each step is that of finite differences, on ${backend}`, async () => {
    const model = built(lstm(3), dense(1));
    model.compile({ loss: "mse", backend });
    const weights = model.getWeights();
    const [{ h, c }] = await gradientFlow(model, [x]);
    const slope = (part: "h" | "c", step: number) =>
      Math.hypot(
        ...[0, 1, 2].map((unit) => {
          const at = (by: number) =>
            lstmInFloat64(x, weights, (p, t, j) => (p === part && t === step && j === unit ? by : 0));
          return (at(1e-5) - at(-1e-5)) / 2e-5;
        }),
      );
    near(
      numbers(h!),
      [0, 1, 2, 3].map((t) => slope("h", t)),
      6,
    ); // f32 gradients
    near(
      numbers(c!),
      [0, 1, 2, 3].map((t) => slope("c", t)),
      6,
    );
  });

describe("gradientFlow", () => {
  test("of a loss is that of the loss of each row", async () => {
    const model = built(lstm(3), dense(1));
    model.compile({ loss: "mse" });
    const rows = [x, x.toReversed()];
    const y = [[0.3], [-2]];
    const [{ h }] = await gradientFlow(model, rows, { y });
    const plain = (await gradientFlow(model, rows))[0].h!;
    const p = await model.predict(rows);
    for (let row = 0; row < 2; row++)
      for (let t = 0; t < 4; t++)
        expect(h!.at(row, t)).toBeCloseTo(2 * Math.abs(p.at(row, 0) - y[row][0]) * plain.at(row, t), 5);
  });
  test("reaches the steps behind a padded one from the end a backward layer begins at, and none that are masked", async () => {
    const model = sequential([embedding(5, 2, { maskZero: true }), bidirectional(lstm(3)), dense(1)]);
    model.build([null, null]);
    const [there, back] = await gradientFlow(model, [[3, 0, 4, 0]]);
    expect(numbers(there.h!).map((v) => v > 0)).toEqual([true, false, true, false]);
    expect(numbers(back.h!).map((v) => v > 0)).toEqual([true, false, true, false]);
    expect(back.direction).toBe("backward");
  });
  test("vanishes in an LSTM that is not trained, over 100 steps", async () => {
    const model = built(lstm(8), dense(1));
    const long = new NdArray(
      Float32Array.from({ length: 200 }, (_, k) => Math.sin(k)),
      [1, 100, 2],
    );
    const [{ h }] = await gradientFlow(model, long);
    expect(h!.at(0, 0) / h!.at(0, 99)).toBeLessThan(1e-6);
    expect(h!.at(0, 0)).toBeGreaterThan(0);
  });
  test("a cell that names neither h nor c is refused", async () => {
    const silent: StepCell = {
      stateSize: 2,
      outputSize: 2,
      step: (xt, [h]) => ({ output: ops.add(xt, h), state: [ops.add(xt, h)] }),
    };
    await expect(gradientFlow(built(rnn(silent)), [x])).rejects.toThrow(/expected a cell that names h or c/);
    await expect(gradientFlow(built(lstm(2)), [x], { y: [[1, 1]] })).rejects.toMatchObject({
      code: "CELLSTATE_NOT_COMPILED",
    });
  });
});

describe("integrated gradients", () => {
  test("of a sum are its terms, with no gap", async () => {
    const model = built(lambda((t) => ops.sum(ops.mul(t, t), [1, 2], true)));
    const found = await attribute(model, [x], { points: 2 });
    near(
      numbers(found.attributions),
      x.map(([a, b]) => a * a + b * b),
      6,
    ); // ∫ 2αx·x dα = x²
    near(
      numbers(found.features!),
      x.flat().map((v) => v * v),
      6,
    );
    near(numbers(found.gap), [0], 6);
  });
  test("of an LSTM are those of the formula in float64", async () => {
    const model = built(lstm(3), dense(1));
    const weights = model.getWeights();
    const base = [0.1, -0.2];
    const { features, gap, score, baselineScore } = await attribute(model, [x], { baseline: base });
    const scaled = (alpha: number, step: number, d: number, by: number) =>
      x.map((row, t) => row.map((v, k) => base[k] + alpha * (v - base[k]) + (t === step && k === d ? by : 0)));
    const wanted = x.flatMap((row, t) =>
      row.map((v, d) => {
        const slopes = Array.from({ length: 200 }, (_, k) => {
          const at = (by: number) => lstmInFloat64(scaled((k + 0.5) / 200, t, d, by), weights);
          return (at(1e-5) - at(-1e-5)) / 2e-5;
        });
        return ((v - base[d]) * slopes.reduce((a, b) => a + b)) / 200;
      }),
    );
    near(numbers(features!), wanted, 5); // f32, and 200 midpoints
    expect(Math.abs(gap.at(0))).toBeLessThan(1e-6);
    expect(score.at(0)).toBeCloseTo(lstmInFloat64(x, weights), 6);
    expect(baselineScore.at(0)).toBeCloseTo(
      lstmInFloat64(
        x.map(() => base),
        weights,
      ),
      6,
    );
  });
  test("add up for classes, masks, two directions and ids, from both baselines", async () => {
    const model = sequential([
      embedding(9, 4, { maskZero: true }),
      bidirectional(gru(5)),
      dense(3, { activation: "softmax" }),
    ]);
    model.build([null, null]);
    for (const baseline of ["zeros", "mean"] as const) {
      const ids = [
        [1, 2, 3, 0],
        [4, 5, 0, 0],
      ];
      const found = await attribute(model, ids, { baseline, target: [0, 2] });
      expect(found.features).toBe(null);
      for (const row of [0, 1]) {
        expect(Math.abs(found.gap.at(row))).toBeLessThan(1e-6);
        const sum = numbers(found.attributions.row(row)).reduce((a, b) => a + b);
        expect(sum).toBeCloseTo(found.score.at(row) - found.baselineScore.at(row), 6);
      }
      expect([found.attributions.at(0, 3), found.attributions.at(1, 2)]).toEqual([0, 0]);
    }
  });
  test("keep the padding that masking finds in the input, wherever the way leads", async () => {
    const model = sequential([input([4, 2]), masking({ maskValue: -7 }), lstm(5), dense(1)], { seed: 4 });
    const padded = [
      [0.5, -1],
      [0.2, 0.3],
      [-7, -7],
      [-7, -7],
    ];
    const { attributions, gap } = await attribute(model, [padded]);
    expect(Math.abs(gap.at(0))).toBeLessThan(1e-6);
    expect(numbers(attributions).slice(2)).toEqual([0, 0]);
    const short = sequential([input([2, 2]), lstm(5), dense(1)], { seed: 4 });
    short.setWeights(model.getWeights());
    near(numbers(attributions).slice(0, 2), numbers((await attribute(short, [padded.slice(0, 2)])).attributions), 6);
  });
  test("say by their gap that there were too few points", async () => {
    const steep = built(lambda((t) => ops.sum(ops.sigmoid(ops.mul(t, 60)), [1, 2], true)));
    const gap = async (points: number) => Math.abs((await attribute(steep, [x], { points })).gap.at(0));
    expect(await gap(1)).toBeGreaterThan(0.1);
    expect(await gap(300)).toBeLessThan(1e-3);
  });
});

describe("occlusion", () => {
  test("is the fall of the prediction when a step is replaced", async () => {
    const model = built(lstm(3), dense(1));
    const { attributions } = await attribute(model, [x], { method: "occlusion" });
    const whole = (await model.predict([x])).at(0, 0);
    for (let t = 0; t < 4; t++) {
      const without = x.map((row, k) => (k === t ? [0, 0] : row));
      expect(attributions.at(0, t)).toBeCloseTo(whole - (await model.predict([without])).at(0, 0), 6);
    }
    const { attributions: two } = await attribute(model, [x], { method: "occlusion", window: 2 });
    const cut = x.map((row, k) => (k < 2 ? [0, 0] : row));
    expect(two.at(0, 0)).toBeCloseTo(whole - (await model.predict([cut])).at(0, 0), 6);
  });
});

test("both find a planted word", async () => {
  const model = sequential([embedding(20, 6), lstm(8), dense(1, { activation: "sigmoid" })], { seed: 3 });
  model.compile({ optimizer: "adam", loss: "binaryCrossentropy" });
  const rows = Array.from({ length: 400 }, (_, k) =>
    Array.from({ length: 8 }, (_, t) => 1 + ((k * 31 + t * 17 + ((k * t) % 7)) % 18)),
  );
  const y = rows.map((row, k) => {
    if (k % 2 === 0) row[k % 8] = 19;
    return [k % 2 === 0 ? 1 : 0];
  });
  await model.fit(rows, y, { epochs: 12, batchSize: 16, verbose: 0 });
  const asked = rows.filter((_, k) => k % 2 === 0).slice(0, 20);
  for (const method of ["integratedGradients", "occlusion"] as const) {
    const { attributions } = await attribute(model, asked, { method, baseline: "mean" });
    const hits = asked.filter((row, k) => row.indexOf(19) === Number(attributions.argmax().at(k)));
    expect(hits.length, method).toBeGreaterThanOrEqual(18);
  }
}, 60_000);

describe("attention", () => {
  test("is what the layer itself returns as scores, aligned with what it looks at", async () => {
    const sequence = input([4, 2]);
    for (const layer of [
      attention({ returnAttentionScores: true }),
      additiveAttention({ returnAttentionScores: true }),
    ]) {
      const outputs = layer([sequence, sequence]) as unknown as [typeof sequence.tensor, typeof sequence.tensor];
      const model = functional(sequence, outputs);
      const [found] = await attentionWeights(model, [x]);
      expect(numbers(found.weights)).toEqual(numbers((await model.predict([x]))[1]));
      expect(numbers(found.weights.row(0).row(2)).reduce((a, b) => a + b)).toBeCloseTo(1, 6);
    }
    const heads = sequential([input([4, 2]), lstm(4, { returnSequences: true })]);
    await expect(attentionWeights(heads, [x])).rejects.toThrow(/expected a model with attention/);
    const several = functional(sequence, multiHeadAttention(3, 2)([sequence, sequence]));
    expect((await attentionWeights(several, [x]))[0].weights.shape).toEqual([1, 3, 4, 4]);
  });
});

test("what does not fit is refused by name", async () => {
  const model = built(lstm(3), dense(2));
  const ask = (options: object) => attribute(model, [x], options);
  await expect(ask({ target: 2 })).rejects.toThrow(
    "attribute: target: expected a whole number from 0 to 1, received 2",
  );
  await expect(ask({ target: [0, 1] })).rejects.toThrow(/one for each of 1 rows/);
  await expect(ask({ method: "gradients" })).rejects.toThrow(/integratedGradients or occlusion/);
  await expect(ask({ baseline: [1, 2, 3] })).rejects.toMatchObject({ code: "CELLSTATE_INVALID_SHAPE" });
  await expect(ask({ points: 0 })).rejects.toThrow(/points: expected a whole number from 1/);
  await expect(ask({ steps: 5 })).rejects.toMatchObject({ code: "CELLSTATE_UNKNOWN_OPTION" });
  const ids = sequential([embedding(5, 2), lstm(3)]);
  ids.build([null, null]);
  await expect(attribute(ids, [[1, 2]], { baseline: [[0, 0]] })).rejects.toThrow(/zeros or mean, for ids/);
});
