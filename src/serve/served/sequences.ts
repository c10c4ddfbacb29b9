import { type Carried, carried, type NdArray } from "../../index.ts";
import { HttpProblem } from "../http/problem.ts";
import type { ServedModel } from "./served-model.ts";

/** Bounds of the sequences whose states are kept. */
export interface SequenceLimits {
  /** Sequences kept at once. */
  readonly maxSequences: number;
  /** Seconds after which a sequence that nobody continues is forgotten. */
  readonly sequenceIdle: number;
}

interface Kept {
  readonly of: ServedModel;
  readonly carried: Carried;
  last: number; // ms
  turn: Promise<unknown>;
}

/** One part of a sequence. */
export interface Part {
  /** The caller: nobody continues the sequence of another. */
  readonly owner: string;
  readonly id: string;
  readonly start: boolean;
  readonly end: boolean;
  readonly x: NdArray;
}

/** States carried from request to request, by caller, model and sequence id. */
export class Sequences {
  readonly #kept = new Map<string, Kept>();
  readonly #limits: SequenceLimits;

  constructor(limits: SequenceLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** The answer to the next part of a sequence. Throws HttpProblem for one that is not there, or one too many. */
  async ask(of: ServedModel, { owner, id, start, end, x }: Part): Promise<NdArray> {
    this.#forgetIdle();
    const key = JSON.stringify([owner, of.name, id]);
    const found = this.#kept.get(key);
    // A model that was replaced has other weights: a sequence of the one before is over.
    const before = found?.of === of ? found : undefined;
    if (!start && !before)
      throw new HttpProblem(400, `There is no sequence "${id.slice(0, 60)}". Begin it with "sequence_start": true.`);
    if (!before && this.#kept.size >= this.#limits.maxSequences)
      throw new HttpProblem(429, "Too many sequences are kept. End some.", { headers: { "Retry-After": "1" } });
    const kept = before ?? { of, carried: carried(of.model as never, 1), last: Date.now(), turn: Promise.resolve() };
    this.#kept.set(key, kept);
    const work = async () => {
      if (start && before) kept.carried.reset();
      const answer = (await kept.carried.model.predictOnBatch(x)) as NdArray;
      kept.last = Date.now();
      return answer;
    };
    const mine = kept.turn.then(work);
    kept.turn = mine.catch(() => {});
    try {
      return await mine;
    } finally {
      if (end) this.#kept.delete(key);
    }
  }

  #forgetIdle(): void {
    const oldest = Date.now() - 1000 * this.#limits.sequenceIdle;
    for (const [key, { last }] of this.#kept) if (last < oldest) this.#kept.delete(key);
  }
}
