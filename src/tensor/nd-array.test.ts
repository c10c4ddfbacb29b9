import { expect, test } from "vitest";
import { asNdArray, NdArray } from "./nd-array.ts";

test("JSON of an array is nested lists, which are read back as the same array", () => {
  const a = new NdArray(Float32Array.of(0.5, 1, 2, Number.NaN), [2, 2]);
  expect(JSON.stringify({ a })).toBe('{"a":[[0.5,1],[2,null]]}');
  const b = asNdArray([[[1], [2]]]);
  expect(asNdArray(JSON.parse(JSON.stringify(b)))).toEqual(b);
});

test("reshape takes shapes of as many numbers alone, of whole sizes", () => {
  const x = new NdArray(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
  expect(x.reshape([3, -1]).toArray()).toEqual([[1, 2], [3, 4], [5, 6]]); // biome-ignore format: a list
  for (const shape of [[4, -1], [-1, -1], [7], [0, -1], [1.5, 4]]) // biome-ignore format: a list
    expect(() => x.reshape(shape)).toThrow(/NdArray\.reshape: expected a shape of 6 numbers, received \[/);
  expect(() => new NdArray(x.data, [4, 1.5])).toThrow(/NdArray: expected whole numbers as a shape/);
  expect(() => new NdArray(x.data, [-2, -3])).toThrow(/NdArray: expected whole numbers as a shape/);
});
