import { describe, expect, test } from "vitest";
import { dense, input, lstm, type SymbolicTensor } from "../../layers/index.ts";
import { functional } from "../../models/functional.ts";
import type { Model } from "../../models/model.ts";
import { sequential } from "../../models/sequential.ts";
import * as ops from "../../ops/index.ts";
import type { CompileOptions } from "../../train/compiled.ts";
import * as losses from "../../train/losses/index.ts";
import type { Loss } from "../../train/losses/loss.ts";
import type { LossLike } from "../../train/losses/named.ts";
import * as metrics from "../../train/metrics/index.ts";
import type { Metric } from "../../train/metrics/metric.ts";
import type { MetricLike } from "../../train/metrics/named.ts";
import {
  adadelta,
  adafactor,
  adagrad,
  adam,
  adamax,
  adamw,
  asgd,
  ftrl,
  lamb,
  lion,
  nadam,
  rmsprop,
  sgd,
} from "../../train/optimizers/index.ts";
import { customOptimizer, type Optimizer } from "../../train/optimizers/optimizer.ts";
import {
  cosineDecay,
  cosineDecayRestarts,
  exponentialDecay,
  inverseTimeDecay,
  piecewiseConstantDecay,
  polynomialDecay,
} from "../../train/schedules.ts";
import { loadModel } from "../load-model.ts";
import { type JsonObject, readKerasArchive } from "./archive.ts";
import { kerasBytes } from "./keras.ts";

const x = Array.from({ length: 5 }, (_, i) => Array.from({ length: 3 }, (_, t) => [Math.sin(i + t), Math.cos(i * t)]));
const y = [0, 1, 0, 1, 1];
const quick = { batchSize: 2, verbose: 0, seed: 5 } as const;

function model(options: Partial<CompileOptions> = {}): Model {
  const m = sequential([input([3, 2]), lstm(3), dense(1, { activation: "sigmoid" })], { name: "small", seed: 4 });
  m.compile({ loss: "binaryCrossentropy", backend: "js", ...options });
  return m;
}

const compileOf = async (m: Model) =>
  (await readKerasArchive(await kerasBytes(m), "it")).config.compile_config as JsonObject;
const numbers = (m: Model) => m.getWeights().map((w) => [...w.data]);

const optimizers: [string, () => Optimizer][] = [
  ["adadelta", () => adadelta({ rho: 0.9 })],
  ["adafactor", () => adafactor({ relativeStep: false, beta2Decay: -0.7 })],
  ["adagrad", () => adagrad({ initialAccumulatorValue: 0.2 })],
  ["amsgrad with an average", () => adam({ amsgrad: true, useEma: true, emaMomentum: 0.9, emaOverwriteFrequency: 2 })],
  ["adamax", () => adamax({ beta1: 0.8 })],
  ["adamw", () => adamw({ weightDecay: 0.1, globalClipnorm: 1, excludeFromWeightDecay: ["bias"] })],
  ["ftrl", () => ftrl({ l1RegularizationStrength: 0.01, beta: 0.1 })],
  ["lamb", () => lamb({ weightDecay: 0.1 })],
  ["lion", () => lion({ beta2: 0.95, clipvalue: 0.5 })],
  ["nadam", () => nadam({ epsilon: 1e-6 })],
  ["rmsprop of embeddings' sums", () => rmsprop({ centered: true, momentum: 0.5, embeddingGradients: "sum" })],
  ["sgd by gathered gradients", () => sgd({ momentum: 0.9, nesterov: true, gradientAccumulationSteps: 2 })],
  [
    "averaged sgd",
    () => asgd({ nonMonotone: null, weightDecay: 0.01, excludeFromWeightDecay: ["kernel"], learningRate: 0.1 }),
  ],
];

describe("every optimizer comes back from a file", () => {
  for (const [name, make] of optimizers) {
    test(`${name}: its options, its state, and the steps that follow`, async () => {
      const first = model({ optimizer: make() });
      await first.fit(x, y, { epochs: 2, ...quick });
      const second = await loadModel(await kerasBytes(first), { backend: "js" });
      expect(second.compiled!.optimizer.className).toBe(make().className);
      expect(second.compiled!.optimizer.shared).toEqual(make().shared);
      expect(await compileOf(second)).toEqual(await compileOf(first));
      expect(second.optimizerState!.iterations).toBe(first.optimizerState!.iterations);
      await first.fit(x, y, { epochs: 3, initialEpoch: 2, ...quick });
      await second.fit(x, y, { epochs: 3, initialEpoch: 2, ...quick });
      expect(numbers(second)).toEqual(numbers(first));
    });
  }

  test("averaged SGD says SGD to Keras", async () => {
    const { optimizer } = (await compileOf(model({ optimizer: asgd() }))) as { optimizer: JsonObject };
    expect(optimizer).toMatchObject({
      module: "keras.optimizers",
      class_name: "SGD",
      cellstate: { class_name: "ASGD", config: { non_monotone: 5 } },
    });
    expect(Object.keys(optimizer.config as JsonObject)).not.toContain("non_monotone");
  });
});

test("an optimizer of one's own says SGD to Keras, and has to be given again", async () => {
  const own = customOptimizer("Own", { slots: [], update: ({ weights, gradient }) => [ops.sub(weights, gradient)] });
  const m = model({ optimizer: own });
  expect((await compileOf(m)).optimizer).toMatchObject({ class_name: "SGD", cellstate: { class_name: "Own" } });
  const back = await loadModel(await kerasBytes(m), { backend: "js" });
  expect(back.compiled).toBeNull();
  expect(numbers(back)).toEqual(numbers(m));
});

describe("every schedule comes back from a file", () => {
  for (const rate of [
    cosineDecay(0.1, { decaySteps: 20, warmupTarget: 0.3, warmupSteps: 4 }),
    cosineDecayRestarts(0.1, { firstDecaySteps: 3, mMul: 0.5 }),
    exponentialDecay(0.1, { decaySteps: 3, decayRate: 0.5, staircase: true }),
    inverseTimeDecay(0.1, { decaySteps: 3, decayRate: 0.5 }),
    piecewiseConstantDecay([2, 4], [0.1, 0.2, 0.05]),
    polynomialDecay(0.1, { decaySteps: 5, power: 2, cycle: true }),
  ]) {
    test(rate.className, async () => {
      const first = model({ optimizer: sgd({ learningRate: rate }) });
      await first.fit(x, y, { epochs: 1, ...quick });
      const bytes = await kerasBytes(first);
      const { weights } = await readKerasArchive(bytes, "it");
      expect(weights.get("optimizer")!.variables.length).toBe(1); // no variable for a scheduled rate
      const second = await loadModel(bytes, { backend: "js" });
      const back = second.compiled!.optimizer.learningRate as typeof rate;
      for (let step = 0; step < 12; step++) expect(back(step)).toBe(rate(step));
      expect(await compileOf(second)).toEqual(await compileOf(first));
    });
  }
});

test("a model of several outputs comes back compiled, with its optimizer's state", async () => {
  const read = input([2]);
  const ends = [dense(1, { name: "a" })(read), dense(2, { name: "b" })(read)];
  const first = functional(read, ends);
  first.compile({ loss: ["mse", "mae"], lossWeights: [1, 3], metrics: [["mae"], []], backend: "js" });
  await first.trainOnBatch([[1, 2]], [[[1]], [[0, 1]]]);
  const second = await loadModel<SymbolicTensor[]>(await kerasBytes(first as never), { backend: "js" });
  expect(second.compiled!.objectives.map((j) => [j.loss!.name, j.lossWeight, j.metrics.length])).toEqual([
    ["mean_squared_error", 1, 1],
    ["mean_absolute_error", 3, 0],
  ]);
  expect(second.optimizerState).toEqual(first.optimizerState);
});

describe("losses and metrics come back from a file", () => {
  const cases: [string, LossLike, MetricLike[], MetricLike[]][] = [
    ["names", "huber", ["mae", "precision", "auc"], []],
    ["losses with options", losses.huber({ delta: 2 }), [], []],
    ["smoothed logits", losses.binaryCrossentropy({ fromLogits: true, labelSmoothing: 0.1 }), ["accuracy"], []],
    ["a focal loss", losses.binaryFocalCrossentropy({ gamma: 3, applyClassBalancing: true }), [], ["acc"]],
    [
      "metrics with options",
      "mse",
      [metrics.auc({ curve: "PR", name: "pr" }), metrics.precision({ threshold: 0.3 }), metrics.recall({ topK: 1 })],
      [metrics.binaryAccuracy({ threshold: 0.7 }), metrics.f1Score({ threshold: 0.5 })],
    ],
    [
      "others",
      "log_cosh" as LossLike,
      ["rmse", "r2Score", "kld", "truePositives"],
      [metrics.r2Score({ numRegressors: 2 })],
    ],
    ["a similarity", losses.cosineSimilarity({ axis: 1 }), [metrics.cosineSimilarity({ axis: 1 })], []],
  ];
  for (const [name, loss, plain, counted] of cases) {
    test(name, async () => {
      const first = model({ optimizer: "sgd", loss, metrics: plain, weightedMetrics: counted });
      const second = await loadModel(await kerasBytes(first), { backend: "js" });
      expect(await compileOf(second)).toEqual(await compileOf(first));
      const names = ({ compiled }: typeof second) =>
        compiled!.objectives.map((j) => [j.metrics, j.weightedMetrics].map((list) => list.map((m) => m.name)));
      expect(names(second)).toEqual(names(first));
      const seen = (m: Model) => m.evaluate(x, y, { verbose: 0, sampleWeight: [1, 2, 0, 1, 3] });
      expect(await seen(second)).toEqual(await seen(first));
    });
  }

  test("sample weights count in weighted metrics only", async () => {
    const m = model({ loss: "mse", metrics: ["mae"], weightedMetrics: ["rmse", "accuracy"] });
    const p = [...(await m.predict(x)).data];
    const sampleWeight = [1, 2, 0, 1, 3];
    const seen = await m.evaluate(x, y, { verbose: 0, sampleWeight });
    const plain = p.reduce((s, v, i) => s + Math.abs(v - y[i]), 0) / 5;
    const counted = p.reduce((s, v, i) => s + sampleWeight[i] * (v - y[i]) ** 2, 0);
    expect(seen.mae).toBeCloseTo(plain, 5);
    expect(seen.rmse).toBeCloseTo(Math.sqrt(counted / 7), 5);
    expect(seen.loss).toBeCloseTo(counted / 5, 5);
  });

  test("a compile_config without an optimizer means RMSprop, as Keras 3.15 writes it for a model that it loaded from .h5", async () => {
    const { readCompile } = await import("./compile.ts");
    const config = { loss: "mse", loss_weights: null, metrics: null, weighted_metrics: null, run_eagerly: false };
    const { className, learningRate, rule } = readCompile(config)!.optimizer;
    expect({ className, learningRate, ...rule.config() }).toMatchObject({
      ...{ className: "RMSprop", learningRate: 0.001, rho: 0.9, momentum: 0, epsilon: 1e-7, centered: false },
    });
  });

  test("Keras's CTC is read with its reduction, and written so again", async () => {
    const config = { name: "ctc", reduction: "sum" };
    const loss = { module: "keras.losses", class_name: "CTC", config, registered_name: null };
    const { readCompile } = await import("./compile.ts");
    const m = sequential([input([6, 2]), lstm(3, { returnSequences: true }), dense(4)]);
    const { optimizer, loss: read } = readCompile({ optimizer: "adam", loss })!;
    m.compile({ optimizer, loss: read as never });
    expect((await compileOf(m)).loss).toMatchObject({ class_name: "CTC", config });
    m.compile({ optimizer: "adam", loss: "ctc" });
    expect((await compileOf(m)).loss).toBe("ctc");
  });

  test("what Keras writes for its objects is read", async () => {
    const object = (module: string, class_name: string, config: JsonObject) => ({
      module,
      class_name,
      config,
      registered_name: null,
    });
    const { readCompile } = await import("./compile.ts");
    const found = readCompile({
      optimizer: object("keras.optimizers", "AdamW", {
        name: "adamw",
        learning_rate: 0.001,
        weight_decay: 0.004,
        amsgrad: false,
      }),
      loss: object("keras.losses", "KLDivergence", { name: "kl_divergence", reduction: "sum_over_batch_size" }),
      loss_weights: null,
      metrics: [
        object("keras.metrics", "AUC", {
          name: "area",
          dtype: "float32",
          num_thresholds: 50,
          curve: "PR",
          summation_method: "majoring",
          multi_label: false,
          num_labels: null,
          label_weights: null,
          from_logits: true,
        }),
        object("keras.metrics", "Recall", {
          name: "recall",
          dtype: "float32",
          thresholds: [0.4],
          top_k: null,
          class_id: 0,
        }),
        object("keras.metrics", "KLDivergence", { name: "kl", dtype: "float32" }),
        object("keras.metrics", "TopKCategoricalAccuracy", { name: "top3", dtype: "float32", k: 3 }),
        object("keras.metrics", "MeanMetricWrapper", { name: "squares", dtype: "float32", fn: "mean_squared_error" }),
      ],
      weighted_metrics: ["accuracy"],
    })!;
    expect(found.optimizer.shared.weightDecay).toBe(0.004);
    const metricsFound = found.metrics as Metric[];
    expect((found.loss as Loss).name).toBe("kl_divergence");
    expect(metricsFound.map((m) => m.name)).toEqual(["area", "recall", "kl", "top3", "squares"]);
    expect(metricsFound[0].described!.config).toMatchObject({ num_thresholds: 50, curve: "PR", from_logits: true });
    expect(metricsFound[1].described!.config).toMatchObject({ thresholds: 0.4, class_id: 0 });
    expect((found.weightedMetrics as Metric[]).map((m) => m.name)).toEqual(["accuracy"]);
  });
});
