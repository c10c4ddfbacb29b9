import { expect, test } from "vitest";
import { LeastSquares } from "./least-squares.ts";
import { Random } from "./random.ts";

test("weights and constants of several targets are found again, and a larger penalty makes them smaller", () => {
  const random = new Random(5);
  const squares = new LeastSquares(3, 2);
  for (let i = 0; i < 200; i++) {
    const x = [random.normal(), i % 2, random.normal()];
    squares.add(x, [2 * x[0] - x[1] + 0.5, 3 * x[2] - 4]);
  }
  const [a, b] = squares.solve(0);
  for (const [k, v] of [2, -1, 0, 0.5].entries()) expect(a[k]).toBeCloseTo(v, 6);
  for (const [k, v] of [0, 0, 3, -4].entries()) expect(b[k]).toBeCloseTo(v, 6);
  const [small] = squares.solve(10);
  expect(Math.abs(small[0])).toBeLessThan(0.3);
});

test("a row of weight 2 counts as two rows; features that are equal, and no row at all, have an answer", () => {
  const [twice, weighted] = [new LeastSquares(1, 1), new LeastSquares(1, 1)];
  for (const x of [1, 2, 4]) {
    twice.add([x], [x * x]);
    weighted.add([x], [x * x], x === 4 ? 2 : 1);
  }
  twice.add([4], [16]);
  expect([...weighted.solve(0.1)[0]]).toEqual([...twice.solve(0.1)[0]]);
  const same = new LeastSquares(2, 1);
  for (const x of [1, 2, 3]) same.add([x, x], [2 * x]);
  const [equal] = same.solve(1e-6);
  expect(equal[0]).toBeCloseTo(equal[1], 6);
  expect([...new LeastSquares(1, 1).solve(0.01)[0]]).toEqual([0, 0]);
});
