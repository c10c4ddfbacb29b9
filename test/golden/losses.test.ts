import { describe, expect, test } from "vitest";
import { sigmoid } from "../../src/ops/elementwise.ts";
import { softmax } from "../../src/ops/softmax.ts";
import { asNdArray, NdArray, type NestedNumbers } from "../../src/tensor/nd-array.ts";
import { type LossName, lossOf, reduceLoss } from "../../src/train/losses.ts";
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

const losses: Record<string, { loss: LossName; logits?: "sigmoid" | "softmax" }> = {
  binary_crossentropy: { loss: "binaryCrossentropy" },
  binary_crossentropy_logits: { loss: "binaryCrossentropy", logits: "sigmoid" },
  sparse_categorical: { loss: "sparseCategoricalCrossentropy" },
  sparse_categorical_logits: { loss: "sparseCategoricalCrossentropy", logits: "softmax" },
  categorical: { loss: "categoricalCrossentropy" },
  mse: { loss: "meanSquaredError" },
  mae: { loss: "meanAbsoluteError" },
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
      const made = losses[name];
      test.skipIf(!made)(`loss ${name}${made ? "" : " (skipped: not a loss of this version)"}`, async () => {
        const loss = lossOf(made.loss);
        const inputs = {
          y: targets(e, made.loss.startsWith("sparse")),
          p: asNdArray(e.y_pred),
          w: asNdArray(file!.sample_weight),
        };
        const { outputs } = await runFormula(backend, {
          inputs,
          outputs: ({ y, p, w }) => {
            const prediction = made.logits === "softmax" ? softmax(p) : made.logits ? sigmoid(p) : p;
            return [
              reduceLoss(loss.formula(y, prediction), null, null),
              reduceLoss(loss.formula(y, prediction), w, null),
            ];
          },
        });
        expect(outputs[0].data[0]).toBeCloseTo(e.value, 6); // f32
        expect(outputs[1].data[0]).toBeCloseTo(e.weighted!, 6);
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
  expect(file === null || Object.keys(losses).every((name) => name in file.losses)).toBe(true);
});
