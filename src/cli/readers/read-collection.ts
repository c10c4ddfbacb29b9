import { type LongSeriesOptions, longSeries, type TableSeries, wideSeries } from "../../data/index.ts";
import { counted, DataError, problem } from "../../errors.ts";
import type { CollectionReading } from "../../index.ts";
import { type SeriesOptions, withoutUndefined, writtenAs } from "./read-series.ts";
import { columnOf, readTables } from "./read-table.ts";
import { told } from "./read-text-file.ts";

/** Options of reading many series. */
export interface CollectionOptions extends SeriesOptions {
  /** The column that tells the series of a long table apart. */
  series?: string;
  /** Rows are series. */
  wide?: boolean;
  /** The column to forecast. */
  targets?: readonly string[];
  known?: readonly string[];
  past?: readonly string[];
  static?: readonly string[];
}

/** Throws DataError for an option that a forecaster of one series has no use for. */
export function refuseCollection(o: CollectionOptions): void {
  const given = (["series", "wide", "known", "past", "static"] as const).find((name) => o[name] !== undefined);
  if (given === undefined) return;
  const next = "Leave it out, or train on many series.";
  throw new DataError(problem(`--${given}`, "a forecaster of many series", "one of one", next));
}

/** Many series as they are read from files, and the options for the next file. */
export interface ReadCollection {
  series: readonly TableSeries[];
  reading: CollectionReading;
}

const mostNamed = 5;

/** Many series from files in long or wide form; a wide file continues the series of the files before it. What was understood is said in a line. */
export async function readCollection(files: readonly string[], o: CollectionOptions): Promise<ReadCollection> {
  const found = o.wide ? await wideFrom(files, o) : await longFrom(files, o);
  const { series } = found;
  const rows = series.map(({ values }) => values.length);
  const [least, most] = rows.reduce(([a, b], n) => [Math.min(a, n), Math.max(b, n)], [rows[0], rows[0]]);
  const lengths = least === most ? `${counted(most, "value")}` : `${least} to ${most} values`;
  const ids = series.slice(0, mostNamed).map(({ id }) => id);
  const named = `${ids.join(", ")}${series.length > mostNamed ? ", …" : ""}`;
  o.say?.(`${files.join(", ")}: ${series.length} series (${named}), ${lengths} each${found.about}`);
  for (const note of found.notes) o.say?.(`${files.join(", ")}: ${note}`);
  return { series, reading: withoutUndefined(found.reading) };
}

interface Found extends ReadCollection {
  readonly about: string;
  readonly notes: readonly string[];
}

async function longFrom(files: readonly string[], o: CollectionOptions): Promise<Found> {
  const { series, targets, known, past, static: fixed, date, dateFormat, timeZone, missing, duplicates, ...table } = o;
  const read = await readTables(files, table);
  const file = files.join(", ");
  const flags = { "--series": [series], "--targets": targets, "--known": known, "--past": past, "--static": fixed };
  for (const [flag, names] of Object.entries(flags))
    for (const name of names ?? []) if (name !== undefined) columnOf(read, name, flag);
  for (const name of date || []) columnOf(read, name, "--date");
  if (targets && targets.length > 1) {
    const next = "Train one model for each; the others can be --past or --known.";
    throw new DataError(problem("--targets", "one column, which every series has", targets.join(", "), next));
  }
  const written = writtenAs(read, o, file, o.say);
  const columns = { series, target: targets?.[0], known, past, static: fixed };
  const style = { dateFormat, timeZone, missing, duplicates, ...written };
  const options = withoutUndefined<LongSeriesOptions>({ ...columns, ...style, date: date && [...date] });
  const found = await told("longSeries", file, () =>
    told("timeSeries", file, () => told("columnNumbers", file, () => longSeries(read, options))),
  );
  const by = found.dateColumns.length > 0 ? `, dated by ${found.dateColumns.join(" and ")}` : "";
  const beside = [known, past, fixed].flatMap((names) => names ?? []);
  return {
    series: found.series,
    about: `, of column ${found.target}${by}${beside.length > 0 ? `; beside it ${beside.join(", ")}` : ""}`,
    notes: found.notes,
    reading: {
      ...columns,
      ...style,
      date: found.dateColumns.length > 0 ? found.dateColumns : false,
      dateFormat: found.dateFormat ?? dateFormat,
      target: found.target ?? undefined,
    },
  };
}

async function wideFrom(files: readonly string[], o: CollectionOptions): Promise<Found> {
  for (const name of ["series", "targets", "known", "past", "static", "date"] as const)
    if (o[name])
      throw new DataError(problem(`--${name}`, "a table with a row for each value", "--wide", "Leave one out."));
  const { missing } = o;
  if (missing === "drop") {
    const next = "Fill gaps: --missing interpolate, ffill or bfill.";
    throw new DataError(problem("--missing drop", "a way for rows that are series", "drop", next));
  }
  const all = new Map<string, TableSeries>();
  let written: Pick<SeriesOptions, "decimal" | "thousands"> = {};
  for (const file of files) {
    const table = await readTables([file], o);
    written = writtenAs(table, o, file, o.say);
    const options = withoutUndefined({ missing, ...written });
    const rows = await told("wideSeries", file, () => told("columnNumbers", file, () => wideSeries(table, options)));
    for (const one of rows) {
      const before = all.get(one.id);
      all.set(one.id, before ? { ...one, values: Float64Array.of(...before.values, ...one.values) } : one);
    }
  }
  return { series: [...all.values()], about: ", a row each", notes: [], reading: { wide: true, missing, ...written } };
}
