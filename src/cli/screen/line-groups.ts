/**
 * Lines in groups of at most so many: those that are there together go together, as fast as a batch; one that comes alone goes
 * at once, while the input is still open.
 */
export async function* groupsOf<T>(
  lines: AsyncIterable<T> | Iterable<T>,
  most: number,
): AsyncGenerator<T[], void, undefined> {
  if (most === 1) {
    for await (const line of lines) yield [line]; // the next is not requested before the answer
    return;
  }
  const source = Symbol.asyncIterator in lines ? lines[Symbol.asyncIterator]() : listed(lines);
  let next = source.next();
  for (;;) {
    const group: T[] = [];
    let found: IteratorResult<T> | null = await next;
    while (found && !found.done) {
      group.push(found.value);
      next = source.next();
      found = group.length < most ? await Promise.race([next, nothingSoon()]) : null;
    }
    if (group.length > 0) yield group;
    if (found?.done) return;
  }
}

async function* listed<T>(lines: Iterable<T>): AsyncGenerator<T, void, undefined> {
  yield* lines;
}

/** Null once everything that waits has had its turn. */
const nothingSoon = (): Promise<null> => new Promise((resolve) => setImmediate(resolve, null));
