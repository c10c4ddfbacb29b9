import type { Alarm, Detection, StreamedRow } from "../index.ts";

/** An alarm with its column by name. */
export type NamedAlarm = Omit<Alarm, "column"> & { readonly column: string };

/** Alarms with their columns by name. */
export const namedAlarms = ({ alarms }: Detection, columns: readonly string[]): NamedAlarm[] =>
  alarms.map((alarm) => ({ ...alarm, column: columns[alarm.column] }));

/** A searched series as JSON. */
export function detectionAnswer(found: Detection, columns: readonly string[]): Record<string, unknown> {
  const { threshold, scores, notes } = found;
  return { alarms: namedAlarms(found, columns), threshold, rows: scores.length, notes };
}

/** One row of a stream as JSON; the first ones have no score. */
export const rowAnswer = (row: StreamedRow, columns: readonly string[]): Record<string, unknown> => ({
  ...row,
  score: Number.isNaN(row.score) ? null : row.score,
  column: columns[row.column],
});
