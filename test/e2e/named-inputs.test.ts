/** What the commands read beside plain files: names of data sets, folders of recordings, npy beside npy, and other rates. */
import { mkdirSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tone, wavBytes } from "../../src/data/testing/wav-bytes.ts";
import { writeNpy } from "../../src/formats/index.ts";
import { speaker } from "./say.ts";

const { file, folder, say } = speaker("named");
const small = ["--units", "4", "--epochs", "2", "--save"];
const variables = ["CELLSTATE_DATA", "XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"] as const;
const before = variables.map((name) => process.env[name]);

beforeAll(() => {
  for (const name of variables) process.env[name] = folder; // what is unpacked goes there
  process.env.CELLSTATE_BACKEND = "js";
});
afterAll(() => {
  for (const [k, name] of variables.entries())
    if (before[k] === undefined) delete process.env[name];
    else process.env[name] = before[k];
});

const reviews = (n: number) =>
  Array.from({ length: n }, (_, k) =>
    JSON.stringify({ text: k % 2 ? "a good film" : "a bad film", label: k % 2 }),
  ).join("\n");

test("the name of a data set stands for its files: the part to train on, and the part to test on", async () => {
  mkdirSync(file("imdb"), { recursive: true });
  writeFileSync(file("imdb/aclImdb_train.jsonl.gz"), gzipSync(reviews(12)));
  writeFileSync(file("imdb/aclImdb_test.jsonl.gz"), gzipSync(reviews(8)));
  const { code, err } = await say("train", "classify", "imdb", ...small, "films.keras");
  expect([code, err]).toEqual([0, expect.stringContaining("imdb: aclImdb_train.jsonl.gz of the data set imdb-text\n")]);
  expect(err).toMatch(/aclImdb_train\.jsonl\.gz: 12 rows/);
  const found = await say("evaluate", "films.keras", "imdb-text");
  expect(found.err).toContain("imdb-text: aclImdb_test.jsonl.gz of the data set imdb-text\n");
  expect(found.out).toMatch(/ 8\n/);
  expect((await say("train", "text", "imdb", ...small, "writer.keras")).code).toBe(0);
});

test("a set of several series, or of no tables, says what to type", async () => {
  expect((await say("train", "forecast", "ett", ...small, "e.keras")).err).toMatch(
    /ett: expected one file of the data set that can be read, received 2\.\n.*ett\/ETTh1\.csv, ett\/ETTh2\.csv/s,
  );
  expect((await say("train", "text", "jsb-chorales", ...small, "j.keras")).err).toMatch(
    /jsb-chorales: .*received none.*It has Jsb16thSeparated\.npz/s,
  );
  expect((await say("train", "forecast", "ett/ETTh3.csv", ...small, "e.keras")).err).toMatch(/It has ett\/ETTh1\.csv/);
});

test("recordings of digits are unpacked, those to test on apart", async () => {
  mkdirSync(file("fsdd"), { recursive: true });
  const bytes = (digit: number) => wavBytes([tone(300 + 600 * digit, 400, 8000)], { sampleRate: 8000 });
  const names = [0, 1].flatMap((digit) => [0, 1, 5, 6, 49].map((number) => [digit, number] as const));
  const members = names.map(([digit, number]) => [`recordings/${digit}_anna_${number}.wav`, bytes(digit)]);
  const other = { "__MACOSX/recordings/._0_anna_7.wav": new Uint8Array(3), "../0_anna.wav": bytes(0) };
  writeFileSync(file("fsdd/fsdd-recordings.zip"), zipSync({ ...Object.fromEntries(members), ...other }));
  const { code, err } = await say("train", "sequence", "fsdd", "--mels", "12", ...small, "d.keras");
  expect([code, err]).toEqual([0, expect.stringContaining("fsdd: recordings 5 to 49 of each speaker and digit, in ")]);
  expect(err).toContain("6 recordings, 2 classes: 0 3, 1 3");
  const found = await say("evaluate", "d.keras", "fsdd");
  expect(found.err).toContain("fsdd: recordings 0 to 4 of each speaker and digit");
  expect(found.err).toContain("4 recordings, 2 classes: 0 2, 1 2");
  expect(found.out).toMatch(/^accuracy /);
});

test("images of digits are sequences of their rows, the last fifth to test on", async () => {
  mkdirSync(file("mnist"), { recursive: true });
  const idx = (shape: readonly number[], cells: readonly number[]) =>
    gzipSync(Uint8Array.from([0, 0, 8, shape.length, ...shape.flatMap((size) => [0, 0, 0, size]), ...cells]));
  const pixels = Array.from({ length: 20 * 6 }, (_, k) => (Math.floor(k / 6) % 2 === 0 ? k % 6 : 250 - (k % 6)));
  writeFileSync(file("mnist/t10k-images-idx3-ubyte.gz"), idx([20, 3, 2], pixels));
  writeFileSync(
    file("mnist/t10k-labels-idx1-ubyte.gz"),
    idx(
      [20],
      Array.from({ length: 20 }, (_, k) => k % 2),
    ),
  );
  const { code, err } = await say("train", "sequence", "mnist", ...small, "m.keras");
  expect([code, err]).toEqual([0, expect.stringContaining("mnist: the first four fifths of the digits")]);
  expect(err).toContain("16 sequences of 3 steps, 2 classes: 0 8, 1 8");
  expect((await say("evaluate", "m.keras", "mnist")).err).toContain("4 sequences of 3 steps, 2 classes: 0 2, 1 2");
  expect((await say("evaluate", "m.keras", "mnist")).code).toBe(0); // from the cache
});

test("sequences of the UEA and UCR archive are read by name, and as files", async () => {
  mkdirSync(file("basic-motions"), { recursive: true });
  const lines = (n: number) =>
    Array.from({ length: n }, (_, k) => (k % 2 ? "1,2,3:3,2,1:up" : "3,2,1:1,2,3:down")).join("\n");
  writeFileSync(file("basic-motions/BasicMotions_TRAIN.ts.txt"), `@problemName B\n@data\n${lines(8)}\n`);
  writeFileSync(file("basic-motions/BasicMotions_TEST.ts.txt"), `@data\n${lines(4)}\n`);
  const { code, err } = await say("train", "sequence", "basic-motions", ...small, "b.keras");
  expect([code, err]).toEqual([0, expect.stringContaining("BasicMotions_TRAIN.ts.txt of the data set basic-motions")]);
  expect(err).toContain("8 sequences of 3 steps, 2 classes: down 4, up 4");
  expect((await say("evaluate", "b.keras", "basic-motions")).err).toContain("4 sequences of 3 steps");
  writeFileSync(file("own.ts"), "1,2,3:3,2,1:up\n1,2,3:3,2:up\n");
  const wrong = await say("predict", "b.keras", file("own.ts"));
  expect(wrong.err).toMatch(/own\.ts: line 2: expected 3 numbers in channel 2, received 2/);
  expect((await say("train", "sequence", file("own.ts"), "--group", "x", ...small, "o.keras")).err).toMatch(
    /--group: expected csv, received ts/,
  );
});

test("a text and its translation are two files of a set; validation has its own part", async () => {
  mkdirSync(file("multi30k"), { recursive: true });
  const texts = { en: ["a dog runs", "a cat runs"], de: ["ein hund rennt", "eine katze rennt"] };
  for (const part of ["train", "val", "test_2016_flickr"])
    for (const [language, lines] of Object.entries(texts))
      writeFileSync(file(`multi30k/${part}.${language}.gz`), gzipSync(`${lines.join("\n")}\n`.repeat(4)));
  const words = [
    "train",
    "translate",
    "multi30k",
    "--validation-data",
    "multi30k",
    "--embedding",
    "4",
    "--pieces",
    "60",
  ];
  const { code, err } = await say(...words, ...small, "g.keras");
  expect([code, err]).toEqual([
    0,
    expect.stringContaining("multi30k: train.en.gz, train.de.gz of the data set multi30k\n"),
  ]);
  expect(err).toContain("multi30k: val.en.gz, val.de.gz of the data set multi30k\n");
  const found = await say("evaluate", "g.keras", "multi30k");
  expect(found.err).toContain("test_2016_flickr.en.gz, test_2016_flickr.de.gz");
  expect(found.code).toBe(0);
  mkdirSync(file("atis"), { recursive: true });
  for (const part of ["train", "test"])
    writeFileSync(
      file(`atis/atis.${part}.w-intent.iob`),
      "BOS to boston EOS\tO O B-city atis_flight\nBOS from rome EOS\tO O B-city atis_city\n".repeat(4),
    );
  const tag = await say("train", "tag", "atis", "--embedding", "4", ...small, "a.keras");
  expect([tag.code, tag.err]).toEqual([0, expect.stringContaining("8 sentences, 16 tokens, 2 labels, 2 intents")]);
  expect((await say("evaluate", "a.keras", "atis")).err).toContain("atis: atis.test.w-intent.iob of the data set atis");
});

test("a folder of recordings is read with the classes of its folders, at one rate", async () => {
  for (const [name, hertz] of [
    ["low", 400],
    ["high", 1500],
  ] as const) {
    mkdirSync(file(`sounds/${name}`), { recursive: true });
    for (let k = 0; k < 4; k++) {
      const rate = k === 3 ? 16_000 : 8000; // samples a second
      writeFileSync(file(`sounds/${name}/${k}.wav`), wavBytes([tone(hertz, 500, rate)], { sampleRate: rate }));
    }
  }
  const { code, err } = await say("train", "sequence", file("sounds"), "--mels", "12", ...small, "s.keras");
  expect([code, err]).toEqual([0, expect.stringContaining("8 recordings in 2 folders")]);
  expect(err).toContain("2 recordings of 16000 samples per second: resampled to 8000");
  expect(err).toContain("8 recordings, 2 classes: high 4, low 4");
  const found = await say("predict", "s.keras", file("sounds/low/3.wav"));
  expect(found.err).toContain("1 recording of 16000 samples per second: resampled to 8000");
  expect(found.out).toMatch(/^(low|high)\t/);
  expect((await say("evaluate", "s.keras", file("sounds"))).out).toMatch(/^accuracy /);
  mkdirSync(file("empty"), { recursive: true });
  expect((await say("train", "sequence", file("empty"), ...small, "s.keras")).err).toMatch(
    /expected wav files in the folder, received none/,
  );
});

test("labels of an npy file lie in another", async () => {
  const data = Float32Array.from({ length: 8 * 3 }, (_, k) => (k % 6 < 3 ? k % 3 : 2 - (k % 3)));
  writeFileSync(file("x.npy"), writeNpy({ data, shape: [8, 3] }));
  writeFileSync(file("y.npy"), writeNpy({ data: Int32Array.from({ length: 8 }, (_, k) => k % 2), shape: [8] }));
  const words = [file("x.npy"), "--label", file("y.npy")];
  const { code, err } = await say("train", "sequence", ...words, ...small, "a.keras");
  expect([code, err]).toEqual([0, expect.stringContaining("8 sequences of 3 steps, 2 classes")]);
  expect((await say("evaluate", "a.keras", ...words)).out).toMatch(/^accuracy /);
  expect((await say("predict", "a.keras", file("x.npy"))).out.split("\n")).toHaveLength(9);
  const numbered = (await say("predict", "a.keras", file("x.npy"), "--csv")).out.split("\n");
  expect(numbered.map((line) => line.split(",")[0])).toEqual(["name", "1", "2", "3", "4", "5", "6", "7", "8", ""]);
  expect((await say("train", "sequence", file("x.npy"), ...small, "a.keras")).err).toContain(
    "beside npy --label y.npy",
  );
});

test("--validation-data of texts, tags and a series", async () => {
  writeFileSync(file("a.txt"), "the cell opens\nthe gate opens\nthe cell closes\n".repeat(4));
  writeFileSync(file("b.txt"), "the gate closes\n");
  const text = await say("train", "text", "a.txt", "--validation-data", "b.txt", ...small, "w.keras");
  expect([text.code, text.err]).toEqual([0, expect.stringContaining("trained on 12, validated on 1")]);
  expect(text.out).toContain("val_loss");
  writeFileSync(file("a.iob"), "to boston\tO B-city\nfrom rome\tO B-city\nto rome\tO B-city\n");
  writeFileSync(file("b.iob"), "from boston\tO B-city\n");
  const tag = await say("train", "tag", "a.iob", "--validation-data", "b.iob", "--embedding", "4", ...small, "t.keras");
  expect([tag.code, tag.err]).toEqual([0, expect.stringMatching(/trained on 3 sentences, validated on 1: entity F1/)]);
  const days = (from: number, to: number) =>
    `date,v\n${Array.from({ length: to - from }, (_, k) => `${new Date(Date.UTC(2024, 0, 1 + from + k)).toISOString().slice(0, 10)},${10 + ((from + k) % 7)}`).join("\n")}\n`;
  writeFileSync(file("early.csv"), days(0, 70));
  writeFileSync(file("late.csv"), days(70, 84));
  const words = ["train", "forecast", "early.csv", "--window", "7", "--method", "network"];
  const series = await say(...words, "--validation-data", "late.csv", ...small, "f.keras");
  expect([series.code, series.err]).toEqual([
    0,
    expect.stringMatching(/late\.csv: 14 rows behind them, to validate on/),
  ]);
  const wrong = await say("train", "forecast", "late.csv", "--validation-data", "early.csv", ...small, "f.keras");
  expect(wrong.err).toMatch(/--validation-data: expected rows after the last one to train on, 2024-03-24/);
});

test("a threshold by class moves the answers, in predict and evaluate", async () => {
  const line = (k: number) => (k % 3 ? "fine words,ham" : "cheap pills,spam");
  writeFileSync(file("mail.csv"), `text,label\n${Array.from({ length: 12 }, (_, k) => line(k)).join("\n")}\n`);
  await say("train", "classify", "mail.csv", ...small, "mail.keras");
  const spam = async (...more: string[]) =>
    (await say("predict", "mail.keras", "--file", "mail.csv", "-q", ...more)).out
      .split("\n")
      .filter((one) => one === "spam").length;
  expect(await spam("--threshold", "spam=0.001")).toBe(12);
  expect(await spam("--threshold", "0.999")).toBe(0); // of two classes the second
  const { out } = await say("evaluate", "mail.keras", "mail.csv", "--threshold", "spam=0.001");
  expect(out).toMatch(/^accuracy 33\.3 %/);
  for (const [words, said] of [
    ["spma=0.3", /"spma".*spam/s],
    ["spam=2", /between 0 and 1/],
    ["spam", /Expected a number/],
  ] as const)
    expect((await say("predict", "mail.keras", "a text", "--threshold", words)).err).toMatch(said);
});
