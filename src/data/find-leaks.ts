import { DataError, problem, showValue } from "../errors.ts";
import { checkKnown, checkWhole } from "./checks.ts";

/** A column of numbers; NaN is a missing one. */
type Column = readonly number[] | Float64Array | Float32Array | Int32Array;

export interface LeakOptions {
  /** Columns whose values in the rows to predict are known, by name. Default: none. */
  known?: Readonly<Record<string, Column>>;
  /** Columns known up to the row before those to predict, by name. Default: none. */
  past?: Readonly<Record<string, Column>>;
  /** Rows that are predicted at once, from 1 on. Default 1. */
  horizon?: number;
}

/** Columns that give the target away. */
export interface Leak {
  /** Their names. */
  readonly columns: readonly string[];
  /** The target by these columns: `casual + registered`, `next_sales 1 row before`. */
  readonly formula: string;
}

const who = "findLeaks";
const fewest = 10; // different values of the target, rows of a formula: fewer agree by chance
const mostInTriples = 40; // columns

/**
 * Columns that hold the answer: one that is the target but for scale and offset; a sum, difference, product or quotient of two, a sum or
 * difference of three or the sum of all, in each row; one that is the target some rows earlier or later, as far as it would be read
 * too early. Exact but for rounding; of several formulas with the same columns the simplest. A target of fewer than 10 different values has none.
 *
 *   const cnt = [16, 40, 32, 13, 1, 2, 3, 8, 14, 36];
 *   const casual = [3, 8, 5, 3, 0, 0, 2, 1, 1, 8];
 *   const registered = [13, 32, 27, 10, 1, 2, 1, 7, 13, 28];
 *   findLeaks(cnt, { known: { casual, registered } }); // [{ "columns": ["casual", "registered"], "formula": "casual + registered" }]
 */
export function findLeaks(target: Column, options: LeakOptions): Leak[] {
  const { known = {}, past = {}, horizon = 1 } = checkKnown(who, options, ["known", "past", "horizon"]);
  checkWhole(who, "horizon", horizon, 1);
  const y = Float64Array.from(target);
  if (new Set(y.filter((v) => !Number.isNaN(v))).size < fewest) return [];
  const columns = numbersOf(known, y.length);
  const single = columns.flatMap((c) => (isScaled(y, c.x) ? [{ columns: [c.name], formula: scaledText(y, c) }] : []));
  const moved = [
    ...columns.flatMap((c) => shiftOf(y, c, 1 - horizon, horizon)),
    ...numbersOf(past, y.length).flatMap((c) => shiftOf(y, c, 1, horizon)),
  ];
  const alone = new Set([...single, ...moved].flatMap((leak) => leak.columns));
  const others = columns.filter((c) => !alone.has(c.name) && varies(c.x));
  const pairs = pairsOf(others).flatMap(([a, b]) => inPair(y, a, b));
  const inPairs = new Set(pairs.flatMap((leak) => leak.columns));
  const rest = others.filter((c) => !inPairs.has(c.name));
  const triples =
    rest.length <= mostInTriples
      ? rest.flatMap((a, i) => pairsOf(rest.slice(i + 1)).flatMap(([b, c]) => inTriple(y, a, b, c)))
      : [];
  const all = pairs.length + triples.length === 0 && others.length > 3 ? inSum(y, others) : [];
  return [...single, ...moved, ...pairs, ...triples, ...all];
}

interface Named {
  readonly name: string;
  readonly x: Float64Array;
}

function numbersOf(columns: Readonly<Record<string, Column>>, rows: number): Named[] {
  return Object.entries(columns).map(([name, column]) => {
    if (typeof column !== "object" || column === null || !Number.isInteger(column.length))
      throw new DataError(problem(who, `a list of numbers as column ${JSON.stringify(name)}`, showValue(column)));
    if (column.length >= rows) return { name, x: Float64Array.from(column).subarray(0, rows) };
    throw new DataError(
      problem(who, `a number in column ${JSON.stringify(name)} for each of ${rows} rows`, `${column.length}`),
    );
  });
}

const pairsOf = (list: readonly Named[]): [Named, Named][] =>
  list.flatMap((a, i) => list.slice(i + 1).map((b): [Named, Named] => [a, b]));

const varies = (x: Float64Array): boolean => x.some((v) => !Number.isNaN(v) && v !== x[0]);

/** Whether a formula gives the target in each row that has numbers, to the last digits of a double or within `room`. */
function holds(y: Float64Array, of: (t: number) => number, room = 0): boolean {
  let rows = 0;
  for (let t = 0; t < y.length; t++) {
    const value = of(t);
    if (Number.isNaN(y[t]) || Number.isNaN(value)) continue;
    if (!(Math.abs(y[t] - value) <= room + 1e-9 * Math.max(1, Math.abs(y[t])))) return false;
    rows++;
  }
  return rows >= fewest;
}

/** The target as `scale · x + offset`, by the first two rows that differ. */
function lineOf(y: Float64Array, x: Float64Array): { scale: number; offset: number } | null {
  const given = (t: number) => !Number.isNaN(y[t]) && !Number.isNaN(x[t]);
  const first = y.findIndex((_, t) => given(t));
  const other = y.findIndex((_, t) => given(t) && x[t] !== x[first]);
  if (first < 0 || other < 0) return null;
  const scale = (y[other] - y[first]) / (x[other] - x[first]);
  return { scale, offset: y[first] - scale * x[first] };
}

function isScaled(y: Float64Array, x: Float64Array): boolean {
  const line = lineOf(y, x);
  return line !== null && line.scale !== 0 && holds(y, (t) => line.scale * x[t] + line.offset);
}

function scaledText(y: Float64Array, { name, x }: Named): string {
  const { scale, offset } = lineOf(y, x)!;
  const short = (v: number) => String(Number(v.toPrecision(6)));
  const times = Math.abs(scale - 1) < 1e-9 ? name : `${short(scale)} · ${name}`;
  if (Math.abs(offset) < 1e-9) return times;
  return `${times} ${offset < 0 ? "−" : "+"} ${short(Math.abs(offset))}`;
}

/** The column as the target of another row, where a forecast would read it before that row: from so many rows before it to `last` − 1 after. */
function shiftOf(y: Float64Array, { name, x }: Named, from: number, last: number): Leak[] {
  for (let ahead = from; ahead <= last; ahead++) {
    if (ahead === 0) continue; // the same row
    if (!holds(y, (t) => x[t - ahead] ?? Number.NaN)) continue;
    const rows = Math.abs(ahead) === 1 ? "row" : "rows";
    return [{ columns: [name], formula: `${name} ${Math.abs(ahead)} ${rows} ${ahead > 0 ? "before" : "after"}` }];
  }
  return [];
}

function inPair(y: Float64Array, { name: a, x: p }: Named, { name: b, x: q }: Named): Leak[] {
  const room = roundingOf(y);
  const formulas: [string, (t: number) => number, number][] = [
    [`${a} + ${b}`, (t) => p[t] + q[t], 0],
    [`${a} − ${b}`, (t) => p[t] - q[t], 0],
    [`${b} − ${a}`, (t) => q[t] - p[t], 0],
    [`${a} · ${b}`, (t) => p[t] * q[t], room],
    [`${a} / ${b}`, (t) => (q[t] === 0 ? Number.NaN : p[t] / q[t]), room],
    [`${b} / ${a}`, (t) => (p[t] === 0 ? Number.NaN : q[t] / p[t]), room],
  ];
  const found = formulas.find(([, of, within]) => holds(y, of, within));
  return found ? [{ columns: [a, b], formula: found[0] }] : [];
}

const signs = [
  [1, 1, 1],
  [1, 1, -1],
  [1, -1, 1],
  [-1, 1, 1],
  [1, -1, -1],
  [-1, 1, -1],
  [-1, -1, 1],
] as const;

function inTriple(y: Float64Array, ...three: [Named, Named, Named]): Leak[] {
  const [p, q, r] = three.map(({ x }) => x);
  const found = signs.find(([a, b, c]) => holds(y, (t) => a * p[t] + b * q[t] + c * r[t]));
  if (!found) return [];
  const terms = three
    .map(({ name }, k) => ({ name, minus: found[k] < 0 }))
    .sort((a, b) => Number(a.minus) - Number(b.minus));
  const formula = terms.map(({ name, minus }, k) => (k === 0 ? name : `${minus ? "−" : "+"} ${name}`)).join(" ");
  return [{ columns: three.map(({ name }) => name), formula }];
}

function inSum(y: Float64Array, all: readonly Named[]): Leak[] {
  const names = all.map(({ name }) => name);
  const leaks = holds(y, (t) => all.reduce((sum, { x }) => sum + x[t], 0));
  return leaks ? [{ columns: names, formula: names.join(" + ") }] : [];
}

/** Half a unit of the last place that the target is written with, for products are rounded; 0 where it has few such units. */
function roundingOf(y: Float64Array): number {
  const numbers = y.filter((v) => !Number.isNaN(v));
  const places = [0, 1, 2, 3, 4].find((d) => numbers.every((v) => isWhole(v * 10 ** d)));
  if (places === undefined) return 0;
  const unit = 10 ** -places;
  const range = numbers.reduce((a, b) => Math.max(a, b)) - numbers.reduce((a, b) => Math.min(a, b));
  return range >= 1000 * unit ? unit / 2 : 0;
}

const isWhole = (v: number): boolean => Math.abs(v - Math.round(v)) < 1e-6;
