import { DataError, problem } from "../../errors.ts";
import { type BatchStream, isBatchStream, streamBatches } from "./batches.ts";
import type { Batch } from "./fit-options.ts";
import { batchArrays } from "./rows.ts";
import type { Arrays } from "./trainable-model.ts";

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

/** The validation data if they are a stream of batches. */
export const streamOf = (data: unknown): BatchStream<Batch> | null =>
  isBatchStream(data) ? (data as BatchStream<Batch>) : null;
