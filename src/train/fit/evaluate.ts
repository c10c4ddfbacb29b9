import { fusedOps, withRoom } from "../../backends/choose.ts";
import type { Logs } from "../callbacks/index.ts";
import { required, wholeFrom } from "../options.ts";
import { BatchSessions } from "./batch-sessions.ts";
import { type BatchStream, isBatchStream, streamBatches } from "./batches.ts";
import { breathe, breatheWhenDue } from "./breathe.ts";
import type { Batch, EvaluateOptions } from "./fit-options.ts";
import { PartedEvaluation } from "./in-parts.ts";
import type { Watch } from "./loop.ts";
import { paceOf } from "./pace.ts";
import { ProgressLine, screen } from "./progress.ts";
import { batchRowsFor, batchSizeFor, buildFrom, type Rows, sliceRows } from "./rows.ts";
import type { Prepared, Runtime } from "./runtime.ts";
import { everyRow, StepSession } from "./session.ts";
import { firstOf } from "./streams.ts";

/** An evaluation that can be run again and again. */
export interface Evaluation {
  run(watch?: Watch): Promise<Logs>;
  free(): void;
  /** Undefined while unknown. */
  readonly batches: number | undefined;
}

/** Options of an evaluation: number of batches, callbacks, signal. */
export interface Course {
  steps?: number;
  watch?: Watch;
  signal?: AbortSignal;
}

/** Loss and metrics over rows or a stream, with a progress line. */
export async function evaluate(
  runtime: Runtime,
  data: Rows | BatchStream<Batch>,
  options: EvaluateOptions,
): Promise<Logs> {
  const { model } = runtime;
  if (isBatchStream(data) && !model.built) buildFrom(model, "evaluate", await firstOf(data as BatchStream<Batch>));
  const evaluation = await evaluationOf(runtime, data, options);
  const { write, terminal, columns } = screen(options.write);
  const line = new ProgressLine({
    target: evaluation.batches,
    write,
    terminal,
    verbose: options.verbose ?? 1,
    now: () => performance.now() / 1000,
    columns,
  });
  let seen = 0;
  try {
    const logs = await evaluation.run({
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
    evaluation.free();
    model.weightStore.carried();
  }
}

/** Evaluates rows, which lie with the backend, or a stream of batches. */
export async function evaluationOf(
  runtime: Runtime,
  data: Rows | BatchStream<Batch>,
  options: EvaluateOptions & { validationSteps?: number },
): Promise<Evaluation> {
  const { model } = runtime;
  const prepared = await runtime.ready("fit");
  const { backend, weights, network, kind } = prepared;
  const { validationSteps: steps, signal } = options;
  if (steps !== undefined) required("fit", "validationSteps", steps, wholeFrom(1)(1));
  if (!isBatchStream(data)) {
    const batch = batchSizeFor(model, "fit: validation", options.batchSize, data.count);
    const parted = partedFor(runtime, prepared, sliceRows(data, 0, Math.min(batch, data.count)), signal);
    if (parted) {
      const run = (watch?: Watch) => overParts(parted, data, batch, model.seed, { watch, steps, signal });
      return { run, free: () => parted.free(), batches: Math.ceil(data.count / batch) };
    }
    const make = () => new StepSession(backend, fusedOps(), network, data, batch, kind.evaluate, { weights });
    const session = await withRoom(backend, make);
    const run = (watch?: Watch) => overRows(session, model.seed, { watch, steps, signal });
    return { run, free: () => session.free(), batches: Math.ceil(session.rows / session.batchSize) };
  }
  const sessions = new BatchSessions(backend, fusedOps(), network, kind);
  let parted: PartedEvaluation | null | undefined;
  const step = async (batch: Batch) => {
    const rows = batchRowsFor(model, "evaluate", batch);
    if (parted === undefined) parted = partedFor(runtime, prepared, rows, signal);
    if (parted) return void (await parted.run(rows, model.seed, signal));
    const session = await withRoom(backend, () => sessions.of(rows, false, { weights, optimizer: weights }));
    await session.run(everyRow(rows.count), 0, model.seed, () => 0);
  };
  const sums = {
    reset: () => (parted ?? sessions).reset(),
    logs: () => (parted ?? sessions).logs(),
  };
  const run = (watch?: Watch) => overStream(data as BatchStream<Batch>, sums, step, { watch, steps, signal });
  const free = () => {
    sessions.free();
    parted?.free();
  };
  return { run, free, batches: steps };
}

/** Evaluation in groups of rows, where whole batches would hold up the event loop or a signal; else null. */
function partedFor(
  { model }: Runtime,
  { backend, weights, network, kind }: Prepared,
  batch: Rows,
  signal: AbortSignal | undefined,
): PartedEvaluation | null {
  const whole = model.fixedBatch !== null || model.mixesRows;
  const pace = paceOf(backend, batch.inputs, model.weightStore, { signal, whole });
  if (!pace || pace.rowsOf(batch.count) === batch.count) return null;
  const parted = new PartedEvaluation(backend, weights, network, kind.evaluate, pace);
  if (parted.suits(batch)) return parted;
  parted.free();
  return null;
}

/** Loss and metrics over all rows, or those of the first `steps` batches, or until a signal ends it. */
async function overRows(
  session: StepSession,
  seed: number,
  { steps = Number.POSITIVE_INFINITY, watch, signal }: Course,
): Promise<Logs> {
  session.reset();
  const rows = everyRow(Math.min(session.rows, steps * session.batchSize));
  const chunk = session.batchSize;
  for (let from = 0, batch = 0; from < rows.length && !signal?.aborted; from += chunk, batch++) {
    await watch?.begin(batch);
    await session.run(rows.subarray(from, Math.min(rows.length, from + chunk)), batch, seed, () => 0);
    await watch?.end(batch, session.logs());
    await breathe();
  }
  return session.logs();
}

/** The same, each batch in groups of rows. */
async function overParts(
  parted: PartedEvaluation,
  all: Rows,
  batchSize: number,
  seed: number,
  { steps = Number.POSITIVE_INFINITY, watch, signal }: Course,
): Promise<Logs> {
  parted.reset();
  const end = Math.min(all.count, steps * batchSize);
  for (let from = 0, batch = 0; from < end; from += batchSize, batch++) {
    await watch?.begin(batch);
    if (!(await parted.run(sliceRows(all, from, Math.min(end, from + batchSize)), seed, signal))) break;
    await watch?.end(batch, parted.logs());
    await breatheWhenDue();
  }
  return parted.logs();
}

/** Loss and metrics over a stream of batches, to its end or for a number of steps. */
async function overStream(
  stream: BatchStream<Batch>,
  sums: Pick<BatchSessions, "reset" | "logs">,
  step: (batch: Batch) => Promise<void>,
  { steps = Number.POSITIVE_INFINITY, watch, signal }: Course,
): Promise<Logs> {
  const batches = streamBatches(stream);
  sums.reset();
  await batches.begin(0, 0);
  try {
    for (let k = 0; k < steps && !signal?.aborted; k++) {
      const taken = await batches.take(1);
      if (!taken) break;
      await watch?.begin(k);
      await step(taken.batch);
      await watch?.end(k, sums.logs());
      await breathe();
    }
  } finally {
    await batches.close();
  }
  return sums.logs();
}
