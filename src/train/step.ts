import { type Compiled, compile, lowerFor, type Target } from "../graph/compile.ts";
import { gradients } from "../graph/grad.ts";
import { accumulate, assign } from "../ops/assign.ts";
import { constant, mul } from "../ops/elementwise.ts";
import { gather } from "../ops/gather.ts";
import { reshape } from "../ops/view.ts";
import type { DType, Shape } from "../tensor/shape.ts";
import { inTrace, type Tensor, Trace } from "../tensor/tensor.ts";
import { type Loss, reduceLoss, spread } from "./losses.ts";
import type { Metric } from "./metrics.ts";
import { type Optimizer, recordUpdate } from "./optimizers.ts";

/** A parameter's place in the weights region, the same in every program of a model. */
export interface ParameterPlace {
  readonly offset: number; // words
  readonly shape: Shape;
  readonly from: string;
  /** The weight's own name: `kernel`. */
  readonly name: string;
}

/** What a step needs of a model. */
export interface Network {
  /** All parameters; the trainable ones come first and fill `trainableWords`. */
  readonly parameters: readonly ParameterPlace[];
  readonly trainableCount: number;
  readonly trainableWords: number;
  readonly words: number;
  /** The forward formula over the given parameters (in order). */
  forward(inputs: Tensor[], parameters: Tensor[], training: boolean): Tensor;
}

export interface ArrayKind {
  readonly shape: Shape; // with the number of rows
  readonly dtype: DType;
}

export interface StepOptions {
  target: Target;
  network: Network;
  inputs: readonly ArrayKind[];
  targets: ArrayKind;
  sampleWeight: boolean;
  batch: number;
  loss: Loss;
  metrics: readonly Metric[];
  /** Absent: evaluation only. */
  optimizer?: Optimizer;
}

/**
 * One step over a resident data set: the batch is a list of row numbers in `feed` (`rows`, with `learningRate` and
 * `iteration`), loss and metric sums run on in `state` (`loss`, `metric 0`, ...).
 */
export function compileStep(options: StepOptions): Compiled {
  const { target, network, batch, loss, metrics, optimizer } = options;
  const trace = new Trace();
  const training = optimizer !== undefined;
  const lossSum = trace.leaf("state", [1], { name: "loss" });
  const metricSums = metrics.map((m, k) => trace.leaf("state", [m.size], { name: `metric ${k}` }));
  const rows = trace.leaf("feed", [batch], { dtype: "i32", name: "rows" });
  const learningRate = trace.leaf("feed", [1], { name: "learningRate" });
  const iteration = trace.leaf("feed", [1], { name: "iteration" });
  const data = (kind: ArrayKind, name: string) =>
    gather(trace.leaf("data", kind.shape, { dtype: kind.dtype, name }), rows);
  const { parameters, whole } = parameterLeaves(trace, network);

  const mean = inTrace(trace, () => {
    trace.from = "batch";
    const inputs = options.inputs.map((kind, k) => data(kind, `x ${k}`));
    const y = data(options.targets, "y");
    const weight = options.sampleWeight
      ? data({ shape: [options.targets.shape[0]], dtype: "f32" }, "sampleWeight")
      : null;
    const prediction = network.forward(inputs, parameters, training);
    trace.from = "loss";
    const mask = prediction.mask ?? null;
    const value = reduceLoss(loss.formula(y, prediction), weight, mask);
    accumulate(lossSum, reshape(mul(value, batch), [1]));
    trace.from = "metrics";
    const elementWeight = mask && weight ? mul(mask, spread(weight, mask.shape)) : (mask ?? weight);
    for (const [k, m] of metrics.entries())
      accumulate(metricSums[k], m.update(y, prediction, m.weighted ? elementWeight : mask));
    return value;
  });

  if (optimizer) {
    const now = lowerFor(target, trace);
    const trainable = parameters.slice(0, network.trainableCount);
    inTrace(trace, () => {
      trace.from = "loss";
      const of = now(mean);
      const found = gradients(trace, [{ of, by: constant(1, of) }], trainable);
      trace.from = "optimizer";
      found.forEach((d, k) => {
        const leaf = trace.leaf("gradients", trainable[k].shape, { offset: trainable[k].place!.offset });
        if (d) assign(leaf, d);
      });
      if (network.trainableWords === 0) return;
      const n = network.trainableWords;
      const gradient = trace.leaf("gradients", [n], { offset: 0 });
      const slots = optimizer.slots.map((name, k) =>
        trace.leaf("optimizer", [n], { offset: k * n, name: `slot ${name}` }),
      );
      const segments = network.parameters.slice(0, network.trainableCount);
      recordUpdate(optimizer, { gradient, weights: whole, learningRate, iteration, slots, segments });
    });
  }
  return compile(training ? "train" : "evaluate", target, trace);
}

/** Predictions for one batch: `x 0`, ... in `data`, the result as `prediction` in `state`. */
export function compilePredict(target: Target, network: Network, inputs: readonly ArrayKind[]): Compiled {
  const trace = new Trace();
  const { parameters } = parameterLeaves(trace, network);
  inTrace(trace, () => {
    const leaves = inputs.map((kind, k) => trace.leaf("data", kind.shape, { dtype: kind.dtype, name: `x ${k}` }));
    const y = network.forward(leaves, parameters, false);
    trace.from = "prediction";
    assign(trace.leaf("state", y.shape, { name: "prediction" }), y);
  });
  return compile("predict", target, trace);
}

function parameterLeaves(trace: Trace, network: Network): { parameters: Tensor[]; whole: Tensor } {
  const parameters = network.parameters.map((p) => trace.leaf("weights", p.shape, { offset: p.offset }));
  trace.sizes.weights = network.words;
  const whole = trace.leaf("weights", [network.trainableWords], { offset: 0 });
  trace.sizes.weights = network.words;
  return { parameters, whole };
}
