/** The programs on the pages of docs/labs, and on docs/in-your-program.md, run as they stand there, and answer what the page says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { transform } from "esbuild";
import { expect, test } from "vitest";
import * as data from "../../src/data/index.ts";
import * as main from "../../src/index.ts";

const api = { ...main, ...data };
const folder = join(import.meta.dirname, "../../docs/labs");

/** What each program of a page prints, in order. */
const answers: Record<string, readonly RegExp[]> = {
  "pass-fail.md": [/^1$/, /^pass$/],
  "next-value.md": [/^(6\.[7-9]|7\.\d|8\.[0-5])$/, /^9\.0$/], // the first saturates near the largest value it saw, 7
  "chorales.md": [/^55 62 71$/],
  "translation.md": [/^one two, two one, three, one three two, two three$/],
  "memory.md": [/^learned$/],
  "airline.md": [/^1[3-6]\.\d 49\.0 42\.4$/], // 14.6; the baselines by the file's numbers
  "stock.md": [/^The forecast (loses to|is hardly better than) the \w+ one: /],
  "japanese-vowels.md": [/^up left$/],
  "spoken-digits.md": [/^rises$/],
  "sentiment.md": [/^good \["an","fun"\]$/],
  "../in-your-program.md": [/^\[200,400,200\]$/, /^\[2,1\] \[\[13\],\[18\]\]$/, /^true 3$/, /^true \[2,1\]$/],
};

for (const [page, expected] of Object.entries(answers)) {
  test(`the programs of ${page} run and print what they should`, async () => {
    const programs = [...readFileSync(join(folder, page), "utf8").matchAll(/```ts\n([\s\S]*?)```/g)].map((m) => m[1]);
    expect(programs).toHaveLength(expected.length);
    for (const [i, program] of programs.entries()) expect(await printed(program)).toMatch(expected[i]);
  });
}

async function printed(program: string): Promise<string> {
  const body = program.replace(/^import .*\n/gm, "");
  const { code } = await transform(`async () => {\n${body}}`, { loader: "ts" });
  const lines: string[] = [];
  const log = (...said: unknown[]) =>
    void lines.push(said.map((v) => (typeof v === "string" ? v : JSON.stringify(v))).join(" "));
  const names = Object.keys(api);
  const run = new Function(...names, "console", `return ${code}`)(...Object.values(api), { log });
  await run();
  return lines.join("\n");
}
