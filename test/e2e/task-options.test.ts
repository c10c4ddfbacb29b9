/** Options that classifiers have on the command line: other rows for validation, windows, schedules, CSV, areas under curves. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import { speaker } from "./say.ts";

const { file, say } = speaker("options");
const small = ["--epochs", "6", "--units", "4", "--learning-rate", "0.02"];

beforeAll(() => {
  const texts = Array.from(
    { length: 40 },
    (_, k) => `${k % 2 ? "a good, fine" : "a bad poor"} film ${k},${k % 2 ? "pos" : "neg"}`,
  );
  const quoted = texts.map((line) => line.replace(/^(.*),(pos|neg)$/, '"$1",$2'));
  writeFileSync(file("texts.csv"), `text,label\n${quoted.slice(0, 30).join("\n")}\n`);
  writeFileSync(file("other.csv"), `text,label\n${quoted.slice(30).join("\n")}\n`);
  const sensors = [1, 2, 3].flatMap((user) =>
    Array.from(
      { length: 60 },
      (_, t) => `${user},${t < 30 ? "walk" : "sit"},${t < 30 ? Math.sin(t).toFixed(2) : 0},9.8`,
    ),
  );
  writeFileSync(file("sensors.csv"), `user,activity,x,y\n${sensors.join("\n")}\n`);
});

test("--validation-data gives other rows, whose figures and matrix end the training", async () => {
  const words = [
    "texts.csv",
    ...small,
    "--learning-rate-schedule",
    "cosine",
    "--chart",
    "matrix.svg",
    "--history",
    "h.csv",
  ];
  const { code, err } = await say("train", "classify", ...words, "--validation-data", "other.csv", "--save", "t.keras");
  expect(code, err).toBe(0);
  expect(err).toMatch(/trained on 30, validated on 10\n/);
  expect(err).toMatch(
    /on the validation rows: accuracy \d+\.\d % \(always "neg": 50\.0 %\), ROC AUC [01]\.\d{3}, PR AUC/,
  );
  expect(existsSync(file("matrix.svg"))).toBe(true);
  const [head, ...rows] = readFileSync(file("h.csv"), "utf8").trim().split("\n");
  const at = head.split(",").indexOf("learning_rate");
  const rates = rows.map((row) => Number(row.split(",")[at]));
  expect(rates[0]).toBeCloseTo(0.02, 6);
  expect(rates[3]).toBeCloseTo(0.01, 6); // half of the epochs are over
  writeFileSync(file("odd.csv"), "text,label\na film,maybe\n");
  const odd = await say(
    "train",
    "classify",
    "texts.csv",
    ...small,
    "--validation-data",
    "odd.csv",
    "--save",
    "o.keras",
  );
  expect(odd.err).toMatch(/odd\.csv: line 2: expected a label of the training rows, received "maybe"/);
  expect((await say("train", "classify", "texts.csv", "--learning-rate-schedule", "linear")).err).toMatch(
    /--learning-rate beside it/,
  );
});

test("evaluate gives the areas under both curves; predict --csv a row a text", async () => {
  const { out } = await say("evaluate", "t.keras", "other.csv", "-q");
  expect(out).toMatch(/^accuracy \d+\.\d %, loss \d\.\d{4}, ROC AUC [01]\.\d{3}, PR AUC [01]\.\d{3}\n$/);
  const csv = (await say("predict", "t.keras", "--file", "other.csv", "--csv")).out.trim().split("\n");
  expect(csv[0]).toBe("text,label,probability,p(neg),p(pos)");
  expect(csv).toHaveLength(11);
  expect(csv[2]).toMatch(/^"a good, fine film 31",(pos|neg),0\.\d+,0\.\d+,0\.\d+$/);
  expect((await say("predict", "t.keras", "a film", "--csv", "--json")).code).toBe(2);
});

test("packed files and fastText's lines are read", async () => {
  writeFileSync(file("texts.csv.gz"), gzipSync(readFileSync(file("other.csv"))));
  expect((await say("evaluate", "t.keras", "texts.csv.gz", "-q")).out).toBe(
    (await say("evaluate", "t.keras", "other.csv", "-q")).out,
  );
  const lines = readFileSync(file("other.csv"), "utf8").trim().split("\n").slice(1);
  const fast = lines.map((line) => line.replace(/^"(.*)",(\w+)$/, "__label__$2 $1"));
  writeFileSync(file("fast.txt"), `${fast.join("\n")}\n`);
  expect((await say("evaluate", "t.keras", "fast.txt", "-q")).out).toBe(
    (await say("evaluate", "t.keras", "other.csv", "-q")).out,
  );
  writeFileSync(file("fast.txt"), `${fast[0]}\nno label here\n`);
  expect((await say("evaluate", "t.keras", "fast.txt")).err).toMatch(
    /fast\.txt: line 2: expected a label, __label__NAME/,
  );
  writeFileSync(file("cut.csv.gz"), gzipSync(readFileSync(file("other.csv"))).subarray(0, 60));
  expect((await say("evaluate", "t.keras", "cut.csv.gz")).err).toMatch(/cut\.csv\.gz: expected whole bytes of gzip/);
});

test("a long table of measurements is cut into windows, whole groups are held out, and the model keeps how", async () => {
  const words = ["sensors.csv", "--group", "user", "--label", "activity", "--window", "10", "--step", "5", ...small];
  const { code, err } = await say("train", "sequence", ...words, "--save", "s.keras");
  expect(code, err).toBe(0);
  expect(err).toContain("180 rows, 33 windows of 10 rows every 5 of each user, reads x, y");
  expect(err).toContain("groups held out for validation: 3");
  expect(err).toContain("trained on 22, validated on 11");
  const names = (await say("predict", "s.keras", "sensors.csv")).out.trim().split("\n");
  expect(names).toHaveLength(33);
  expect(names[1]).toMatch(/\t1, .*sensors\.csv: line 7$/);
  expect((await say("evaluate", "s.keras", "sensors.csv")).code).toBe(0);
  const single = await say(
    "train",
    "sequence",
    "sensors.csv",
    "--group",
    "user",
    "--label",
    "activity",
    "--window",
    "20",
    "--window-label",
    "single",
  );
  expect(single.err).toMatch(
    /sensors\.csv: line 32: expected one label in each window, "walk" from .*line 22 on, received "sit"/,
  );
  const long = await say(
    "train",
    "sequence",
    "sensors.csv",
    "--group",
    "user",
    "--label",
    "activity",
    "--window",
    "99",
  );
  expect(long.err).toMatch(/--window: .*longest group has 60 rows/s);
});

test("a file name behind --csv, which is printed, is told how to write one", async () => {
  const { err } = await say("predict", "t.keras", "--file", "texts.csv", "--csv", "out.csv");
  expect(err).toMatch(/--csv is printed: put > .*out\.csv behind the command\./);
});
