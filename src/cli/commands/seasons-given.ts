import { DataError, problem } from "../../errors.ts";
import type { TrainOptions } from "./train-options.ts";

/** The seasons that are asked for in whole steps, which a line says where they were none; undefined: not asked for. */
export function seasonsGiven({ season }: TrainOptions, say: (line: string) => void): number[] | undefined {
  if (season === undefined) return undefined;
  const given = [season].flat();
  const parts = given.filter((steps) => !Number.isInteger(steps));
  const next = "--calendar reads the day of the year itself";
  if (parts.length > 0) say(`--season ${parts}: taken as ${parts.map(Math.round)}, the nearest whole steps; ${next}`);
  return given.map(Math.round);
}

/** The one season that a forecaster of one series has. */
export function seasonGiven(o: TrainOptions, say: (line: string) => void): { season?: number } {
  const given = seasonsGiven(o, say);
  if (given === undefined) return {};
  if (given.length === 1) return { season: given[0] };
  const next = "Give one, or --calendar: a forecaster of many series reads several, of a single one too.";
  throw new DataError(problem("--season", "one season of one series", given.join(", "), next));
}
