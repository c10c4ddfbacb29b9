/** `cellstate tune`: a table of trials, the best model, a search that goes on. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
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

test("a task that there is not is refused with those that there are", async () => {
  const { err, code } = await say("tune", "translate", "reviews.csv");
  expect([code, err]).toEqual([2, expect.stringMatching(/classify, sequence, forecast, tag, text/)]);
});
