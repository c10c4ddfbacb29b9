import { describe, expect, test } from "vitest";
import { presentBackends } from "../../../test/backends.ts";
import { difference, distinct, finiteDifferences, ids, runFormula } from "../../../test/conformance/harness.ts";
import { jsBackend } from "../../backends/js/index.ts";
import { CellstateError } from "../../errors.ts";
import { dense, input, masking } from "../../layers/index.ts";
import { sequential } from "../../models/sequential.ts";
import { abs, mul, sub } from "../../ops/elementwise.ts";
import { mean } from "../../ops/reduce.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { adam } from "../optimizers/index.ts";
import * as losses from "./index.ts";
import type { Loss } from "./loss.ts";
import { type LossLike, lossOf } from "./named.ts";
import { reduceLoss } from "./reduce.ts";

const f64 = jsBackend({ precision: "f64" });
const backends = await presentBackends();
const array = (rows: number[][]) => new NdArray(Float64Array.from(rows.flat()), [rows.length, rows[0].length]);
const map = (a: NdArray, f: (v: number) => number) => new NdArray(Float64Array.from(a.data, f), a.shape);
const between = (a: NdArray) => map(a, (v) => 0.5 + 0.4 * v); // from 0.1 to 0.9

/** The values of a loss, one per sample. */
async function values(loss: Loss, y: NdArray, p: NdArray): Promise<number[]> {
  const { outputs } = await runFormula(f64, { inputs: { y, p }, outputs: (t) => [loss.formula(t.y, t.p)] });
  return [...outputs[0].data];
}

const shape = [5, 3, 4];
const soft = between(distinct(shape, 3));
/** Rows that sum to 1. */
const shares = map(soft, (v) => v);
for (let i = 0; i < shares.size; i += 4) {
  const row = (shares.data as Float64Array).subarray(i, i + 4);
  const total = row.reduce((a, b) => a + b);
  row.forEach((v, k) => {
    row[k] = v / total;
  });
}
const oneHot = map(ids(shape, 4), (v) => (v === 1 ? 1 : 0));
const all: [name: string, loss: Loss, y: NdArray, p: NdArray][] = [
  ["binaryCrossentropy", losses.binaryCrossentropy(), oneHot, soft],
  [
    "binaryCrossentropy of logits, smoothed",
    losses.binaryCrossentropy({ fromLogits: true, labelSmoothing: 0.2 }),
    oneHot,
    distinct(shape, 1, 3),
  ],
  ["categoricalCrossentropy", losses.categoricalCrossentropy(), oneHot, soft],
  ["categoricalCrossentropy over axis 1", losses.categoricalCrossentropy({ axis: 1 }), oneHot, soft],
  [
    "categoricalCrossentropy of logits",
    losses.categoricalCrossentropy({ fromLogits: true }),
    shares,
    distinct(shape, 2, 3),
  ],
  ["sparseCategoricalCrossentropy", losses.sparseCategoricalCrossentropy(), ids([5, 3], 4), soft],
  [
    "sparseCategoricalCrossentropy over axis 1",
    losses.sparseCategoricalCrossentropy({ axis: 1 }),
    ids([5, 4], 3),
    soft,
  ],
  ["binaryFocalCrossentropy", losses.binaryFocalCrossentropy({ applyClassBalancing: true, gamma: 1.5 }), oneHot, soft],
  ["categoricalFocalCrossentropy", losses.categoricalFocalCrossentropy(), oneHot, soft],
  ["meanSquaredError", losses.meanSquaredError(), distinct(shape, 1), distinct(shape, 2)],
  ["meanAbsoluteError", losses.meanAbsoluteError(), distinct(shape, 1), distinct(shape, 2)],
  ["meanAbsolutePercentageError", losses.meanAbsolutePercentageError(), soft, distinct(shape, 2)],
  ["meanSquaredLogarithmicError", losses.meanSquaredLogarithmicError(), between(distinct(shape, 7)), soft],
  ["huber", losses.huber({ delta: 0.5 }), distinct(shape, 1), distinct(shape, 2)],
  ["logCosh", losses.logCosh(), distinct(shape, 1, 3), distinct(shape, 2, 3)],
  ["cosineSimilarity", losses.cosineSimilarity({ axis: 1 }), distinct(shape, 1), distinct(shape, 2)],
  ["hinge", losses.hinge(), oneHot, distinct(shape, 2)],
  ["squaredHinge", losses.squaredHinge(), oneHot, distinct(shape, 2)],
  ["categoricalHinge", losses.categoricalHinge(), oneHot, distinct(shape, 2)],
  ["klDivergence", losses.klDivergence(), soft, between(distinct(shape, 7))],
  ["poisson", losses.poisson(), soft, between(distinct(shape, 7))],
  ["ctc", losses.ctc(), ids([5, 2], 4, 2), distinct([5, 3, 4], 5)],
];

describe("every loss", () => {
  for (const [name, loss, y, p] of all) {
    test(`${name} has the slope that finite differences see`, async () => {
      const formula = {
        inputs: { y, p },
        outputs: (t: Record<string, Tensor>) => [loss.formula(t.y, t.p)],
      };
      const seeds = [distinct((await runFormula(f64, formula)).outputs[0].shape, 9)];
      const { gradients } = await runFormula(f64, formula, { seeds });
      const { p: slopes } = await finiteDifferences(formula, seeds, 25);
      expect(Math.max(...slopes.map((s) => Math.abs(s.slope)))).toBeGreaterThan(1e-3);
      for (const s of slopes) {
        // central differences with step 1e-5 in float64
        expect(Math.abs(gradients.p.data[s.index] - s.slope), `d p[${s.index}]`).toBeLessThan(
          1e-5 * Math.max(1, Math.abs(s.slope)),
        );
      }
    });
  }

  test("has a name that finds it in Keras's spelling", () => {
    for (const make of Object.values(losses)) {
      const { name } = make();
      expect(lossOf(name as LossLike).name).toBe(name);
    }
  });
});

for (const backend of backends) {
  test(`every loss on ${backend.name} has the values and slopes of the float64 reference`, async () => {
    const small = (a: NdArray) => (a.dtype === "i32" ? a : new NdArray(Float32Array.from(a.data), a.shape));
    for (const [name, loss, y, p] of all) {
      const formula = {
        inputs: { y: small(y), p: small(p) },
        outputs: (t: Record<string, Tensor>) => [loss.formula(t.y, t.p)],
      };
      const seeds = [small(distinct((await runFormula(f64, formula)).outputs[0].shape, 9))];
      const reference = await runFormula(f64, formula, { seeds });
      const seen = await runFormula(backend, formula, { seeds });
      expect(difference(seen.outputs[0].data, reference.outputs[0].data), name).toBeLessThan(1e-5); // f32: a dozen terms
      expect(difference(seen.gradients.p.data, reference.gradients.p.data), `d ${name}`).toBeLessThan(1e-5);
    }
  });
}

test("a class axis in the middle is the same as one at the end", async () => {
  const turned = (a: NdArray) =>
    new NdArray(
      Float64Array.from(
        { length: 60 },
        (_, i) => a.data[Math.floor(i / 12) * 12 + (i % 4) * 3 + (Math.floor(i / 4) % 3)],
      ),
      [5, 3, 4],
    );
  const p = new NdArray(soft.data, [5, 4, 3]);
  const y = new NdArray(oneHot.data, [5, 4, 3]);
  const middle = await values(losses.categoricalCrossentropy({ axis: 1 }), y, p);
  const end = await values(losses.categoricalCrossentropy(), turned(y), turned(p));
  expect(middle.length).toBe(15);
  middle.forEach((v, i) => {
    expect(v).toBeCloseTo(end[i], 12);
  });
});

test("rows of an ignored class do not count, nor do masked steps", async () => {
  const p = new NdArray(Float64Array.of(0.5, 0.25, 0.25, 0.1, 0.8, 0.1, 0.2, 0.2, 0.6, 0.3, 0.3, 0.4), [2, 2, 3]);
  const y = new NdArray(Int32Array.of(0, 1, 2, 1), [2, 2]);
  const mask = array([
    [1, 1],
    [1, 0],
  ]);
  const loss = losses.sparseCategoricalCrossentropy({ ignoreClass: 0 });
  const mean = (list: number[]) => -list.reduce((a, v) => a + Math.log(v), 0) / list.length;
  const { outputs } = await runFormula(f64, {
    inputs: { y, p, mask },
    outputs: (t) => [reduceLoss(loss.formula(t.y, t.p), null, null), reduceLoss(loss.formula(t.y, t.p), null, t.mask)],
  });
  expect(outputs[0].data[0]).toBeCloseTo(mean([0.8, 0.6, 0.3]), 10);
  expect(outputs[1].data[0]).toBeCloseTo(mean([0.8, 0.6]), 10);
});

test("hinge losses take targets of 0 and 1 for −1 and 1", async () => {
  const p = array([[0.3, -2, 1.5]]);
  expect(await values(losses.hinge(), array([[0, 1, 1]]), p)).toEqual(
    await values(losses.hinge(), array([[-1, 1, 1]]), p),
  );
  const [squared] = await values(losses.squaredHinge(), array([[-1, 1, 1]]), p);
  expect(squared).toBeCloseTo((1.3 ** 2 + 3 ** 2 + 0) / 3, 6);
  const [categorical] = await values(losses.categoricalHinge(), array([[0, 1, 0]]), p);
  expect(categorical).toBeCloseTo(1.5 - -2 + 1, 12);
});

test("huber is a square inside delta and a line outside", async () => {
  const seen = await values(losses.huber({ delta: 2 }), array([[0], [0]]), array([[1], [5]]));
  expect(seen[0]).toBeCloseTo(0.5, 12);
  expect(seen[1]).toBeCloseTo(2 * 5 - 2, 12);
});

test("a focal loss with gamma 0 and no weights is the cross-entropy", async () => {
  const focal = await values(losses.binaryFocalCrossentropy({ gamma: 0 }), oneHot, soft);
  const plain = await values(losses.binaryCrossentropy(), oneHot, soft);
  focal.forEach((v, i) => {
    expect(v).toBeCloseTo(plain[i], 12);
  });
  const classes = await values(losses.categoricalFocalCrossentropy({ gamma: 0, alpha: 1 }), oneHot, soft);
  const crossentropy = await values(losses.categoricalCrossentropy(), oneHot, soft);
  classes.forEach((v, i) => {
    expect(v).toBeCloseTo(crossentropy[i], 12);
  });
});

describe("ctc", () => {
  /** −log of the summed probability of every path of T classes that reads as the labels. */
  function bruteForce(logits: number[][], labels: number[]): number {
    const classes = logits[0].length;
    const log = logits.map((row) => {
      const total = Math.log(row.reduce((s, v) => s + Math.exp(v), 0));
      return row.map((v) => v - total);
    });
    let sum = 0;
    for (let n = 0; n < classes ** logits.length; n++) {
      const path = logits.map((_, t) => Math.floor(n / classes ** t) % classes);
      const read = path.filter((c, t) => c !== 0 && c !== path[t - 1]);
      if (String(read) === String(labels)) sum += Math.exp(path.reduce((s, c, t) => s + log[t][c], 0));
    }
    return -Math.log(sum);
  }
  const rows = (a: NdArray) => a.toArray() as number[][][];

  for (const backend of backends) {
    test(`on ${backend.name} is the probability of every path that reads as the labels`, async () => {
      const labels = [
        [1, 2],
        [2, 2],
        [3, 0],
        [0, 0],
        [1, 3],
      ];
      const p = distinct([5, 5, 4], 3, 2);
      const inputs = { y: new NdArray(Int32Array.from(labels.flat()), [5, 2]), p };
      const { outputs } = await runFormula(backend, { inputs, outputs: (t) => [losses.ctc().formula(t.y, t.p)] });
      labels.forEach((l, i) => {
        const expected = bruteForce(
          rows(p)[i],
          l.filter((c) => c > 0),
        );
        expect(outputs[0].data[i], String(l)).toBeCloseTo(expected, 5); // f32: sums over 5 steps
      });
    });
  }

  test("teaches a network where the labels lie, which nobody said", async () => {
    // sounds of one to three steps, silence between; each sounds like its label
    const words = [
      [1, 2],
      [2, 1],
      [1, 0],
      [2, 0],
    ];
    const sound = (c: number) => [c === 1 ? 1 : 0, c === 2 ? 1 : 0];
    const sample = (i: number) => {
      const [first, second] = words[i % 4];
      const long = 1 + (i % 3);
      return Array.from({ length: 8 }, (_, t) => sound(t < long ? first : t > long && t < 7 - (i % 2) ? second : 0));
    };
    const x = Array.from({ length: 12 }, (_, i) => sample(i));
    const model = sequential([input([8, 2]), dense(3)], { seed: 2 });
    model.compile({ optimizer: adam({ learningRate: 0.1 }), loss: "ctc", backend: "js" });
    const said = x.map((_, i) => words[i % 4]);
    await model.fit(x, said, { epochs: 60, batchSize: 6, verbose: 0 });
    const best = (await model.predict(x)).argmax().toArray() as number[][];
    const read = best.map((path) => path.filter((c, t) => c !== 0 && c !== path[t - 1]));
    expect(read).toEqual(said.map((word) => word.filter((c) => c > 0)));
  });

  test("does not see masked steps", async () => {
    const p = distinct([2, 6, 3], 4, 2);
    const y = new NdArray(Int32Array.of(1, 2, 2, 0), [2, 2]);
    const mask = new NdArray(Float64Array.of(0, 1, 1, 0, 1, 1, 1, 1, 0, 0, 0, 0), [2, 6]);
    const { outputs } = await runFormula(f64, {
      inputs: { y, p, mask },
      outputs: (t) => {
        t.p.mask = t.mask;
        return [losses.ctc().formula(t.y, t.p)];
      },
    });
    const [a, b] = rows(p);
    expect(outputs[0].data[0]).toBeCloseTo(bruteForce([a[1], a[2], a[4], a[5]], [1, 2]), 10);
    expect(outputs[0].data[1]).toBeCloseTo(bruteForce([b[0], b[1]], [2]), 10);
  });

  test("of labels that do not fit into the steps is Infinity, not NaN, and moves nothing", async () => {
    const inputs = { y: new NdArray(Int32Array.of(1, 1, 2, 0), [2, 2]), p: distinct([2, 2, 3], 1) }; // 1 1 needs 3 steps
    const outputs = (t: Record<string, Tensor>) => [losses.ctc().formula(t.y, t.p)];
    const found = await runFormula(f64, { inputs, outputs }, { seeds: [array([[1], [1]]).reshape([2])] });
    expect(found.outputs[0].data[0]).toBe(Number.POSITIVE_INFINITY);
    expect(Number.isFinite(found.outputs[0].data[1])).toBe(true);
    const slopes = Array.from(found.gradients.p.data);
    expect(slopes.slice(0, 6)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(slopes.slice(6).some((d) => d !== 0)).toBe(true);
  });

  test("counts a row of a masked batch if any of its steps is valid", async () => {
    const { outputs } = await runFormula(f64, {
      inputs: {
        v: array([[2], [4], [6]]).reshape([3]),
        mask: array([
          [0, 1],
          [0, 0],
          [1, 1],
        ]),
      },
      outputs: (t) => [reduceLoss(t.v, null, t.mask)],
    });
    expect(outputs[0].data[0]).toBeCloseTo(4, 12); // (2 + 6) / 2
  });
});

test("a function of target and prediction is a loss", async () => {
  const loss = lossOf(function weightedError(y: Tensor, p: Tensor) {
    return mean(mul(abs(sub(p, y)), 3), [-1]);
  });
  expect(loss.name).toBe("weighted_error");
  expect((await values(loss, array([[1, 2]]), array([[2, 4]])))[0]).toBeCloseTo(4.5, 12);
});

test("a loss with options is described for files, one without is its name", () => {
  expect(losses.huber().described).toBe(undefined);
  expect(losses.huber({ delta: 1 }).described).toBe(undefined);
  expect(losses.huber({ delta: 2 }).described).toEqual({
    className: "Huber",
    config: { name: "huber", reduction: "sum_over_batch_size", delta: 2 },
  });
});

test.each<[what: string, make: () => unknown, says: RegExp]>([
  ["an unknown name", () => lossOf("binaryCrosentropy" as never), /Did you mean "binaryCrossentropy"/],
  ["no name", () => lossOf(null as never), /a known loss, received "null"/],
  ["an object that is no loss", () => lossOf({} as never), /a known loss/],
  ["an unknown option", () => losses.huber({ detla: 2 } as never), /"detla".*\n.*delta/],
  ["a delta of 0", () => losses.huber({ delta: 0 }), /huber: expected delta: a number above 0, received 0/],
  ["too much smoothing", () => losses.binaryCrossentropy({ labelSmoothing: 2 }), /from 0 to 1, received 2/],
  [
    "a word for a flag",
    () => losses.categoricalCrossentropy({ fromLogits: "yes" } as never),
    /true or false, received "yes"/,
  ],
  ["half an axis", () => losses.cosineSimilarity({ axis: 0.5 }), /a whole number other than 0, received 0.5/],
  ["a negative gamma", () => losses.binaryFocalCrossentropy({ gamma: -1 }), /0 or more, received -1/],
  ["options that are none", () => losses.huber(3 as never), /options in braces, received 3/],
])("%s is refused", (_, make, says) => {
  expect(make).toThrow(CellstateError);
  expect(make).toThrow(says);
});

test.each([
  ["tversky", losses.tversky({ alpha: 0.3, beta: 0.7 }), 0.46925055980682373],
  ["dice", losses.dice(), 0.49498629570007324],
])("%s is one number for all steps, padded ones counted as Keras 3.15 counts them", async (_, loss, keras) => {
  const model = sequential([input([3, 1]), masking(), dense(1, { activation: "sigmoid" })]);
  model.compile({ loss, optimizer: "sgd", backend: "js" });
  model.setWeights([[[0.4]], [-0.3]]);
  const x = [
    [[1], [2], [0]],
    [[3], [0], [0]],
  ];
  const y = [
    [[1], [0], [1]],
    [[0], [1], [1]],
  ];
  const found = await model.evaluate(x, y, { batchSize: 2, verbose: 0 });
  expect(found.loss).toBeCloseTo(keras, 6); // f32
});

test("a batch of one row weighs its one number, whatever the reduction, as Keras does", async () => {
  const weights = async (rows: number) => {
    const model = sequential([input([1]), dense(1, { activation: "sigmoid" })]);
    model.compile({ loss: losses.dice({ reduction: "mean_with_sample_weight" }), backend: "js" });
    const x = Array.from({ length: rows }, () => [0.5]);
    const options = { batchSize: rows, verbose: 0 } as const;
    const plain = await model.evaluate(x, x, options);
    const weighed = await model.evaluate(x, x, { ...options, sampleWeight: x.map(() => 3) });
    return weighed.loss / plain.loss;
  };
  expect(await weights(1)).toBeCloseTo(3, 6);
  expect(await weights(2)).toBeCloseTo(1, 6);
});
