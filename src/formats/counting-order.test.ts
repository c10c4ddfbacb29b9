import fc from "fast-check";
import { expect, test } from "vitest";
import { countingOrder } from "./counting-order.ts";

test("names are counted: lstm_10 comes after lstm_2", () => {
  const names = ["lstm_10", "lstm_2", "dense", "lstm", "lstm_1", "10", "9", "Dense", "a b"];
  expect(names.sort(countingOrder)).toEqual([
    "9",
    "10",
    "a b",
    "dense",
    "Dense",
    "lstm",
    "lstm_1",
    "lstm_2",
    "lstm_10",
  ]);
});

test("the order is that of the collator, with names of any kind among them", () => {
  const { compare } = new Intl.Collator("en", { numeric: true });
  const plain = fc.string({ unit: fc.constantFrom(..."ab_019"), maxLength: 8 });
  const anyName = fc.oneof({ weight: 4, arbitrary: plain }, fc.string({ maxLength: 4 }));
  const check = (a: string, b: string) => {
    expect([a, b, Math.sign(countingOrder(a, b))]).toEqual([a, b, compare(a, b)]);
  };
  fc.assert(fc.property(anyName, anyName, check), { numRuns: 3000, seed: 15 });
  check("lstm_99999999999999999999", "lstm_100000000000000000000");
  check("a007", "a7");
});
