import { collectionAnswer } from "../../answers/index.ts";
import { formatCsv } from "../../data/index.ts";
import { counted, DataError, problem } from "../../errors.ts";
import type { GlobalForecaster, SeriesForecasts } from "../../index.ts";
import { type CollectionOptions, readCollection } from "../readers/read-collection.ts";
import { withoutUndefined } from "../readers/read-series.ts";
import { drawCollection } from "../screen/draw-collection.ts";
import { type Common, notes, type Screen } from "../screen/screen.ts";
import { writeChart } from "../screen/write-result.ts";

interface Options extends Common, CollectionOptions {
  horizon?: number;
  csv?: boolean;
  chart?: string;
}

/** Options for reading many series: those of the model, but for those that are given. */
export function readingOf({ options: { reading } }: GlobalForecaster, given: CollectionOptions): CollectionOptions {
  const { target, ...kept } = reading ?? {};
  const learned = { ...kept, ...withoutUndefined({ targets: target === undefined ? undefined : [target] }) };
  const asked = withoutUndefined(given);
  return { ...learned, ...asked, learned: Object.keys(learned).filter((name) => !(name in asked)) };
}

/** Forecasts of all series of a file, as a table, as JSON or as rows of series, step or date, and value. */
export async function forecastCollection(
  task: GlobalForecaster,
  files: readonly string[],
  o: Options,
  screen: Screen,
): Promise<void> {
  const { series, lastRow } = await readCollection(files, { ...readingOf(task, o), say: notes(o, screen) });
  const { horizon } = task.learned.view;
  for (const { id, values, known = {} } of series)
    for (const [name, column] of Object.entries(known)) {
      const reach = column.length - values.length;
      if (reach >= horizon) continue;
      const next = "Add rows with the known columns after the last value, or give them in a file: --known-file FILE.";
      const expected = `column ${JSON.stringify(name)} for ${counted(horizon, "step")} after the last value of ${JSON.stringify(id)}`;
      throw new DataError(problem(lastRow(id), expected, `the last row, ${counted(reach, "step")} after it`, next));
    }
  const found = await task.predict(series, withoutUndefined({ horizon: o.horizon }));
  if (o.chart) await writeChart(o.chart, await drawCollection(series, found));
  if (o.json) return screen.out(`${JSON.stringify(collectionAnswer(found))}\n`);
  if (o.csv) return screen.out(await formatCsv(rowsOf(found)));
  screen.out(`${found}\n`);
}

function rowsOf(found: SeriesForecasts) {
  const dated = found.some(({ dates }) => dates !== null);
  const ends = found.some(({ low }) => low !== null) ? ["low", "high"] : [];
  const rows = found.flatMap(({ id, dates, values, low, high }) =>
    Array.from(values, (v, h) => [
      ...[id, dates?.[h] ?? `${h + 1}`],
      ...[v, ...(low && high ? [low[h], high[h]] : [])].map((one) => Number(one.toPrecision(15))),
    ]),
  );
  return { columns: ["series", dated ? "date" : "step", "forecast", ...ends], rows };
}
