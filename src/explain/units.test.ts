/** `units`, `factors`, `linearProbe` and `nearestStates` on traces with something planted in them, and on noise. */
import { describe, expect, test } from "vitest";
import { NdArray } from "../index.ts";
import { Random } from "../tensor/random.ts";
import { factors, type LayerTrace, linearProbe, nearestStates, units } from "./index.ts";

const [rows, time, size] = [30, 20, 6];

/** A trace of noise, into which `plant` writes. */
function traced(
  plant: (row: number, step: number, unit: number, noise: number) => number,
  mask?: number[],
): LayerTrace {
  const random = new Random(7);
  const data = new Float32Array(rows * time * size);
  for (let k = 0; k < data.length; k++) {
    const [unit, step, row] = [k % size, Math.floor(k / size) % time, Math.floor(k / size / time)];
    data[k] = plant(row, step, unit, random.normal());
  }
  const h = new NdArray(data, [rows, time, size]);
  const flags = mask ? new NdArray(Float32Array.from(mask), [rows, time]) : null;
  return { name: "lstm", kind: "lstm", direction: "forward", call: 0, initial: null, h, values: { h }, mask: flags };
}
const noise = traced((_row, _step, _unit, v) => v);
/** Runs of ones in each row, as quotes are. */
const inside = (row: number, step: number) => Number((step * 3 + row * 5) % 20 < 8);
const perStep = (of: (row: number, step: number) => number) =>
  new NdArray(
    Float32Array.from({ length: rows * time }, (_, k) => of(Math.floor(k / time), k % time)),
    [rows, time],
  );

describe("units", () => {
  test("a planted unit is found for its feature, and its correlation is Pearson's", () => {
    const layer = traced((row, step, unit, v) => (unit === 4 ? 0.5 * v - 2 * inside(row, step) : v));
    const { features, units: all } = units(layer, { features: { quotes: perStep(inside) } });
    const quotes = features.find(({ name }) => name === "quotes")!;
    expect([quotes.unit, quotes.found]).toEqual([4, true]);
    const [x, y] = [[], []] as number[][];
    for (let k = 0; k < rows * time; k++) {
      const [r, t] = [Math.floor(k / time), k % time];
      x.push(layer.h.at(r, t, 4));
      y.push(inside(r, t));
    }
    const mean = (a: number[]) => a.reduce((s, v) => s + v, 0) / a.length;
    const covariance = (a: number[], b: number[]) => mean(a.map((v, k) => (v - mean(a)) * (b[k] - mean(b))));
    const wanted = covariance(x, y) / Math.sqrt(covariance(x, x) * covariance(y, y));
    expect(quotes.correlation).toBeCloseTo(wanted, 9);
    expect(all[4].correlations.quotes).toBe(quotes.correlation);
    expect(all[4].mean).toBeCloseTo(mean(x), 9);
    expect(all[4].deviation).toBeCloseTo(Math.sqrt(covariance(x, x)), 9);
  });
  test("in noise nothing is found, and that is said", () => {
    const target = Float32Array.from({ length: rows }, (_, k) => k % 2);
    const { features } = units(noise, { features: { quotes: perStep(inside), target } });
    expect(features.map(({ name, found }) => [name, found])).toEqual([
      ["position", false],
      ["quotes", false],
      ["target", false],
    ]);
  });
  test("a counter is found by its position; one number for each row is compared with its steps", () => {
    const layer = traced((row, step, unit, v) =>
      unit === 1 ? step / 5 + 0.3 * v : unit === 2 ? (row % 2) + 0.3 * v : v,
    );
    const target = Float32Array.from({ length: rows }, (_, k) => k % 2);
    const { features } = units(layer, { features: { target } });
    expect(features.map(({ name, unit, found }) => [name, unit, found])).toEqual([
      ["position", 1, true],
      ["target", 2, true],
    ]);
  });
  test("saturation counts closed and open gates; masked steps do not count", () => {
    const f = new NdArray(Float32Array.of(0.05, 0.95, 0.5, 0.99, Number.NaN, Number.NaN), [1, 3, 2]);
    const h = new NdArray(new Float32Array(6), [1, 3, 2]);
    const mask = new NdArray(Float32Array.of(1, 1, 0), [1, 3]);
    const layer = { ...noise, h, f, values: { f, h }, mask };
    expect(units(layer).units.map(({ saturation }) => saturation.f)).toEqual([
      { closed: 0.5, open: 0 },
      { closed: 0, open: 1 },
    ]);
    expect(units(layer).units[0].correlations.position).toBe(0);
  });
});

describe("factors", () => {
  test("two planted groups of units are two factors, active when they were", () => {
    const group = (unit: number) => Number(unit >= 3);
    const layer = traced((_row, step, unit) => (Number(step < 10) === group(unit) ? (unit % 2 === 0 ? 1 : -0.5) : 0));
    const { activity, units: parts, order, explained } = factors(layer, { count: 2 });
    expect(explained).toBeGreaterThan(0.999);
    expect([
      [0, 1, 2],
      [3, 4, 5],
    ]).toContainEqual(order.slice(0, 3).toSorted());
    const early = activity.at(0, 0, 0) > activity.at(1, 0, 0) ? 0 : 1;
    expect([activity.at(early, 3, 15), activity.at(1 - early, 3, 2)].map((v) => Math.round(100 * v))).toEqual([0, 0]);
    expect(Math.sign(parts.at(early, 4))).toBe(1);
    expect(Math.sign(parts.at(early, 5))).toBe(-1);
  });
  test("noise is explained in part, more by more factors", () => {
    const of = (count: number) => factors(noise, { count }).explained;
    expect(of(2)).toBeLessThan(of(6));
    expect(of(6)).toBeLessThan(0.9);
    expect(() => factors(noise, { count: 13 })).toThrow(
      "factors: count: expected a whole number from 1 to 12, received 13",
    );
  });
});

describe("linearProbe", () => {
  const ids = perStep((row, step) => (row * 7 + step * 3) % 40);
  test("tells a planted label; its control stays near chance", () => {
    const label = (row: number, step: number) => Number(ids.at(row, step) % 3 === 0);
    const layer = traced((row, step, unit, v) => (unit === 3 ? 2 * label(row, step) + 0.3 * v : v));
    const { accuracy, control, selectivity, mostFrequent, tested } = linearProbe(layer, perStep(label), { ids });
    expect(accuracy).toBeGreaterThan(0.97);
    expect(control).toBeLessThan(mostFrequent + 0.08);
    expect(selectivity).toBe(accuracy - control);
    expect(tested).toBe(9 * time);
  });
  test("finds nothing in noise, and tells three classes of one label a row", () => {
    const chance = linearProbe(
      noise,
      Float32Array.from({ length: rows }, (_, k) => k % 2),
    );
    expect(Math.abs(chance.accuracy - 0.5)).toBeLessThan(0.12);
    const layer = traced((row, _step, unit, v) => (unit < 3 && unit === row % 3 ? 3 : 0) + 0.5 * v);
    expect(
      linearProbe(
        layer,
        Float32Array.from({ length: rows }, (_, k) => k % 3),
      ).accuracy,
    ).toBeGreaterThan(0.97);
  });
  test("refuses labels that are none, or of one kind", () => {
    expect(() => linearProbe(noise, new Float32Array(rows))).toThrow(/two labels or more, received one/);
    expect(() => linearProbe(noise, new Float32Array(rows).fill(0.5))).toThrow(
      /whole numbers from 0 to 999, received 0.5/,
    );
    expect(() => linearProbe(noise, new Float32Array(3))).toThrow(/labels: expected \[30, 20\], or \[30\]/);
  });
});

describe("nearestStates", () => {
  test("the same state elsewhere is the nearest, itself and padding are left out", () => {
    const mask = Array.from({ length: rows * time }, (_, k) => Number(k !== 9 * time + 4));
    const planted = (row: number, step: number) => [`3 12`, `9 4`, `20 1`].includes(`${row} ${step}`);
    const layer = traced((row, step, unit, v) => (planted(row, step) ? unit + 1 : v), mask);
    const [first, second] = nearestStates(layer, { row: 3, step: 12, count: 2 });
    expect(first).toEqual({ row: 20, step: 1, distance: 0 });
    expect(second.distance).toBeGreaterThan(0.01);
    const doubled = nearestStates(layer, { state: [2, 4, 6, 8, 10, 12], distance: "euclidean", count: 1 })[0];
    expect(doubled.distance).toBeCloseTo(Math.sqrt(1 + 4 + 9 + 16 + 25 + 36), 6);
  });
  test("refuses what is not there", () => {
    expect(() => nearestStates(noise, { value: "c" })).toThrow("nearestStates: value: expected one of h, received c");
    expect(() => nearestStates(noise, { step: 20 })).toThrow(/step: expected a whole number from 0 to 19/);
    expect(() => nearestStates(noise, { units: [6] })).toThrow(/unit: expected a whole number from 0 to 5/);
  });
});
