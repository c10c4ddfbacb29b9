/** The tests that the short form leaves out are listed by `npm test`, with their reasons: nothing else is left out. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { longFiles, shorter } from "../long-form.ts";

const root = join(import.meta.dirname, "../..");
const files = ["src", "test"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((path) => join(folder, path)),
);
const long = Object.values(longFiles).flat();

test("every file that is left out is there, and named once", () => {
  expect(long.filter((path) => !files.includes(path))).toEqual([]);
  expect(new Set(long).size).toBe(long.length);
});

test("every file that asks for the form it runs in says what it runs less of", () => {
  const asking = files
    .filter((path) => path.endsWith(".ts") && /import .*\/thorough\.ts"/.test(readFileSync(join(root, path), "utf8")))
    .filter((path) => path !== "test/long-form.ts" && !long.includes(path));
  expect(asking.toSorted()).toEqual(Object.keys(shorter).toSorted());
});
