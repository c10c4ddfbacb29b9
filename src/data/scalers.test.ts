import { expect, test } from "vitest";
import { type CellstateError, DataError, FormatError, ShapeError } from "../errors.ts";
import { Random } from "../tensor/random.ts";
import { minMaxScaler, robustScaler, type ScalerJson, scalerFromJson, standardScaler } from "./scalers.ts";

const random = new Random(7);
const table = Array.from({ length: 41 }, () => [random.normal() * 5 + 100, random.uniform(-1, 1), 3]);
const column = (rows: number[][], j: number) => rows.map((row) => row[j]);
const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;

test("standard: every feature has mean 0 and deviation 1 afterwards, a constant one is 0", () => {
  const z = standardScaler().fit(table).transform(table).toArray() as number[][];
  for (const j of [0, 1]) {
    expect(mean(column(z, j))).toBeCloseTo(0, 6); // f32 input of about 100 with 24 bits
    expect(mean(column(z, j).map((v) => v * v))).toBeCloseTo(1, 5);
  }
  expect(new Set(column(z, 2))).toEqual(new Set([0]));
});

test("min-max: the training split's ends become the range's ends, and later values may lie beyond", () => {
  const scaler = minMaxScaler({ low: -1, high: 1 }).fit(table);
  const z = scaler.transform(table).toArray() as number[][];
  expect([Math.min(...column(z, 1)), Math.max(...column(z, 1))]).toEqual([-1, 1]);
  expect(new Set(column(z, 2))).toEqual(new Set([-1]));
  expect(minMaxScaler().fit([0, 10]).transform([-5, 20]).toArray()).toEqual([-0.5, 2]);
});

test("robust: NumPy's median and quartiles, whatever the outlier", () => {
  const quiet = robustScaler().fit([1, 2, 3, 4, 5, 6]).toJSON();
  const loud = robustScaler().fit([1, 2, 3, 4, 5, 1e9]).toJSON();
  expect(quiet).toEqual({ kind: "robust", center: [3.5], scale: [2.5] }); // np.percentile: 2.25, 3.5, 4.75
  expect(loud).toEqual(quiet);
  expect(robustScaler().fit([4, 4, 4]).transform([5]).toArray()).toEqual([1]);
});

test("times as plain lists are looked at in double precision, whatever form they come in", () => {
  const t = [1700000000, 1700000030, 1700000060]; // f32 would make one number of them
  const deviation = Math.sqrt(1.5); // scikit-learn: ±1.2247449
  const right = { minMax: [0, 0.5, 1], standard: [-deviation, 0, deviation], robust: [-1, 0, 1] };
  for (const make of [minMaxScaler, standardScaler, robustScaler])
    for (const x of [
      t,
      t.map((v) => [v]),
      t.map((v) => Float64Array.of(v)),
      Float64Array.from(t),
      [t.map((v) => [v])],
    ]) {
      const scaler = make().fit(x);
      const z = scaler.transform(x);
      for (const [i, v] of right[scaler.kind].entries()) expect(z.data[i]).toBeCloseTo(v, 6); // f32
      expect(Array.from(scaler.inverse(z).data, Math.round)).toEqual(t);
    }
  expect(
    minMaxScaler()
      .fit([0, 2 ** 24 + 2])
      .inverse([0.5])
      .toArray(),
  ).toEqual([8388609]);
});

test("a constant whose mean rounds is a constant all the same", () => {
  const scaler = standardScaler().fit(new Float64Array(1000).fill(0.1));
  expect(scaler.toJSON().scale).toEqual([1]);
});

test("inverse undoes transform, for every scaler and rank", () => {
  for (const make of [standardScaler, minMaxScaler, robustScaler]) {
    const scaler = make().fit(table);
    const back = scaler.inverse(scaler.transform(table)).toArray() as number[][];
    for (let i = 0; i < table.length; i++) for (let j = 0; j < 3; j++) expect(back[i][j]).toBeCloseTo(table[i][j], 3); // f32: 100 · 2^-24 · a few
    const cube = scaler.transform([table.slice(0, 4), table.slice(4, 8)]);
    expect(cube.shape).toEqual([2, 4, 3]);
    expect(Array.from(cube.data)).toEqual(Array.from(scaler.transform(table.slice(0, 8)).data));
  }
});

test("a forecast of one column is put back by that column's numbers", () => {
  const scaler = minMaxScaler().fit([
    [0, 100],
    [10, 300],
  ]);
  expect(scaler.inverse([[0.5], [1]], { features: [1] }).toArray()).toEqual([[200], [300]]);
  expect(scaler.inverse([0.5], { features: [0] }).toArray()).toEqual([5]);
});

test("a scaler survives JSON to the bit", () => {
  for (const make of [standardScaler, minMaxScaler, robustScaler]) {
    const scaler = make().fit(table);
    const again = scalerFromJson(JSON.parse(JSON.stringify(scaler)));
    expect(again.transform(table)).toEqual(scaler.transform(table));
    expect(again.toJSON()).toEqual(scaler.toJSON());
  }
});

test("the data are not changed", () => {
  const x = Float32Array.of(5, 1, 3);
  robustScaler().fit(x).transform(x);
  expect(Array.from(x)).toEqual([5, 1, 3]);
});

type Wrong = [name: string, run: () => unknown, error: typeof CellstateError, message: RegExp];
const fitted = standardScaler().fit([
  [1, 2],
  [3, 4],
]);
const wrong: Wrong[] = [
  [
    "NaN",
    () =>
      standardScaler().fit([
        [1, 2],
        [3, Number.NaN],
      ]),
    DataError,
    /row 1, column 1, received NaN/,
  ],
  ["infinity", () => minMaxScaler().fit([1, Number.POSITIVE_INFINITY]), DataError, /row 1, column 0/],
  ["NaN later", () => fitted.transform([[Number.NaN, 1]]), DataError, /standardScaler.transform.*row 0, column 0/],
  ["no rows", () => robustScaler().fit([]), ShapeError, /at least one number, received \[0\]/],
  ["other features", () => fitted.transform([[1, 2, 3]]), ShapeError, /2 features[\s\S]*features: \[0\]/],
  [
    "feature out of range",
    () => fitted.inverse([[1]], { features: [2] }),
    DataError,
    /features from 0 to 1, received 2/,
  ],
  ["no features", () => fitted.inverse([[1]], { features: [] }), DataError, /received none/],
  ["not fitted", () => minMaxScaler().transform([1]), DataError, /training split first/],
  ["not fitted, saved", () => minMaxScaler().toJSON(), DataError, /one that is not fitted/],
  ["range", () => minMaxScaler({ low: 1, high: 1 }), DataError, /low < high, received low 1, high 1/],
  ["strings", () => standardScaler().fit(["a"] as never), DataError, /a number at \[0\]/],
  ["refit", () => scalerFromJson(fitted.toJSON()).fit([1]), DataError, /read from JSON/],
  ["kind", () => scalerFromJson({ kind: "max" } as never), FormatError, /received "max"/],
  ["null", () => scalerFromJson(null as never), FormatError, /received undefined/],
  ["lists", () => scalerFromJson({ kind: "standard", center: [1], scale: [] }), FormatError, /equally long/],
  ["zero", () => scalerFromJson({ kind: "standard", center: [1], scale: [0] }), FormatError, /above 0/],
  ["none", () => scalerFromJson({ kind: "standard", center: [], scale: [] } as ScalerJson), FormatError, /one feature/],
];

test("wrong data are refused by name and place", () => {
  for (const [name, run, error, message] of wrong) {
    expect(run, name).toThrow(message);
    expect(run, name).toThrow(error);
  }
});

test("clip brings values beyond the training split to low and high, also after JSON", () => {
  const scaler = minMaxScaler({ low: -1, clip: true }).fit([[10], [20]]);
  const wanted = [[-1], [0], [1]];
  expect(scaler.transform([[5], [15], [99]]).toArray()).toEqual(wanted);
  const again = scalerFromJson(JSON.parse(JSON.stringify(scaler)));
  expect(again.transform([[5], [15], [99]]).toArray()).toEqual(wanted);
  expect(() => scalerFromJson({ kind: "minMax", center: [0], scale: [1], clip: [2, 1] })).toThrow(
    /clip: two finite numbers/,
  );
});
