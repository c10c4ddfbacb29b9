/** A column of dates that calendars.py drew, read by timeSeries: where it is not what pandas says, in words; null where it is. */

/** A date as finely as ours is written: pandas writes every one with its time. */
function alike(ours, theirs) {
  const quarter = /^(\d{4})-Q(\d)$/.exec(ours);
  if (quarter)
    return theirs.startsWith(`${quarter[1]}-${String(3 * Number(quarter[2]) - 2).padStart(2, "0")}-01T00:00:00`);
  const week = /^(\d{4})-W(\d\d)$/.exec(ours);
  if (week) return mondayOf(Number(week[1]), Number(week[2])) === theirs.slice(0, 10);
  const rest = theirs.slice(ours.length);
  return theirs.startsWith(ours.replace(/(Z|\+02:00)$/, "")) && (/T/.test(ours) || /^(-01)*T00:00:00/.test(rest));
}

function mondayOf(year, week) {
  const fourth = new Date(Date.UTC(year, 0, 4));
  const monday = fourth.getTime() + (7 * (week - 1) - ((fourth.getUTCDay() + 6) % 7)) * 86_400_000;
  return new Date(monday).toISOString().slice(0, 10);
}

/** `one` is what calendars.py draws; `data` is cellstate/data. An error of ours is thrown on, but where the column cannot tell. */
export function calendarProblem(one, { nextDates, timeSeries }) {
  const table = {
    columns: ["date", "v"],
    rows: one.texts.map((text, k) => [text, String(one.rows[k])]),
    lines: one.texts.map((_, k) => k + 2),
  };
  let series;
  try {
    series = timeSeries(table, { ...one.options, missing: "interpolate" });
  } catch (error) {
    if (one.refusable && /tell which number/.test(error.message)) return null;
    throw error;
  }
  const { dates, calendar, values, notes } = series;
  const [theirs, ours] = [`${one.count} ${one.unit}`, `${calendar?.count} ${calendar?.unit}`];
  if (theirs !== ours) return `a step of ${theirs}, found ${ours}`;
  if (!dates || dates.length !== one.grid.length) return `${one.grid.length} rows, found ${dates?.length}`;
  const wrong = dates.findIndex((date, t) => !alike(date, one.grid[t]));
  if (wrong >= 0) return `${one.grid[wrong]}, found ${dates[wrong]}`;
  if (Array.from(values.data).some((v, t) => Math.abs(v - t) > 1e-9)) return "the numbers of the grid";
  if (one.missing > 0 && !notes.some((note) => note.startsWith(`${one.missing} row`)))
    return `${one.missing} missing rows said`;
  const next = nextDates(calendar, dates[dates.length - 1], 5);
  const later = next.findIndex((date, h) => !alike(date, one.next[h]));
  return later < 0 ? null : `${one.next[later]} next, found ${next[later]}`;
}
