import { describe, expect, test } from "vitest";
import { sigmoid } from "../../src/ops/elementwise.ts";
import { softmax } from "../../src/ops/softmax.ts";
import { asNdArray, NdArray, type NestedNumbers } from "../../src/tensor/nd-array.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import * as losses from "../../src/train/losses/index.ts";
import type { Loss } from "../../src/train/losses/loss.ts";
import { lossOf } from "../../src/train/losses/named.ts";
import { reduceLoss } from "../../src/train/losses/reduce.ts";
import * as metrics from "../../src/train/metrics/index.ts";
import type { Metric } from "../../src/train/metrics/metric.ts";
import { metricOf, sizedMetrics } from "../../src/train/metrics/named.ts";
import { presentBackends } from "../backends.ts";
import { runFormula } from "../conformance/harness.ts";
import { golden } from "./golden.ts";

interface Entry {
  y_true: NestedNumbers[];
  y_pred: NestedNumbers[];
  value: number;
  weighted?: number;
}
const files = golden<{ sample_weight: number[]; losses: Record<string, Entry>; metrics: Record<string, Entry> }>(
  "losses_metrics.json",
);

/** The golden name's loss; `logits` are what the predictions are then. */
const made: Record<string, Loss> = {
  binary_crossentropy: lossOf("binaryCrossentropy"),
  binary_crossentropy_logits: losses.binaryCrossentropy({ fromLogits: true }),
  binary_crossentropy_ls: losses.binaryCrossentropy({ labelSmoothing: 0.1 }),
  sparse_categorical: lossOf("sparseCategoricalCrossentropy"),
  sparse_categorical_logits: losses.sparseCategoricalCrossentropy({ fromLogits: true }),
  categorical: lossOf("categoricalCrossentropy"),
  categorical_ls: losses.categoricalCrossentropy({ labelSmoothing: 0.1 }),
  mse: lossOf("mse"),
  mae: lossOf("mae"),
  mape: lossOf("mape"),
  msle: lossOf("msle"),
  huber: losses.huber(),
  logcosh: lossOf("logcosh"),
  cosine: lossOf("cosineSimilarity"),
  hinge: lossOf("hinge"),
  kld: lossOf("kld"),
  poisson: lossOf("poisson"),
  binary_focal: lossOf("binaryFocalCrossentropy"),
};
/** The layer before the loss makes what the golden predictions are from these. */
const behind: Record<string, (p: Tensor) => Tensor> = {
  binary_crossentropy_logits: sigmoid,
  sparse_categorical_logits: softmax,
};
const measured: Record<string, Metric> = {
  binary_accuracy: metricOf("binaryAccuracy"),
  auc: metricOf("AUC"),
  auc_pr: metrics.auc({ curve: "PR" }),
  precision: metricOf("precision"),
  recall: metricOf("recall"),
  f1: metrics.f1Score({ threshold: 0.5 }),
  sparse_categorical_accuracy: metricOf("sparseCategoricalAccuracy"),
  top2: metrics.sparseTopKCategoricalAccuracy({ k: 2 }),
  categorical_accuracy: metricOf("categoricalAccuracy"),
  rmse: metricOf("rmse"),
  r2: metricOf("r2"),
};

function targets(e: Entry, sparse: boolean): NdArray {
  const a = asNdArray(e.y_true);
  const flat = a.rank > 1 && a.shape.at(-1) === 1 ? a.reshape(a.shape.slice(0, -1)) : a;
  return sparse ? new NdArray(Int32Array.from(flat.data), flat.shape) : a;
}

const backends = await presentBackends();
for (const { where, file, backend } of files.flatMap((f) => backends.map((backend) => ({ ...f, backend })))) {
  describe(`Keras's ${where}losses and metrics on ${backend.name}`, () => {
    for (const [name, e] of Object.entries(file.losses)) {
      test(`loss ${name}`, async () => {
        const sparse = name.startsWith("sparse");
        const inputs = { y: targets(e, sparse), p: asNdArray(e.y_pred), w: asNdArray(file.sample_weight) };
        const { outputs } = await runFormula(backend, {
          inputs,
          outputs: ({ y, p, w }) => {
            const loss = made[name];
            const activated = lossOf(sparse ? "sparseCategoricalCrossentropy" : "binaryCrossentropy");
            const again = behind[name] ? activated.formula(y, behind[name](p)) : loss.formula(y, p);
            return [
              reduceLoss(loss.formula(y, p), null, null),
              reduceLoss(loss.formula(y, p), w, null),
              reduceLoss(again, null, null),
            ];
          },
        });
        const limit = (value: number) => 1e-6 * Math.max(1, Math.abs(value)); // f32: a dozen terms
        expect(Math.abs(outputs[0].data[0] - e.value)).toBeLessThan(limit(e.value));
        expect(Math.abs(outputs[1].data[0] - e.weighted!)).toBeLessThan(limit(e.weighted!));
        expect(Math.abs(outputs[2].data[0] - e.value), "through the activation").toBeLessThan(limit(e.value));
      });
    }
    for (const [name, e] of Object.entries(file.metrics)) {
      test(`metric ${name}`, async () => {
        const p = asNdArray(e.y_pred);
        const [metric] = sizedMetrics([measured[name]], p.shape);
        const sparse = name.startsWith("sparse") || name.startsWith("top");
        const inputs = { y: targets(e, sparse), p };
        const { outputs } = await runFormula(backend, { inputs, outputs: (t) => [metric.update(t.y, t.p, null)] });
        expect(outputs[0].shape).toEqual([metric.size]);
        expect(metric.result(outputs[0].data)).toBeCloseTo(Number([e.value].flat()[0]), 5); // f32: a dozen terms
      });
    }
  });
}

test("the golden losses and metrics are all here", () => {
  for (const { file } of files) {
    expect(Object.keys(file.metrics)).toEqual(Object.keys(measured));
    expect(Object.keys(file.losses)).toEqual(Object.keys(made));
  }
});
