import { parseCsv, timeSeries } from "../../data/index.ts";
import { CellstateError } from "../../errors.ts";
import { type SeriesOptions, withoutUndefined } from "./read-series.ts";

/** A row of standard input, or what is wrong with it, without its place. */
export type LineRead = { readonly line: number } & (
  | { readonly values: number[]; readonly date: string | null }
  | { readonly wrong: string }
);

/**
 * Rows of CSV, each as soon as its line is complete. The first line may name the columns; else dates and columns come in the order of
 * training. Empty lines are left out.
 */
export async function* readLines(
  lines: AsyncIterable<string>,
  columns: readonly string[],
  { date, delimiter, dateFormat, timeZone, decimal, thousands }: SeriesOptions,
): AsyncGenerator<LineRead, void, undefined> {
  const dates = date || [];
  const given = { columns, date: dates.length > 0 ? dates : (false as const) };
  const options = withoutUndefined({ ...given, dateFormat, timeZone, decimal, thousands });
  const style = withoutUndefined({ delimiter, header: "first" as const });
  let head: string | null = null;
  let line = 0;
  for await (const text of lines) {
    line++;
    if (text.trim() === "") continue;
    if (head === null) {
      const first = (await parseCsv(text, style)).columns;
      const named = [...dates, ...columns].every((name) => first.includes(name));
      head = named ? text : headLike(text, [...dates, ...columns], delimiter);
      if (named) continue;
    }
    try {
      const { values, dates: read } = timeSeries(await parseCsv(`${head}\n${text}`, style), options);
      yield { line, values: Array.from(values.data), date: read?.[0] ?? null };
    } catch (error) {
      if (!(error instanceof CellstateError)) throw error;
      yield { line, wrong: withoutPlace(error) };
    }
  }
}

/** Names of columns, separated as the cells of a line are. */
function headLike(line: string, names: readonly string[], delimiter: string | undefined): string {
  const mark = delimiter ?? ["\t", ";", ","].find((one) => line.includes(one)) ?? ",";
  return names.map((name) => JSON.stringify(name)).join(mark);
}

/** The message of an error whose line is the second of two. */
export const withoutPlace = ({ message }: CellstateError): string => message.replace(/^[\w.]+: (line \d+: )?/, "");
