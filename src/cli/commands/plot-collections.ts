import { basename } from "node:path";
import { columnNumbers } from "../../data/index.ts";
import { DataError, problem, suggest } from "../../errors.ts";
import { type LinePanel, type LineSeries, plotLines } from "../../plot/index.ts";
import { columnOf, readTables, rowsAt, type Table } from "../readers/read-table.ts";
import { told } from "../readers/read-text-file.ts";

const mostDrawn = 6; // series

/**
 * Forecasts of many series as `cellstate forecast --csv` writes them, those of several files over each other: a panel for each of the first
 * series, or of the one named, as the text of an SVG file. Dates place them where all have some. Of up to two files, intervals are drawn too.
 */
export async function collectionsPlot(files: readonly string[], seriesFile?: string, named?: string): Promise<string> {
  if (seriesFile !== undefined) {
    const next = "cellstate forecast MODEL FILE --chart draws the series before their forecasts.";
    throw new DataError(problem("--series", "forecasts of one series", "of many", next));
  }
  const tables = await Promise.all(files.map(async (file) => ({ file, table: await readTables([file]) })));
  for (const { table } of tables) for (const name of ["series", "forecast"]) columnOf(table, name, "--out");
  const ids = [...new Set(tables.flatMap(({ table }) => table.rows.map(([id]) => id)))];
  if (named !== undefined && !ids.includes(named))
    throw new DataError(problem(files.join(", "), `a series ${JSON.stringify(named)}`, "none", suggest(named, ids)));
  const drawn = named === undefined ? ids.slice(0, mostDrawn) : [named];
  const panels = await Promise.all(drawn.map((id) => panelOf(id, tables)));
  const title = ids.length > drawn.length ? `Forecasts of ${drawn.length} of ${ids.length} series` : "Forecasts";
  return plotLines(panels, { title, ...(drawn.length === 1 ? { panelWidth: 760, panelHeight: 380 } : {}) });
}

async function panelOf(id: string, tables: readonly { file: string; table: Table }[]): Promise<LinePanel> {
  const own = tables
    .map(({ file, table }) => ({ file, table: rowsAt(table, rowsOf(table, id)) }))
    .filter(({ table }) => table.rows.length > 0);
  const dated = own.every(({ table }) => table.columns[1] === "date");
  const dates = dated ? [...new Set(own.flatMap(({ table }) => table.rows.map(([, date]) => date)))].sort() : undefined;
  const places = new Map(dates?.map((date, k) => [date, k]));
  const series = await Promise.all(
    own.map(async ({ file, table }): Promise<LineSeries> => {
      const bounds = own.length <= 2 ? ["low", "high"].filter((name) => table.columns.includes(name)) : [];
      const numbers = (name: string) =>
        told("columnNumbers", file, () => Array.from(columnNumbers(table, [name]).data));
      const ends = await Promise.all(bounds.map(async (name) => [name, await numbers(name)] as const));
      const x = table.rows.map(([, at], row) => (places.get(at) ?? row) + 1);
      const y = await numbers("forecast");
      return { name: basename(file).replace(/\.\w+$/, ""), x, y, dashed: true, ...Object.fromEntries(ends) };
    }),
  );
  return { title: id, xLabel: dates ? "Date" : "Step", yLabel: "Value", xDates: dates, series };
}

const rowsOf = ({ rows }: Table, id: string): number[] => [...rows.keys()].filter((row) => rows[row][0] === id);
