import { describe, expect, test } from "vitest";
import { sigmoid } from "../../src/ops/elementwise.ts";
import { softmax } from "../../src/ops/softmax.ts";
import { asNdArray, NdArray, type NestedNumbers } from "../../src/tensor/nd-array.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import * as losses from "../../src/train/losses/index.ts";
import { type Loss, lossOf, reduceLoss } from "../../src/train/losses.ts";
import { type MetricName, metricOf } from "../../src/train/metrics.ts";
import { presentBackends } from "../backends.ts";
import { runFormula } from "../conformance/harness.ts";
import { golden } from "./golden.ts";

interface Entry {
  y_true: NestedNumbers[];
  y_pred: NestedNumbers[];
  value: number;
  weighted?: number;
}
const file = golden<{ sample_weight: number[]; losses: Record<string, Entry>; metrics: Record<string, Entry> }>(
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
const metrics: Record<string, MetricName> = {
  binary_accuracy: "binaryAccuracy",
  categorical_accuracy: "categoricalAccuracy",
  sparse_categorical_accuracy: "sparseCategoricalAccuracy",
};

function targets(e: Entry, sparse: boolean): NdArray {
  const a = asNdArray(e.y_true);
  const flat = a.rank > 1 && a.shape.at(-1) === 1 ? a.reshape(a.shape.slice(0, -1)) : a;
  return sparse ? new NdArray(Int32Array.from(flat.data), flat.shape) : a;
}

for (const backend of file ? await presentBackends() : []) {
  describe(`Keras's losses and metrics on ${backend.name}`, () => {
    for (const [name, e] of Object.entries(file!.losses)) {
      test(`loss ${name}`, async () => {
        const sparse = name.startsWith("sparse");
        const inputs = { y: targets(e, sparse), p: asNdArray(e.y_pred), w: asNdArray(file!.sample_weight) };
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
    for (const [name, e] of Object.entries(file!.metrics)) {
      const made = metrics[name];
      test.skipIf(!made)(`metric ${name}${made ? "" : " (skipped: not a metric of this version)"}`, async () => {
        const metric = metricOf(made);
        const inputs = { y: targets(e, name.startsWith("sparse")), p: asNdArray(e.y_pred) };
        const { outputs } = await runFormula(backend, { inputs, outputs: ({ y, p }) => [metric.update(y, p, null)] });
        expect(metric.result(outputs[0].data)).toBeCloseTo(e.value, 6);
      });
    }
  });
}

test("the golden loss cases are here or their absence was said", () => {
  expect(file === null || Object.keys(file.losses)).toEqual(file === null || Object.keys(made));
});
