import type { Backend, Memory } from "../backends/backend.ts";
import { fusedOps, withRoom } from "../backends/choose.ts";
import { DataError, problem, showValue } from "../errors.ts";
import {
  type BatchStream,
  checkShuffle,
  isBatchStream,
  rowBatches,
  stepsBefore,
  streamBatches,
} from "../train/batches.ts";
import { callbackList } from "../train/callbacks/check-callback.ts";
import { endsOnNaN } from "../train/callbacks/terminate-on-nan.ts";
import type { Callback, Logs, TrainedModel } from "../train/callbacks.ts";
import type { History } from "../train/history.ts";
import { type Trainer, trainLoop, type Watch } from "../train/loop.ts";
import { onNaNField } from "../train/no-number.ts";
import { averagingCallback, type Optimizer, withAverage } from "../train/optimizers.ts";
import { readOptions, required, wholeFrom } from "../train/options.ts";
import { ProgressLine } from "../train/progress.ts";
import type { Network } from "../train/step.ts";
import { BatchSessions } from "./batch-sessions.ts";
import { type OptimizerState, type Rows, type StepKind, StepSession } from "./engine.ts";
import { PartedEvaluation } from "./in-parts.ts";
import { lastGoodOf, type Repeatable } from "./last-good.ts";
import {
  batchRowsFor,
  batchSizeFor,
  buildFrom,
  compiledOf,
  type DataModel,
  rowsFor,
  splitRows,
  validationRows,
} from "./model-data.ts";
import type { Batch, EvaluateOptions, FitOptions } from "./model-options.ts";
import { paceOf } from "./pace.ts";
import type { Parameters } from "./parameters.ts";
import { type Arrays, copyRows, sliceRows, weighByClass } from "./rows.ts";
import { evaluateAll, evaluateStream, everyRow, firstOf, rateOf, screen, streamOf } from "./run.ts";
import { StepReport } from "./step-report.ts";

/** What training needs of a model: what is known of it outside, and what it has ready inside. */
export interface Trainee extends DataModel {
  readonly seed: number;
  readonly weightStore: Parameters;
  readonly mixesRows: boolean;
  step: StepReport | null;
}

/** A model made ready on its backend. */
export interface Ready {
  readonly backend: Backend;
  readonly weights: Memory;
  readonly network: Network;
  readonly kind: { readonly train: StepKind; readonly judge: StepKind };
  /** The optimizer's state, made when first asked for. */
  optimizer(): OptimizerState;
}

export interface Inside {
  ready(): Promise<Ready>;
  /** The model as callbacks see it. */
  readonly seen: TrainedModel;
  /** A callback during which the model may be used. */
  atRest(callback: Callback): Callback;
}

/** Where training's batches come from and what is done with each. */
interface Source<B> extends Omit<Trainer<B>, "model" | "validate"> {
  readonly judge: Judge | null;
  free(): void;
}

/** An evaluation that can be run again and again. */
interface Judge {
  run(watch?: Watch): Promise<Logs>;
  free(): void;
  /** Undefined while unknown. */
  readonly batches: number | undefined;
}

/** `fit` over arrays. */
export const fitRows = (model: Trainee, inside: Inside, x: Arrays, y: Arrays, options: FitOptions): Promise<History> =>
  fit(model, inside, options, (guarded) => rowSource(model, inside, x, y, options, guarded));

/** `fit` over a stream of batches. */
export const fitStream = (
  model: Trainee,
  inside: Inside,
  batches: BatchStream<Batch>,
  options: FitOptions,
): Promise<History> => fit(model, inside, options, (guarded) => streamSource(model, inside, batches, options, guarded));

async function fit<B>(
  model: Trainee,
  inside: Inside,
  options: FitOptions,
  open: (guarded: boolean) => Promise<Source<B>>,
): Promise<History> {
  const { optimizer } = compiledOf(model, "fit");
  const { epochs = 1 } = options;
  if (!(Number.isInteger(epochs) && epochs >= 0)) {
    const next = "One epoch is one pass over all rows.";
    throw new DataError(problem("fit", "epochs as a whole number", showValue(epochs), next));
  }
  const callbacks = callbackList("fit: callbacks", options.callbacks);
  const { onNaN } = readOptions("fit", { onNaN: options.onNaN }, { onNaN: onNaNField });
  const source = await open(onNaN === null ? !callbacks.some(endsOnNaN) : onNaN === "error");
  const store = model.weightStore;
  const ready = await inside.ready();
  store.changed(); // from here on, models that share layers with this one see that it trains
  const averaged = {
    weights: ready.weights,
    slots: ready.optimizer().memory,
    words: store.trainableWords,
    changed: () => {
      store.changed();
      store.writes++;
    },
  };
  const averaging = averagingCallback(optimizer, averaged);
  const { judge } = source;
  try {
    return await trainLoop<B>(
      {
        ...source,
        model: inside.seen,
        ...(judge
          ? {
              validate: (watch) =>
                withAverage(optimizer, averaged, () => judge.run(watch).finally(() => store.carried())),
            }
          : {}),
      },
      {
        epochs,
        initialEpoch: options.initialEpoch ?? 0,
        stepsPerEpoch: options.stepsPerEpoch,
        validationFreq: options.validationFreq,
        verbose: options.verbose ?? 1,
        callbacks: [...(averaging ? [averaging] : []), ...callbacks.map((c) => inside.atRest(c))],
        signal: options.signal,
        ...screen(options.write),
      },
    );
  } finally {
    source.free();
  }
}

/** Training on arrays: they lie with the backend, batches are row numbers. */
async function rowSource(
  model: Trainee,
  inside: Inside,
  x: Arrays,
  y: Arrays,
  options: FitOptions,
  guarded: boolean,
): Promise<Source<Int32Array>> {
  const { validationSplit = 0, validationData, sampleWeight, classWeight, shuffle = true, seed = model.seed } = options;
  checkShuffle("fit", shuffle);
  const compiled = compiledOf(model, "fit");
  const all = rowsFor(model, "fit", x, y, { sampleWeight });
  const apart = validationData && !isBatchStream(validationData) ? (validationData as Batch) : null;
  const split = apart
    ? { train: all, validation: validationRows(model, apart) }
    : splitRows(all, isBatchStream(validationData) ? 0 : validationSplit);
  // After the split: rows kept for validation have no class weights, as in Keras.
  const train = classWeight ? weighByClass("fit", split.train, classWeight, compiled.judgements) : split.train;
  const batchSize = batchSizeFor(model, "fit", options.batchSize, train.count);
  const judgedAtOnce = options.validationBatchSize ?? batchSize;
  if (split.validation) batchSizeFor(model, "fit: validation", judgedAtOnce, split.validation.count);
  const { backend, weights, network, kind, optimizer } = await inside.ready();
  const state = await withRoom(backend, optimizer);
  const traced = performance.now();
  const shared = { weights, optimizer: state.memory };
  const session = await withRoom(
    backend,
    () => new StepSession(backend, fusedOps(), network, train, batchSize, kind.train, shared),
  );
  model.step = new StepReport(session.compiled, performance.now() - traced, backend.precision === "f64" ? 8 : 4);
  const judged = split.validation ?? streamOf(validationData);
  const judge = await judgeOf(model, inside, judged, { ...options, batchSize: judgedAtOnce });
  const rate = rateOf(compiled.optimizer);
  const stepsPerEpoch = options.stepsPerEpoch ?? Math.ceil(session.rows / batchSize);
  const begun = stepsBefore(state.iterations, options.initialEpoch ?? 0, stepsPerEpoch);
  const guard = guardedTraining<Int32Array>(
    guarded,
    compiled.optimizer,
    model,
    { weights, state },
    {
      train: async (rows) => {
        state.iterations += await session.run(rows, state.iterations, seed, rate);
        model.weightStore.changed();
      },
      steps: (rows) =>
        Array.from({ length: Math.ceil(rows.length / batchSize) }, (_, k) =>
          rows.subarray(k * batchSize, (k + 1) * batchSize),
        ),
      keep: (rows) => rows, // row numbers of an order that nobody changes
      loss: () => session.loss(),
      reset: () => session.reset(),
    },
  );
  return {
    batches: rowBatches({ rows: session.rows, batchSize, shuffle, seed, begun }),
    reset: () => session.reset(),
    logs: () => session.logs(),
    saveSums: () => session.saveSums(),
    restoreSums: (sums) => session.restoreSums(sums),
    ...guard,
    judge,
    free: () => {
      session.free();
      judge?.free();
    },
  };
}

/** Training on batches that come one at a time. */
async function streamSource(
  model: Trainee,
  inside: Inside,
  batches: BatchStream<Batch>,
  options: FitOptions,
  guarded: boolean,
): Promise<Source<Batch>> {
  const { validationData, seed = model.seed } = options;
  if (options.validationSplit || options.sampleWeight) {
    const found = options.validationSplit ? "validationSplit" : "sampleWeight";
    const next = "Give validationData, and weights as the third entry of each batch.";
    throw new DataError(problem("fit", "options that suit a stream of batches", found, next));
  }
  const compiled = compiledOf(model, "fit");
  if (!model.built) buildFrom(model, "fit", await firstOf(batches));
  const { backend, weights, network, kind, optimizer } = await inside.ready();
  const state = await withRoom(backend, optimizer);
  const sessions = new BatchSessions(backend, fusedOps(), network, kind);
  const stream = streamOf(validationData);
  const arrays = !stream && validationData ? validationRows(model, validationData as Batch) : null;
  const judgedAtOnce = options.validationBatchSize ?? options.batchSize;
  const judge = await judgeOf(model, inside, stream ?? arrays, { ...options, batchSize: judgedAtOnce });
  const rate = rateOf(compiled.optimizer);
  const guard = guardedTraining<Rows>(
    guarded,
    compiled.optimizer,
    model,
    { weights, state },
    {
      train: async (rows) => {
        const shared = { weights, optimizer: state.memory };
        const session = await withRoom(backend, () => sessions.of(rows, true, shared));
        state.iterations += await session.run(everyRow(rows.count), state.iterations, seed, rate);
        model.weightStore.changed();
      },
      steps: (rows) => [rows],
      keep: copyRows, // a generator may fill the same arrays again
      loss: () => sessions.loss(),
      reset: () => sessions.reset(),
    },
  );
  return {
    batches: streamBatches(batches),
    reset: () => sessions.reset(),
    logs: () => sessions.logs(),
    saveSums: () => sessions.saveSums(),
    restoreSums: (sums) => sessions.restoreSums(sums),
    train: (batch) => guard.train(batchRowsFor(model, "fit", batch, options.classWeight)),
    end: guard.end,
    judge,
    free: () => {
      sessions.free();
      judge?.free();
    },
  };
}

/** Training as it is, or able to go back to before its loss was no number. */
function guardedTraining<B>(
  guarded: boolean,
  optimizer: Optimizer,
  { weightStore }: Trainee,
  place: { weights: Memory; state: OptimizerState },
  steps: Pick<Repeatable<B>, "train" | "steps" | "keep" | "loss" | "reset">,
): Required<Pick<Trainer<B>, "train" | "end">> {
  if (!guarded) {
    const train = (batch: B) => steps.train(batch).then(() => null);
    return { train, end: async () => null };
  }
  const good = lastGoodOf(optimizer, weightStore, place, steps);
  return { train: (batch) => good.train(batch), end: () => good.end() };
}

/** Evaluates rows or a stream; null without data. */
async function judgeOf(
  model: Trainee,
  inside: Inside,
  data: Rows | BatchStream<Batch> | null,
  options: EvaluateOptions & { validationSteps?: number },
): Promise<Judge | null> {
  if (!data) return null;
  const { backend, weights, network, kind } = await inside.ready();
  const { validationSteps: steps, signal } = options;
  if (steps !== undefined) required("fit", "validationSteps", steps, wholeFrom(1)(1));
  if (!isBatchStream(data)) {
    const batch = batchSizeFor(model, "fit: validation", options.batchSize, data.count);
    const parted = partedFor(
      model,
      { backend, weights, network, kind },
      sliceRows(data, 0, Math.min(batch, data.count)),
      signal,
    );
    if (parted) {
      const run = (watch?: Watch) => parted.over(data, batch, model.seed, { watch, steps, signal });
      return { run, free: () => parted.free(), batches: Math.ceil(data.count / batch) };
    }
    const make = () => new StepSession(backend, fusedOps(), network, data, batch, kind.judge, { weights });
    const session = await withRoom(backend, make);
    const run = (watch?: Watch) => evaluateAll(session, model.seed, { watch, steps, signal });
    return { run, free: () => session.free(), batches: Math.ceil(session.rows / session.batchSize) };
  }
  const sessions = new BatchSessions(backend, fusedOps(), network, kind);
  let parted: PartedEvaluation | null | undefined;
  const step = async (batch: Batch) => {
    const rows = batchRowsFor(model, "evaluate", batch);
    if (parted === undefined) parted = partedFor(model, { backend, weights, network, kind }, rows, signal);
    if (parted) return void (await parted.run(rows, model.seed, signal));
    const session = await withRoom(backend, () => sessions.of(rows, false, { weights, optimizer: weights }));
    await session.run(everyRow(rows.count), 0, model.seed, () => 0);
  };
  const sums = {
    reset: () => (parted ?? sessions).reset(),
    logs: () => (parted ?? sessions).logs(),
  };
  const run = (watch?: Watch) => evaluateStream(data as BatchStream<Batch>, sums, step, { watch, steps, signal });
  const free = () => {
    sessions.free();
    parted?.free();
  };
  return { run, free, batches: steps };
}

/** Evaluation in groups of rows, where whole batches would hold up the event loop or a signal; else null. */
function partedFor(
  model: Trainee,
  { backend, weights, network, kind }: Omit<Ready, "optimizer">,
  batch: Rows,
  signal: AbortSignal | undefined,
): PartedEvaluation | null {
  const whole = model.fixedBatch !== null || model.mixesRows;
  const pace = paceOf(backend, batch.inputs, model.weightStore, { signal, whole });
  if (!pace || pace.rowsOf(batch.count) === batch.count) return null;
  const parted = new PartedEvaluation(backend, weights, network, kind.judge, pace);
  if (parted.suits(batch)) return parted;
  parted.free();
  return null;
}

/** Loss and metrics over rows or a stream, with a progress line. */
export async function evaluateModel(
  model: Trainee,
  inside: Inside,
  data: Rows | BatchStream<Batch>,
  options: EvaluateOptions,
): Promise<Logs> {
  if (isBatchStream(data) && !model.built) buildFrom(model, "evaluate", await firstOf(data as BatchStream<Batch>));
  const judge = (await judgeOf(model, inside, data, options))!;
  const { write, terminal, columns } = screen(options.write);
  const line = new ProgressLine({
    target: judge.batches,
    write,
    terminal,
    verbose: options.verbose ?? 1,
    now: () => performance.now() / 1000,
    columns,
  });
  let seen = 0;
  try {
    const logs = await judge.run({
      begin: async () => {},
      end: async (batch, sofar) => {
        seen = batch + 1;
        line.update(seen, sofar);
      },
    });
    options.signal?.throwIfAborted();
    line.finish(seen, logs);
    return logs;
  } finally {
    judge.free();
    model.weightStore.carried();
  }
}
