import { expect, test } from "vitest";
import { CellstateError } from "../errors.ts";
import {
  cosineDecay,
  cosineDecayRestarts,
  exponentialDecay,
  inverseTimeDecay,
  isSchedule,
  piecewiseConstantDecay,
  polynomialDecay,
  rateAt,
  scheduleOf,
} from "./schedules.ts";

test("a cosine schedule begins again exactly where each period begins", () => {
  const schedule = cosineDecayRestarts(1, { firstDecaySteps: 10, tMul: 3, mMul: 0.5 });
  // periods of 10, 30, 90, 270 steps begin at 0, 10, 40, 130
  expect([0, 10, 40, 130].map(schedule)).toEqual([1, 0.5, 0.25, 0.125]);
  for (const last of [9, 39, 129]) expect(schedule(last)).toBeLessThan(0.03);
  const equal = cosineDecayRestarts(1, { firstDecaySteps: 4, tMul: 1 });
  expect([0, 4, 8].map(equal)).toEqual([1, 1, 1]);
  expect(equal(6)).toBeCloseTo(0.5, 12);
});

test("a learning rate is a number, a schedule or a function", () => {
  expect(rateAt(0.1, 7)).toBe(0.1);
  expect(rateAt((step) => 1 / (step + 1), 3)).toBe(0.25);
  const schedule = piecewiseConstantDecay([2], [1, 0.5]);
  expect([2, 3].map((step) => rateAt(schedule, step))).toEqual([1, 0.5]);
  expect([isSchedule(0.1), isSchedule((step) => step), isSchedule(schedule)]).toEqual([false, false, true]);
  expect(scheduleOf("NoDecay", {})).toBe(null);
});

const bad = null as never;
test.each<[what: string, make: () => unknown, says: RegExp]>([
  [
    "no steps",
    () => exponentialDecay(0.1, { decayRate: 0.5 } as never),
    /exponentialDecay: expected decaySteps: a number above 0, received undefined/,
  ],
  ["no rate", () => inverseTimeDecay(0.1, { decaySteps: 3 } as never), /decayRate/],
  ["no options", () => cosineDecay(0.1, bad), /decaySteps/],
  ["zero steps", () => polynomialDecay(0.1, { decaySteps: 0 }), /above 0, received 0/],
  ["a negative start", () => cosineDecay(-1, { decaySteps: 3 }), /initial learning rate.*received -1/],
  ["NaN", () => cosineDecay(0.1, { decaySteps: Number.NaN }), /received NaN/],
  ["a misspelt option", () => cosineDecay(0.1, { decaySteps: 3, warmup: 3 } as never), /"warmup".*\n.*warmupSteps/],
  ["half a warm-up step", () => cosineDecay(0.1, { decaySteps: 3, warmupSteps: 1.5 }), /whole number/],
  ["a missing value", () => piecewiseConstantDecay([1, 2], [1, 2]), /one value more than boundaries, received 2 and 2/],
  ["falling boundaries", () => piecewiseConstantDecay([2, 1], [1, 2, 3]), /increasing boundaries/],
])("a schedule with %s is refused", (_, make, says) => {
  expect(make).toThrow(CellstateError);
  expect(make).toThrow(says);
});
