/** The programs on the pages of docs/labs, and on two others of docs, run as they stand there, and answer what the page says. */
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as data from "../../src/data/index.ts";
import * as main from "../../src/index.ts";
import * as tagging from "../../src/tagging/index.ts";
import * as transcribe from "../../src/transcribe/index.ts";
import * as translate from "../../src/translate/index.ts";
import * as video from "../../src/video/index.ts";
import { thorough } from "../thorough.ts";
import { misspelled, printed, programsOf } from "./page-programs.ts";

const api = { ...main, ...data, ...tagging, ...transcribe, ...translate, ...video };
const folder = join(import.meta.dirname, "../../docs/labs");

/** The output of each program of a page, in order. */
const answers: Record<string, readonly RegExp[]> = {
  "pass-fail.md": [/^1$/, /^pass$/],
  "next-value.md": [/^(6\.[7-9]|7\.\d|8\.[0-5])$/, /^9\.0$/], // the first saturates near the largest value it saw, 7
  "chorales.md": [/^55 62 71$/],
  "translation.md": [/^three one$/, /^one two, two one, three, one three two, two three$/],
  "memory.md": [/^learned$/],
  "airline.md": [/^1[3-6]\.\d 49\.0 42\.4$/], // 14.6; the baselines by the file's numbers
  "anomalies.md": [/^row 35\d: 40/],
  "written-digits.md": [/^abba$/],
  "moving-digits.md": [/^left$/],
  "tagging.md": [/^from denver, to boston$/, /^2$/],
  "stock.md": [/^The forecast (is worse than|is hardly better than) the \w+ baseline: /],
  "japanese-vowels.md": [/^up left$/],
  "spoken-digits.md": [/^rises$/],
  "sentiment.md": [/^good \["an","fun"\]$/],
  "../coming-from.md": [/^true$/, /^\[1,1,0,0\]$/, /^60$/, /^yes$/],
  "../in-your-program.md": [
    /^\[200,400,200\]$/,
    /2022-10.*\n?.*\["2023-04","2023-05"\] \[2,1\]$/,
    /^true 3$/,
    /^true \[2,1\]$/,
    /^true 0$/,
  ],
};

/** Their programs train for seconds. */
const slow = ["memory.md", "stock.md", "translation.md"];

for (const [page, expected] of Object.entries(answers)) {
  test.skipIf(!thorough && slow.includes(page))(`the programs of ${page} run and print what they should`, async () => {
    const programs = programsOf(readFileSync(join(folder, page), "utf8"));
    expect(programs).toHaveLength(expected.length);
    for (const [i, program] of programs.entries()) expect(await printed(program, api)).toMatch(expected[i]);
  });
}

test("the steps of next-word.md run one after the other, each way", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "cellstate-")), "faq.keras");
  const text = readFileSync(join(folder, "next-word.md"), "utf8")
    .replace(/epochs: \d+/g, "epochs: 1, verbose: 0")
    .replaceAll("150", "4")
    .replace(/^.*\.summary\(\);$/gm, "")
    .replace('"faq.keras"', JSON.stringify(file));
  const [read, ...steps] = programsOf(text);
  const given = { readFileSync: () => "What is the fee?\n\nThe fee is low.\nwhat is it\n" };
  const words = async (program: string) =>
    (await printed(program, { ...api, ...given })).split("\n").map((line) => line.split(" ").length);
  expect(await words([read, ...steps.slice(0, 4)].join("\n"))).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  expect(await words(steps[4])).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 9]);
  expect((await main.loadTask(file)).kind).toBe("languageModel");
  expect(await printed(steps[5], api)).toMatch(/^(.*"token":"\w+","probability":0\.\d+.*){3}$/);
});

test("every command on the pages exists, with its options and as many words as it takes", () => {
  const guides = readdirSync(join(folder, "..")).map((name) => `../${name}`);
  const pages = ["../../README.md", ...guides, ...readdirSync(folder)].filter((name) => name.endsWith(".md"));
  const lines = pages.flatMap((page) => {
    const text = readFileSync(join(folder, page), "utf8").replace(/\\\n\s*/g, "");
    const commands = text.matchAll(/^(?:\$ |npx |mpirun .* npx )?(cellstate [-a-z].*?)(?: +#.*| < .*| ?\|.*)?$/gm);
    return [...commands].map(([, line]) => ({ page, line }));
  });
  expect(lines.length).toBeGreaterThan(100);
  for (const { page, line } of lines) expect(misspelled(line), `${page}: ${line}`).toEqual([]);
});
