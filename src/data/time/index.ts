export type { Calendar, DayOfMonth, TimeUnit } from "./calendar.ts";
export type { CalendarFeature } from "./calendar-feature-names.ts";
export {
  type CalendarFeatureOptions,
  type CalendarFeatures,
  calendarFeatures,
  usualFeatures,
} from "./calendar-features.ts";
export { calendarOf } from "./calendar-of.ts";
export type { DateFormat } from "./date-formats.ts";
export type { Missing } from "./fill-gaps.ts";
export { holidayDates } from "./holidays.ts";
export type { Duplicates } from "./in-order.ts";
export { type LongSeriesOptions, longSeries, type SeriesCollection, type TableSeries } from "./long-series.ts";
export { nextDates } from "./next-dates.ts";
export { type DateOptions, type DatePrecision, type ParsedDates, parseDates } from "./parse-dates.ts";
export { describeSeries, type TimeSeries, type TimeSeriesOptions, timeSeries } from "./time-series.ts";
export { type WideSeriesOptions, wideSeries } from "./wide-series.ts";
