import fc from "fast-check";
import { expect, test } from "vitest";
import { type CellstateError, DataError, ShapeError } from "../errors.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { timeseriesBatches, timeseriesGenerator, timeseriesWindows } from "./windows.ts";

const series = (T: number) => Array.from({ length: T }, (_, t) => t);

/** Keras's documentation, in its words: num_seqs = end − start − (L − 1) · rate, at most len(targets). */
function longhand(T: number, L: number, stride: number, rate: number, start: number, end: number, labels: number) {
  const rows: { x: number[]; y: number }[] = [];
  const count = Math.min(end - start - (L - 1) * rate, labels - start);
  for (let s = 0; s < count; s += stride) {
    rows.push({ x: Array.from({ length: L }, (_, k) => start + s + rate * k), y: 1000 + start + s });
  }
  return rows.filter(({ x }) => x[L - 1] < T);
}

test("the windows and targets are those of Keras for any length, stride, rate, start and end", () => {
  const whole = fc.integer({ min: 1, max: 6 });
  const start = fc.integer({ min: 0, max: 5 });
  fc.assert(
    fc.property(whole, whole, whole, start, start, start, (L, stride, rate, from, cut, short) => {
      const T = 40;
      const targets = series(T - short).map((t) => 1000 + t);
      const options = { sequenceLength: L, sequenceStride: stride, samplingRate: rate };
      const { x, y } = timeseriesWindows(series(T), targets, { ...options, startIndex: from, endIndex: T - cut });
      const rows = longhand(T, L, stride, rate, from, T - cut, T - short);
      expect(x.toArray()).toEqual(rows.map((row) => row.x));
      expect(y.toArray()).toEqual(rows.map((row) => row.y));
    }),
    { seed: 3, numRuns: 200 },
  );
});

test("Keras's own example: 90 steps from ten timesteps, every second window, every second entry", () => {
  const { x } = timeseriesWindows(series(100), null, { sequenceLength: 10, sequenceStride: 3, samplingRate: 2 });
  expect(x.shape).toEqual([Math.ceil((100 - 9 * 2) / 3), 10]);
  expect(x.row(0).toArray()).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
  expect(x.row(1).toArray()).toEqual([3, 5, 7, 9, 11, 13, 15, 17, 19, 21]);
  expect(x.row(-1).at(-1)).toBe(99);
});

test("features and the shape of targets stay, whole numbers stay whole", () => {
  const data = new NdArray(Int32Array.from(series(12)), [6, 2]);
  const { x, y } = timeseriesWindows(data, data.slice(2), { sequenceLength: 2 });
  expect([x.shape, y.shape, x.dtype, y.dtype]).toEqual([[4, 2, 2], [4, 2], "i32", "i32"]);
  expect(x.row(1).toArray()).toEqual([
    [2, 3],
    [4, 5],
  ]);
  expect(y.row(1).toArray()).toEqual([6, 7]);
});

test("batches hold the same windows, the last one fewer, again and again", () => {
  const options = { sequenceLength: 3 };
  const all = timeseriesWindows(series(12), series(12), options);
  const batches = timeseriesBatches(series(12), series(12), { ...options, batchSize: 4 });
  expect(batches.length).toBe(3);
  for (let epoch = 0; epoch < 2; epoch++) {
    const walked = [...batches];
    expect(walked.map(({ x }) => x.shape[0])).toEqual([4, 4, 2]);
    expect(walked.flatMap(({ x }) => x.toArray())).toEqual(all.x.toArray());
    expect(walked.flatMap(({ y }) => y.toArray())).toEqual(all.y.toArray());
  }
});

test("a seed shuffles windows with their targets, another way each epoch, the same way each run", () => {
  const make = () => timeseriesBatches(series(40), series(40), { sequenceLength: 2, batchSize: 8, shuffleSeed: 5 });
  const walk = (batches: ReturnType<typeof make>) =>
    [...batches].flatMap(({ x, y }) => Array.from(y.data, (target, i) => [x.at(i, 0), target]));
  const batches = make();
  const [first, second] = [walk(batches), walk(batches)];
  for (const [start, target] of first) expect(start).toBe(target);
  expect(first.map(([s]) => s).sort((a, b) => a - b)).toEqual(series(39));
  expect(first).not.toEqual(second);
  const again = make();
  expect([walk(again), walk(again)]).toEqual([first, second]);
});

test("windows without targets come in batches too", () => {
  const [batch] = timeseriesBatches(series(5), null, { sequenceLength: 2 });
  expect(batch.x.shape).toEqual([4, 2]);
  expect("y" in batch).toBe(false);
});

test("a generator's window ends before the row of its target, the end included, as in Keras", () => {
  const data = series(50).map((t) => [t]);
  const [batch] = timeseriesGenerator(data, data, { length: 10, samplingRate: 2, batchSize: 2 });
  expect(batch.x.toArray()).toEqual([
    [[0], [2], [4], [6], [8]],
    [[1], [3], [5], [7], [9]],
  ]);
  expect(batch.y.toArray()).toEqual([[10], [11]]);
  const options = { length: 4, startIndex: 10, endIndex: 30, stride: 3, batchSize: 100 };
  const [part] = timeseriesGenerator(series(50), series(50), options);
  expect(part.y.toArray()).toEqual([14, 17, 20, 23, 26, 29]);
  expect(part.x.row(0).toArray()).toEqual([10, 11, 12, 13]);
  const [reversed] = timeseriesGenerator(series(50), series(50), { ...options, reverse: true });
  expect(reversed.x.row(0).toArray()).toEqual([13, 12, 11, 10]);
});

test("an odd length with a rate keeps the oldest entry, as Python's slice does", () => {
  const [batch] = timeseriesGenerator(series(8), series(8), { length: 5, samplingRate: 2 });
  expect(batch.x.row(0).toArray()).toEqual([0, 2, 4]);
});

test("one window that just fits is one window", () => {
  expect(timeseriesWindows([7], null, { sequenceLength: 1 }).x.toArray()).toEqual([[7]]);
  expect(timeseriesWindows(series(5), null, { sequenceLength: 3, samplingRate: 2 }).x.toArray()).toEqual([[0, 2, 4]]);
});

type Wrong = [run: () => unknown, error: typeof CellstateError, message: RegExp];
const cut = (options: object, T = 10) => timeseriesWindows(series(T), null, options as never);
const wrong: Wrong[] = [
  [() => cut({}), DataError, /sequenceLength to be a whole number, 1 or more, received undefined/],
  [() => cut({ sequenceLength: 0 }), DataError, /received 0/],
  [() => cut({ sequenceLength: 2.5 }), DataError, /received 2.5/],
  [() => cut({ sequenceLength: 2, sequenceStride: 0 }), DataError, /sequenceStride/],
  [() => cut({ sequenceLength: 2, samplingRate: -1 }), DataError, /samplingRate/],
  [
    () => cut({ sequenceLength: 2, startIndex: 10 }),
    DataError,
    /startIndex to be a whole number, from 0 to 9, received 10\.\n {2}Give startIndex 9/,
  ],
  [() => cut({ sequenceLength: 2, endIndex: 11 }), DataError, /endIndex to be a whole number, from 1 to 10/],
  [() => cut({ sequenceLength: 2, startIndex: 5, endIndex: 5 }), DataError, /endIndex.*from 6 to 10/],
  [() => cut({ sequenceLength: 11 }), DataError, /at least 11 rows for one window, received 10/],
  [() => cut({ sequenceLength: 4, samplingRate: 4 }), DataError, /at least 13 rows/],
  [() => cut({ sequenceLength: 1 }, 0), ShapeError, /data \[T, …\] with at least one row, received \[0\]/],
  [() => timeseriesWindows([[1], [2, 3]], null, { sequenceLength: 1 }), ShapeError, /data/],
  [() => timeseriesWindows(["1"] as never, null, { sequenceLength: 1 }), DataError, /a number at \[0\]/],
  [() => timeseriesWindows([1, 2], [], { sequenceLength: 1 }), ShapeError, /targets/],
  [() => timeseriesWindows(series(9), [1, 2], { sequenceLength: 1, startIndex: 3 }), DataError, /beyond row 3/],
  [() => timeseriesBatches(series(9), null, { sequenceLength: 1, batchSize: 0 }), DataError, /batchSize/],
  [() => timeseriesBatches(series(9), null, { sequenceLength: 1, shuffleSeed: 0.5 }), DataError, /shuffleSeed/],
  [() => timeseriesGenerator(series(3), series(2), { length: 1 }), ShapeError, /3 targets, one per row of data/],
  [() => timeseriesGenerator(series(3), series(3), { length: 3 }), DataError, /rows from 3 to endIndex/],
  [() => timeseriesGenerator(series(3), series(3), { length: 1, endIndex: 3 }), DataError, /endIndex.*from 0 to 2/],
];

test("wrong options are refused by name", () => {
  for (const [run, error, message] of wrong) {
    expect(run, String(message)).toThrow(message);
    expect(run, String(message)).toThrow(error);
  }
});

test("windows hold the numbers of the series, not those nearest in f32", () => {
  const t = [1700000001, 1700000002, 1700000003];
  expect(timeseriesWindows(t, t, { sequenceLength: 2 }).x.toArray()).toEqual([t.slice(0, 2), t.slice(1)]);
  expect(timeseriesWindows(Float32Array.from([1, 2]), null, { sequenceLength: 1 }).x.data).toBeInstanceOf(Float32Array);
});
