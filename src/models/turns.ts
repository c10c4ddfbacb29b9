import { DataError, problem } from "../errors.ts";
import type { Callback } from "../train/callbacks.ts";

/** What a model is busy with: one training or evaluation, or predictions, the last of them and how many are left. */
interface Work {
  readonly predicts: boolean;
  left: number;
  last: Promise<unknown>;
}

/** Who may use a model when. */
export class Turns {
  #work: Work | null = null;

  /**
   * One thing at a time: two at once would mix their steps. Predictions wait for one another, as a server's requests come.
   * Throws DataError for anything else that is asked of a busy model.
   */
  async alone<T>(who: string, work: () => Promise<T>, predicts = false): Promise<T> {
    if (this.#work && !(predicts && this.#work.predicts))
      throw new DataError(problem(who, "the model at rest", "one that is busy", "Await the call before."));
    this.#work ??= { predicts, left: 0, last: Promise.resolve() };
    const mine = this.#work;
    try {
      const done = mine.left++ === 0 ? work() : mine.last.then(work);
      mine.last = done.catch(() => {});
      return await done;
    } finally {
      if (--mine.left === 0 && this.#work === mine) this.#work = null;
    }
  }

  /** A callback that may use the model: nothing else runs while it does. */
  atRest(callback: Callback): Callback {
    const quiet = new Map<string, (...given: unknown[]) => Promise<unknown>>();
    const resting =
      (hook: (...given: unknown[]) => unknown) =>
      async (...given: unknown[]) => {
        const training = this.#work;
        this.#work = null;
        try {
          return await hook.apply(callback, given);
        } finally {
          this.#work = training; // also where the callback did not wait for what it asked for
        }
      };
    return new Proxy(callback, {
      get: (target, name: string) => {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== "function" || !name.startsWith("on")) return value;
        if (!quiet.has(name)) quiet.set(name, resting(value as never));
        return quiet.get(name);
      },
    });
  }
}
