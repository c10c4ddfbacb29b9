import { type Compiled, compile, lowerFor, type Target } from "../../graph/compile.ts";
import { gradients } from "../../graph/grad.ts";
import { accumulate, assign } from "../../ops/assign.ts";
import { add, constant, mul } from "../../ops/elementwise.ts";
import { gather } from "../../ops/gather.ts";
import { copy, reshape } from "../../ops/view.ts";
import type { DType, Shape } from "../../tensor/shape.ts";
import { inTrace, type Tensor, Trace } from "../../tensor/tensor.ts";
import type { Objective } from "../compiled.ts";
import { type BatchPart, reduceLoss } from "../losses/reduce.ts";
import { type Occurrences, occurrencesOf, sharedPadding } from "../optimizers/occurrences.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { recordUpdate, type UpdateMemory } from "../optimizers/update.ts";
import { counted, spread } from "../spread.ts";

/** A parameter and its location in the weights region, the same in every program of a model. */
export interface ParameterLocation {
  readonly offset: number; // words
  readonly shape: Shape;
  readonly from: string;
  /** Constraint applied to the parameter after every training step. */
  readonly constraint?: ((w: Tensor) => Tensor) | null;
  /** The weight's own name: `kernel`. */
  readonly name: string;
}

/** The parts of a model that a step needs. */
export interface Network {
  /** All parameters; the trainable ones come first and fill `trainableWords`. */
  readonly parameters: readonly ParameterLocation[];
  readonly trainableCount: number;
  readonly trainableWords: number;
  readonly words: number;
  /** The forward formula over the given parameters (in order). */
  forward(inputs: Tensor[], parameters: Tensor[], training: boolean): Forward;
}

/** Results of the forward formula. */
export interface Forward {
  readonly outputs: readonly Tensor[];
  /** Parameters that no gradient moves, with their values for the next step. */
  readonly updates: readonly { readonly parameter: Tensor; readonly value: Tensor }[];
  /** Parameters that layers give another value before they use them: gradients are those of the values, which the step moves. */
  readonly replaced: readonly { readonly parameter: Tensor; readonly values: readonly Tensor[] }[];
  /** Numbers, shape [], that layers and regularizers add to the loss. */
  readonly losses: readonly Tensor[];
}

export interface ArrayKind {
  readonly shape: Shape; // with the number of rows
  readonly dtype: DType;
}

export interface StepOptions {
  target: Target;
  network: Network;
  inputs: readonly ArrayKind[];
  /** One for each output; null where nothing is asked of it. */
  targets: readonly (ArrayKind | null)[];
  /** Weights of each output's rows [N], or of their steps [N, T]; null without. */
  sampleWeights: readonly (ArrayKind | null)[];
  batch: number;
  objectives: readonly Objective[];
  /** Absent: evaluation only. */
  optimizer?: Optimizer;
}

/**
 * One step over a resident data set: the batch is a list of row numbers in `feed` (`rows`, with `learningRate` and
 * `iteration`), loss and metric sums run on in `state` (`loss`, `loss 0`, ... of each output, `metric 0 1`, ... by output).
 */
export function compileStep(options: StepOptions): Compiled {
  const { target, network, batch, optimizer } = options;
  const trace = new Trace();
  const sums = sumLeaves(trace, options.objectives);
  const rows = trace.leaf("feed", [batch], { dtype: "i32", name: "rows" });
  const learningRate = trace.leaf("feed", [1], { name: "learningRate" });
  const iteration = trace.leaf("feed", [1], { name: "iteration" });
  const leaves = parameterLeaves(trace, network);
  const { parameters } = leaves;
  const found = inTrace(trace, () => recordLoss(trace, options, parameters, rows, { sums, add: accumulate }));
  const { updates } = found;

  const padding = target.sharePadding === false ? [] : sharedPadding(trace);
  const now = lowerFor(target, trace);
  if (optimizer) {
    inTrace(trace, () => {
      const slopes = recordGradients(trace, network, parameters, found, { padding, now });
      recordMove(trace, network, optimizer, { ...leaves, ...slopes, learningRate, iteration });
    });
  }
  // Last, because the backward pass still reads what they were.
  inTrace(trace, () => {
    trace.from = "update";
    for (const { parameter, value } of updates) assign(parameter, now(value));
  });
  return compile(optimizer ? "train" : "evaluate", target, trace);
}

/** Places of the sums, and what adds a step's there. */
export interface SumPlaces {
  readonly sums: ReturnType<typeof sumLeaves>;
  add(target: Tensor, value: Tensor): void;
}

/** A loss to differentiate, and what the forward formula leaves. */
export interface RecordedLoss extends Pick<Forward, "updates" | "replaced"> {
  readonly mean: Tensor;
}

/** Records the batch, the forward formula, loss and metrics. `part`: of a batch of more rows, whose losses are added. */
export function recordLoss(
  trace: Trace,
  options: StepOptions,
  parameters: Tensor[],
  rows: Tensor,
  { sums, add: put }: SumPlaces,
  part?: (objective: number) => BatchPart,
): RecordedLoss {
  const { network, batch, objectives, optimizer } = options;
  const count = part ? Math.round(batch / part(0).fraction) : batch;
  const data = (kind: ArrayKind, name: string) =>
    gather(trace.leaf("data", kind.shape, { dtype: kind.dtype, name }), rows);
  trace.from = "batch";
  const inputs = options.inputs.map((kind, k) => data(kind, `x ${k}`));
  const targets = options.targets.map((kind, k) => kind && data(kind, `y ${k}`));
  const weights = options.sampleWeights.map((kind, k) => kind && data(kind, `sampleWeight ${k}`));
  const { outputs, updates, replaced, losses } = network.forward(inputs, parameters, optimizer !== undefined);
  const terms: Tensor[] = [];
  objectives.forEach(({ loss, lossWeight, metrics, weightedMetrics }, k) => {
    const given = targets[k];
    if (!given) return;
    const mask = outputs[k].mask ?? null;
    const y = mask ? validTargets(given, mask) : given;
    if (loss) {
      trace.from = "loss";
      const values = loss.formula(loss.mixesSteps ? given : y, outputs[k]);
      const value = reduceLoss(values, weights[k], mask, loss.reduction, part?.(k));
      if (objectives.length > 1) put(sums.losses[k], reshape(mul(value, count), [1]));
      terms.push(lossWeight === 1 ? value : mul(value, lossWeight));
    }
    trace.from = "metrics";
    const weight = weights[k];
    const both = mask && weight ? mul(mask, spread(weight, mask.shape)) : (mask ?? weight);
    metrics.forEach((m, i) => {
      put(sums.metrics[k][i], m.update(y, outputs[k], mask));
    });
    weightedMetrics.forEach((m, i) => {
      put(sums.metrics[k][metrics.length + i], m.update(y, outputs[k], both));
    });
  });
  trace.from = "loss";
  const added = part ? losses.map((value) => mul(value, part(0).fraction)) : losses;
  const mean = [...terms, ...added].reduce((a, b) => add(a, b));
  put(sums.loss, reshape(mul(mean, count), [1]));
  return { mean, updates, replaced };
}

/** Gradients of the trainable parameters, in `gradients`, and the occurrences that embeddings' are the sums of. */
export interface RecordedGradients {
  readonly found: readonly (Tensor | null)[];
  readonly occurrences: readonly (readonly Occurrences[] | null)[];
}

export function recordGradients(
  trace: Trace,
  network: Network,
  parameters: readonly Tensor[],
  { mean, replaced }: RecordedLoss,
  { padding, now }: { padding: Iterable<readonly [Tensor, Tensor]>; now(t: Tensor): Tensor },
): RecordedGradients {
  const trainable = parameters.slice(0, network.trainableCount);
  trace.from = "loss";
  const of = now(mean);
  const values = replaced.map((each) => each.values.map(now));
  const wrt = [...trainable, ...values.flat()];
  const found = gradients(trace, [{ of, by: constant(1, of) }], wrt);
  replaced.forEach(({ parameter }, k) => {
    const at = trainable.indexOf(parameter);
    for (const value of values[k]) found[at] = sumOf(found[at], found[wrt.indexOf(value)]);
    assign(parameter, values[k][values[k].length - 1]);
  });
  found.length = trainable.length;
  trace.from = "optimizer";
  found.forEach((d, k) => {
    const leaf = trace.leaf("gradients", trainable[k].shape, { offset: trainable[k].location!.offset });
    if (d) assign(leaf, d);
  });
  if (network.trainableWords === 0) return { found, occurrences: [] };
  const shared = new Map([...padding].map(([ids, prefix]) => [now(ids), now(prefix)]));
  return { found, occurrences: found.map((d) => d && occurrencesOf(d, shared)) };
}

/** Records the optimizer's step with the gradients that lie in `gradients`. */
export function recordMove(
  trace: Trace,
  network: Network,
  optimizer: Optimizer,
  move: Pick<UpdateMemory, "learningRate" | "iteration" | "occurrences"> & {
    readonly parameters: readonly Tensor[];
    readonly whole: Tensor;
    readonly found: readonly (Tensor | boolean | null)[];
  },
): void {
  const { parameters, whole, found, learningRate, iteration, occurrences } = move;
  if (network.trainableWords === 0) return;
  const trainable = parameters.slice(0, network.trainableCount);
  const n = network.trainableWords;
  const gradient = trace.leaf("gradients", [n], { offset: 0 });
  const slots = optimizer.slots.map((name, k) => trace.leaf("optimizer", [n], { offset: k * n, name: `slot ${name}` }));
  const segments = network.parameters.slice(0, network.trainableCount);
  // As in Keras, what the loss does not reach stays as it is: it does not decay either.
  const unreached = trainable.filter((_, k) => !found[k]).map((w) => ({ w, was: copy(w) }));
  recordUpdate(optimizer, { gradient, weights: whole, learningRate, iteration, slots, segments, occurrences });
  trainable.forEach((w, k) => {
    const project = network.parameters[k].constraint;
    if (project) assign(w, project(w));
  });
  for (const { w, was } of unreached) assign(w, was);
}

const sumOf = (a: Tensor | null, b: Tensor | null): Tensor | null => (a && b ? add(a, b) : (a ?? b));

/** Targets with zeros at masked steps: what stands there (1e20, no number) is to move nothing, gradients too. */
export function validTargets(y: Tensor, mask: Tensor): Tensor {
  const perStep = y.dtype === "f32" && mask.shape.every((d, axis) => y.shape[axis] === d);
  return perStep ? counted(y, spread(mask, y.shape)) : y;
}

/** The sums that run on from step to step, all in `state`, the same places for every batch size; or those of a block, elsewhere. */
export function sumLeaves(trace: Trace, objectives: readonly Objective[], region: "state" | "gradients" = "state") {
  const leaf = (size: number, name: string) => trace.leaf(region, [size], region === "state" ? { name } : {});
  return {
    loss: leaf(1, "loss"),
    losses: objectives.map((_, k) => leaf(1, `loss ${k}`)),
    metrics: objectives.map(({ metrics, weightedMetrics }, k) =>
      [...metrics, ...weightedMetrics].map((m, i) => leaf(m.size, `metric ${k} ${i}`)),
    ),
  };
}

/** Predictions for one batch: `x 0`, ... in `data`, the results as `prediction 0`, ... in `state`. */
export function compilePredict(target: Target, network: Network, inputs: readonly ArrayKind[]): Compiled {
  const trace = new Trace();
  const { parameters } = parameterLeaves(trace, network);
  inTrace(trace, () => {
    const leaves = inputs.map((kind, k) => trace.leaf("data", kind.shape, { dtype: kind.dtype, name: `x ${k}` }));
    const { outputs, updates } = network.forward(leaves, parameters, false);
    trace.from = "prediction";
    outputs.forEach((y, k) => {
      assign(trace.leaf("state", y.shape, { name: `prediction ${k}` }), y);
    });
    for (const { parameter, value } of updates) assign(parameter, value);
  });
  return compile("predict", target, trace);
}

/** The parameters in the weights region, each by itself, and what training changes as one. */
export function parameterLeaves(trace: Trace, network: Network): { parameters: Tensor[]; whole: Tensor } {
  const parameters = network.parameters.map((p) => trace.leaf("weights", p.shape, { offset: p.offset }));
  trace.sizes.weights = network.words;
  const whole = trace.leaf("weights", [network.trainableWords], { offset: 0 });
  trace.sizes.weights = network.words;
  return { parameters, whole };
}
