import { describe, expect, test } from "vitest";
import { type Initializer, initializers } from "../../src/index.ts";
import { Random } from "../../src/tensor/random.ts";

const moments = (a: Float32Array) => {
  const mean = a.reduce((s, v) => s + v, 0) / a.length;
  return { mean, deviation: Math.sqrt(a.reduce((s, v) => s + (v - mean) ** 2, 0) / a.length) };
};

describe("orthogonal", () => {
  for (const [rows, columns] of [
    [1, 1],
    [5, 20],
    [20, 5],
    [64, 64],
    [33, 132],
  ]) {
    test(`the fewer side of [${rows}, ${columns}] is orthonormal`, () => {
      const w = initializers.orthogonal().fill([rows, columns], new Random(3));
      const few = Math.min(rows, columns);
      const at = (k: number, i: number) => (rows <= columns ? w[k * columns + i] : w[i * columns + k]);
      for (let a = 0; a < few; a++)
        for (let b = 0; b <= a; b++) {
          let dot = 0;
          for (let i = 0; i < Math.max(rows, columns); i++) dot += at(a, i) * at(b, i);
          expect(Math.abs(dot - (a === b ? 1 : 0))).toBeLessThan(1e-6); // entries rounded to f32
        }
    });
  }
  test("a vector is refused", () => {
    expect(() => initializers.orthogonal().fill([5], new Random(1))).toThrow(
      /expected a matrix to fill, received rank 1/,
    );
  });
});

describe("variance scaling", () => {
  const shape = [300, 500];
  const cases: [string, Initializer, number][] = [
    ["glorotNormal", initializers.glorotNormal(), 1 / 400],
    ["glorotUniform", initializers.glorotUniform(), 1 / 400],
    ["heNormal", initializers.heNormal(), 2 / 300],
    ["heUniform", initializers.heUniform(), 2 / 300],
    ["lecunNormal", initializers.lecunNormal(), 1 / 300],
    ["lecunUniform", initializers.lecunUniform(), 1 / 300],
    ["fanOut", initializers.varianceScaling({ mode: "fanOut", scale: 3 }), 3 / 500],
    ["untruncated", initializers.varianceScaling({ distribution: "untruncatedNormal" }), 1 / 300],
  ];
  for (const [name, init, variance] of cases)
    test(`${name} has its variance`, () => {
      const { mean, deviation } = moments(init.fill(shape, new Random(7)));
      expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(variance / 150_000)); // four standard errors
      expect(deviation / Math.sqrt(variance)).toBeCloseTo(1, 2); // 150 000 draws: a standard error of 0.2 %
    });
  test("the config is Keras's", () => {
    expect(initializers.varianceScaling({ mode: "fanAvg", scale: 2, distribution: "uniform", seed: 4 })).toMatchObject({
      className: "VarianceScaling",
      config: { scale: 2, mode: "fan_avg", distribution: "uniform", seed: 4 },
    });
  });
});

test("a truncated normal stays within two deviations, a seed repeats its draws", () => {
  const init = initializers.truncatedNormal({ mean: 1, stddev: 0.5, seed: 3 });
  const a = init.fill([1000], new Random(1));
  expect(a.every((v) => Math.abs(v - 1) <= 1.0000001)).toBe(true);
  expect(init.fill([1000], new Random(2))).toEqual(a);
});

test("identity has its gain on the diagonal, whatever the shape", () => {
  expect([...initializers.identity({ gain: 2 }).fill([2, 3], new Random(1))]).toEqual([2, 0, 0, 0, 2, 0]);
});
