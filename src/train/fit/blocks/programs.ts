import { DataError, option, problem, sentence } from "../../../errors.ts";
import { type Compiled, compile, lowerFor } from "../../../graph/compile.ts";
import { accumulate, assign } from "../../../ops/assign.ts";
import { constant, mul } from "../../../ops/elementwise.ts";
import { reshape } from "../../../ops/view.ts";
import { sizeOf } from "../../../tensor/shape.ts";
import { inTrace, type Tensor, Trace } from "../../../tensor/tensor.ts";
import type { BatchPart } from "../../losses/reduce.ts";
import { limitedOccurrences } from "../../optimizers/clip.ts";
import { gathered, sharedPadding } from "../../optimizers/occurrences.ts";
import type { Optimizer } from "../../optimizers/optimizer.ts";
import type { Parts, Powers } from "../../optimizers/stretch.ts";
import { parameterLeaves, recordGradients, recordLoss, recordMove, type StepOptions, sumLeaves } from "../step.ts";

/** Options of a step in blocks: of a block of `batch` rows in a batch of `whole`. */
export interface BlockOptions extends StepOptions {
  readonly optimizer: Optimizer;
  readonly whole: number;
}

/**
 * Where numbers that blocks add lie in `gradients`, one flat buffer for all: the gradient, sums of loss and metrics, what no
 * gradient moves, and of embeddings whose occurrences count one by one their squares and sizes, as far as the optimizer reads them.
 */
interface Flat {
  readonly sums: ReturnType<typeof sumLeaves>;
  readonly updates: readonly Tensor[];
  readonly powers: readonly (Powers | null)[];
}

/** Whether the optimizer reads an embedding's powers, an array of the table's size each. */
type Used = Readonly<Record<keyof Powers, boolean>>;

function flatLeaves(
  trace: Trace,
  { network, objectives }: StepOptions,
  updates: readonly number[],
  embeddings: readonly boolean[],
  used: Used,
): Flat {
  trace.leaf("gradients", [network.trainableWords], { offset: 0 });
  const sums = sumLeaves(trace, objectives, "gradients");
  const leaf = (size: number) => trace.leaf("gradients", [size]);
  return {
    sums,
    updates: updates.map(leaf),
    powers: embeddings.map((is, k) => {
      const size = sizeOf(network.parameters[k].shape);
      const power = (of: keyof Powers) => (used[of] ? leaf(size) : constant(0, sums.loss, [size]));
      return is ? { squares: power("squares"), sizes: power("sizes") } : null;
    }),
  };
}

/** Programs of a block, and of the step that follows when all blocks are added. */
export interface BlockPrograms {
  /** The numbers that the losses of masked or weighted batches are divided by, by objective in `gradients`; null where there are none. */
  readonly counts: Compiled | null;
  /** Loss, metrics and gradients of a block; `count k` in feed are the sums of `counts`. */
  readonly block: Compiled;
  /** Traces the optimizer's step and the sums of the epoch, the same for blocks of any size. */
  move(): Compiled;
}

/** Traces the programs of blocks of `batch` rows. Of another number of rows the places in `gradients` are the same. */
export function compileBlocks(options: BlockOptions): BlockPrograms {
  const { target, network, batch, whole, optimizer, objectives } = options;
  const trace = new Trace();
  const rows = trace.leaf("feed", [batch], { dtype: "i32", name: "rows" });
  const { parameters } = parameterLeaves(trace, network);
  const fraction = batch / whole;
  // Sums are put aside until it is known where they go: behind them lies what the forward formula tells of.
  const sums = sumLeaves(new Trace(), objectives);
  const put = new Map<Tensor, Tensor>();
  const counted = new Map<number, Tensor>();
  const part = (k: number): BatchPart => ({
    fraction,
    whole: (own) => {
      counted.set(k, own);
      return reshape(trace.leaf("feed", [1], { name: `count ${k}` }), []);
    },
  });
  const loss = inTrace(trace, () =>
    recordLoss(trace, options, parameters, rows, { sums, add: (to, value) => void put.set(to, value) }, part),
  );
  if (loss.replaced.length > 0) {
    const next = sentence`Train it with ${option("blocks", 1)}, in one process.`;
    throw new DataError(
      problem("fit", "layers whose weights move by gradients alone, in blocks", "spectralNormalization", next),
    );
  }
  const padding = target.sharePadding === false ? [] : sharedPadding(trace);
  const now = lowerFor(target, trace);
  const slopes = inTrace(trace, () => recordGradients(trace, network, parameters, loss, { padding, now }));
  const { found, occurrences } = slopes;
  const each = optimizer.shared.embeddingGradients === "each" && optimizer.shared.gradientAccumulationSteps === null;
  const embeddings = found.map((_, k) => each && (occurrences[k] ?? null) !== null);
  const sizes = loss.updates.map(({ value }) => sizeOf(value.shape));
  const moves = found.map((d) => d !== null);
  const parametersOf = loss.updates.map(({ parameter }) => parameters.indexOf(parameter));
  const move = (used: Used) => compileMove(options, { sizes, embeddings, moves, parametersOf, used });
  const used = embeddings.includes(true) ? usedOf(move) : { squares: false, sizes: false };
  const flat = flatLeaves(trace, options, sizes, embeddings, used);
  inTrace(trace, () => {
    trace.from = "metrics";
    for (const [k, leaf] of listOf(flat.sums).entries()) {
      const value = put.get(listOf(sums)[k]);
      if (value) assign(leaf, now(value));
    }
    trace.from = "update";
    for (const [k, { value }] of loss.updates.entries()) assign(flat.updates[k], mul(now(value), fraction));
    trace.from = "optimizer";
    for (const [k, powers] of flat.powers.entries()) {
      if (!powers) continue;
      const limited = limitedOccurrences(occurrences[k]!, optimizer.shared);
      if (limited !== occurrences[k]) {
        const { shape, location } = parameters[k];
        assign(trace.leaf("gradients", shape, { offset: location!.offset }), gathered(limited, "sum"));
      }
      if (used.squares) assign(powers.squares, gathered(limited, "squares"));
      if (used.sizes) assign(powers.sizes, gathered(limited, "sizes"));
    }
  });
  return {
    counts: counted.size > 0 ? compileCounts(options) : null,
    block: compile("block", target, trace),
    move: () => move(used).compiled,
  };
}

const listOf = ({ loss, losses, metrics }: Flat["sums"]): Tensor[] => [loss, ...losses, ...metrics.flat()];

/** The numbers that the losses of a block would be divided by alone. */
function compileCounts(options: BlockOptions): Compiled {
  const trace = new Trace();
  const rows = trace.leaf("feed", [options.batch], { dtype: "i32", name: "rows" });
  const { parameters } = parameterLeaves(trace, options.network);
  const leaves = options.objectives.map(() => trace.leaf("gradients", [1]));
  const part = (k: number): BatchPart => ({
    fraction: options.batch / options.whole,
    whole: (own) => {
      assign(leaves[k], reshape(own, [1]));
      return own;
    },
  });
  const sums = sumLeaves(new Trace(), options.objectives);
  inTrace(trace, () => void recordLoss(trace, options, parameters, rows, { sums, add: () => {} }, part));
  return compile("counts", options.target, trace);
}

/** The optimizer's step on what the blocks have added up to. */
function compileMove(
  options: BlockOptions,
  of: {
    readonly sizes: readonly number[];
    readonly embeddings: readonly boolean[];
    readonly moves: readonly boolean[];
    readonly parametersOf: readonly number[];
    readonly used: Used;
  },
): { compiled: Compiled; powers: Flat["powers"] } {
  const { target, network, optimizer, objectives } = options;
  const trace = new Trace();
  const sums = sumLeaves(trace, objectives);
  const learningRate = trace.leaf("feed", [1], { name: "learningRate" });
  const iteration = trace.leaf("feed", [1], { name: "iteration" });
  const leaves = parameterLeaves(trace, network);
  const flat = flatLeaves(trace, options, of.sizes, of.embeddings, of.used);
  inTrace(trace, () => {
    trace.from = "optimizer";
    const occurrences: Parts = flat.powers;
    recordMove(trace, network, optimizer, { ...leaves, found: of.moves, occurrences, learningRate, iteration });
    trace.from = "update";
    for (const [k, at] of of.parametersOf.entries())
      assign(leaves.parameters[at], reshape(flat.updates[k], leaves.parameters[at].shape));
    trace.from = "metrics";
    for (const [k, leaf] of listOf(flat.sums).entries()) accumulate(listOf(sums)[k], leaf);
  });
  return { compiled: compile("move", target, trace), powers: flat.powers };
}

/** The powers that a step reads which could read all. */
function usedOf(move: (used: Used) => ReturnType<typeof compileMove>): Used {
  const { compiled, powers } = move({ squares: true, sizes: true });
  const read = compiled.program.instructions.flatMap(({ inputs }) => inputs);
  const uses = (of: keyof Powers) =>
    powers.some((each) => {
      if (!each) return false;
      const { offset } = each[of].location!;
      const end = offset + sizeOf(each[of].shape);
      return read.some((slot) => slot?.region === "gradients" && slot.offset >= offset && slot.offset < end);
    });
  return { squares: uses("squares"), sizes: uses("sizes") };
}
