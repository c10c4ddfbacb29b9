import { expect, test } from "vitest";
import { asNdArray } from "../tensor/nd-array.ts";
import { encoderFromJson, labelEncoder, oneHotEncoder } from "./encoders.ts";

test("labels become numbers in the order of the classes, and labels again", () => {
  const encoder = labelEncoder();
  expect(encoder.fitTransform(["b", "a", "c", "a"])).toEqual(Int32Array.of(1, 0, 2, 0));
  expect(encoder.classes).toEqual(["a", "b", "c"]);
  expect(encoder.inverseTransform(asNdArray([2, 0]))).toEqual(["c", "a"]);
  expect(labelEncoder().fit([10, 9, 10, -1]).classes).toEqual([-1, 9, 10]); // by size, not by letters
});

test("columns of categories become zeros and ones", () => {
  const encoder = oneHotEncoder();
  const rows = [
    ["red", 2],
    ["blue", 1],
  ];
  expect(encoder.fitTransform(rows).toArray()).toEqual([
    [0, 1, 0, 1],
    [1, 0, 1, 0],
  ]);
  const lenient = oneHotEncoder({ handleUnknown: "ignore" }).fit(["a", "b"]);
  expect(lenient.transform(["b", "z"]).toArray()).toEqual([
    [0, 1],
    [0, 0],
  ]);
});

test("an encoder goes through JSON", () => {
  const rows = [["red", 2] as const, ["blue", 1] as const];
  for (const [encoder, list] of [
    [labelEncoder().fit(["x", "y"]), ["y", "x"]],
    [oneHotEncoder().fit(rows), rows],
  ] as const) {
    const again = encoderFromJson(JSON.parse(JSON.stringify(encoder)));
    expect(again.transform(list)).toEqual(encoder.transform(list));
  }
  expect(() => encoderFromJson({ encoder: "label" })).toThrow(/an encoder as toJSON gives it/);
});

test("what an encoder cannot take is told with row and nearest name", () => {
  const encoder = labelEncoder().fit(["spam", "ham"]);
  expect(() => encoder.transform(["ham", "spem"])).toThrow(/received "spem" in row 1\.\n {2}Did you mean "spam"\?/);
  expect(() => encoder.inverseTransform([2])).toThrow(/numbers from 0 to 1, received 2/);
  expect(() => labelEncoder().transform(["a"])).toThrow(/before fit/);
  expect(() => labelEncoder().fit(["a", 1])).toThrow(/labels of one kind, received string and number values/);
  expect(() => labelEncoder().fit([])).toThrow(/received none/);
  expect(() => oneHotEncoder().fit([["a"], ["a", "b"]])).toThrow(/1 values in every row/);
  expect(() =>
    oneHotEncoder()
      .fit([["a"]])
      .transform([["a", "b"]]),
  ).toThrow(/1 columns, as in fit, received 2/);
  expect(() => oneHotEncoder({ handleUnknown: "drop" as never })).toThrow(/handleUnknown/);
});
