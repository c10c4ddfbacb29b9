import { DataError, invalidOption, option, sentence, showValue } from "../../errors.ts";
import { dayLength } from "./civil.ts";

/**
 * Clock time and instants of a time zone, by the zone data of the runtime (`Intl`): the polyfills of Temporal read the same
 * data, and are 20 to 50 kB for what is needed here. Where there is no zone (null), a clock time stands for itself.
 */
export type Zone = string | null;

/** The zone by its usual name: `Europe/Berlin`, `UTC`, `+01:00`. Throws DataError for one that the runtime does not know. */
export function checkZone(who: string, zone: string): string {
  const fixed = typeof zone === "string" ? fixedOffset(zone) : null;
  if (fixed !== null) return offsetText(fixed);
  try {
    return clockOfZone(zone).resolvedOptions().timeZone;
  } catch {
    const next = sentence`For example ${option("timeZone", "Europe/Berlin")}, or UTC.`;
    const expected = sentence`${option("timeZone")}: a time zone by its name`;
    throw new DataError(invalidOption(who, "timeZone", expected, showValue(zone), next));
  }
}

/** Milliseconds that clocks are ahead of UTC at an instant. */
export function offsetAt(instant: number, zone: Zone): number {
  if (zone === null) return 0;
  const fixed = fixedOffset(zone);
  if (fixed !== null) return fixed;
  const of = offsetsOf(zone);
  const day = Math.floor(instant / dayLength);
  const [from, to] = [of(day * dayLength), of((day + 1) * dayLength)];
  return from === to ? from : of(instant); // a day begins and ends alike, or the change lies in it
}

/** Clock time at an instant, as milliseconds since 1970. */
export const wallOf = (instant: number, zone: Zone): number => instant + offsetAt(instant, zone);

/** The instants at which clocks show a time, earliest first: none in the hour left out in spring, two in the hour repeated in autumn. */
export function instantsOf(wall: number, zone: Zone): number[] {
  if (zone === null) return [wall];
  const guesses = [offsetAt(wall - dayLength, zone), offsetAt(wall + dayLength, zone)].map((offset) => wall - offset);
  return [...new Set(guesses)].filter((instant) => wallOf(instant, zone) === wall).sort((a, b) => a - b);
}

/** One instant: the first of two, and where clocks leave the time out, as much later as they leave out. */
export function instantOf(wall: number, zone: Zone): number {
  return instantsOf(wall, zone)[0] ?? wall - offsetAt(wall - dayLength, zone);
}

/** `+05:30` → milliseconds, UTC → 0; null for a zone with a name. */
export function fixedOffset(zone: string): number | null {
  if (/^(utc|z|gmt)$/i.test(zone)) return 0;
  const [, sign, hours, minutes = "0"] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  if (sign === undefined || Number(hours) > 18 || Number(minutes) > 59) return null;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

/** `+05:30`, `UTC`. */
export const offsetText = (offset: number): string => (offset === 0 ? "UTC" : isoOffset(offset));

/** `+05:30`, `+00:00`. */
export function isoOffset(offset: number): string {
  const minutes = Math.floor(Math.abs(offset) / 60_000);
  const two = (n: number) => String(Math.floor(n)).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}

const clockOfZone = (zone: string) =>
  new Intl.DateTimeFormat("en-US", {
    ...{ timeZone: zone, hourCycle: "h23", era: "short", year: "numeric", month: "numeric", day: "numeric" },
    ...{ hour: "numeric", minute: "numeric", second: "numeric" },
  });

const zones = new Map<string, (instant: number) => number>();

/** Offsets of a zone, each looked up once. */
function offsetsOf(zone: string): (instant: number) => number {
  const known = zones.get(zone);
  if (known) return known;
  const clock = clockOfZone(zone);
  const found = new Map<number, number>();
  const of = (instant: number) => {
    const second = Math.floor(instant / 1000) * 1000;
    const before = found.get(second);
    if (before !== undefined) return before;
    const parts = Object.fromEntries(clock.formatToParts(second).map(({ type, value }) => [type, value]));
    const year = parts.era === "BC" ? 1 - Number(parts.year) : Number(parts.year);
    const date = new Date(0);
    date.setUTCFullYear(year, Number(parts.month) - 1, Number(parts.day));
    date.setUTCHours(Number(parts.hour), Number(parts.minute), Number(parts.second));
    const offset = date.getTime() - second;
    if (found.size > 100_000) found.clear();
    found.set(second, offset);
    return offset;
  };
  zones.set(zone, of);
  return of;
}
