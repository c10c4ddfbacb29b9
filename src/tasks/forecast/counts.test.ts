import { expect, test } from "vitest";
import { Random } from "../../tensor/random.ts";
import { growsFromZero } from "./counts.ts";

const random = new Random(11);
const made = (rows: number, of: (t: number, noise: number) => number): Float64Array =>
  Float64Array.from({ length: rows }, (_, t) => of(t, random.normal()));
const daily = (t: number) => Math.max(0, Math.sin((2 * Math.PI * t) / 24));

test("counts whose changes grow with their level are on log1p", () => {
  const bikes = made(1000, (t, noise) => Math.round(Math.expm1(5 * daily(t)) * Math.exp(0.3 * noise)));
  expect(bikes.includes(0)).toBe(true);
  expect(growsFromZero(bikes, 24)).toBe(true);
  const sales = made(600, (t, noise) => Math.round(20 * 1.005 ** t * Math.exp(0.2 * noise)));
  expect(growsFromZero(sales, 1)).toBe(true);
});

test("rain, with zeros among fractions, is as well", () => {
  expect(
    growsFromZero(
      made(800, (_, noise) => Math.max(0, Math.expm1(2 * noise))),
      1,
    ),
  ).toBe(true);
});

test("numbers of one spread at every level are not", () => {
  expect(
    growsFromZero(
      made(1000, (t, noise) => Math.max(0, Math.round(300 * daily(t) + 10 * noise))),
      24,
    ),
  ).toBe(false);
  expect(
    growsFromZero(
      made(1000, (_, noise) => Math.round(1000 + 30 * noise)),
      1,
    ),
  ).toBe(false);
});

test("fractions without a zero, numbers below 0 and short series are not", () => {
  const prices = made(600, (t, noise) => 20 * 1.005 ** t * Math.exp(0.2 * noise));
  expect(growsFromZero(prices, 1)).toBe(false);
  const bikes = made(1000, (t, noise) => Math.round(Math.expm1(5 * daily(t)) * Math.exp(0.3 * noise)));
  expect(
    growsFromZero(
      bikes.map((v, t) => (t === 3 ? -1 : v)),
      24,
    ),
  ).toBe(false);
  expect(growsFromZero(bikes.slice(0, 60), 24)).toBe(false);
});
