/**
 * Places of rows that make a batch without padding, at most `most` at a time: those of one length together, in their order.
 *
 *   [...sameLength([2, 3, 2, 2], 2)];   // [[0, 2], [3], [1]]
 */
export function* sameLength(lengths: readonly number[], most: number): Generator<number[]> {
  for (const length of new Set(lengths)) {
    const places = [...lengths.keys()].filter((row) => lengths[row] === length);
    for (let from = 0; from < places.length; from += most) yield places.slice(from, from + most);
  }
}
