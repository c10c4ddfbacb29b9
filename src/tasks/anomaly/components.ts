import { type Level, MovingMean, RunningLevel } from "./running.ts";

/** One way to look at a column: the deviation from its season or the network's error, of one row or over some hours; or its standstill. */
export type ComponentName = "error" | "errors" | "season" | "standstill" | "reconstruction";

/** Inputs to the scores of a column at one row. */
export interface Seen {
  /** In the units of the series. */
  readonly value: number;
  /** Its deviation from the season. */
  readonly deviation: number;
  /** The error of the network at this row: of its forecast, or of the reconstruction of the window that ends here; NaN before it has read enough. */
  readonly error: number;
}

/** Sizes that all components of a detector have in common, in rows. */
export interface Sizes {
  /** Rows that means are taken over. */
  readonly smooth: number;
  /** Rows after which centre and spread have forgotten. */
  readonly memory: number;
}

/** The components of a method, in order. */
export const componentsOf = (method: "forecast" | "autoencoder"): readonly ComponentName[] =>
  method === "forecast" ? ["error", "errors", "season", "standstill"] : ["reconstruction", "standstill"];

/** A number that is larger the less usual a row is, one row after the other. */
export interface Component {
  add(seen: Seen): number;
}

/** The numbers that a component measures before it is known what is usual. */
export function measured(name: ComponentName, { smooth }: Sizes, tiny: number): (seen: Seen) => number {
  if (name === "error") return ({ error }) => error;
  if (name === "standstill") return standstill(tiny);
  if (name === "reconstruction") return ({ error }) => Math.log(error + 1e-3);
  const mean = new MovingMean(smooth);
  if (name === "season") return ({ deviation }) => mean.add(deviation);
  return ({ error }) => (Number.isNaN(error) ? error : mean.add(error));
}

/** A component whose usual level is known. */
export function component(name: ComponentName, sizes: Sizes, tiny: number, level: Level): Component {
  const of = measured(name, sizes, tiny);
  if (name === "standstill") {
    const least = Math.max(5, Math.round(sizes.smooth / 4)); // rows: neighbours may be equal by chance
    return {
      add(seen) {
        const rows = of(seen);
        return rows < least ? Number.NaN : rows;
      },
    };
  }
  const running = new RunningLevel(level, sizes.memory);
  const oneSided = name === "reconstruction"; // a window that is reconstructed better than usual is no anomaly
  return {
    add(seen) {
      const value = of(seen);
      if (Number.isNaN(value)) return value;
      const z = running.measure(value);
      return oneSided ? Math.max(0, z) : Math.abs(z);
    },
  };
}

/** Rows for which a value has not moved: a sensor that is stuck. */
function standstill(tiny: number): (seen: Seen) => number {
  let last = Number.NaN;
  let rows = 0;
  return ({ value }) => {
    rows = Math.abs(value - last) <= tiny ? rows + 1 : 0;
    last = value;
    return rows;
  };
}
