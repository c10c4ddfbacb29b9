import { describe, expect, test } from "vitest";
import { DataError, ShapeError } from "../errors.ts";
import { type ArrayLike, asNdArray } from "./nd-array.ts";

const given = (value: unknown) => asNdArray(value as ArrayLike, { who: "x" });
const message = (value: unknown): string => {
  try {
    given(value);
  } catch (error) {
    expect(error instanceof ShapeError || error instanceof DataError).toBe(true);
    return (error as Error).message;
  }
  throw new Error("expected a refusal");
};

describe("numbers stay as they were given", () => {
  test("lists are read as float64: a price, a time, an id above 2^24", () => {
    const numbers = [0.1, 1_700_000_000_123, 16_777_217, 1e39];
    expect(given(numbers).toArray()).toEqual(numbers);
    expect(given([numbers, numbers]).at(1, 1)).toBe(numbers[1]);
  });

  test("int64 data are numbers where they are safe integers, in lists and in typed arrays", () => {
    expect(given([[1n, 2n]]).toArray()).toEqual([[1, 2]]);
    expect(given(BigInt64Array.of(1n, -2n)).dtype).toBe("i32");
    expect(given([BigUint64Array.of(1n << 40n), [3]]).toArray()).toEqual([[2 ** 40], [3]]);
    expect(message([1n, 1n << 53n])).toMatch(/a number at \[1\], received 9007199254740992n/);
    expect(message(BigInt64Array.of(-(1n << 60n)))).toMatch(/2\^53/);
  });

  test("i32 takes no number that it cannot hold", () => {
    expect(asNdArray([1, 2], { dtype: "i32" }).data).toEqual(Int32Array.of(1, 2));
    for (const wrong of [[2 ** 31], [0.5], [Number.NaN]])
      expect(() => asNdArray(wrong, { dtype: "i32" })).toThrow(/32 bits/);
  });
});

describe("what is no array is refused before memory is taken for it", () => {
  test("a nesting without end", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(message(deep)).toMatch(/at most 32 axes/);
    const itself: unknown[] = [];
    itself.push(itself);
    expect(message(itself)).toMatch(/part of itself/);
  });

  test("ragged rows, however long the first", () => {
    expect(message([Array(300_000).fill(0), ...Array(300_000).fill([])])).toMatch(/300000 entries at \[1\]/);
    expect(message([[1, 2], [3]])).toMatch(/2 entries at \[1\].*received 1 entries/);
    expect(message([[[1]], [1]])).toMatch(/1 entries at \[1\]\[0\].*received a number/);
    expect(message([1, [2]])).toMatch(/a number at \[1\], received a longer nesting/);
  });

  test("more numbers than memory holds, of rows that are one list again and again", () => {
    const row = Array(100_000).fill(0);
    expect(message(Array(100_000).fill(row))).toMatch(/in batches/);
  });

  test("entries of every other kind, each with what to do", () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const kinds: [unknown, RegExp][] = [
      ["cat", /a number at \[0\]\[1\], received string "cat"[\s\S]*tokenizer/],
      [undefined, /undefined[\s\S]*Drop or fill/],
      [null, /null/],
      [true, /true/],
      [circle, /an object \{ self \}/],
      [Symbol("s"), /Symbol/],
      [() => 0, /the function/],
      [new Date(0), /a Date/],
    ];
    for (const [kind, says] of kinds) expect(message([[1, kind]])).toMatch(says);
  });
});
