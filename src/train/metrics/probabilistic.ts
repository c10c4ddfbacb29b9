import {
  binaryCrossentropy as binaryLoss,
  type CrossentropyOptions,
  categoricalCrossentropy as categoricalLoss,
  logCosh,
  type SparseOptions,
  sparseCategoricalCrossentropy as sparseLoss,
} from "../losses/index.ts";
import type { Loss } from "../losses/loss.ts";
import { type Metric, meanMetric, targetsLike } from "./metric.ts";

/**
 * Binary cross-entropy as a metric, with the loss's options.
 *
 *   model.compile({ loss: "mse", metrics: [metrics.binaryCrossentropy({ labelSmoothing: 0.1 })] });
 */
export const binaryCrossentropy = (options: Omit<CrossentropyOptions, "reduction" | "axis"> = {}): Metric =>
  ofLoss(binaryLoss(options), "BinaryCrossentropy", {
    from_logits: options.fromLogits ?? false,
    label_smoothing: options.labelSmoothing ?? 0,
  });

/**
 * Categorical cross-entropy as a metric, with the loss's options.
 *
 *   model.compile({ loss: "mse", metrics: [metrics.categoricalCrossentropy({ fromLogits: true })] });
 */
export const categoricalCrossentropy = (options: Omit<CrossentropyOptions, "reduction"> = {}): Metric =>
  ofLoss(categoricalLoss(options), "CategoricalCrossentropy", {
    from_logits: options.fromLogits ?? false,
    label_smoothing: options.labelSmoothing ?? 0,
    axis: options.axis ?? -1,
  });

/**
 * Categorical cross-entropy for whole-number labels, as a metric.
 *
 *   model.compile({ loss: "sparseCategoricalCrossentropy", metrics: [metrics.sparseCategoricalCrossentropy()] });
 */
export const sparseCategoricalCrossentropy = (options: Omit<SparseOptions, "reduction"> = {}): Metric =>
  ofLoss(sparseLoss(options), "SparseCategoricalCrossentropy", {
    from_logits: options.fromLogits ?? false,
    ignore_class: options.ignoreClass ?? null,
    axis: options.axis ?? -1,
  });

/**
 * The log-cosh loss as a metric, `logcosh` in logs.
 *
 *   model.compile({ loss: "mse", metrics: [metrics.logCoshError()] });
 */
export const logCoshError = (): Metric => ({
  ...ofLoss(logCosh(), "LogCoshError", {}),
  name: "logcosh",
  kerasName: "logcosh",
});

function ofLoss(loss: Loss, className: string, config: NonNullable<Metric["described"]>["config"]): Metric {
  const labels = loss.targets([null, 1]).dtype === "i32";
  const metric = meanMetric(loss.name, (y, p) => loss.formula(labels ? y : targetsLike(loss.name, y, p), p));
  const name = className === "LogCoshError" ? "logcosh" : loss.name;
  return { ...metric, described: { className, config: { name, ...config } } };
}
