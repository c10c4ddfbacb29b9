/** A feature of the calendar. */
export type CalendarFeature = "hour" | "weekday" | "weekend" | "month" | "yearday" | "holiday";

/** Their names, in the order of their columns. */
export const calendarFeatureNames: readonly CalendarFeature[] = [
  ...(["hour", "weekday", "weekend", "month", "yearday", "holiday"] as const),
];
