import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { symmetricMape } from "../errors.ts";
import { etsForecast } from "./exponential-smoothing.ts";
import { minimize } from "./minimize.ts";
import { thetaForecast } from "./theta.ts";

interface Case {
  season: number;
  history: number[];
  later: number[];
  theta: number[];
  ets: number[];
}
const fixture = new URL("../../../../test/fixtures/classical-forecasts.json", import.meta.url);
const { made_by, cases } = JSON.parse(readFileSync(fixture, "utf8")) as { made_by: string; cases: Case[] };
const median = (list: number[]) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];

// The same method by another search of its parameters, and of nearly equal models another: close, not equal.
describe.each([
  ["theta", thetaForecast],
  ["ets", etsForecast],
] as const)(`%s beside that of ${made_by}, of ${cases.length} series`, (name, forecast) => {
  const ours = cases.map(({ history, season }) => forecast(history, 8, season));
  test("half of the forecasts differ by 1 % at most, no worse on the rows that follow", () => {
    const apart = cases.map((one, i) => symmetricMape(one[name], ours[i]));
    expect(median(apart)).toBeLessThan(1);
    const error = (of: (one: Case, i: number) => number[]) =>
      cases.reduce((sum, one, i) => sum + symmetricMape(one.later, of(one, i)), 0) / cases.length;
    const [theirs, own] = [error((one) => one[name]), error((_, i) => ours[i])];
    console.log(
      `${name}: sMAPE ${own.toFixed(3)}, theirs ${theirs.toFixed(3)}; forecasts apart ${median(apart).toFixed(3)} % (median)`,
    );
    expect(own).toBeLessThan(1.03 * theirs);
  });
});

describe.each([
  ["theta", thetaForecast],
  ["ets", etsForecast],
] as const)("%s on series without noise", (_, forecast) => {
  test("a constant, few rows, zeros and negative numbers", () => {
    for (const v of forecast(Array(30).fill(7), 4, 12)) expect(v).toBeCloseTo(7, 6);
    expect(forecast([5], 2)).toEqual([5, 5]);
    expect(forecast([5, 6], 2)).toEqual([6, 6]);
    expect(forecast([], 2)).toEqual([0, 0]);
    for (const v of forecast(Array(30).fill(0), 4)) expect(v).toBeCloseTo(0, 6);
    for (const v of forecast([-3, -2, -3, -2, -3, -2, -3, -2, -3, -2], 4, 2)) expect(Math.abs(v)).toBeLessThan(4);
    expect(forecast([1, 2, 3], 5).every(Number.isFinite)).toBe(true);
    expect(forecast([1e12, 1e12 + 1, 1e12 + 2, 1e12 + 4], 2).every(Number.isFinite)).toBe(true);
  });
  test("a season goes on, of any length and in proportion", () => {
    const season = (p: number, n: number, grows: boolean) =>
      Array.from({ length: n }, (_, t) => {
        const s = 1 + 0.5 * Math.sin((2 * Math.PI * t) / p);
        return grows ? (20 + t) * s : 20 + 10 * s;
      });
    for (const p of [4, 12, 52]) {
      const all = season(p, 6 * p, false);
      const apart = symmetricMape(all.slice(-p), forecast(all.slice(0, -p), p, p));
      expect(apart, `a season of ${p}`).toBeLessThan(3);
    }
    const growing = season(12, 120, true);
    expect(symmetricMape(growing.slice(-12), forecast(growing.slice(0, -12), 12, 12))).toBeLessThan(4);
  });
});

test("rows that are no numbers, and steps that are no whole numbers, are refused", () => {
  for (const forecast of [thetaForecast, etsForecast]) {
    expect(() => forecast([1, Number.NaN, 3], 2)).toThrow(/a number in row 1, received NaN[\s\S]*interpolate/);
    expect(() => forecast([1, 2, 3], -1)).toThrow(/horizon: a whole number of steps, 0 or more, received -1/);
    expect(() => forecast([1, 2, 3], 2, 1.5)).toThrow(/season: .* received 1\.5/);
  }
});

test("the simplex finds the least of Rosenbrock's valley, and stays within its bounds", () => {
  const valley = ([a, b]: readonly number[]) => (1 - a) ** 2 + 100 * (b - a * a) ** 2;
  const [a, b] = minimize(
    valley,
    [-1, 1],
    [
      [-5, 5],
      [-5, 5],
    ],
    2000,
  );
  expect([a, b].map((v) => Math.round(v * 1e3) / 1e3)).toEqual([1, 1]);
  const [c] = minimize(([v]) => v, [3], [[2, 5]]);
  expect(c).toBeCloseTo(2, 6);
});
