import type { Callback } from "../../train/callbacks/index.ts";

/**
 * Does one piece of work after the other, in the order of the calls: a model does one at a time. One that fails
 * does not hold up the others.
 *
 *   const turn = inTurn();
 *   await Promise.all([turn(() => model.predict(a)), turn(() => model.predict(b))]);
 */
export function inTurn(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => {});
    return mine;
  };
}

/**
 * The callback, with word of when it is at work: +1 as one of its hooks begins, −1 when that is done. Training waits meanwhile,
 * so that calls of the hook on the task must not wait for the training.
 */
export function pausing(callback: Callback, say: (step: 1 | -1) => void): Callback {
  if (typeof callback !== "object" || callback === null) return callback; // fit says what is wrong with it
  return new Proxy(callback, {
    get(of, name) {
      const value: unknown = Reflect.get(of, name, of);
      if (typeof value !== "function") return value;
      return (...given: unknown[]) => {
        say(1);
        const done = () => say(-1);
        try {
          const result: unknown = value.apply(of, given);
          if (result instanceof Promise) return result.finally(done);
          done();
          return result;
        } catch (error) {
          done();
          throw error;
        }
      };
    },
  });
}
