import { signal } from "@preact/signals";
import { type RaceSettings, type RaceState, raceEquals, raceTasks } from "../../src/studio/messages.ts";
import { bounds } from "../../src/studio/read-ask.ts";

/** The race that the page would begin, which links carry. */
export const raceWanted = signal<RaceSettings>({
  task: "adding",
  length: 50,
  equal: "units",
  units: 32,
  seeds: 3,
  steps: 600,
  seed: 1,
});

/** The whole numbers among the settings with their bounds. */
export const raceBounds = {
  length: bounds.length,
  units: bounds.raceUnits,
  seeds: bounds.seeds,
  steps: bounds.raceSteps,
  seed: bounds.seed,
} as const;

export const raceParts = ["task", "equal", ...Object.keys(raceBounds)] as readonly string[];

/** The settings in a link's parts; what is missing or unsound is as it is on the page, the latter told to `say`. */
export function readRace(parts: URLSearchParams, say: (name: string, expected: string) => void): RaceSettings {
  const now = raceWanted.value;
  const named = <T extends string>(name: "task" | "equal", all: readonly T[], usual: T): T => {
    const value = parts.get(name);
    if (value !== null && !(all as readonly string[]).includes(value)) say(name, `one of ${all.join(", ")}`);
    return all.find((one) => one === value) ?? usual;
  };
  const whole = (name: keyof typeof raceBounds): number => {
    const [least, most] = raceBounds[name];
    const value = parts.get(name);
    if (value === null) return now[name];
    if (/^\d{1,10}$/.test(value) && Number(value) >= least && Number(value) <= most) return Number(value);
    say(name, `a whole number from ${least} to ${most}`);
    return now[name];
  };
  return {
    task: named("task", raceTasks, now.task),
    length: whole("length"),
    equal: named("equal", raceEquals, now.equal),
    units: whole("units"),
    seeds: whole("seeds"),
    steps: whole("steps"),
    seed: whole("seed"),
  };
}

/** Whether a race is held where it was not held before. A slow one says "running" and "paused" at the same step. */
export const holdsAnew = (before: RaceState | null, now: RaceState): boolean =>
  before !== null && now.state === "paused" && (before.state !== "paused" || before.step !== now.step);
