const cuts = [4, 7, 10, 13, 16, 19]; // characters of 2021-03-28T14:30:05 up to the year, the month, …, the second
const letter = 7; // pixels

/** A mark on an axis of rows: the row, and its date as finely as rows differ. */
export interface DateTick {
  readonly at: number;
  readonly text: string;
}

/**
 * The rows to mark by their dates, on an axis of so many pixels: where a year begins, a month, a day or an hour, whichever comes three times
 * or more; every second or tenth of these where they would touch.
 *
 *   dateTicks(["2020-11", "2020-12", "2021-01"], 300); // [{ "at": 0, "text": "2020-11" }, { "at": 1, "text": "2020-12" }, { "at": 2, "text": "2021-01" }]
 */
export function dateTicks(dates: readonly string[], width: number): DateTick[] {
  const longest = dates.reduce((most, date) => Math.max(most, withoutZone(date).length), 0);
  const levels = [...cuts.filter((cut) => cut < longest), longest];
  const beginnings = (cut: number) =>
    [...dates.keys()].filter((row) =>
      row === 0 ? isFirst(dates[0], cut) : dates[row].slice(0, cut) !== dates[row - 1].slice(0, cut),
    );
  const cut = levels.find((one) => beginnings(one).length >= 3) ?? longest;
  const rows = beginnings(cut);
  const room = Math.max(2, Math.floor(width / (letter * (textOf(dates[0], cut).length + 2))));
  const stride = Math.ceil(rows.length / room);
  return rows.filter((_, k) => k % stride === 0).map((at) => ({ at, text: textOf(dates[at], cut) }));
}

/** Whether a year, a month, … begins with this date, as far as its text tells. */
const isFirst = (date: string, cut: number): boolean =>
  /^([-T:]?(01|00))*$/.test(
    withoutZone(date)
      .slice(cut)
      .replace(/\.\d+$/, ""),
  );

const withoutZone = (date: string): string => date.replace(/(Z|[+-]\d\d:\d\d)$/, "");

const textOf = (date: string, cut: number): string => {
  const text = withoutZone(date).slice(0, cut).replace("T", " ");
  return cut === 13 && text.length === 13 ? `${text}:00` : text;
};
