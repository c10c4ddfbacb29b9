import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DataError, ShapeError } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { padSequences } from "./pad-sequences.ts";

const ragged = [[1, 2, 3], [4], []];

describe("padding", () => {
  test("zeros come before, up to the longest, as int32", () => {
    const padded = padSequences(ragged);
    expect(padded.data).toBeInstanceOf(Int32Array);
    expect(padded.toArray()).toEqual([
      [1, 2, 3],
      [0, 0, 4],
      [0, 0, 0],
    ]);
  });

  test("truncation keeps the end by default and the beginning with post", () => {
    expect(padSequences(ragged, { maxLen: 2 }).toArray()).toEqual([
      [2, 3],
      [0, 4],
      [0, 0],
    ]);
    expect(padSequences(ragged, { maxLen: 2, truncating: "post", padding: "post", value: 9 }).toArray()).toEqual([
      [1, 2],
      [4, 9],
      [9, 9],
    ]);
  });

  test("int32 cuts fractions off toward zero, of entries and of value", () => {
    expect(padSequences([[1.7, -1.7], [3]], { value: -0.5 }).toArray()).toEqual([
      [1, -1],
      [0, 3],
    ]);
  });

  test("f32 keeps fractions", () => {
    const padded = padSequences([[1.5], [2.5, Number.NaN]], { dtype: "f32", value: -1 });
    expect(padded.data).toBeInstanceOf(Float32Array);
    expect(padded.toArray()).toEqual([
      [-1, 1.5],
      [2.5, Number.NaN],
    ]);
  });

  test("sequences of vectors give rank 3, with the shape of the first that is not empty", () => {
    const vectors = [[], [[1, 2], [3, 4]], [[5, 6]]]; // biome-ignore format: one line reads better
    expect(padSequences(vectors, { maxLen: 2, value: 9 }).toArray()).toEqual([
      [
        [9, 9],
        [9, 9],
      ],
      [
        [1, 2],
        [3, 4],
      ],
      [
        [9, 9],
        [5, 6],
      ],
    ]);
  });

  test("typed arrays, NdArrays and lists give the same, also with several features per step", () => {
    const lists = [[[1, 2], [3, 4], [5, 6]], [[7, 8]]]; // biome-ignore format: one line reads better
    const expected = padSequences(lists, { maxLen: 2, dtype: "f32" });
    const arrays = [
      new NdArray(new Float32Array([1, 2, 3, 4, 5, 6]), [3, 2]),
      new NdArray(new Int32Array([7, 8]), [1, 2]),
    ];
    expect(padSequences(arrays, { maxLen: 2, dtype: "f32" })).toEqual(expected);
    const steps = lists.map((row) => row.map((step) => Float64Array.from(step)));
    expect(padSequences(steps, { maxLen: 2, dtype: "f32" })).toEqual(expected);
    expect(padSequences(ragged.map((row) => Int32Array.from(row)))).toEqual(padSequences(ragged));
    expect(padSequences(ragged.map((row) => Float32Array.from(row)))).toEqual(padSequences(ragged));
    expect(padSequences(ragged.map((row) => Uint8Array.from(row)))).toEqual(padSequences(ragged));
  });

  test("an array of rank 2 is cut or filled up row by row", () => {
    const array = new NdArray(new Int32Array([1, 2, 3, 4]), [2, 2]);
    expect(padSequences(array, { maxLen: 1 }).toArray()).toEqual([[2], [4]]);
  });

  test("ids above 2^24 stay exact", () => {
    expect(padSequences([[16_777_217, 2_147_483_647]]).toArray()).toEqual([[16_777_217, 2_147_483_647]]);
  });

  test("empty sequences alone have no columns, and no sequences with maxLen no rows", () => {
    expect(padSequences([[], []]).shape).toEqual([2, 0]);
    expect(padSequences([], { maxLen: 5 }).shape).toEqual([0, 5]);
  });

  test("arguments are not changed and not shared", () => {
    const row = Int32Array.of(1, 2);
    padSequences([row], { maxLen: 2 }).data.fill(7);
    expect([...row]).toEqual([1, 2]);
  });

  test("kept entries stand together at one end, in order, and the rest is value, for any sequences", () => {
    const side = fc.constantFrom("pre" as const, "post" as const);
    const sequences = fc.array(fc.array(fc.integer()), { minLength: 1 });
    fc.assert(
      fc.property(
        sequences,
        fc.integer({ min: 1, max: 12 }),
        side,
        side,
        fc.integer(),
        (rows, maxLen, padding, truncating, value) => {
          const padded = padSequences(rows, { maxLen, padding, truncating, value });
          expect(padded.shape).toEqual([rows.length, maxLen]);
          rows.forEach((row, r) => {
            const kept = truncating === "pre" ? row.slice(Math.max(0, row.length - maxLen)) : row.slice(0, maxLen);
            const fill = new Array<number>(maxLen - kept.length).fill(value);
            expect(Array.from(padded.row(r).data)).toEqual(padding === "pre" ? [...fill, ...kept] : [...kept, ...fill]);
          });
        },
      ),
      { seed: 6 },
    );
  });
});

describe("wrong input says what to do", () => {
  const unknown = (value: unknown) => value as never;

  test.each([0, -1, 2.5, Number.NaN, "5"])("maxLen %s is refused", (maxLen) => {
    expect(() => padSequences([[1]], { maxLen: unknown(maxLen) })).toThrow(/maxLen to be a whole number, 1 or more/);
  });

  test("no sequences without maxLen are refused", () => {
    expect(() => padSequences([])).toThrow(/Give maxLen/);
  });

  test("a single sequence and a string are refused", () => {
    expect(() => padSequences(unknown([1, 2]))).toThrow(/Put one sequence in brackets/);
    expect(() => padSequences(unknown(["a cat"]))).toThrow(/textsToSequences/);
    expect(() => padSequences(unknown([["a", "cat"]]))).toThrow(/textsToSequences/);
    expect(() => padSequences(unknown("a cat"))).toThrow(DataError);
    expect(() => padSequences(new NdArray(new Int32Array(3)))).toThrow(/array of shape \[3\]/);
  });

  test("what int32 cannot hold is refused", () => {
    for (const number of [Number.NaN, Number.POSITIVE_INFINITY, 3e9, 2 ** 31, -(2 ** 31) - 1]) {
      expect(() => padSequences([[number]])).toThrow(/dtype: "f32"/);
      expect(() => padSequences([Float64Array.of(number)])).toThrow(/dtype: "f32"/);
      expect(() => padSequences([[1]], { value: number })).toThrow(/value/);
    }
    expect(() => padSequences([BigInt64Array.of(1n << 40n)])).toThrow(/fit i32/);
    expect(() => padSequences([[2n ** 60n]], { dtype: "f32" })).toThrow(DataError);
  });

  test("int64 ids are ids", () => {
    expect(padSequences([BigInt64Array.of(1n, 2n), [3n]]).toArray()).toEqual([
      [1, 2],
      [0, 3],
    ]);
  });

  test("vectors of different shape are refused, and the place is named", () => {
    expect(() => padSequences([[[1, 2]], [[1, 2, 3]]])).toThrow(ShapeError);
    expect(() => padSequences([[[1, 2]], [[1, 2, 3]]])).toThrow(/shape \[2\] at \[1\]\[0\], received shape \[3\]/);
    expect(() => padSequences([[[1, 2]], [3]])).toThrow(/at \[1\]\[0\], received a number/);
    expect(() => padSequences([[3], [4, [1]]])).toThrow(/a number at \[1\]\[1\], received shape \[1\]/);
    expect(() => padSequences([[[1, 2]], Int32Array.of(3)])).toThrow(ShapeError);
    expect(() => padSequences([[3], new NdArray(new Int32Array(4), [2, 2])])).toThrow(ShapeError);
  });

  test("a mistyped option is answered with the right one", () => {
    expect(() => padSequences([[1]], { padding: unknown("pots") })).toThrow(/Did you mean "post"/);
    expect(() => padSequences([[1]], { truncating: unknown("left") })).toThrow(/Known: pre, post/);
    expect(() => padSequences([[1]], { dtype: unknown("int32") })).toThrow(/Known: i32, f32/);
  });

  test("more numbers than fit are refused before they are allocated", () => {
    expect(() => padSequences([[1], [2]], { maxLen: 2 ** 31 })).toThrow(/smaller maxLen/);
  });
});
