/** `cellstate train classify --multi-label`, and `predict` and `evaluate` on what it saved. */
import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { speaker } from "./say.ts";

const { file, say } = speaker("sets");
const parts = { sport: "a goal in the match", money: "shares and banks fell" };
const names = Object.keys(parts) as (keyof typeof parts)[];
const rows = Array.from({ length: 32 }, (_, k) => {
  const labels = names.filter((_, n) => (k >> n) & 1);
  return { text: `${labels.map((one) => parts[one]).join(" ")} today`.trim(), labels };
});
const small = ["--units", "8", "--embedding", "8", "--epochs", "60", "--learning-rate", "0.01", "--save"];

beforeAll(() => {
  process.env.CELLSTATE_BACKEND = "js";
  writeFileSync(
    file("topics.csv"),
    `text,label\n${rows.map(({ text, labels }) => `${text},${labels.join("|")}`).join("\n")}\n`,
  );
  writeFileSync(
    file("semi.csv"),
    `text,label\n${rows.map(({ text, labels }) => `${text},${labels.join("; ")}`).join("\n")}\n`,
  );
  const fast = rows.filter(({ labels }) => labels.length > 0);
  writeFileSync(
    file("fast.txt"),
    fast.map(({ text, labels }) => `${labels.map((one) => `__label__${one}`).join(" ")} ${text}\n`).join(""),
  );
});

test("cells with several labels become a model that gives several", async () => {
  const { code, err } = await say("train", "classify", "topics.csv", "--multi-label", ...small, "sets.keras");
  expect([code, err]).toEqual([0, expect.stringContaining("32 rows, 2 labels, 1.0 a row")]);
  expect(err).toContain("2 labels known; trained on 32");
  const { out } = await say("predict", "sets.keras", "a goal in the match shares and banks fell");
  expect(out).toMatch(/^(sport \d+\.\d %, money \d+\.\d %|money \d+\.\d %, sport \d+\.\d %)\ta goal/);
  expect((await say("predict", "sets.keras", "today")).out).toMatch(/^\(none\)\ttoday/);
  expect((await say("predict", "sets.keras", "today", "--threshold", "sport=0.00001", "-q")).out).toBe("sport\n");
  const found = await say("evaluate", "sets.keras", "topics.csv");
  expect(found.out).toMatch(
    /^F1 100\.0 % of all labels.*all right in 100\.0 % of the rows, 0\.0 % of the labels wrong/,
  );
  expect(found.out).toMatch(/\n {2}sport +100\.0 % +100\.0 % +100\.0 % +16 +0\.500\n/);
  const csv = (await say("predict", "sets.keras", "--file", "topics.csv", "--csv")).out.split("\n");
  expect(csv[0]).toBe("text,labels,p(money),p(sport)");
  expect(csv[4]).toMatch(/,(sport\|money|money\|sport),0\.\d+,0\.\d+$/);
});

test("fastText's lines, another separator, and a hint where one is in the classes", async () => {
  const fast = await say("train", "classify", "fast.txt", "--multi-label", ...small, "fast.keras");
  expect([fast.code, fast.err]).toEqual([0, expect.stringContaining("24 rows, 2 labels, 1.3 a row")]);
  const semi = ["train", "classify", "semi.csv", "--multi-label", "--label-separator", ";", ...small, "semi.keras"];
  expect((await say(...semi)).code).toBe(0);
  expect((await say("evaluate", "semi.keras", "semi.csv")).out).toMatch(/^F1 100\.0 %/);
  const plain = await say("train", "classify", "fast.txt", "--units", "2", "--epochs", "1", "--save", "p.keras");
  expect(plain.err).toContain("--multi-label reads several labels a text");
});

test.each<[string, string[], RegExp]>([
  [
    "a label of one row",
    ["a goal,sport", "a match,sport|odd"],
    /bad\.csv: line 3: expected at least two rows of each label, received one of "odd"/,
  ],
  ["an empty text", ["a goal,sport", ",sport"], /bad\.csv: line 3: expected a text, received an empty cell/],
])("%s is an error with its file and line", async (_, lines, said) => {
  writeFileSync(file("bad.csv"), `text,label\n${lines.join("\n")}\n`);
  const { code, err } = await say(
    "train",
    "classify",
    "bad.csv",
    "--multi-label",
    "--epochs",
    "1",
    "--save",
    "bad.keras",
  );
  expect(err).toMatch(said);
  expect(code).toBe(1);
});

test("options of one class a text are refused", async () => {
  const { err } = await say(
    "train",
    "classify",
    "topics.csv",
    "--multi-label",
    "--class-weight",
    "balanced",
    "--save",
    "x.keras",
  );
  expect(err).toMatch(/--class-weight: expected one class a text/);
});

test("training ends with figures on the validation rows, of the training file or of another, and draws them", async () => {
  const words = ["train", "classify", "topics.csv", "--multi-label", ...small, "v.keras"];
  const held = await say(...words, "--validation-split", "0.25", "--chart", "held.svg");
  expect([held.code, held.err]).toEqual([0, expect.stringContaining("trained on 24, validated on 8")]);
  expect(held.err).toMatch(
    /on the validation rows.*: F1 \d+\.\d % of all labels, \d+\.\d % on average of each; all right/,
  );
  expect(readFileSync(file("held.svg"), "utf8")).toMatch(/2 labels, 8 rows/);
  const { code, err } = await say(...words, "--validation-data", "topics.csv", "--chart", "own.svg");
  expect([code, err]).toEqual([0, expect.stringContaining("trained on 32, validated on 32")]);
  expect(err).toContain("validated on rows that it trains on");
  expect(readFileSync(file("own.svg"), "utf8")).toMatch(/2 labels, 32 rows/);
  const found = await say("evaluate", "v.keras", "topics.csv", "--chart", "again.svg");
  expect(err).toContain(`which chose the thresholds: ${found.out.split("\n")[0]}`);
  expect(readFileSync(file("again.svg"), "utf8")).toBe(readFileSync(file("own.svg"), "utf8"));
  writeFileSync(file("odd.csv"), "text,label\na goal,sport\na game,chess\n");
  expect((await say(...words, "--validation-data", "odd.csv")).err).toMatch(
    /odd\.csv: line 3: expected a label of the training rows, received "chess"/,
  );
  expect((await say(...words, "--chart", "none.svg")).err).toMatch(
    /--chart: expected rows for validation, received none/,
  );
});
