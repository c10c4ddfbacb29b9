import { expect, test } from "vitest";
import { random } from "../../src/ops/random.ts";
import { NdArray } from "../../src/tensor/nd-array.ts";
import { Random, randomBits, uniform } from "../../src/tensor/random.ts";
import { presentBackends } from "../backends.ts";
import { runFormula } from "./harness.ts";

const x = new NdArray(new Float32Array(1), [1]);

for (const backend of await presentBackends()) {
  for (const [seed, step, stream] of [
    [0, 0, 0],
    [1, 7, 3],
    [4_000_000_000, 123_456, 40],
  ]) {
    test(`${backend.name} draws the defined numbers for seed ${seed}, step ${step}, stream ${stream}`, async () => {
      const draw = (kind: "uniform" | "dropout") =>
        runFormula(
          backend,
          { inputs: { x }, outputs: (t) => [random(kind, t.x, [37, 3], stream, 0.3)] },
          { seed, step },
        );
      const expected = Array.from({ length: 111 }, (_, e) => uniform(randomBits(seed, step, stream, e)));
      expect([...(await draw("uniform")).outputs[0].data]).toEqual(expected);
      const keep = Math.fround(1 / (1 - Math.fround(0.3)));
      expect([...(await draw("dropout")).outputs[0].data].map((v) => Math.abs(v - keep) < 1e-6)).toEqual(
        expected.map((u) => u >= Math.fround(0.3)),
      );
    });
  }

  test(`normal draws on ${backend.name} have mean 0 and deviation 1`, async () => {
    const { outputs } = await runFormula(
      backend,
      { inputs: { x }, outputs: (t) => [random("normal", t.x, [20_000], 2)] },
      { seed: 5 },
    );
    const v = [...outputs[0].data];
    const mean = v.reduce((a, b) => a + b) / v.length;
    expect(Math.abs(mean)).toBeLessThan(0.03); // 4 standard errors of 20,000 draws
    expect(Math.abs(v.reduce((a, b) => a + (b - mean) ** 2, 0) / v.length - 1)).toBeLessThan(0.05);
  });
}

test("a stream of draws is uniform, and shuffling keeps every row", () => {
  const r = new Random(3);
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 20_000; i++) counts[Math.floor(r.uniform() * 10)]++;
  for (const c of counts) expect(Math.abs(c - 2000)).toBeLessThan(220); // 5 standard deviations
  const rows = r.shuffle(Int32Array.from({ length: 100 }, (_, i) => i));
  expect([...rows].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect([...rows]).not.toEqual(Array.from({ length: 100 }, (_, i) => i));
});
