/** `cellstate train translate`, and `predict`, `evaluate` and `explain` on what it saved. */
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import { speaker } from "./say.ts";

const { file, say } = speaker("translate");

const words = { one: "eins", two: "zwei", three: "drei" };
const names = Object.keys(words) as (keyof typeof words)[];
const pairs = names.flatMap((a) => names.map((b) => [`${a} ${b}`, `${words[b]} ${words[a]}`]));

beforeAll(async () => {
  const lines = pairs.map((pair) => pair.join("\t"));
  writeFileSync(file("pairs.tsv"), `${lines.join("\n")}\n`);
  writeFileSync(file("named.csv"), `target,id,source\n${pairs.map(([a, b], k) => `${b},${k},${a}`).join("\n")}\n`);
  for (const [k, name] of ["a-en.txt", "a-de.txt"].entries())
    writeFileSync(file(name), `${pairs.map((pair) => pair[k]).join("\n")}\n`);
  writeFileSync(file("a-en.txt.gz"), gzipSync(readFileSync(file("a-en.txt"))));
  const sizes = ["--units", "24", "--embedding", "32", "--pieces", "60", "--dropout", "0", "--batch-size", "3"];
  const train = [
    "train",
    "translate",
    "pairs.tsv",
    ...sizes,
    "--epochs",
    "160",
    "--patience",
    "160",
    "--learning-rate",
    "0.005",
  ];
  const { code, err } = await say(
    ...train,
    "--validation-data",
    "a-en.txt",
    "--validation-data",
    "a-de.txt",
    "--save",
    "g.keras",
  );
  expect(code, err).toBe(0);
  expect(err).toContain('pairs.tsv: 9 pairs, such as "one one" → "eins eins"');
  expect(err).toMatch(/\d+ pieces read, \d+ written; trained on 9 pairs, validated on 9/);
}, 60_000); // a moment where nothing else computes

test("predict prints a translation a line, so that files keep their lines", async () => {
  expect((await say("predict", "g.keras", "two one")).out).toBe("eins zwei\n");
  expect((await say("predict", "g.keras", "--file", "a-en.txt", "-q", "--beams", "2")).out).toBe(
    readFileSync(file("a-de.txt"), "utf8"),
  );
  const { translation, logProbability } = JSON.parse((await say("predict", "g.keras", "two one", "--json")).out);
  expect(translation).toBe("eins zwei");
  expect(logProbability).toBeLessThan(0);
});

test("evaluate gives BLEU from each form of file", async () => {
  const forms = [["pairs.tsv"], ["named.csv"], ["a-en.txt", "a-de.txt"], ["a-en.txt.gz", "a-de.txt"]];
  for (const files of forms) {
    const { out, code, err } = await say("evaluate", "g.keras", ...files);
    expect(code, err).toBe(0);
    expect(out).toMatch(
      /^BLEU 0\.0 \(100\.0\/100\.0\/0\.0\/0\.0, brevity penalty 1\.000\), exact 100\.0 % of 9 texts\n$/,
    ); // no text has four words
  }
  expect(JSON.parse((await say("evaluate", "g.keras", "pairs.tsv", "--json")).out).exact).toBe(1);
});

test("explain shows and draws which pieces a piece was written from", async () => {
  const { out } = await say("explain", "g.keras", "three one", "--chart", "attention.svg");
  expect(out).toMatch(/^eins drei\n +written +read, by attention\n +▁\S* +▁/);
  expect(readFileSync(file("attention.svg"), "utf8")).toMatch(/^<svg[\s\S]*written/);
  const { attention, pieces } = JSON.parse((await say("explain", "g.keras", "three one", "--json")).out);
  expect(attention).toHaveLength(pieces.length);
  expect((await say("explain", "g.keras", "one", "--layer", "reader")).err).toMatch(/--layer.*translator/s);
});

test("what breaks is named by file and line", async () => {
  const refused = async (text: string, ...more: string[]) => {
    writeFileSync(file("bad.tsv"), text);
    const { code, err } = await say("train", "translate", "bad.tsv", ...more);
    expect(code).toBe(1);
    return err;
  };
  expect(await refused("a\tb\nc\n")).toMatch(
    /bad\.tsv: line 2: expected a text, a tab, its translation, received no tab/,
  );
  expect(await refused("a\tb\nc\t \n")).toMatch(/bad\.tsv: line 2: .*empty side/);
  expect(await refused("source\ttarget\na\t\n")).toMatch(/bad\.tsv: line 2: .*"target".*empty side/);
  writeFileSync(file("short.txt"), "eins\n");
  const { err } = await say("train", "translate", "a-en.txt", "short.txt");
  expect(err).toMatch(/short\.txt: expected as many lines as .*a-en\.txt: 9 lines, received 1/);
  expect((await say("train", "translate", "a-en.txt")).err).toMatch(/two files/);
  expect((await say("predict", "g.keras", "one", "--top", "3")).code).toBe(0);
});
