import { basename } from "node:path";
import { DataError, problem, suggest } from "../../errors.ts";
import { type LineSeries, plotLines } from "../../plot/index.ts";
import { type ReadSeries, readSeries } from "../readers/read-series.ts";

/**
 * Forecasts as `cellstate forecast --csv` writes them, over each other and over the end of the series, as the text of an SVG file. Dates
 * place them; without dates they follow the series. Of up to two, intervals are drawn too. The column is the one named, or the first of the first file.
 */
export async function forecastsPlot(files: readonly string[], seriesFile?: string, named?: string): Promise<string> {
  const forecasts = await Promise.all(files.map(async (file) => ({ file, ...(await quietly(file)) })));
  const series = seriesFile === undefined ? null : { file: seriesFile, ...(await quietly(seriesFile)) };
  const target =
    named ?? forecasts[0].columns.find((name) => !series || series.columns.includes(name)) ?? forecasts[0].columns[0];
  const steps = Math.max(...forecasts.map((one) => one.series.shape[0]));
  const all = series ? columnOf(series, target) : [];
  const history = all.slice(-Math.max(60, 5 * steps)); // so that the few steps of a forecast can be seen
  const dates = series?.dates?.slice(-history.length) ?? [];
  const axis = axisOf(dates, forecasts, history.length);
  const drawn = forecasts.map((one): LineSeries => {
    const y = columnOf(one, target);
    const place = (row: number) => (axis ? axis.indexOf(one.dates![row]) : history.length + row) + 1;
    const bound = (end: string) =>
      forecasts.length <= 2 && one.columns.includes(`${target} ${end}`)
        ? { [end]: columnOf(one, `${target} ${end}`) }
        : {};
    const x = y.map((_, row) => place(row));
    return { name: basename(one.file).replace(/\.\w+$/, ""), x, y, dashed: true, ...bound("low"), ...bound("high") };
  });
  const actual =
    history.length > 0
      ? [{ name: "actual", y: history, ...(axis ? { x: dates.map((date) => axis.indexOf(date) + 1) } : {}) }]
      : [];
  const title = forecasts.length === 1 ? "Forecast" : "Forecasts";
  const panel = { title, xLabel: axis ? "Date" : "Step", yLabel: target, series: [...actual, ...drawn] };
  return plotLines([{ ...panel, xDates: axis ?? undefined }], { panelWidth: 760, panelHeight: 380 });
}

const quietly = (file: string): Promise<ReadSeries> =>
  readSeries([file], undefined, { missing: "ffill", say: () => {} });

/** The dates of series and forecasts in order, where all have some; null: rows are counted. */
function axisOf(dates: readonly string[], forecasts: readonly ReadSeries[], history: number): string[] | null {
  if (forecasts.some((one) => one.dates === null) || (history > 0 && dates.length === 0)) return null;
  return [...new Set([...dates, ...forecasts.flatMap((one) => [...one.dates!])])].sort();
}

function columnOf({ file, series, columns }: ReadSeries & { file: string }, name: string): number[] {
  const place = columns.indexOf(name);
  if (place >= 0) return (series.toArray() as number[][]).map((row) => row[place]);
  throw new DataError(problem(file, `a column ${JSON.stringify(name)}`, columns.join(", "), suggest(name, columns)));
}
