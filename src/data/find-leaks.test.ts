import { expect, test } from "vitest";
import { Random } from "../tensor/random.ts";
import { findLeaks } from "./find-leaks.ts";

const random = new Random(7);
const column = (rows: number, of: () => number): number[] => Array.from({ length: rows }, of);
const counts = (rows = 60) => column(rows, () => random.below(400));
const [casual, registered, returned, temp] = [counts(), counts(), counts(), counts().map((v) => v / 400)];
const formulas = (target: number[], options: Parameters<typeof findLeaks>[1]): string[] =>
  findLeaks(target, options).map(({ formula }) => formula);
const of = (f: (t: number) => number): number[] => casual.map((_, t) => f(t));

test("a sum, a difference, a product and a quotient of two known columns are named", () => {
  const known = { temp, casual, registered };
  expect(
    findLeaks(
      of((t) => casual[t] + registered[t]),
      { known },
    ),
  ).toEqual([{ columns: ["casual", "registered"], formula: "casual + registered" }]);
  expect(
    formulas(
      of((t) => registered[t] - casual[t]),
      { known },
    ),
  ).toEqual(["registered − casual"]);
  expect(
    formulas(
      of((t) => casual[t] * registered[t]),
      { known },
    ),
  ).toEqual(["casual · registered"]);
  const [some, more] = [casual.map((v) => v + 1), registered];
  expect(
    formulas(
      of((t) => more[t] / some[t]),
      { known: { some, more } },
    ),
  ).toEqual(["more / some"]);
});

test("a product that was rounded to cents is one; a sum must be exact", () => {
  const price = casual.map((v) => v / 7);
  const known = { price, registered, temp };
  expect(
    formulas(
      of((t) => Math.round(100 * price[t] * registered[t]) / 100),
      { known },
    ),
  ).toEqual(["price · registered"]);
  expect(
    formulas(
      of((t) => Math.round(price[t] + registered[t])),
      { known },
    ),
  ).toEqual([]);
});

test("three columns, and the sum of all", () => {
  const known = { casual, registered, returned, temp };
  expect(
    formulas(
      of((t) => casual[t] + registered[t] - returned[t]),
      { known },
    ),
  ).toEqual(["casual + registered − returned"]);
  expect(
    formulas(
      of((t) => casual[t] + registered[t] + returned[t] + temp[t]),
      { known },
    ),
  ).toEqual(["casual + registered + returned + temp"]);
});

test("one column that is the target on another scale", () => {
  const y = of((t) => casual[t] + registered[t]);
  expect(formulas(y, { known: { copy: y, temp } })).toEqual(["copy"]);
  expect(formulas(y, { known: { scaled: y.map((v) => v / 41) } })).toEqual(["41 · scaled"]);
  expect(formulas(y, { known: { shown: y.map((v) => (v - 32) / 1.8) } })).toEqual(["1.8 · shown + 32"]);
});

test("the target some rows earlier or later leaks where a forecast would read it before its time", () => {
  const y = counts(80);
  const moved = (rows: number) => y.map((_, t) => y[t + rows] ?? Number.NaN);
  // What comes is told by a column of the row before, known or past.
  expect(formulas(y, { known: { next: moved(1) } })).toEqual(["next 1 row before"]);
  expect(formulas(y, { past: { next: moved(3) }, horizon: 12 })).toEqual(["next 3 rows before"]);
  // A lag shorter than the horizon tells the first steps in the rows of later ones; a lag of the horizon is a fair column.
  expect(formulas(y, { known: { lag: moved(-3) }, horizon: 12 })).toEqual(["lag 3 rows after"]);
  expect(formulas(y, { known: { lag: moved(-12) }, horizon: 12 })).toEqual([]);
  expect(formulas(y, { past: { lag: moved(-1) }, horizon: 12 })).toEqual([]);
});

test("past columns may hold the target's parts: they are not known when it is forecast", () => {
  expect(
    formulas(
      of((t) => casual[t] + registered[t]),
      { past: { casual, registered }, known: { temp } },
    ),
  ).toEqual([]);
});

test("what is near, what is drawn at random and what has few values is no leak", () => {
  const y = of((t) => casual[t] + registered[t]);
  expect(formulas(y, { known: { casual, registered: registered.map((v, t) => (t === 31 ? v + 1 : v)) } })).toEqual([]);
  expect(
    formulas(y, { known: Object.fromEntries(column(8, () => 0).map((_, k) => [`noise ${k}`, counts()])) }),
  ).toEqual([]);
  const sold = of((t) => t % 2);
  expect(formulas(sold, { known: { sold } })).toEqual([]);
});

test("rows without numbers are left out, and known columns may reach beyond the target", () => {
  const y = of((t) => (t % 7 === 0 ? Number.NaN : casual[t] + registered[t]));
  expect(formulas(y, { known: { casual: [...casual, 1, 2], registered: [...registered, 3, 4] } })).toEqual([
    "casual + registered",
  ]);
  expect(() => findLeaks(y, { known: { casual: casual.slice(1) } })).toThrow(
    'findLeaks: expected a number in column "casual" for each of 60 rows, received 59.',
  );
  expect(() => findLeaks(y, { known: { casual: "a" as never } })).toThrow(/a list of numbers as column "casual"/);
});
