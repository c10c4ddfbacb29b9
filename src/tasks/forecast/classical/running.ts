import type { Deseasonalized } from "./deseasonalize.ts";

/** A fitted method that forecasts from where it is, and goes on row by row with the parameters it has. */
export interface Running {
  /** Takes in the next row. */
  see(value: number): void;
  /** The next steps. */
  forecast(horizon: number): number[];
}

/** Repeats the last of too few rows; 0 where there is none. */
export function repeating(history: Float64Array): Running {
  let last = history[history.length - 1] ?? 0;
  return {
    see: (value) => {
      last = value;
    },
    forecast: (horizon) => Array.from({ length: horizon }, () => last),
  };
}

/** A method for rows without their season, as one for the rows themselves. */
export function seasonal({ restore, remove }: Deseasonalized, method: Running): Running {
  let after = 0;
  return {
    see: (value) => method.see(remove(value, after++)),
    forecast: (horizon) => restore(method.forecast(horizon), after),
  };
}
