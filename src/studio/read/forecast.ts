import { DataError } from "../../errors.ts";
import type { Forecaster, NdArray } from "../../index.ts";
import type { Replace } from "../messages.ts";
import { leftOut, readTable, replaced, short, stepsOf, type Table } from "./numbers.ts";
import { noReader, type Reader, type Reading } from "./reading.ts";

const mostRows = 5000; // of a series; the page's input is shorter anyway

/** A forecaster reads a series row by row, with a date before each where there is one. */
export function readForecastInput(task: Forecaster): Reader {
  const { learned } = task;
  const { columns, names, targets, window, differences, logarithm } = learned;
  const methods = learned.methods.flat().map(({ name }) => name);
  if (!methods.includes("network"))
    return noReader(
      `It forecasts by ${[...new Set(methods)].join(", ")}, without a network: there are no gates to look at.`,
    );
  const outputs = task.model.outputShape?.at(-1);
  const plain = differences.length === 0 && !logarithm && outputs === targets.length;
  const target = names?.[targets[0]] ?? "the series";
  const rest = { task, window, least: window + differences.reduce((a, b) => a + b, 0) };
  return {
    ...{ input: "numbers", features: columns, columns: names ?? [], example: exampleFor(task, rest.least) },
    ...(plain
      ? {
          names: targets.map((k) => `${names?.[k] ?? "the series"}, a step ahead`),
          scaled: (value: number, place: number) =>
            learned.outputs.inverse([[...targets.map((_, k) => (k === place ? value : 0))]]).at(0, place),
        }
      : { names: Array.from({ length: outputs ?? 0 }, (_, k) => `${target}, output ${k + 1} in the network's units`) }),
    read: (input, replace) => readSeries(input, replace, rest),
  };
}

async function readSeries(
  input: string,
  replace: Replace | null,
  { task, window, least }: { task: Forecaster; window: number; least: number },
): Promise<Reading> {
  const { columns, names } = task.learned;
  const table = readTable(input, columns, mostRows, null, names ?? []);
  const shift = Math.max(0, table.rows.length - window);
  const all: Table = replace ? replaced(table, columns, { ...replace, step: replace.step + shift }) : table;
  const series = all.rows.map(({ values }) => [...values]);
  const { x } = task.modelInput(series);
  const note = leftOut(Math.min(window, all.rows.length), table.typed);
  const before = least > window ? ` ${least - window} before them are needed for differences.` : "";
  return {
    ...{ inputs: [x as NdArray], from: 0, prefixes: null },
    steps: stepsOf({ rows: all.rows.slice(-window), typed: window }),
    note: `${note}${note && before}`,
    answer: await forecastOf(task, all, series),
  };
}

/** The forecast after a series in words, with its dates where the series has them. */
async function forecastOf(task: Forecaster, { rows }: Table, series: number[][]): Promise<string> {
  const dates = rows.every(({ label }) => label !== "") ? rows.map(({ label }) => label) : null;
  // Labels that are no dates, or skip some, are labels all the same.
  const found = await task.predict(series, dates ? { dates } : {}).catch((error: unknown) => {
    if (dates && error instanceof DataError) return task.predict(series);
    throw error;
  });
  const { names, targets } = task.learned;
  const steps = Math.min(12, found.values.shape[0]);
  return targets
    .map((column, k) => {
      const values = Array.from({ length: steps }, (_, h) => {
        const date = found.dates?.[h];
        return `${date === undefined ? "" : `${date}: `}${short(found.values.at(h, k))}`;
      });
      return `Forecast${names ? ` of ${names[column]}` : ""}: ${values.join(date(found.dates) ? "; " : ", ")}.`;
    })
    .join(" ");
}
const date = (dates: readonly string[] | null): boolean => dates !== null;

/** A series of the kind it was trained on as far as that is known: nothing of the data is in the file. */
function exampleFor({ learned }: Forecaster, rows: number): string {
  const { inputs, columns, differences, logarithm } = learned;
  const wave = (t: number, d: number) => 0.5 * Math.sin(t / 2 + d);
  const made = Array.from({ length: rows }, (_, t) => Array.from({ length: columns }, (_, d) => wave(t, d)));
  const levels =
    differences.length > 0
      ? made.map((row, t) => row.map((v) => 100 + t + 10 * v))
      : (inputs.inverse(made).toArray() as number[][]).map((row) => row.map((v) => (logarithm ? Math.exp(v) : v)));
  return levels.map((row) => row.map(short).join(" ")).join(columns === 1 ? " " : "; ");
}
