/**
 * Does one piece of work after the other, in the order asked for: a model answers one question at a time. One that fails
 * holds up nobody.
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
