import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { differences } from "../../scripts/instructions.mjs";

const table = JSON.parse(readFileSync("kernels/lab/instructions.json", "utf8"));
const { instructions, tolerance } = table as { instructions: Record<string, number>; tolerance: number };

test("the guard of instruction counts lets the table's own counts pass, and those within its tolerance", () => {
  expect(differences(instructions, instructions, tolerance)).toEqual([]);
  const more = Object.entries(instructions).map(([name, n]) => [name, n * (1 + 0.9 * tolerance)]);
  expect(differences(instructions, Object.fromEntries(more), tolerance)).toEqual([]);
});

test("it names a work that executes more, one that executes less, one that is new, and one that is gone", () => {
  const [first, second, third] = Object.keys(instructions);
  const seen = { ...instructions, [first]: instructions[first] * 1.1, [second]: instructions[second] * 0.9, other: 5 };
  delete (seen as Record<string, number>)[third];
  const names = differences(instructions, seen, tolerance).map(({ name }) => name);
  expect(names.sort()).toEqual([first, second, third, "other"].sort());
});

test("each work of the lab is in the table", () => {
  const source = readFileSync("kernels/lab/counts.cpp", "utf8");
  const named = [...source.matchAll(/^ {4}\{"([^"]+)", /gm)].map(([, name]) => name);
  expect(named.length).toBeGreaterThan(10);
  expect(named.sort()).toEqual(Object.keys(instructions).sort());
});
