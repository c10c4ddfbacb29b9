/** Every `cellstate train` ends where its loss is no number, and leaves the model of before as it is. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { speaker } from "./say.ts";

const { file, say } = speaker("cli-no-number");
const lines = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join("\n");
const wild = ["--optimizer", "sgd", "--learning-rate", "1e38", "--epochs", "3", "--units", "4", "--save", "old.keras"];

const commands: [string, string, string[]][] = [
  ["text", lines(40, (i) => `the cell number ${i % 7} remembers the gate and the input`), ["--scheme", "stream"]],
  ["text", lines(40, (i) => `the cell number ${i % 7} remembers`), ["--scheme", "lines"]],
  ["classify", `text,label\n${lines(60, (i) => `${i % 2 ? "good" : "bad"} film ${i},${i % 2}`)}\n`, []],
  ["forecast", `value\n${lines(80, (i) => String(Math.sin(i)))}\n`, []],
  [
    "sequence",
    `id,a,label\n${lines(120, (i) => `${i >> 2},${Math.sin(i)},${(i >> 2) % 3 === 0 ? 1 : 0}`)}\n`,
    ["--group", "id", "--label", "label"],
  ],
];

test.each(commands)("train %s says epoch and step, and saves nothing", async (command, contents, options) => {
  const name = command === "text" ? "data.txt" : "data.csv";
  writeFileSync(file(name), contents);
  writeFileSync(file("old.keras"), "what was there before");
  const { code, err } = await say("train", command, name, ...wild, ...options);
  expect(err).toMatch(/finite numbers?, received .* (in|after) epoch \d+, step \d+\./);
  expect(err).toContain("--learning-rate");
  expect(code).toBe(1);
  expect(readFileSync(file("old.keras"), "utf8")).toBe("what was there before");
});
