import type { Backend, Memory } from "../../backends/backend.ts";
import { fusedOps } from "../../backends/choose.ts";
import { type Tensor, traceOf } from "../../tensor/tensor.ts";
import type { Logs } from "../callbacks/index.ts";
import { activationBehind } from "../losses/loss.ts";
import { BatchSessions } from "./batch-sessions.ts";
import { breatheWhenDue } from "./breathe.ts";
import type { Pace } from "./pace.ts";
import { joined, PredictSession, PredictSessions } from "./predict-session.ts";
import { type Rows, sliceRows } from "./rows.ts";
import { everyRow, type StepKind } from "./session.ts";
import type { Network } from "./step.ts";

/** Conversion of the numbers computed for a group of rows to an output of the model. */
interface Head {
  /** A softmax or sigmoid at the end, which losses look behind. */
  readonly last: { readonly op: Tensor["node"] } | null;
  readonly masked: boolean;
}

/**
 * An evaluation whose batches are computed in groups of rows, and then evaluated whole: loss and metrics have the bits they have
 * when a batch is one program. It holds up the event loop no longer than a group takes.
 */
export class PartedEvaluation {
  readonly #backend: Backend;
  readonly #weights: Memory;
  readonly #network: Network; // inputs → what losses look at, then masks
  readonly #evaluation: BatchSessions;
  readonly #sessions = new PredictSessions();
  readonly #pace: Pace;
  #heads: readonly Head[] = [];
  #adds = false;

  constructor(backend: Backend, weights: Memory, network: Network, kind: StepKind, pace: Pace) {
    this.#backend = backend;
    this.#weights = weights;
    this.#pace = pace;
    this.#network = {
      ...network,
      forward: (inputs, parameters, training) => {
        const { outputs, updates, losses } = network.forward(inputs, parameters, training);
        const ends = outputs.map((y) => ({ y, last: activationBehind(y) }));
        this.#heads = ends.map(({ y, last }) => ({ last: last && { op: last }, masked: y.mask !== undefined }));
        this.#adds = losses.length > 0;
        const masks = outputs.flatMap(({ mask }) => (mask ? [mask] : []));
        return {
          outputs: [...ends.map(({ y, last }) => last?.inputs[0] ?? y), ...masks],
          updates,
          replaced: [],
          losses: [],
        };
      },
    };
    const heads: Network = {
      parameters: [],
      trainableCount: 0,
      trainableWords: 0,
      words: network.words,
      forward: (given) => {
        let mask = this.#heads.length;
        const outputs = this.#heads.map(({ last, masked }, k) => {
          const [y] = last ? traceOf([given[k]]).apply(last.op!.op, [given[k]], last.op!.attrs) : [given[k]];
          if (masked) y.mask = given[mask++];
          return y;
        });
        return { outputs, updates: [], replaced: [], losses: [] };
      },
    };
    this.#evaluation = new BatchSessions(backend, fusedOps(), heads, { train: kind, evaluate: kind });
  }

  /** Whether these rows can be parted: nothing is drawn by the row, and no layer adds to the loss of a batch. */
  suits(rows: Rows): boolean {
    const { draws } = this.#session(sliceRows(rows, 0, this.#pace.rowsOf(rows.count)).inputs);
    return !draws && !this.#adds;
  }

  reset(): void {
    this.#evaluation.reset();
  }

  logs(): Logs {
    return this.#evaluation.logs();
  }

  /** One batch; false where the signal ended it before it was done. */
  async run(rows: Rows, seed: number, signal: AbortSignal | undefined): Promise<boolean> {
    const parts: Awaited<ReturnType<PredictSession["run"]>>[] = [];
    for (let at = 0; at < rows.count; at += parts.at(-1)![0].shape[0]) {
      const { inputs, count } = sliceRows(rows, at, Math.min(rows.count, at + this.#pace.rowsOf(rows.count)));
      const session = this.#session(inputs);
      parts.push(await this.#pace.group(count, () => session.run(inputs, seed, 0)));
      await breatheWhenDue();
      if (signal?.aborted) return false;
    }
    const inputs = parts[0].map((_, k) => joined(parts.map((part) => part[k])));
    const session = this.#evaluation.of({ ...rows, inputs }, false, {
      weights: this.#weights,
      optimizer: this.#weights,
    });
    await session.run(everyRow(rows.count), 0, seed, () => 0);
    return true;
  }

  #session(inputs: Rows["inputs"]): PredictSession {
    const make = () => new PredictSession(this.#backend, fusedOps(), this.#network, inputs, this.#weights);
    return this.#sessions.find(inputs) ?? this.#sessions.keep(inputs, make());
  }

  free(): void {
    this.#sessions.free();
    this.#evaluation.free();
  }
}
