/** The order of day and month, or the unit of numbers, where the dates alone do not tell. */
export type DateFormat = (typeof dateFormats)[number];
export const dateFormats = [
  ...(["day-first", "month-first", "year-first"] as const),
  ...(["epoch-seconds", "epoch-milliseconds", "epoch-microseconds", "epoch-nanoseconds"] as const),
] as const;

/** Where a cell stands, for messages. */
export interface Where {
  place(row: number): string;
}
