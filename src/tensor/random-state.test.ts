import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DataError } from "../errors.ts";
import { RandomState } from "./random-state.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe("numpy.random.RandomState (expected numbers: numpy 2.4)", () => {
  // [int.from_bytes(r.bytes(4), "little") for _ in range(5)]
  test.each([
    [0, [2357136044, 2546248239, 3071714933, 3626093760, 2588848963]],
    [1, [1791095845, 4282876139, 3093770124, 4005303368, 491263]],
    [42, [1608637542, 3421126067, 4083286876, 787846414, 3143890026]],
    [113, [3659249829, 529109724, 317413538, 548173386, 3843702636]],
    [2 ** 32 - 1, [419326371, 479346978, 3918654476, 2416749639, 3388880820]],
  ])("seed %i gives the first words", (seed, expected) => {
    const rng = new RandomState(seed);
    expect(expected.map(() => rng.bits())).toEqual(expected);
  });

  test("the words continue after the first 624", () => {
    const rng = new RandomState(113);
    const words = range(2000).map(() => rng.bits());
    expect(words.slice(623, 626)).toEqual([1743398014, 4023317220, 1324972501]);
    expect(words[1999]).toBe(371149205);
  });

  test("shuffle, and the second shuffle continues with the same generator", () => {
    const rng = new RandomState(113);
    expect(rng.shuffle(range(10))).toEqual([9, 3, 6, 1, 0, 7, 4, 8, 2, 5]);
    expect(rng.shuffle(range(10))).toEqual([6, 9, 5, 0, 1, 4, 8, 3, 7, 2]);
  });

  test("shuffle of 25,000, twice", () => {
    const rng = new RandomState(113);
    const train = rng.shuffle(Int32Array.from(range(25_000)));
    const test = rng.shuffle(Int32Array.from(range(25_000)));
    expect([...train.subarray(0, 10)]).toEqual([7798, 13226, 18078, 793, 17499, 23003, 574, 19638, 5181, 23045]);
    expect([...test.subarray(0, 10)]).toEqual([22748, 4083, 8015, 13688, 5310, 4466, 736, 22654, 23614, 10255]);
  });

  // r = RandomState(seed); r.shuffle(np.arange(1000)); then this is r.shuffle(np.arange(17))
  test.each([
    [0, [16, 10, 0, 11, 1, 8, 7, 15, 14, 12, 2, 13, 9, 6, 3, 5, 4]],
    [42, [16, 6, 9, 14, 5, 2, 13, 10, 8, 4, 0, 3, 15, 7, 12, 1, 11]],
    [2 ** 32 - 1, [0, 1, 2, 8, 14, 10, 16, 15, 9, 4, 3, 11, 7, 12, 6, 13, 5]],
  ])("seed %i after a shuffle of 1,000", (seed, expected) => {
    const rng = new RandomState(seed);
    rng.shuffle(range(1000));
    expect(rng.shuffle(range(17))).toEqual(expected);
  });
});

test("a shuffle keeps every entry once, and equal seeds shuffle equally", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), fc.nat(500), (seed, n) => {
      const once = new RandomState(seed).shuffle(range(n));
      expect(new RandomState(seed).shuffle(range(n))).toEqual(once);
      expect(once.sort((a, b) => a - b)).toEqual(range(n));
    }),
    { numRuns: 100, seed: 7 },
  );
});

test("an interval of the full 32 bits and of nothing", () => {
  expect(new RandomState(113).interval(0xffffffff)).toBe(3659249829);
  const rng = new RandomState(113);
  expect(rng.interval(0)).toBe(0);
  expect(rng.bits()).toBe(3659249829); // no word was drawn for the 0
});

test.each([-1, 2 ** 32, 1.5, Number.NaN])("the seed %d is refused", (seed) => {
  expect(() => new RandomState(seed)).toThrow(DataError);
});
