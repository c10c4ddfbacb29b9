import type { ComponentName } from "./components.ts";

/** A row of a stream, scored. */
export interface StreamedRow {
  /** Number of rows before it. */
  readonly row: number;
  /** Its date as it was given; null without one. */
  readonly date: string | null;
  /** log₁₀ of the rows of normal data among which one is expected to be so far off; NaN for the first rows, which are only read. */
  readonly score: number;
  /** Scores above it are alarms. */
  readonly threshold: number;
  /** Whether this row is one. */
  readonly alarm: boolean;
  /** The column that is farthest off, by number. */
  readonly column: number;
  /** Its value. */
  readonly value: number;
  /** Its usual value by the season. */
  readonly usual: number;
  /** The way it is off. */
  readonly component: ComponentName;
  /** The distance, in usual deviations; in rows for a standstill. */
  readonly size: number;
}
