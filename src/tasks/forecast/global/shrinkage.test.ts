import { expect, test } from "vitest";
import { Random } from "../../../tensor/random.ts";
import { globalForecaster } from "../../index.ts";
import { hasRepeats, withRepeats } from "./repeats.ts";
import { shownForecasts } from "./result.ts";
import { chosenShrinkage, meanOf, type Trial, weightAt } from "./shrinkage.ts";
import type { View } from "./view.ts";

const view: View = {
  ...{ horizon: 3, window: 20, seasons: [], base: 1, head: "direct", logarithm: false, unit: 1 },
  ...{ known: [], calendar: 0, holidays: 0, past: 0, static: [] },
};

test("the method that is nearest to what followed is shrunk towards, and a network that is right is left alone", () => {
  const random = new Random(3);
  const trials = (network: number, theta: number, ets: number): Trial[] =>
    Array.from({ length: 40 }, (_, i) => {
      const history = Float64Array.from({ length: 30 + i }, () => 10 + random.normal());
      const actual = Float64Array.from({ length: 3 }, () => 10 + random.normal());
      const off = (size: number) => actual.map((v) => v + size * random.normal());
      return {
        history,
        actual,
        network: off(network),
        simple: new Map([["theta", off(theta)] as const, ["ets", off(ets)] as const]),
      };
    });
  const towardsEts = chosenShrinkage(trials(3, 3, 0.1));
  expect(towardsEts.towards).toEqual(["ets"]);
  expect(weightAt(towardsEts.shrinkage, 50)).toBeLessThan(0.2);
  const alone = chosenShrinkage(trials(0.1, 3, 3));
  expect(weightAt(alone.shrinkage, 50)).toBeGreaterThan(0.9);
  expect(chosenShrinkage(trials(0, 1, 1)).towards).toEqual(["theta"]); // what makes no difference is not taken
  expect([...meanOf([Float64Array.of(1, 2), Float64Array.of(3, 6)])]).toEqual([2, 4]);
});

test("a value that comes again and again is kept to, but not the zeros of counts", () => {
  const stuck = Float64Array.from({ length: 30 }, (_, t) => (t % 5 === 0 ? 4.5 : 0));
  expect([...withRepeats(view, stuck, Float64Array.of(-0.02, 1.9, 4.1))]).toEqual([0, 0, 4.1]);
  const counts = stuck.map((v) => (v > 0 ? 4 : 0));
  expect(hasRepeats(view, counts)).toBe(false);
  expect([...withRepeats(view, counts, Float64Array.of(0.3, 1, 4))]).toEqual([0.3, 1, 4]);
  const moving = stuck.map((v, t) => v + t / 7);
  expect(hasRepeats(view, moving)).toBe(false);
});

test("a collection learns both from its held-out steps, and a forecast of a stuck series is exactly its value", async () => {
  const random = new Random(4);
  const series = Array.from({ length: 6 }, (_, i) => ({
    id: `${i}`,
    values: Array.from({ length: 60 }, (_, t) => (i < 3 ? 0.5 + (t === 20 ? 1 : 0) : 10 + random.normal())),
  }));
  const task = globalForecaster({ horizon: 3, season: 1, units: 4, hidden: 8, networks: 1 });
  await task.fit(series, { epochs: 1, verbose: 0 });
  expect(task.learned.repeats).toBe(true);
  expect(task.learned.towards.length).toBeGreaterThan(0);
  const [stuck] = await task.predict(series);
  expect([...stuck.values]).toEqual([0.5, 0.5, 0.5]);
});

test("forecasts as a table: under dates where all series have the same; of one series a line for each step", () => {
  const one = (id: string, dates: string[] | null) => ({
    ...{ id, dates, values: Float64Array.of(1, 2.5), low: null, high: null },
  });
  const days = ["2024-01-01", "2024-01-02"];
  expect(String(shownForecasts([one("a", days), one("b", days)]))).toMatch(/^series +2024-01-01 +2024-01-02\n +a/);
  expect(String(shownForecasts([one("a", days), one("b", null)]))).toMatch(/^series +step 1 +step 2\n/);
  const bounds = { low: Float64Array.of(0, 1), high: Float64Array.of(2, 3) };
  expect(
    String(shownForecasts([{ ...one("a", days), ...bounds }]))
      .replace(/ +/g, " ")
      .trim(),
  ).toBe("date a low high\n2024-01-01 1 0 2\n2024-01-02 2.5 1 3");
});
