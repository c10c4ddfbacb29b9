/** `cellstate train tag`, and `evaluate` and `predict` on what it saved. */
import { writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { speaker } from "./say.ts";

const { file, say } = speaker("tag");

const cities = ["boston", "denver", "dallas", "oakland", "new york", "san diego"];
const rows = cities.flatMap((a) =>
  cities.map((b, k) => {
    const marked = (city: string, type: string) => city.split(" ").map((_, i) => `${i ? "I" : "B"}-${type}`);
    const words = [k % 2 ? "fares" : "flights", "from", ...a.split(" "), "to", ...b.split(" ")];
    return {
      words,
      labels: ["O", "O", ...marked(a, "from"), "O", ...marked(b, "to")],
      intent: k % 2 ? "fare" : "flight",
    };
  }),
);

beforeAll(async () => {
  const lines = rows.map(({ words, labels, intent }) => `BOS ${words.join(" ")} EOS\tO ${labels.join(" ")} ${intent}`);
  writeFileSync(file("slots.iob"), `${lines.join("\n")}\n`);
  const columns = rows.map(({ words, labels }) => words.map((word, k) => `${word}\tX\t${labels[k]}\n`).join(""));
  writeFileSync(file("slots.tsv"), columns.join("\n"));
  const cells = rows.flatMap(({ words, labels }, n) => words.map((word, k) => `${n},${word},${labels[k]}`));
  writeFileSync(file("slots.csv"), `sentence,word,tag\n${cells.join("\n")}\n`);
  const sizes = ["--units", "8", "--embedding", "12", "--char-embedding", "4", "--char-units", "4", "--dropout", "0.1"];
  const train = ["train", "tag", "slots.iob", ...sizes, "--epochs", "30", "--learning-rate", "0.02"];
  const { code, err, out } = await say(...train, "--validation-split", "0.1", "--save", "slots.keras");
  expect([code, out]).toEqual([0, expect.stringMatching(/val_f1: /)]);
  expect(err).toMatch(/36 sentences, 204 tokens, 5 labels, 2 intents/);
  expect(err).toMatch(/trained on 32 sentences, validated on 4: entity F1 \d+\.\d %, token accuracy/);
}, 60_000); // a moment where nothing else computes

test("evaluate gives entity F1 by type, from each form of file", async () => {
  const { out, code } = await say("evaluate", "slots.keras", "slots.iob");
  expect(code).toBe(0);
  expect(out).toMatch(/^entity F1 (9\d|100)\.\d % \(precision .*intent accuracy .*; all right in .* of 36 sentences\n/);
  expect(out).toMatch(/\n +from +\d+\.\d % +\d+\.\d % +\d+\.\d % +36\n/);
  const whole = JSON.parse((await say("evaluate", "slots.keras", "slots.iob", "--json")).out);
  for (const one of ["slots.tsv", "slots.csv"]) {
    const found = JSON.parse((await say("evaluate", "slots.keras", one, "--json")).out);
    expect(found.entities, one).toEqual(whole.entities);
    expect(found.intent).toBeNull();
  }
});

test("predict labels a text, as lines, as labels alone and as JSON", async () => {
  const { out } = await say("predict", "slots.keras", "fares from denver to new york");
  expect(out).toMatch(/^fares +O\nfrom +O\ndenver +B-from\nto +O\nnew +B-to\nyork +I-to\nintent: fare\t\d+\.\d %\n/);
  expect((await say("predict", "slots.keras", "fares from denver to new york", "-q")).out).toBe(
    "O O B-from O B-to I-to\n",
  );
  writeFileSync(file("asked.txt"), "flights from dallas to boston\nfares to zurich\n");
  const lines = (await say("predict", "slots.keras", "--file", "asked.txt", "--json")).out.trim().split("\n");
  const [first, second] = lines.map((line) => JSON.parse(line));
  expect(first.entities.map(({ text }: { text: string }) => text)).toEqual(["dallas", "boston"]);
  expect(second.unknownWords).toEqual(["zurich"]);
});

test("summary and inspect show it, and other commands say what it is for", async () => {
  expect((await say("summary", "slots.keras")).out).toMatch(/sequenceTagger[\s\S]*labels \(Dense\)/);
  expect((await say("inspect", "slots.keras")).out).toMatch(/cellstate predict \S*slots\.keras/);
  const { err, code } = await say("forecast", "slots.keras", "slots.csv");
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(/a tagger of tokens.*\n.*cellstate predict or cellstate evaluate/),
  ]);
});

test("what is wrong in a file is named with its line", async () => {
  writeFileSync(file("bad.conll"), "fly O\nto O O\n");
  const { err, code } = await say("train", "tag", "bad.conll", "--save", "bad.keras");
  expect([code, err]).toEqual([1, expect.stringMatching(/bad\.conll: line 2: expected 2 columns, received 3/)]);
  const other = await say("evaluate", "slots.keras", "slots.csv", "--label", "tga");
  expect(other.err).toMatch(/Did you mean "tag"\?/);
});
