/** `cellstate predict --file --out --resume`: files of any length, answered line by line, and continued. */
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { textClassifier } from "../../src/index.ts";
import { speaker } from "./say.ts";

const { file, say } = speaker("predict-file");
const texts = ["good film", "bad film", "so good", "so bad", "good", "bad"];
const rows = Array.from({ length: 1000 }, (_, k) => texts[(k * 7) % 6] + " film".repeat(k % 5));
const predict = (...words: string[]) => say("predict", "m.keras", "--file", "in.jsonl", "--out", "out.jsonl", ...words);

beforeAll(async () => {
  const task = textClassifier({ units: 4, embedding: 4 });
  await task.fit(texts, ["yes", "no", "yes", "no", "yes", "no"], { epochs: 1, verbose: 0 });
  await task.save(file("m.keras"));
  writeFileSync(file("in.jsonl"), rows.map((text, id) => `${JSON.stringify({ id, text })}\n`).join(""));
});

test("a line for each line, with the answers of standard output", async () => {
  const wanted = await say("predict", "m.keras", "--file", "in.jsonl", "--json");
  expect(await predict()).toMatchObject({ code: 0, out: "" });
  expect(readFileSync(file("out.jsonl"), "utf8")).toBe(wanted.out);
  expect(existsSync(file("out.jsonl.part"))).toBe(false);
});

test("a run that was cut anywhere continues to the same bytes", async () => {
  const whole = readFileSync(file("out.jsonl"));
  for (const cut of [0, 1, 100, Math.floor(whole.length / 2), whole.length - 1, whole.length]) {
    renameSync(file("out.jsonl"), file("before.jsonl"));
    writeFileSync(file("out.jsonl.part"), whole.subarray(0, cut));
    expect((await predict()).err).toContain("Continue it: --resume");
    expect(await predict("--resume")).toMatchObject({ code: 0 });
    expect(readFileSync(file("out.jsonl")).equals(whole)).toBe(true);
  }
  expect((await predict("--resume")).err).toContain("whole already");
});

test("answers of another model, or to other texts, are not continued", async () => {
  const [whole, texts] = [readFileSync(file("out.jsonl")), readFileSync(file("in.jsonl"))];
  const other = textClassifier({ units: 4, embedding: 4, seed: 7 });
  await other.fit(["good film", "bad", "so good", "so bad"], ["yes", "no", "yes", "no"], { epochs: 1, verbose: 0 });
  await other.save(file("other.keras"));
  const words = ["--file", "in.jsonl", "--out", "out.jsonl", "--resume"];
  const refused = { code: 1, err: expect.stringContaining("out.jsonl, line 1: the answer is not that of this run") };
  expect(await say("predict", "other.keras", ...words)).toMatchObject(refused); // whole already
  renameSync(file("out.jsonl"), file("out.jsonl.part"));
  const said = await say("predict", "other.keras", ...words);
  expect(said.code).toBe(1);
  expect(said.err).toContain("out.jsonl.part, line 1: the answer is not that of this run: it has another model");
  writeFileSync(file("in.jsonl"), `{"text": "bad bad"}\n${texts.toString()}`);
  expect((await predict("--resume")).err).toContain("Or begin again: rm");
  writeFileSync(file("in.jsonl"), texts);
  expect(await predict("--resume")).toMatchObject({ code: 0 });
  expect(readFileSync(file("out.jsonl")).equals(whole)).toBe(true);
});

test("a line that cannot be answered is told in its place, and the exit code says so", async () => {
  writeFileSync(file("in.jsonl"), '{"text": "good"}\nno json\n\n{"text": 7}\n{"text": ""}\n{"text": "bad"}\n');
  writeFileSync(file("out.jsonl"), "");
  const said = await predict();
  expect(said.code).toBe(1);
  const found = readFileSync(file("out.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(found.map(({ error, label }) => error ?? label)).toEqual([
    expect.stringMatching(/yes|no/),
    expect.stringMatching(/^line 2: expected an object/),
    expect.stringMatching(/^line 4: expected a text in "text"/),
    expect.stringMatching(/^line 5: /),
    expect.stringMatching(/yes|no/),
  ]);
});

test("a file without a line end at its end, texts in another field, a plain text file", async () => {
  writeFileSync(file("in.jsonl"), '{"review": "good"}\n');
  appendFileSync(file("in.jsonl"), '{"review": "bad"}');
  expect(await predict("--text", "review")).toMatchObject({ code: 0 });
  expect(readFileSync(file("out.jsonl"), "utf8").trim().split("\n")).toHaveLength(2);
  writeFileSync(file("in.txt"), "good\n\nbad\n");
  expect(await say("predict", "m.keras", "--file", "in.txt", "--out", "out.jsonl")).toMatchObject({ code: 0 });
  expect(readFileSync(file("out.jsonl"), "utf8").trim().split("\n")).toHaveLength(2);
});

test("what makes no sense is told with what to do", async () => {
  expect((await say("predict", "m.keras", "good", "--out", "out.jsonl")).err).toContain("--file texts.jsonl");
  expect((await say("predict", "m.keras", "--file", "in.jsonl", "--resume")).err).toContain(
    "--out answers.jsonl --resume",
  );
  expect((await say("predict", "m.keras", "--file", "in.jsonl", "--out", "in.jsonl")).err).toContain("in.jsonl");
  expect((await say("predict", "m.keras", "--file", "none.jsonl", "--out", "out.jsonl")).err).toContain("none.jsonl");
});
