/** Losses and metrics with options beside Keras's numbers (`test/judges/make-compile.py`). */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { presentBackends } from "../../test/backends.ts";
import { runFormula } from "../../test/conformance/harness.ts";
import { asNdArray, NdArray, type NestedNumbers } from "../tensor/nd-array.ts";
import { type LossName, lossFrom } from "./losses/named.ts";
import { reduceLoss } from "./losses/reduce.ts";
import type { Metric } from "./metrics/metric.ts";
import { metricFrom, sizedMetrics } from "./metrics/named.ts";

type Kind = "binary" | "one-hot" | "classes";
interface Said<T> {
  class: string;
  config: Record<string, unknown>;
  kind: Kind;
  value: T;
  weighted?: number | null;
}
const said = JSON.parse(readFileSync("test/fixtures/compile-numbers.json", "utf8")) as {
  data: Record<Kind, [y: NestedNumbers[], p: NestedNumbers[]]>;
  weight: number[];
  losses: Said<number>[];
  metrics: Said<number | number[]>[];
};

const options = (config: object) =>
  Object.fromEntries(
    Object.entries(config)
      .filter(([key, v]) => v !== null && key !== "name" && key !== "dtype")
      .map(([key, v]) => [key.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase()), v]),
  );
const name = ({ class: c, config }: Said<unknown>) => `${c} ${JSON.stringify(config)}`;
const close = (found: number, wanted: number) =>
  expect(Math.abs(found - wanted)).toBeLessThan(2e-6 * Math.max(1, wanted)); // f32, a dozen terms

function targets(kind: Kind): NdArray {
  const y = asNdArray(said.data[kind][0]);
  return kind === "classes" ? new NdArray(Int32Array.from(y.data), y.shape) : y;
}

for (const backend of await presentBackends())
  describe(`on ${backend.name}`, () => {
    for (const one of said.losses)
      test(`loss ${name(one)}`, async () => {
        const key = (one.class[0].toLowerCase() + one.class.slice(1)) as LossName;
        const loss = lossFrom(key, options(one.config));
        const inputs = { y: targets(one.kind), p: asNdArray(said.data[one.kind][1]), w: asNdArray(said.weight) };
        const { outputs } = await runFormula(backend, {
          inputs,
          outputs: ({ y, p, w }) => {
            const values = loss.formula(y, p);
            return [reduceLoss(values, null, null, loss.reduction), reduceLoss(values, w, null, loss.reduction)];
          },
        });
        close(outputs[0].data[0], one.value);
        if (one.weighted !== null) close(outputs[1].data[0], one.weighted!);
      });

    test("one loss for a whole batch counts the weights of valid steps", async () => {
      const [y, p] = [asNdArray([[[1], [0], [1]]]), asNdArray([[[0.5], [0.5], [0.9]]])];
      const inputs = { y, p, w: asNdArray([[1, 3, 9]]), m: asNdArray([[1, 1, 0]]) };
      const { outputs } = await runFormula(backend, {
        inputs,
        outputs: (t) => {
          const values = lossFrom("dice", {}).formula(t.y, t.p);
          return [
            values,
            reduceLoss(values, t.w, t.m),
            reduceLoss(values, t.w, t.m, "sum"),
            reduceLoss(values, null, t.m),
          ];
        },
      });
      const [dice, mean, sum, plain] = outputs.map(({ data }) => data[0]);
      close(mean, dice * 2); // Keras: (1 + 3) / 2 valid steps
      close(sum, dice * 4);
      close(plain, dice);
    });

    for (const one of said.metrics)
      test(`metric ${name(one)}`, async () => {
        const p = asNdArray(said.data[one.kind][1]);
        const [metric] = sizedMetrics([metricFrom(one.class, options(one.config)) as Metric], p.shape);
        const { outputs } = await runFormula(backend, {
          inputs: { y: targets(one.kind), p },
          outputs: (t) => [metric.update(t.y, t.p, null)],
        });
        const sums = outputs[0].data;
        const wanted = [one.value].flat();
        const found = metric.results ? metric.results(sums) : [metric.result(sums)];
        expect(found.length).toBe(wanted.length);
        for (const [k, v] of found.entries()) close(v, wanted[k]);
      });
  });
