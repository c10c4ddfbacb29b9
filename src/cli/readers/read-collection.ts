import {
  type LongSeriesOptions,
  longSeries,
  type SeriesCollection,
  type TableSeries,
  wideSeries,
} from "../../data/index.ts";
import { counted, DataError, problem } from "../../errors.ts";
import type { CollectionReading } from "../../index.ts";
import { haveWeeks, withoutWeeks, withReason } from "./holidays.ts";
import { type SeriesOptions, withoutUndefined, writtenAs } from "./read-series.ts";
import { columnOf, placeOf, readTables, type Table } from "./read-table.ts";
import { told } from "./read-text-file.ts";

/** Options of reading many series. */
export interface CollectionOptions extends SeriesOptions {
  /** The column that tells the series of a long table apart. */
  series?: string;
  /** Rows are series. */
  wide?: boolean;
  known?: readonly string[];
  past?: readonly string[];
  static?: readonly string[];
  /** A file with the known columns of the steps ahead. */
  knownFile?: string;
  /** Names of the options that a model was trained with, and nobody gave. */
  learned?: readonly string[];
}

/** Throws DataError for an option that a forecaster of one series has no use for. */
export function refuseCollection(o: CollectionOptions): void {
  const given = (["series", "wide", "known", "past", "static", "knownFile"] as const).find(
    (name) => o[name] !== undefined,
  );
  if (given === undefined) return;
  const next = "Leave it out, or train on many series.";
  throw new DataError(
    problem(given === "knownFile" ? "--known-file" : `--${given}`, "a forecaster of many series", "one of one", next),
  );
}

/** Many series as they are read from files, and the options for the next file. */
export interface ReadCollection {
  series: readonly TableSeries[];
  reading: CollectionReading;
  /** The file and line of the last row of a series. */
  lastRow(id: string): string;
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
  const file = allFiles(files, o.knownFile);
  o.say?.(`${file}: ${series.length} series (${named}), ${lengths} each${found.about}`);
  const flat = series.filter(({ values }) => values.length > 2 && values.every((v) => v === values[0])).length;
  const constant = flat > 0 ? [`${flat} of ${series.length} series have one value throughout`] : [];
  for (const note of [...found.notes, ...constant]) o.say?.(`${file}: ${note}`);
  return { ...found, reading: withoutUndefined(found.reading) };
}

const allFiles = (files: readonly string[], knownFile: string | undefined): string =>
  [...files, ...(knownFile === undefined ? [] : [knownFile])].join(", ");

interface Found extends ReadCollection {
  readonly about: string;
  readonly notes: readonly string[];
}

async function longFrom(files: readonly string[], o: CollectionOptions): Promise<Found> {
  const { series, targets, known, past, static: fixed, knownFile, date, dateFormat, learned, ...others } = o;
  const { timeZone, missing: asked, duplicates, toTrain, ...table } = others;
  const columns = { series, target: targets?.[0], known, past, static: fixed };
  const history = await readTables(files, table);
  const read =
    knownFile === undefined
      ? history
      : withRowsAhead(history, await readTables([knownFile], table), columns, knownFile);
  const file = allFiles(files, knownFile);
  const named = { series: series === undefined ? [] : [series], targets, known, past, static: fixed };
  for (const [option, names = []] of Object.entries(named))
    for (const name of names)
      if (learned?.includes(option)) checkLearned(read, name, file, option === "targets" && known !== undefined);
      else columnOf(read, name, `--${option}`);
  for (const name of date || []) columnOf(read, name, "--date");
  if (targets && targets.length > 1) {
    const next = "Train one model for each; the others can be --past or --known.";
    throw new DataError(problem("--targets", "one column, which every series has", targets.join(", "), next));
  }
  const written = writtenAs(read, o, file, o.say);
  const style = { dateFormat, timeZone, missing: asked, duplicates, ...written };
  const options = withoutUndefined<LongSeriesOptions>({ ...columns, ...style, date: date && [...date] });
  const asRead = await told("longSeries", file, () =>
    told("timeSeries", file, () => told("columnNumbers", file, () => longSeries(read, options))),
  );
  const found = toTrain && asked === undefined ? withHolidays(asRead, read, options) : asRead;
  const missing = longer(found, asRead) ? ("ffill" as const) : asked;
  const by = found.dateColumns.length > 0 ? `, dated by ${found.dateColumns.join(" and ")}` : "";
  const places = new Map(read.rows.map((cells, row) => [nameIn(read, cells, series), row]));
  const beside = [known, past, fixed].flatMap((names) => names ?? []);
  return {
    series: found.series,
    about: `, of column ${found.target}${by}${beside.length > 0 ? `; beside it ${beside.join(", ")}` : ""}`,
    notes: found.notes,
    lastRow: (id) => placeOf(read, places.get(series === undefined ? "" : id) ?? read.rows.length - 1),
    reading: {
      ...columns,
      ...{ ...style, missing },
      date: found.dateColumns.length > 0 ? found.dateColumns : false,
      dateFormat: found.dateFormat ?? dateFormat,
      target: found.target ?? undefined,
    },
  };
}

/** Business days with a row for each holiday, where the longest series have weeks; otherwise as read, and a note says that they have none. */
function withHolidays(read: SeriesCollection, table: Table, options: LongSeriesOptions): SeriesCollection {
  const { calendar } = read;
  if (calendar?.unit !== "business day") return read;
  const filled = longSeries(table, { ...options, missing: "ffill" });
  if (!longer(filled, read)) return read;
  const longest = [...filled.series].sort((a, b) => b.values.length - a.values.length);
  const weekly = haveWeeks(
    longest.map(({ values }) => values),
    calendar,
  );
  return weekly ? { ...filled, notes: filled.notes.map(withReason) } : { ...read, notes: read.notes.map(withoutWeeks) };
}

const longer = (one: SeriesCollection, other: SeriesCollection): boolean =>
  one.series.some(({ values }, k) => values.length > other.series[k].values.length);

/** Throws DataError for a column that a model reads and the file has not. */
function checkLearned({ columns }: Table, name: string, file: string, ahead: boolean): void {
  if (columns.includes(name)) return;
  const next = ahead
    ? "Give the file with the values so far; rows of the steps ahead, which have none yet, go in --known-file FILE."
    : "Give the file the columns that the model was trained on.";
  throw new DataError(problem(file, `column ${JSON.stringify(name)}, which the model reads`, columns.join(", "), next));
}

const nameIn = ({ columns }: Table, cells: readonly string[], series: string | undefined): string =>
  series === undefined ? "" : cells[columns.indexOf(series)].trim();

/** A table with the rows of another below, which has the known columns of the steps ahead: other cells there are empty. */
function withRowsAhead(
  table: Table,
  ahead: Table,
  { known = [], series, target, static: fixed = [] }: Omit<CollectionReading, "wide">,
  file: string,
): Table {
  if (known.length === 0) {
    const next = "Name them with --known in training.";
    throw new DataError(problem("--known-file", "a model that reads columns known beforehand", "another", next));
  }
  for (const name of [...known, ...(series === undefined ? [] : [series])]) columnOf(ahead, name, file);
  const places = table.columns.map((name) => (name === target ? -1 : ahead.columns.indexOf(name)));
  const unchanged = table.columns.map((name, k) => places[k] < 0 && fixed.includes(name)); // is in the table above
  const first = new Map<string, readonly string[]>();
  for (const cells of table.rows) {
    const id = nameIn(table, cells, series);
    if (!first.has(id)) first.set(id, cells);
  }
  const below = ahead.rows.map((cells) => {
    const own = first.get(nameIn(ahead, cells, series));
    return places.map((place, k) => (unchanged[k] ? own?.[k] : cells[place]) ?? "");
  });
  return {
    columns: table.columns,
    rows: [...table.rows, ...below],
    lines: [...table.lines, ...ahead.lines],
    files: [...table.files, ...ahead.files],
  };
}

async function wideFrom(files: readonly string[], o: CollectionOptions): Promise<Found> {
  for (const name of ["series", "targets", "known", "past", "static", "date", "knownFile"] as const)
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
  return {
    series: [...all.values()],
    about: ", a row each",
    notes: [],
    lastRow: () => files[0],
    reading: { wide: true, missing, ...written },
  };
}
