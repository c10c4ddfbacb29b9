import { DataError, problem, showValue } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { type BatchStream, isBatchStream, streamBatches } from "../train/batches.ts";
import { breathe } from "../train/breathe.ts";
import type { Logs } from "../train/callbacks.ts";
import type { LoopOptions, Watch } from "../train/loop.ts";
import type { Optimizer } from "../train/optimizers.ts";
import { checkNames } from "../train/options.ts";
import type { BatchSessions } from "./batch-sessions.ts";
import type { StepSession } from "./engine.ts";
import type { Batch, ValidationArrays } from "./model-options.ts";
import type { Arrays } from "./rows.ts";

/** How an evaluation goes: over how many batches, who hears of each, what ends it. */
export interface Going {
  steps?: number;
  watch?: Watch;
  signal?: AbortSignal;
}

/** Loss and metrics over all rows, or those of the first `steps` batches, or until a signal ends it. */
export async function evaluateAll(
  session: StepSession,
  seed: number,
  { steps = Number.POSITIVE_INFINITY, watch, signal }: Going = {},
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

/** Loss and metrics over a stream of batches, to its end or for so many steps. */
export async function evaluateStream(
  stream: BatchStream<Batch>,
  sums: Pick<BatchSessions, "reset" | "logs">,
  step: (batch: Batch) => Promise<void>,
  { steps = Number.POSITIVE_INFINITY, watch, signal }: Going = {},
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

/** Parts of a prediction as one array. */
export function joined(parts: readonly NdArray[]): NdArray {
  if (parts.length === 1) return parts[0];
  const out = new Float32Array(parts.reduce((n, p) => n + p.size, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p.data, at);
    at += p.size;
  }
  return new NdArray(out, [parts.reduce((n, p) => n + p.shape[0], 0), ...parts[0].shape.slice(1)]);
}

/** The learning rate of each step, looked up at the step: callbacks may change it. */
export const rateOf = (optimizer: Optimizer) => (step: number) =>
  typeof optimizer.learningRate === "number" ? optimizer.learningRate : optimizer.learningRate(step);

/** Standard output where there is one, the console otherwise. */
export function screen(write?: (text: string) => void): Pick<LoopOptions, "write" | "terminal" | "columns"> {
  if (write) return { write, terminal: false };
  const out = typeof process === "undefined" ? undefined : process.stdout;
  if (!out?.write) return { write: (text) => console.log(text.replace(/\n$/, "")), terminal: false };
  const redraws = out.isTTY === true && process.env.TERM !== "dumb";
  return { write: (text) => void out.write(text), terminal: redraws, columns: out.columns };
}

/** Row numbers 0 to count − 1. */
export const everyRow = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i);

/** The first batch's x of a stream that can be begun again, to learn its shape. */
export async function firstOf(stream: BatchStream<Batch>): Promise<Arrays> {
  const again = typeof stream === "function" || !("next" in stream);
  const batches = streamBatches(stream);
  if (again) {
    await batches.begin(0, 0);
    const first = await batches.take(1);
    await batches.close();
    if (first) return batchArrays("fit", first.batch)[0];
  }
  const next = "Begin the model with input(shape), or give a generator function.";
  throw new DataError(problem("fit", "a model whose input shape is known", "one that is not built yet", next));
}

/** x, y and weights as a stream gives a batch, and as validation data are given. */
export function batchArrays(who: string, batch: unknown): ValidationArrays {
  if (Array.isArray(batch) && (batch.length === 2 || batch.length === 3)) return batch as unknown as ValidationArrays;
  const given = batch as { x: Arrays; y: Arrays; sampleWeight?: Arrays };
  if (isRecord(batch) && "x" in batch && "y" in batch) {
    checkNames(who, batch, ["x", "y", "sampleWeight"]);
    return [given.x, given.y, given.sampleWeight];
  }
  const tfjs = isRecord(batch) && "xs" in batch && "ys" in batch;
  const next = tfjs ? "Name them x and y." : undefined;
  const expected = "[x, y], [x, y, sampleWeight] or { x, y, sampleWeight }";
  const stream = who.includes("validationData") ? "" : "batches ";
  throw new DataError(problem(who, stream + expected, showValue(batch), next));
}

const isRecord = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);

/** The validation data if they are a stream of batches. */
export const streamOf = (data: unknown): BatchStream<Batch> | null =>
  isBatchStream(data) ? (data as BatchStream<Batch>) : null;
