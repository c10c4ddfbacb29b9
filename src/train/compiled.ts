import type { BackendName } from "../backends/choose.ts";
import { DataError, problem, showValue, suggest } from "../errors.ts";
import type { PartialShape } from "../tensor/shape.ts";
import type { Precision } from "../tensor/tensor.ts";
import type { Loss } from "./losses/loss.ts";
import { type LossLike, lossOf } from "./losses/named.ts";
import type { Metric } from "./metrics/metric.ts";
import { distinctNames, type MetricLike, metricOf, sizedMetrics } from "./metrics/named.ts";
import type { OptimizerLike } from "./optimizers/named.ts";
import type { Optimizer } from "./optimizers/optimizer.ts";
import { checkNames } from "./options.ts";

export type { BackendName };

/** For one output itself; for several a list in their order, or a record by output name. */
export type PerOutput<T> = T | readonly (T | null)[] | { readonly [output: string]: T | null };

export interface CompileOptions {
  /** The optimizer, by name or with options: `adam({ learningRate: 0.01 })`. Default `"rmsprop"`, as in Keras. */
  optimizer?: OptimizerLike;
  /** A name, one of `losses` with options, or a formula over `ops`; for several outputs one for each. */
  loss: PerOutput<LossLike>;
  /** Weight of each output's loss in the sum. Default 1. */
  lossWeights?: readonly number[] | { readonly [output: string]: number };
  /** One metric or a list; for several outputs a list of lists, or a record by output name. Default: none. */
  metrics?: MetricsPerOutput;
  /** Metrics in which sample weights count. Default: none. */
  weightedMetrics?: MetricsPerOutput;
  /**
   * `"mixedBfloat16"`: products round what they multiply to bfloat16; their sums, gates, states, losses and the weights themselves stay
   * float32, as under Keras's policy `mixed_bfloat16`. `"float32"` takes it back. Default: as before, or as the file says; else float32.
   */
  dtype?: "float32" | "mixedBfloat16";
  /**
   * Training keeps of a recurrent layer the states between √T pieces of its steps alone, and computes the insides of one piece at a time
   * again on the way back: for long sequences, about a third more time (Chen et al. 2016). Sums of gradients are rounded in
   * another order. A cell that reads more than its inputs and weights keeps everything. Not written into files. Default false.
   *
   *   model.compile({ optimizer: "adam", loss: "mse", recompute: true }) // [B, 2000, 128] into lstm(128): a fifth of the memory
   */
  recompute?: boolean;
  /** Backend that computes: `"js"`, `"wasm"` or `"native"`. Default: the fastest that loads here. */
  backend?: BackendName;
  /** Stops at the first number that is not finite and names the instruction and layer that made it. Slow. Default false. */
  checkNumbers?: boolean;
}

/** Metrics of `compile`: one or a list; for several outputs a list for each, or a record by output name. */
export type MetricsPerOutput =
  | MetricLike
  | readonly MetricLike[]
  | readonly (readonly MetricLike[])[]
  | { readonly [output: string]: MetricLike | readonly MetricLike[] };

/** Loss and metrics of one output of the model. */
export interface Objective {
  /** Null: nothing is asked of this output. */
  readonly loss: Loss | null;
  /** The loss counts this many times in the sum. */
  readonly lossWeight: number;
  readonly metrics: readonly Metric[];
  /** Metrics that sample weights count in. */
  readonly weightedMetrics: readonly Metric[];
}

export interface Compiled {
  readonly optimizer: Optimizer;
  /** One for each output. */
  readonly objectives: readonly Objective[];
  readonly options: CompileOptions;
}

const names = Object.keys({
  optimizer: 0,
  loss: 0,
  lossWeights: 0,
  metrics: 0,
  weightedMetrics: 0,
  dtype: 0,
  recompute: 0,
  backend: 0,
  checkNumbers: 0,
} satisfies Record<keyof CompileOptions, 0>);

/** Reads the loss and metrics of each output from compile options. Throws DataError for an unknown option, output, loss or metric. */
export function objectivesOf(options: CompileOptions, outputs: readonly string[]): Objective[] {
  checkNames("compile", options, names);
  const { dtype } = options;
  if (dtype !== undefined && dtype !== "float32" && dtype !== "mixedBfloat16")
    throw new DataError(problem("compile: dtype", '"float32" or "mixedBfloat16"', showValue(dtype)));
  if (options.recompute !== undefined && typeof options.recompute !== "boolean")
    throw new DataError(problem("compile: recompute", "true or false", showValue(options.recompute)));
  const losses = perOutput<LossLike>("loss", options.loss, outputs, isOne);
  const weights = options.lossWeights ? perOutput<number>("lossWeights", options.lossWeights, outputs, isOne) : [];
  const metrics = metricsOf("metrics", options.metrics, outputs);
  const weightedMetrics = metricsOf("weightedMetrics", options.weightedMetrics, outputs);
  return outputs.map((_, k) => {
    const loss = losses[k];
    const [plain, weighted] = distinctNames(metrics[k], weightedMetrics[k]);
    return {
      loss: loss === null || loss === undefined ? null : lossOf(loss),
      lossWeight: lossWeight(weights[k] ?? 1),
      metrics: plain,
      weightedMetrics: weighted,
    };
  });
}

/** Precision and memory of the layers by these options: products as before where `dtype` is not given. */
export function computingOf({ dtype, recompute = false }: CompileOptions): {
  products?: Precision;
  recompute: boolean;
} {
  return { recompute, ...(dtype && { products: dtype === "mixedBfloat16" ? ("bfloat16" as const) : null }) };
}

/** The objectives with metrics that sum as many numbers as the outputs are wide. */
export function sizedObjectives(
  objectives: readonly Objective[],
  outputs: readonly { readonly shape: PartialShape }[],
): Objective[] {
  return objectives.map((j, k) => ({
    ...j,
    metrics: sizedMetrics(j.metrics, outputs[k].shape),
    weightedMetrics: sizedMetrics(j.weightedMetrics, outputs[k].shape),
  }));
}

function lossWeight(value: number): number {
  if (Number.isFinite(value)) return value;
  throw new DataError(problem("compile: lossWeights", "finite numbers", String(value)));
}

/** A name, a function, or an object that is a loss by itself. */
const isOne = (value: unknown): boolean =>
  typeof value !== "object" || (value !== null && "formula" in (value as object));

/** One entry for each output, null where nothing is said of it. */
function perOutput<T>(
  what: string,
  given: PerOutput<T>,
  outputs: readonly string[],
  isOneValue: (value: unknown) => boolean,
): (T | null)[] {
  if (isOneValue(given)) {
    if (outputs.length === 1 || what === "loss") return outputs.map(() => given as T); // as Keras: one loss for all
  } else if (Array.isArray(given)) {
    if (given.length === outputs.length) return given as (T | null)[];
  } else {
    const record = given as { readonly [output: string]: T | null };
    for (const name of Object.keys(record)) {
      if (!outputs.includes(name))
        throw new DataError(
          problem(`compile: ${what}`, `names of outputs: ${outputs.join(", ")}`, `"${name}"`, suggest(name, outputs)),
        );
    }
    return outputs.map((name) => record[name] ?? null);
  }
  const count = Array.isArray(given) ? `${given.length}` : String(given);
  throw new DataError(problem(`compile: ${what}`, `one for each of ${outputs.length} outputs`, count));
}

/** One metric, and no list or record of them. */
const isMetric = (given: MetricsPerOutput): given is MetricLike =>
  typeof given !== "object" || (given !== null && "update" in given);

function metricsOf(what: string, given: MetricsPerOutput | undefined, outputs: readonly string[]) {
  if (given === undefined || (Array.isArray(given) && given.length === 0)) return outputs.map(() => []);
  const one = outputs.length === 1;
  if (one && isMetric(given)) return [[metricOf(given)]];
  const flat = Array.isArray(given) && !given.some((m) => Array.isArray(m));
  if (one && flat) return [(given as readonly MetricLike[]).map(metricOf)];
  const all = perOutput<MetricLike | readonly MetricLike[]>(what, given as never, outputs, () => false);
  return all.map((list) =>
    list === null ? [] : ((Array.isArray(list) ? list : [list]) as MetricLike[]).map(metricOf),
  );
}
