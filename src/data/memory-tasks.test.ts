import { expect, test } from "vitest";
import { DataError } from "../errors.ts";
import { addingProblem, delayedRecall } from "./memory-tasks.ts";

test("a row of the adding problem has one mark in each half, and their numbers' sum as target", () => {
  for (const steps of [2, 3, 50]) {
    const { x, y } = addingProblem({ rows: 200, steps, seed: 7 });
    const half = Math.floor(steps / 2);
    for (let n = 0; n < 200; n++) {
      const marked = Array.from({ length: steps }, (_, t) => t).filter((t) => x.at(n, t, 1) !== 0);
      expect(marked.map((t) => x.at(n, t, 1))).toEqual([1, 1]);
      expect(marked.map((t) => t < half)).toEqual([true, false]);
      expect(y.at(n)).toBeCloseTo(x.at(n, marked[0], 0) + x.at(n, marked[1], 0), 6);
    }
  }
});

test("numbers are spread over [0, 1), marks over their halves, and saying 1 errs by a sixth", () => {
  const { x, y } = addingProblem({ rows: 4000, steps: 10 });
  const numbers = x.data.filter((_, k) => k % 2 === 0);
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers)).toBeLessThan(1);
  const places = Array.from({ length: 10 }, (_, t) => x.data.filter((v, k) => k % 20 === 2 * t + 1 && v === 1).length);
  for (const count of places) expect(Math.abs(count - 800)).toBeLessThan(110); // 4.3 standard deviations of 25
  const error = Array.from(y.data).reduce((sum, v) => sum + (v - 1) ** 2, 0) / 4000;
  expect(Math.abs(error - 1 / 6)).toBeLessThan(0.012); // 4 standard deviations of the mean of 4,000
});

test("delayed recall shows a symbol, then noise, then the question", () => {
  for (const [delay, symbols] of [
    [0, 2],
    [1, 3],
    [40, 8],
  ]) {
    const { x, y } = delayedRecall({ rows: 300, delay, symbols });
    expect(x.shape).toEqual([300, delay + 2]);
    expect(x.dtype).toBe("i32");
    for (let n = 0; n < 300; n++) {
      const ids = Array.from(x.row(n).data);
      expect(ids[0]).toBe(y.at(n) + 1);
      expect(ids.at(-1)).toBe(2 * symbols + 1);
      expect(ids.slice(1, -1).filter((id) => id <= symbols || id > 2 * symbols)).toEqual([]); // noise
    }
    expect(new Set(y.data).size).toBe(symbols);
  }
});

test("a seed gives the same rows, another seed others", () => {
  for (const draw of [
    (seed?: number) => addingProblem({ rows: 3, steps: 20, seed }),
    (seed?: number) => delayedRecall({ rows: 3, delay: 20, seed }),
  ]) {
    expect(draw(1).x.toArray()).toEqual(draw().x.toArray());
    expect(draw(2).x.toArray()).not.toEqual(draw(1).x.toArray());
  }
});

test("sizes that make no task are refused by name", () => {
  expect(() => addingProblem({ rows: 1, steps: 1 })).toThrow(DataError);
  expect(() => addingProblem({ rows: 1, steps: 1 })).toThrow("steps to be a whole number, 2 or more, received 1");
  expect(() => addingProblem({ rows: 0, steps: 9 })).toThrow("rows");
  expect(() => delayedRecall({ rows: 1, delay: -1 })).toThrow("delay");
  expect(() => delayedRecall({ rows: 1, delay: 1, symbols: 1 })).toThrow("symbols to be a whole number, 2 or more");
});
