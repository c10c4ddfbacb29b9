import { DataError } from "../../errors.ts";
import type { LoadedTask, NdArray } from "../../index.ts";
import type { Replace } from "../messages.ts";
import { leftOut, readTable, replaced, short, stepsOf, type Table } from "./numbers.ts";
import { noReader, type Reader, type Reading, stepOf } from "./reading.ts";

type Of<K extends LoadedTask["kind"]> = Extract<LoadedTask, { kind: K }>["task"];

const mostRows = 5000; // of a series; the page's input is shorter anyway

/** A tagger reads a sentence of tokens between blanks; what it says of each is its answer. */
export function taggerReader(task: Of<"sequenceTagger">): Reader {
  const read = async (input: string, replace: Replace | null): Promise<Reading> => {
    const typed = input.trim().split(/\s+/);
    const tokens = replace ? typed.with(stepOf(replace, typed.length), replace.by.trim()) : typed;
    const [answer] = await task.predict([tokens]);
    const unknown = new Set(answer.unknownWords);
    const { intent } = answer;
    const labelled = tokens.map((token, k) => `${token}/${answer.labels[k]}`).join(" ");
    return {
      inputs: [task.modelInput(tokens).x].flat() as NdArray[],
      steps: tokens.map((text) => ({ text, known: !unknown.has(text) })),
      ...{ from: 0, prefixes: null, note: "" },
      answer: `${labelled}${intent ? `; ${intent.label}, ${intent.probability.toFixed(2)}` : ""}`,
    };
  };
  const names = task.labels.map((label) => `score of ${label}`);
  return { input: "words", example: "", names, read };
}

/** A detector reads a series row by row, with a date before each where it was trained with dates; its last row is scored. */
export function detectorReader(task: Of<"anomalyDetector">): Reader {
  const { usual, names, method, window, step } = task.learned;
  const columns = names ?? usual.map((_, k) => `column ${k + 1}`);
  const before = method === "forecast" ? 1 : 0;
  const read = async (input: string, replace: Replace | null): Promise<Reading> => {
    const table = readTable(input, usual.length, mostRows, null, names ?? []);
    const from = Math.max(0, table.rows.length - window - before);
    const { rows } = replace ? replaced(table, usual.length, { ...replace, step: replace.step + from }) : table;
    const series = rows.map(({ values }) => [...values]);
    const dates = datesOf({ rows });
    const [{ x }, found] = await inDates(dates, (dates) =>
      Promise.all([task.modelInput(series, { dates }), task.detect(series, { dates })]),
    );
    const read = rows.slice(from, from + window);
    const [score] = found.scores.slice(-1);
    const last = rows[rows.length - 1];
    const end = `${last.label || "The last row"} (${last.values.map(short).join(" ")}, usually ${found.usual.map((column) => short(column[column.length - 1])).join(" ")})`;
    return {
      ...{ inputs: [x as NdArray], from: 0, prefixes: null, note: leftOut(read.length, table.typed) },
      steps: stepsOf({ rows: read, typed: read.length }),
      answer: `${end}: score ${score.toFixed(2)}, ${score > found.threshold ? "an alarm" : "no alarm"}; the threshold is ${found.threshold.toFixed(2)}.`,
    };
  };
  const rows = Array.from({ length: window + before }, (_, t) =>
    usual.map(({ profile, scale }) => profile.values[t % profile.values.length] + 0.5 * scale * Math.sin(t / 2)),
  );
  const what = method === "forecast" ? "forecast" : "reconstruction";
  const dates = step && madeUpDates(rows.length, step);
  const example = step && !dates ? "" : typedRows(rows, dates);
  return {
    ...{
      input: "numbers",
      features: usual.length,
      columns: names ?? [],
      example,
    },
    names: columns.map((name) => `${what} of ${name}, as its deviation from the usual value`),
    read,
  };
}

/** A forecaster of many series reads one: numbers, with a date before each where it was trained with dates. */
export function globalReader(task: Of<"globalForecaster">): Reader {
  const { columns, view } = task.learned;
  if ([columns.known, columns.past, columns.static].some((names) => names.length > 0))
    return noReader("It reads columns beside each series' values: cellstate explain MODEL FILE says what it does.");
  const read = async (input: string, replace: Replace | null): Promise<Reading> => {
    const table = readTable(input, 1, mostRows, null);
    const from = Math.max(0, table.rows.length - view.window);
    const { rows } = replace ? replaced(table, 1, { ...replace, step: replace.step + from }) : table;
    const values = rows.map(({ values: [value] }) => value);
    const dates = datesOf({ rows });
    const [{ x }, [next]] = await inDates(dates, (dates) =>
      Promise.all([task.modelInput({ values, dates }), task.predict([{ values, dates }])]),
    );
    const steps = stepsOf({ rows: rows.slice(from), typed: rows.length });
    return {
      ...{ inputs: [x].flat() as NdArray[], from: view.window - steps.length, prefixes: null },
      ...{ steps, note: leftOut(steps.length, table.typed) },
      answer: `Forecast: ${Array.from(next.values.slice(0, 12), (v, h) => (next.dates ? `${next.dates[h]}: ${short(v)}` : short(v))).join(next.dates ? "; " : ", ")}.`,
    };
  };
  const rows = Array.from({ length: view.window + 1 }, (_, t) => [
    100 + t + 10 * Math.sin((2 * Math.PI * t) / view.base),
  ]);
  const names = Array.from(
    { length: view.horizon },
    (_, h) => `correction ${h + 1} ${h === 0 ? "step" : "steps"} ahead, in the network's units`,
  );
  return { input: "numbers", features: 1, example: typedRows(rows), names, read };
}

function typedRows(rows: readonly (readonly number[])[], dates: readonly string[] | null = null): string {
  if (dates) return rows.map((row, t) => `${dates[t]} ${row.map(short).join(" ")}`).join("\n");
  return rows.map((row) => row.map(short).join(" ")).join(rows[0].length === 1 ? " " : "; ");
}

const milliseconds: Readonly<Record<string, number>> = {
  second: 1e3,
  minute: 6e4,
  hour: 3.6e6,
  day: 8.64e7,
  week: 6.048e8,
};
const months: Readonly<Record<string, number>> = { month: 1, quarter: 3, year: 12 };

/** Dates a step apart, for a series that the page makes up; null where the step has no such dates. */
function madeUpDates(count: number, { unit, count: each }: { unit: string; count: number }): string[] | null {
  const at = (t: number) =>
    unit in months ? Date.UTC(2024, t * each * months[unit]) : Date.UTC(2024, 0, 1) + t * each * milliseconds[unit];
  if (!(unit in months) && !(unit in milliseconds)) return null;
  return Array.from({ length: count }, (_, t) => new Date(at(t)).toISOString().slice(0, 16));
}

const datesOf = ({ rows }: Pick<Table, "rows">): string[] | null =>
  rows.every(({ label }) => label !== "") ? rows.map(({ label }) => label) : null;

/** Labels that are no dates, or skip some, are labels all the same. */
async function inDates<T>(dates: string[] | null, work: (dates: string[] | null) => Promise<T>): Promise<T> {
  return work(dates).catch((error: unknown) => {
    if (dates && error instanceof DataError) return work(null);
    throw error;
  });
}
