import { expect, test } from "vitest";
import { type Schedule, scheduleOf } from "../../src/train/schedules.ts";
import { golden } from "./golden.ts";

const files = golden<Record<string, { config: Schedule["config"]; values: number[] }>>("schedules.json");

const classOf: [prefix: string, className: string][] = [
  ["exponential", "ExponentialDecay"],
  ["cosine_restarts", "CosineDecayRestarts"],
  ["cosine", "CosineDecay"],
  ["inverse_time", "InverseTimeDecay"],
  ["piecewise", "PiecewiseConstantDecay"],
  ["polynomial", "PolynomialDecay"],
];

for (const { where, file } of files)
  for (const [name, { config, values }] of Object.entries(file)) {
    const className = classOf.find(([prefix]) => name.startsWith(prefix))![1];

    test(`the ${where}schedule ${name} gives Keras's rates, step by step`, () => {
      const schedule = scheduleOf(className, config)!;
      for (const [step, expected] of values.entries()) {
        // Keras computes in f32 (3e-8 of the rates' size 0.1, after a cosine of rounded π)
        expect(Math.abs(schedule(step) - expected), `step ${step}`).toBeLessThan(3e-8);
      }
    });

    test(`the ${where}schedule ${name} is written as Keras writes it`, () => {
      const schedule = scheduleOf(className, config)!;
      expect(schedule.className).toBe(className);
      expect(schedule.config).toEqual(config);
      expect(Object.keys(schedule.config)).toEqual(Object.keys(config));
    });
  }

test("all 9 golden schedules are here", () => {
  for (const { file } of files) expect(Object.keys(file).length).toBe(9);
});
