import { expect, test } from "vitest";
import type { JsonObject } from "../../formats/json.ts";
import { readKerasArchive, writeKerasArchive } from "../../formats/keras/archive.ts";
import { kerasBytes, readKeras } from "../../formats/keras/keras.ts";
import { functional } from "../../models/functional.ts";
import { asNdArray } from "../../tensor/nd-array.ts";
import { input, operations } from "../index.ts";

const rows = [
  [1, 2, 4],
  [4, -1, 2],
];
const of = async (make: (x: ReturnType<typeof input>) => ReturnType<typeof operations.subtract>) => {
  const x = input([3]);
  return (await functional(x, make(x)).predict(rows)).toArray();
};

test("a number or an array stands on the left of an operation", async () => {
  expect(await of((x) => operations.subtract(2, x))).toEqual(rows.map((row) => row.map((v) => 2 - v)));
  expect(await of((x) => operations.divide(8, x))).toEqual(rows.map((row) => row.map((v) => 8 / v)));
  const weights = asNdArray([1, 10, 100]);
  expect(await of((x) => x.mul(weights))).toEqual([
    [1, 20, 400],
    [4, -10, 200],
  ]);
});

test("operations without a method: entries at places, whole copies, running sums, products", async () => {
  expect(await of((x) => operations.take(x, [2, 0], 1))).toEqual([
    [4, 1],
    [2, 4],
  ]);
  expect(await of((x) => operations.tile(x, [1, 2]))).toEqual(rows.map((row) => [...row, ...row]));
  expect(await of((x) => operations.cumsum(x, 1))).toEqual([
    [1, 3, 7],
    [4, 3, 5],
  ]);
  expect(await of((x) => operations.prod(x, 1))).toEqual([8, -8]);
});

test("places that are not there, and arrays of very many numbers, are refused", () => {
  const x = input([3]);
  expect(() => operations.take(x, [3], 1)).toThrow(/places below 3/);
  expect(() => x.mul(asNdArray([new Array(5000).fill(1)]))).toThrow(/at most 4096 numbers/);
});

test("settings of an operation in a file that no formula here supports are refused, or have the one value they may have", async () => {
  const x = input([3]);
  const archive = await readKerasArchive(await kerasBytes(functional(x, x.max(1)) as never), "max");
  const { layers } = (archive.config as { config: { layers: { class_name: string; config: JsonObject }[] } }).config;
  const { config } = layers.find(({ class_name }) => class_name === "Max")!;
  const read = async () => readKeras(await writeKerasArchive(archive), "max.keras");
  expect(((await (await read()).predict(rows)) as { toArray(): unknown }).toArray()).toEqual([4, 4]);
  config.initial = 0; // Keras: the largest of the numbers and 0
  await expect(read()).rejects.toThrow(/operation "max": expected no initial, received 0[\s\S]*remove it/);
});
