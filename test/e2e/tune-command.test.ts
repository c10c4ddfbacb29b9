/** `cellstate tune`: a table of trials, the best model, a search that goes on. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { thorough } from "../thorough.ts";
import { speaker } from "./say.ts";

const { file, say } = speaker("tune");
const search = ["--trials", "2", "--search", "random", "--epochs", "1"];

beforeAll(() => {
  const rows = Array.from({ length: 20 }, (_, k) => (k % 2 ? "a good film,good" : "a bad film,bad"));
  writeFileSync(file("reviews.csv"), `review,label\n${rows.join("\n")}\n`);
});

test("trials are told, put into a table and a chart, and the best model is a model like any other", async () => {
  const asked = ["tune", "classify", "reviews.csv", ...search, "--folder", file("found")];
  const { out, err, code } = await say(...asked, "--save", "best.keras", "--chart", "trials.svg");
  expect([code, err]).toEqual([
    0,
    expect.stringMatching(/trial 0, 1 epoch: accuracy [\d.]+, loss [\d.]+ \(.* s\)\ntrial 1/),
  ]);
  expect(out).toMatch(/^trial +epochs +held-out rows +settings\n[01] +1 +accuracy .*units \d+, embedding/);
  expect(err).toMatch(/2 trainings; the best model: .*best\.keras\nits figures are the best of several/);
  expect(readFileSync(file("trials.svg"), "utf8")).toContain("Scores on the rows held out");
  expect((await say("predict", "best.keras", "a good film")).code).toBe(0);
  const again = await say(...asked, "--json");
  expect(again.err).toBe("");
  const { best, trials, complete } = JSON.parse(again.out);
  expect([trials.length, complete, best.trial.kind]).toEqual([2, true, "textClassifier"]);
  expect(existsSync(file("found/trials.jsonl"))).toBe(true);
}, 120_000); // a moment where nothing else computes

test.skipIf(!thorough)(
  "transcribers and translators are searched for too",
  async () => {
    const frames = (k: number) => Array.from({ length: 6 }, (_, t) => [Math.sin(t + k), 0.1 * t]);
    const rows = Array.from({ length: 12 }, (_, k) => ({ frames: frames(k), transcript: k % 2 ? "ab" : "b" }));
    writeFileSync(file("letters.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    const pairs = Array.from({ length: 12 }, (_, k) => `word ${k}\tWort ${k}\n`);
    writeFileSync(file("pairs.tsv"), pairs.join(""));
    const one = ["--trials", "1", "--search", "random", "--epochs", "1", "--quiet"];
    const heard = await say(
      "tune",
      "transcribe",
      "letters.jsonl",
      ...one,
      "--folder",
      file("heard"),
      "--save",
      "l.keras",
    );
    expect([heard.code, heard.out]).toEqual([0, expect.stringMatching(/cer [\d.]+, wer [\d.]+/)]);
    expect((await say("evaluate", "l.keras", "letters.jsonl")).code).toBe(0);
    const said = await say("tune", "translate", "pairs.tsv", ...one, "--folder", file("said"), "--save", "t.keras");
    expect([said.code, said.out]).toEqual([0, expect.stringMatching(/bleu [\d.]+, exact [\d.]+/)]);
    expect((await say("predict", "t.keras", "word 1")).code).toBe(0);
  },
  120_000,
);

test("a task that there is not is refused with those that there are", async () => {
  const { err, code } = await say("tune", "video", "reviews.csv");
  expect([code, err]).toEqual([
    2,
    expect.stringMatching(/classify, sequence, forecast, tag, text, transcribe, translate/),
  ]);
});
