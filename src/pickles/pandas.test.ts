import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { thorough } from "../../test/thorough.ts";
import { Random } from "../tensor/random.ts";
import type { PandasFrame } from "./pandas-frame.ts";
import { readPickle } from "./read-pickle.ts";

/** Written by test/judges/make-pandas.py with pandas 2 and 3. */
const folder = join(import.meta.dirname, "../../test/fixtures/pandas");
const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
const files = readdirSync(folder).filter((name) => name !== "expected.json");

describe("tables are those of pandas", () => {
  test.for(files.filter((name) => !name.startsWith("levels")))("%s", async (file) => {
    const frame = await readPickle<PandasFrame>(join(folder, file));
    const { names, index, columns } = expected[file.replace(/-\d\..*/, "")];
    expect(frame.names).toEqual(names);
    expect(frame.index).toEqual(index);
    const found = frame.names.map((name) =>
      [...frame.column(name)].map((v) => (typeof v === "number" && Number.isNaN(v) ? null : v)),
    );
    const booleansAsNumbers = (v: unknown) => (typeof v === "boolean" ? Number(v) : v);
    expect(found).toEqual(columns.map((column: unknown[]) => column.map(booleansAsNumbers)));
  });
});

test("numbers for a network: all columns, or those that are named", async () => {
  const frame = await readPickle<PandasFrame>(join(folder, "mixed-3.pkl"));
  expect(frame.numbers(["count", "open"]).toArray()).toEqual([
    [1, 1],
    [2, 0],
    [3, 1],
    [4, 1],
  ]);
  expect(() => frame.numbers()).toThrow(/columns of numbers, received the column "word" of texts/);
  expect(() => frame.column("counts")).toThrow(/a column of the table, received "counts"[\s\S]*count/);
});

const told = (source: Uint8Array | string) =>
  readPickle(source).then(
    () => "read",
    (error: Error) => `${error.name}: ${error.message}`,
  );

test("an index of several levels is refused with what to do", async () => {
  for (const version of [2, 3])
    expect(await told(join(folder, `levels-${version}.pkl`))).toMatch(
      /rows of one level, received a MultiIndex\.\n {2}In Python: frame\.reset_index\(\)\.to_pickle/,
    );
});

test.skipIf(!thorough)("damaged tables end in an error of ours, each of several hundred", async () => {
  const r = new Random(9);
  for (const file of files) {
    const bytes = readFileSync(join(folder, file));
    for (let k = 0; k < 40; k++) {
      const damaged = Uint8Array.from(bytes);
      for (let j = 0; j < 3; j++) damaged[r.below(damaged.length)] = r.below(256);
      expect(await told(k % 3 === 0 ? damaged.subarray(0, r.below(damaged.length)) : damaged), file).toMatch(
        /^read|^FormatError|^DataError|^ShapeError/,
      );
    }
  }
});
