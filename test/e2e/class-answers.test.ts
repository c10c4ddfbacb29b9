/** Classifiers on the command line: the likeliest classes as CSV, rows that are trained and validated on, a class of one row, npy beside npy. */
import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { writeNpy } from "../../src/formats/index.ts";
import { speaker } from "./say.ts";

const { file, say } = speaker("classes");
const films = Array.from({ length: 8 }, () => "good film,pos\nbad film,neg\nodd book,other\n").join("");
const small = ["--epochs", "2", "--units", "4", "--save"];

beforeAll(() => {
  process.env.CELLSTATE_BACKEND = "js";
  writeFileSync(file("films.csv"), `text,label\n${films}`);
  writeFileSync(file("lonely.csv"), `text,label\n${films}alone here,single\n`);
});

test("predict --csv --top has the likeliest classes in order, the answer first", async () => {
  expect((await say("train", "classify", "films.csv", ...small, "films.keras")).code).toBe(0);
  const predict = async (...more: string[]) =>
    (await say("predict", "films.keras", "good film", "--csv", ...more)).out.trim().split("\n");
  const [first, all] = await predict();
  const classes = first
    .split(",")
    .slice(3)
    .map((cell) => cell.slice(2, -1)); // p(neg) → neg
  const probabilities = all.split(",").slice(3);
  const ranked = classes.map((name, k) => [name, probabilities[k]]).sort(([, a], [, b]) => Number(b) - Number(a));
  const [head, row] = await predict("--top", "2");
  expect(head).toBe("text,label,probability,label 2,probability 2");
  expect(row).toBe(["good film", ...ranked.slice(0, 2).flat()].join(","));
  expect((await predict("--top", "1"))[0]).toBe("text,label,probability");
  const [whole] = await predict("--top", "9");
  expect(whole).toBe("text,label,probability,label 2,probability 2,label 3,probability 3");
  const [, low] = await predict("--top", "2", "--threshold", "other=0.00001");
  expect(low).toMatch(/^good film,other,/);
});

test("of several labels a text, --csv --top has the likeliest ones beside those that it has", async () => {
  const words = ["--multi-label", ...small, "sets.keras"];
  expect((await say("train", "classify", "films.csv", ...words)).code).toBe(0);
  const { out } = await say("predict", "sets.keras", "good film", "--csv", "--top", "1");
  expect(out.split("\n")[0]).toBe("text,labels,label 1,probability 1");
  expect(out.split("\n")[1]).toMatch(/^good film,[a-z|]*,(neg|other|pos),0\.\d+$/);
});

test("--validation-data that is trained on is said, however it is written", async () => {
  const same = await say(
    "train",
    "classify",
    "films.csv",
    "--validation-data",
    relative(".", file("films.csv")),
    ...small,
    "same.keras",
  );
  expect([same.code, same.err]).toEqual([0, expect.stringContaining("films.csv: validated on rows that it trains on")]);
  writeFileSync(file("others.csv"), `text,label\n${films}`);
  const others = await say(
    "train",
    "classify",
    "films.csv",
    "--validation-data",
    file("others.csv"),
    ...small,
    "o.keras",
  );
  expect([others.code, others.err]).toEqual([0, expect.not.stringContaining("validated on rows")]);
});

test("tune names file and line of a class of one row before its first trial", async () => {
  const words = ["tune", "classify", "lonely.csv", "--trials", "2", "--epochs", "1", "--folder", file("search")];
  const { code, err, out } = await say(...words);
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(/lonely\.csv: line 26: expected at least two rows of each class, received one of "single"/),
  ]);
  expect(out).not.toContain("trial 1");
});

test("sequences in one npy file, their classes in another behind it", async () => {
  const data = Float32Array.from({ length: 8 * 3 }, (_, k) => (Math.floor(k / 3) % 2) + k / 100);
  writeFileSync(file("x.npy"), writeNpy({ data, shape: [8, 3] }));
  writeFileSync(file("y.npy"), writeNpy({ data: Int32Array.from({ length: 8 }, (_, k) => k % 2), shape: [8] }));
  const trained = await say("train", "sequence", file("x.npy"), file("y.npy"), ...small, "pair.keras");
  expect([trained.code, trained.err]).toEqual([
    0,
    expect.stringContaining("8 sequences of 3 steps, 2 classes: 0 4, 1 4"),
  ]);
  expect((await say("evaluate", "pair.keras", file("x.npy"), file("y.npy"))).out).toMatch(/^accuracy /);
  const turned = await say("train", "sequence", file("y.npy"), file("x.npy"), ...small, "no.keras");
  expect([turned.code, turned.err]).toEqual([1, expect.stringContaining("y.npy: expected an array x [N, T, D]")]);
});
