import { DataError, problem } from "../errors.ts";
import type { Callback } from "./callbacks/index.ts";
import { type AnyIterable, type BatchStream, iteratorOf } from "./fit/batches.ts";

/** Access that a piece of work needs to its model. */
export interface Manner {
  /** Waits for what was asked before, and lets what is asked after it wait: predictions, saves, writes of weights. */
  readonly queues?: boolean;
  /** Values that it changes, not to be read meanwhile: all weights, or the states that stateful layers carry. */
  readonly changes?: "weights" | "states";
}

/** The current work of a model: one training or evaluation, or a queue of predictions, the last of them and how many are left. */
interface Work {
  readonly who: string;
  readonly queues: boolean;
  changes: Manner["changes"];
  left: number;
  last: Promise<unknown>;
}

/** Serializes access to a model and its weights. */
export class Turns {
  #work: Work | null = null;
  /** Trainings that wait for a callback, or for a batch. */
  readonly #paused: Work[] = [];

  /**
   * One thing at a time: two at once would mix their steps. Predictions wait for one another, as a server's requests come.
   * Throws DataError for anything else that is asked of a busy model.
   */
  async alone<T>(who: string, work: () => Promise<T>, manner: Manner = {}): Promise<T> {
    if (this.#work && !(manner.queues && this.#work.queues)) throw busy(who, this.#work);
    const { queues = false, changes } = manner;
    this.#work ??= { who, queues, changes, left: 0, last: Promise.resolve() };
    const mine = this.#work;
    mine.changes ??= changes;
    try {
      const done = mine.left++ === 0 ? work() : mine.last.then(work);
      mine.last = done.catch(() => {});
      return await done;
    } finally {
      if (--mine.left === 0 && this.#work === mine) this.#work = null;
    }
  }

  /**
   * Writes at once where the model is idle; else after the predictions that were called before, and returns true. Throws
   * DataError in a training or an evaluation.
   */
  write(who: string, act: () => void): boolean {
    if (this.#work && !this.#work.queues) throw busy(who, this.#work);
    const waits = this.#work !== null;
    if (waits) void this.alone(who, async () => act(), { queues: true });
    else act();
    return waits;
  }

  /** Throws DataError while what is read changes: all weights in training, carried states in predictions too. */
  reading(who: string, carried = false): void {
    const changes = this.#work?.changes;
    if (this.#work && (changes === "weights" || (carried && changes === "states"))) throw busy(who, this.#work);
  }

  /** Throws DataError unless nothing runs, not even a training that waits for a callback. */
  idle(who: string): void {
    const work = this.#work ?? this.#paused.at(-1);
    if (work) throw busy(who, work);
  }

  /**
   * Runs work on the model amid a training, from a callback: nothing else runs meanwhile, and work it did not await ends
   * before training continues.
   */
  async rest<T>(act: () => T | Promise<T>): Promise<T> {
    const before = this.#work;
    if (!before) return act();
    this.#work = null;
    this.#paused.push(before);
    try {
      return await act();
    } finally {
      const asked = this.#work as Work | null;
      this.#work = before;
      this.#paused.pop();
      await asked?.last;
    }
  }

  /** A callback that may use the model. */
  atRest(callback: Callback): Callback {
    const quiet = new Map<string, (...given: unknown[]) => Promise<unknown>>();
    return new Proxy(callback, {
      get: (target, name: string) => {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== "function" || !name.startsWith("on")) return value;
        if (!quiet.has(name)) quiet.set(name, (...given) => this.rest(() => value.apply(callback, given)));
        return quiet.get(name);
      },
    });
  }

  /** A stream of batches whose generator may use the model: each is read between two steps. */
  between<B>(stream: BatchStream<B>): BatchStream<B> {
    const resting = (source: AnyIterable<B>) => ({
      ...(source && "next" in Object(source) ? { next: () => {} } : {}), // it can be gone through once
      [Symbol.asyncIterator]: () => {
        const open = iteratorOf(source);
        return {
          next: () => this.rest(() => open.next()),
          return: () => this.rest(async () => (await open.return?.()) ?? { done: true as const, value: undefined }),
        };
      },
    });
    if (typeof stream !== "function") return resting(stream);
    return (pass) => this.rest(async () => resting(await stream(pass)));
  }
}

function busy(who: string, work: { who: string }): DataError {
  return new DataError(
    problem(who, "an idle model", `one busy with ${work.who}`, "Await that call first.").as("CELLSTATE_BUSY"),
  );
}
