/** Columns of dates beside pandas: which number is the day, and calendars of any format, zone, step and gaps. */
import { calendarProblem } from "./calendar-check.mjs";
import { random } from "./random.mjs";

export const about = "dates beside pandas: the order of day and month, calendars and zones";
export const script = "dates.py";
export const listed = [];

export async function* sweep({ seeds, ask, cellstate, data, verbose }) {
  for (const seed of seeds) {
    const kind = ["order", "zone", "calendar", "order", "zone"][seed % 5];
    const judge = kind === "order" ? orderTried : calendarTried;
    try {
      const { why, cells } = await judge(seed, kind, ask, data, verbose);
      yield { seed, kind, cells, result: why ? "wrong" : "right", ...(why ? { why } : {}) };
    } catch (error) {
      const refused = error instanceof cellstate.CellstateError;
      yield { seed, kind, result: refused ? "refused" : "wrong", why: refused ? error.message : error.stack };
    }
  }
}

async function calendarTried(seed, kind, ask, data, verbose) {
  const one = await ask({ do: "calendar", seed, zone: kind === "zone" });
  if (verbose) console.log(JSON.stringify(one));
  return { why: calendarProblem(one, data), cells: [`${one.freq} / ${one.form} / ${one.zone ?? "no zone"}`] };
}

const words = { DMY: "day-first", MDY: "month-first", YMD: "year-first" };

/**
 * A column is right where it is refused because several orders give other dates, or read as it was written; where one order alone
 * is possible by pandas, it must be that.
 */
async function orderTried(seed, _, ask, { parseDates }, verbose) {
  const { texts, order, formats, options, cells } = column(random(seed));
  const possible = await ask({ do: "orders", texts, formats });
  if (verbose) console.log(JSON.stringify({ texts, order, options, possible }));
  const asked = Object.keys(words).find((one) => words[one] === options.dateFormat);
  const wanted = asked ? [possible[asked]].filter(Boolean) : Object.values(possible);
  const different = new Set(wanted.map((times) => times.join())).size;
  let found;
  try {
    found = parseDates(texts, options);
  } catch (error) {
    if (different !== 1 && error.code !== undefined) return { cells };
    throw error;
  }
  if (different === 0) return { cells, why: `no dates by pandas, found ${found.dateFormat}: ${texts.slice(0, 4)}` };
  const right = different === 1 ? wanted[0] : possible[order];
  const at = right.findIndex((time, row) => time !== found.times[row]);
  if (at < 0) return { cells };
  const [theirs, ours] = [right[at], found.times[at]].map((time) => new Date(time).toISOString());
  const which = `"${texts[at]}", row ${at} of ${texts.length} (${order})`;
  return { cells, why: `${which}: ${theirs}, found ${ours} (${found.dateFormat})` };
}

const day = 86_400_000;

/** Dates of an order, and pandas's format for each order that they may have. */
function column(r) {
  const short = r.chance(0.5);
  const order = r.pick(short ? ["DMY", "MDY", "YMD"] : ["DMY", "MDY"]);
  const sign = r.pick(short ? ["/", "-", "."] : ["/", "-", ".", " "]);
  const padded = r.chance(0.7) || (order === "YMD" && sign === "."); // 20.9.1 is as likely a version of a program
  const clock = r.pick(["", "", " %H:%M", " %H:%M:%S", " %I:%M %p"]);
  const rows = r.chance(0.3) ? r.integer(1, 6) : r.integer(7, 60);
  const start = Date.UTC(
    r.chance(0.8) ? r.integer(1990, 2030) : r.integer(1970, 2055),
    r.integer(0, 11),
    r.integer(1, 28),
  );
  const step = r.pick(["day", "day", "days", "month", "irregular", "hour"]);
  const days = r.integer(2, 10);
  const each = {
    day: (t) => start + t * day,
    days: (t) => start + t * days * day,
    month: (t) => Date.UTC(new Date(start).getUTCFullYear(), new Date(start).getUTCMonth() + t, 1),
    irregular: (t) => start + (t * 4 + r.integer(0, 3)) * day,
    hour: (t) => start + t * 3_600_000,
  }[step];
  const gaps = r.chance(0.3);
  const times = Array.from({ length: rows }, (_, t) => each(t)).filter((_, t) => t === 0 || !gaps || r.chance(0.8));
  const rising = r.pick(["rising", "rising", "falling", "shuffled"]);
  if (rising === "falling") times.reverse();
  if (rising === "shuffled") for (let k = times.length - 1; k > 0; k--) swap(times, k, r.integer(0, k));
  const dateFormat = r.chance(0.25) ? words[r.pick(short ? ["DMY", "MDY", "YMD"] : ["DMY", "MDY"])] : null;
  return {
    order,
    texts: times.map((time) => written(new Date(time), { order, sign, padded, short, clock })),
    formats: Object.fromEntries(
      (short ? ["DMY", "MDY", "YMD"] : ["DMY", "MDY"]).map((one) => {
        const parts = { D: "%d", M: "%m", Y: short ? "%y" : "%Y" };
        return [one, [...one].map((part) => parts[part]).join(sign) + clock];
      }),
    ),
    options: dateFormat ? { dateFormat } : {},
    cells: [`${order} / ${short ? "two digits" : "four digits"} / ${step} / ${rising}${dateFormat ? " / asked" : ""}`],
  };
}

function swap(list, a, b) {
  [list[a], list[b]] = [list[b], list[a]];
}

function written(date, { order, sign, padded, short, clock }) {
  const two = (n) => String(n).padStart(2, "0");
  const part = (n) => (padded ? two(n) : String(n));
  const year = date.getUTCFullYear();
  const parts = {
    D: part(date.getUTCDate()),
    M: part(date.getUTCMonth() + 1),
    Y: short ? two(year % 100) : String(year),
  };
  const hour = date.getUTCHours();
  const time = {
    "": "",
    " %H:%M": ` ${two(hour)}:00`,
    " %H:%M:%S": ` ${two(hour)}:00:00`,
    " %I:%M %p": ` ${two(hour % 12 || 12)}:00 ${hour < 12 ? "AM" : "PM"}`,
  };
  return [...order].map((one) => parts[one]).join(sign) + time[clock];
}
