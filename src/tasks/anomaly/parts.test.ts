import { expect, test } from "vitest";
import { Random } from "../../tensor/random.ts";
import { howFar, lasting } from "./detection.ts";
import { rowsBetween, usualFalseAlarms } from "./false-alarms.ts";
import { placesOf } from "./places.ts";
import { MovingMean, RunningLevel } from "./running.ts";
import { FollowingProfile, learnProfile } from "./season-profile.ts";
import { fitTail, rarity } from "./tail.ts";

const hourly = { unit: "hour", count: 1, dayOfMonth: null, zone: null, precision: "minute" } as const;

test("a rate of false alarms is a number of rows", () => {
  expect(rowsBetween("1 in 4 weeks", hourly, "t")).toBe(672);
  expect(rowsBetween("2 per day", { unit: "minute", count: 5 }, "t")).toBe(144);
  expect(rowsBetween("1 in 5000 rows", null, "t")).toBe(5000);
  expect(rowsBetween(0.001, null, "t")).toBe(1000);
  expect(usualFalseAlarms({ unit: "minute", count: 5 })).toBe("1 in 4 weeks");
  expect(usualFalseAlarms({ unit: "day", count: 1 })).toBe("1 in 1000 rows");
  expect(() => rowsBetween("1 in 4 weeks", null, "t")).toThrow("dates with a regular step");
  expect(() => rowsBetween("1 per hour", hourly, "t")).toThrow(
    'fewer than one in two rows, received "1 per hour": one in 1 rows',
  );
  expect(() => rowsBetween("1 in 4 fortnights", hourly, "t")).toThrow("Units are rows, seconds");
});

test("a tail of exponential numbers gives back how rare a number is", () => {
  const random = new Random(4);
  const draws = Float64Array.from({ length: 40_000 }, () => -Math.log(1 - random.uniform()));
  const tail = fitTail(draws, 0, 1);
  for (const rows of [100, 10_000, 1_000_000]) {
    const found = rarity(tail, Math.log(rows)); // e^-x is the fraction above x
    expect(Math.abs(found - Math.log10(rows))).toBeLessThan(0.12);
  }
});

test("the fewer rows a tail is told by, the less rare the same number is, and an anomaly among them hardly counts", () => {
  const random = new Random(5);
  const draws = Float64Array.from({ length: 20_000 }, () => Math.abs(random.normal()));
  const [many, few] = [fitTail(draws, 0, 10), fitTail(draws.subarray(0, 200), 0, 10)];
  expect(rarity(few, 8)).toBeLessThan(rarity(many, 8) - 1);
  const struck = draws.slice(0, 2000);
  struck[1000] = 60;
  expect(rarity(fitTail(struck, 0, 10), 9)).toBeGreaterThan(rarity(fitTail(draws.subarray(0, 2000), 0, 10), 9) - 1.5);
});

test("too few peaks, or all alike, give a tail all the same", () => {
  const still = fitTail(new Float64Array(100), 0, 5, 1);
  expect(still).toEqual({ from: 0, scale: 1, shape: 0.5, rate: 0.01 });
  expect(rarity(still, 0)).toBeCloseTo(2, 10);
});

test("a row deviates from the other cycles of its season, and outliers move a profile little", () => {
  const column = Float64Array.of(1, 5, 1, 5, 1, 9, 1, 5);
  const places = Float64Array.from(column, (_, t) => t);
  const { profile, deviations } = learnProfile(column, places, 2);
  expect(Array.from(profile.values)).toEqual([1, 5]);
  expect(Array.from(deviations)).toEqual([0, 0, 0, 0, 0, 4, 0, 0]);
  const two = learnProfile(Float64Array.of(1, 5, 3, 6), places.subarray(0, 4), 2);
  expect(Array.from(two.deviations)).toEqual([-2, -1, 2, 1]);
  const following = new FollowingProfile({ values: Float64Array.of(1, 5), limit: 1 }, 10);
  following.follow(-1, 100); // phase 1: an outlier counts as one limit
  expect(following.at(3)).toBeCloseTo(5.15, 10);
});

test("a running level follows, and is measured before it does", () => {
  const level = new RunningLevel({ centre: 10, spread: 2 }, 50);
  expect(level.measure(14)).toBe(2);
  for (let t = 0; t < 2000; t++) level.measure(20 + (t % 2 === 0 ? 3 : -3));
  expect(Math.abs(level.measure(20))).toBeLessThan(0.2);
  const mean = new MovingMean(3);
  expect([1, 2, 3, 4].map((v) => mean.add(v))).toEqual([1, 1.5, 2, 3]);
});

test("places follow the clock: the same hour of the week has the same phase, across gaps, files and changed clocks", () => {
  const places = (dates: string[], zone: string | null = null) =>
    Array.from(placesOf({ ...hourly, zone }, dates, null, "t").places);
  const [monday, next] = places(["2024-01-01T00:00", "2024-01-08T00:00"]);
  expect([monday % 168, next - monday]).toEqual([0, 168]);
  const [winter, summer] = places(["2024-03-30T09:00+01:00", "2024-03-31T09:00+02:00"], "Europe/Berlin");
  expect(summer - winter).toBe(24);
  const monthly = { ...hourly, unit: "month", dayOfMonth: "last", precision: "day" } as const;
  const ends = placesOf(monthly, ["2024-01-31", "2025-01-31"], null, "t").places;
  expect(ends[1] - ends[0]).toBe(12);
});

test("durations and distances in words", () => {
  expect(lasting(7, { unit: "minute", count: 5 })).toBe("35 minutes");
  expect(lasting(52, hourly)).toBe("2 days 4 hours");
  expect(lasting(3, { unit: "month", count: 1 })).toBe("3 months");
  expect(lasting(3, null)).toBe("3 rows");
  expect(howFar({ component: "standstill", size: 11 }, "4 hours")).toBe("the same for 12 rows");
  expect(howFar({ component: "errors", size: 6.13 }, "4 hours")).toBe("6.1 deviations from the forecasts of 4 hours");
});

test("scores that are rarities by tails already leave the doubt of an estimate out of their own tail", () => {
  const random = new Random(5);
  const scores = Float64Array.from({ length: 800 }, () => -Math.log(1 - random.uniform()));
  const [own, again] = [fitTail(scores, 0, 4), fitTail(scores, 0, 4, 0, 0)];
  expect(own.shape - again.shape).toBeCloseTo(1 / 40, 12); // a fifth of 200 peaks
  expect(rarity(again, 12)).toBeGreaterThan(rarity(own, 12));
});
