import { rowAnswer } from "../../answers/index.ts";
import { CellstateError, DataError, problem } from "../../errors.ts";
import type { AnomalyDetector, StreamedRow } from "../../index.ts";
import { readLines, withoutPlace } from "../readers/read-lines.ts";
import { readingOf, type SeriesOptions } from "../readers/read-series.ts";
import { type Common, type Screen, shortened } from "../screen/screen.ts";

export interface DetectOptions extends Common, SeriesOptions {
  falseAlarms?: string;
  columns?: string[];
  csv?: boolean;
  scores?: string;
  chart?: string;
}

/**
 * Rows from standard input, each scored as soon as its line is complete. With `--json` every row is answered, else only alarms as they begin.
 * A line that cannot be read is told, and the others are scored.
 */
export async function detectLines(
  task: AnomalyDetector,
  files: readonly string[],
  o: DetectOptions,
  screen: Screen,
): Promise<void> {
  refuseFiles(files, o);
  const { names, smooth, usual } = task.learned;
  const columns = o.columns ?? names ?? usual.map((_, k) => String(k + 1));
  const live = task.stream(o.falseAlarms === undefined ? {} : { falseAlarms: o.falseAlarms });
  let last = Number.NEGATIVE_INFINITY; // row of the last alarm
  const answer = (row: StreamedRow) => {
    if (o.json) screen.out(`${JSON.stringify(rowAnswer(row, columns))}\n`);
    else if (row.alarm && row.row - last > smooth) screen.out(said(row, columns[row.column], o));
    if (row.alarm) last = row.row;
  };
  const refuse = (line: number, wrong: string) => {
    screen.code = 1;
    const message = `line ${line}: ${wrong}`;
    if (o.json) screen.out(`${JSON.stringify({ line, error: message })}\n`);
    else screen.err(`${shortened(message)}\n`);
  };
  for await (const row of readLines(screen.input(undefined, o.encoding), columns, readingOf(task.options, o))) {
    if ("wrong" in row) refuse(row.line, row.wrong);
    else
      await live.update(row.values, row.date).then(answer, (error) => {
        if (!(error instanceof CellstateError)) throw error;
        refuse(row.line, withoutPlace(error));
      });
  }
}

/** Throws DataError for what needs the whole series. */
function refuseFiles(files: readonly string[], { chart, scores, csv }: DetectOptions): void {
  if (files.length > 1) throw new DataError(problem("detect", "files, or - alone", files.join(" "), "Leave - out."));
  const flag = chart ? "--chart" : scores ? "--scores" : csv ? "--csv" : null;
  if (flag === null) return;
  const next = "Leave it out: --json gives the score of every row.";
  throw new DataError(problem(flag, "a file", "standard input, which may have no end", next));
}

/** An alarm as it begins. */
function said(
  { row, date, value, usual, component, size, score }: StreamedRow,
  column: string,
  { quiet }: Common,
): string {
  if (quiet) return `${date ?? row}\n`;
  const short = (v: number) => String(Number(v.toPrecision(5)));
  const still = component === "standstill";
  const far = still ? `the same for ${size + 1} rows` : `${size.toPrecision(2)} deviations (${component})`;
  const rare = `one in ${Number((10 ** Math.min(score, 300)).toPrecision(2))} rows`;
  return `${[date ?? `row ${row}`, `${column} ${short(value)}, usual ${short(usual)}`, far, rare].join("\t")}\n`;
}
