import { expect, test } from "vitest";
import { asNdArray, NdArray } from "./nd-array.ts";

test("JSON of an array is nested lists, which are read back as the same array", () => {
  const a = new NdArray(Float32Array.of(0.5, 1, 2, Number.NaN), [2, 2]);
  expect(JSON.stringify({ a })).toBe('{"a":[[0.5,1],[2,null]]}');
  const b = asNdArray([[[1], [2]]]);
  expect(asNdArray(JSON.parse(JSON.stringify(b)))).toEqual(b);
});
