/** Files as people have them: the command line reads them, or says which line or column stands in the way. */
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadForecaster } from "../../src/index.ts";
import { speaker } from "./say.ts";

const here = speaker("messy");
const { folder, file, say } = here;
const small = ["--epochs", "1", "--units", "2", "--save", "m.keras"];
const wave = Array.from({ length: 60 }, (_, t) => (10 + 3 * Math.sin(t / 2)).toFixed(2));
const day = (t: number) => new Date(Date.UTC(2021, 0, 1 + t)).toISOString().slice(0, 10);
const visits = `date,visits\n${wave.map((v, t) => `${day(t)},${v}`).join("\n")}\n`;

beforeAll(() => {
  process.env.CELLSTATE_BACKEND = "js"; // tiny models; the same everywhere
  writeFileSync(file("series.csv"), visits);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a file that is read, or that another output is, is not written to, under whatever name", async () => {
  symlinkSync("series.csv", file("link.csv"));
  linkSync(file("series.csv"), file("hard.csv"));
  mkdirSync(file("sub"));
  symlinkSync("later.csv", file("nowhere.csv"));
  const train = (...words: string[]) => say("train", "forecast", "series.csv", ...small, "--quiet", ...words);
  for (const name of ["series.csv", "link.csv", "hard.csv", join(folder, "sub/../series.csv")])
    for (const option of ["--log", "--history"])
      expect((await train(option, name)).err).toMatch(
        /expected a file of its own, received .*series\.csv, which is read/,
      );
  expect((await train("--log", "a.csv", "--history", join(folder, "./a.csv"))).err).toMatch(/that of --history/);
  expect((await train("--log", "nowhere.csv", "--history", "later.csv")).err).toMatch(/a file of its own/);
  expect((await train("--log", "m.keras")).err).toMatch(/that of --save/);
  expect(readFileSync(file("series.csv"), "utf8")).toBe(visits);
  expect(["a.csv", "later.csv", "m.keras", "m.keras.progress"].filter((name) => existsSync(file(name)))).toEqual([]);
  expect((await train()).code).toBe(0);
  writeFileSync(file("chart.svg"), visits);
  symlinkSync("chart.svg", file("series.svg"));
  for (const words of [
    ["forecast", "m.keras", join(folder, "chart.svg"), "--chart", "series.svg"],
    ["evaluate", "m.keras", join(folder, "chart.svg"), "--chart", "chart.svg"],
    ["plot", "m.keras", "--out", "m.keras"],
    ["convert", "m.keras", "m.keras"],
  ])
    expect((await say(...words)).code).toBe(1);
  expect(readFileSync(file("chart.svg"), "utf8")).toBe(visits);
  await loadForecaster(file("m.keras"));
});

test("--json says why training ended, the epoch that was put back and its figures, errors and baselines", async () => {
  const { out } = await say(
    "train",
    "forecast",
    "series.csv",
    "--epochs",
    "40",
    ...small.slice(2),
    "--patience",
    "1",
    "--json",
    "--history",
    "h.csv",
  );
  const said = JSON.parse(out);
  const rows = readFileSync(file("h.csv"), "utf8").trim().split("\n").slice(1);
  const losses = rows.map((row) => Number(row.split(",").at(-1)));
  expect(said).toMatchObject({ reason: losses.length < 40 ? "early stopping" : "all epochs", epochs: losses.length });
  expect(said.val_loss).toBe(Math.min(...losses));
  expect(said.restoredEpoch).toBe(1 + losses.indexOf(said.val_loss));
  expect(said.report.forecast.mase).toBeTypeOf("number");
  expect(Object.keys(said.report.baselines)).toEqual(["naive", "seasonalNaive", "drift"]);
});

test("the answer is not read as its own question", async () => {
  writeFileSync(file("reviews.csv"), `text,label\n${"so good,yes\nso bad,no\n".repeat(4)}`);
  const classify = await say("train", "classify", "reviews.csv", "--text", "label", "--label", "label", ...small);
  expect(classify.err).toMatch(/--text: expected another column than --label label/);
  writeFileSync(
    file("steps.csv"),
    `id,up,v\n${Array.from({ length: 12 }, (_, i) => `${i >> 1},${(i >> 1) % 2},${i}`).join("\n")}\n`,
  );
  const words = ["train", "sequence", "steps.csv", "--group", "id", "--label", "up", ...small];
  expect((await say(...words, "--columns", "v,up")).err).toMatch(/--columns: expected another column than --label up/);
  expect((await say("train", "sequence", "steps.csv", "--group", "up", "--label", "up", ...small)).err).toMatch(
    /--group: /,
  );
});

test("a sequence of two classes is told by file, line and group", async () => {
  writeFileSync(file("one.csv"), "id,label,v\n1,up,1\n1,up,2\n");
  writeFileSync(file("two.csv"), "id,label,v\n2,up,1\n2,down,2\n");
  const { code, err } = await say("train", "sequence", "one.csv", "two.csv", "--group", "id", ...small);
  expect(code).toBe(1);
  expect(err).toMatch(
    /two\.csv: line 3: expected class "up", as group "2" has it from .*two\.csv: line 2 on, received "down"/,
  );
});

test("columns of one name are told apart as pandas names them, and said", async () => {
  writeFileSync(file("twice.csv"), `time,load,temp,load\n${wave.map((v, t) => `d${t},${v},${v},0`).join("\n")}\n`);
  const { code, err } = await say("train", "forecast", "twice.csv", "--columns", "temp", ...small);
  expect([code, err]).toEqual([
    0,
    expect.stringMatching(/several columns have one name; the later ones are renamed load\.1/),
  ]);
  const asked = await say("train", "forecast", "twice.csv", "--columns", "load.1", ...small);
  expect(asked.err).toMatch(/columns that vary|constant|load\.1/);
});

test("marks between thousands are read where cells are evident, and asked for where they are not", async () => {
  const rows = wave.map((_, t) => `2016-${t},"${10 + t},0${t % 10}0.00"`);
  writeFileSync(file("thousands.csv"), `month,sales\n${rows.join("\n")}\n`);
  const found = await say("train", "forecast", "thousands.csv", ...small);
  expect([found.code, found.err]).toEqual([
    0,
    expect.stringMatching(/"10,000\.00" in column sales is read as one number: --thousands ","\n/),
  ]);
  writeFileSync(
    file("either.csv"),
    `month,sales\n${wave.map((_, t) => `2016-${t},"${1 + t},${100 + t}"`).join("\n")}\n`,
  );
  expect((await say("train", "forecast", "either.csv", ...small)).err).toMatch(/received "1,100"\.\n.*--thousands ","/);
  expect((await say("train", "forecast", "either.csv", ...small, "--thousands", ",", "--quiet")).code).toBe(0);
  expect((await say("forecast", "m.keras", "either.csv", "--thousands", ",", "--quiet")).code).toBe(0);
});

test("a table of texts without a header, a list of objects and intents are what they are", async () => {
  writeFileSync(
    file("bare.tsv"),
    "ham\tsee you\nspam\twin a prize\nham\tok lar\nspam\tfree entry\nham\thome soon\nspam\turgent\nham\tat six\n",
  );
  const bare = await say("train", "classify", "bare.tsv", ...small);
  expect([bare.code, bare.err]).toEqual([
    0,
    expect.stringMatching(/first line is data; column 1 is called label, column 2 text/),
  ]);
  const list = [0, 1, 2, 3].map((i) => ({ text: `a ${i % 2 ? "good" : "bad"} film`, label: i % 2 ? "pos" : "neg" }));
  writeFileSync(file("list.json"), JSON.stringify(list, null, 1));
  expect((await say("train", "classify", file("list.json"), ...small, "--quiet")).code).toBe(0);
  const intents = ["hi", "bye"].map((tag) => ({ tag, patterns: [`${tag} there`, `oh ${tag}`], responses: [tag] }));
  writeFileSync(file("intents.json"), JSON.stringify({ intents }));
  expect((await say("train", "classify", file("intents.json"), ...small, "--quiet")).code).toBe(0);
  writeFileSync(file("one.json"), '{"a": 1}');
  expect((await say("train", "classify", file("one.json"), ...small)).err).toMatch(/expected a list of objects/);
});

test("texts without blanks are read by characters, and said", async () => {
  writeFileSync(file("chinese.csv"), `text,label\n${"这部电影很好看。,好\n非常无聊的表演！,差\n".repeat(3)}`);
  const { code, err } = await say("train", "classify", "chinese.csv", ...small);
  expect([code, err]).toEqual([0, expect.stringMatching(/no blanks between words: read character by character/)]);
  expect((await say("predict", "m.keras", "这部电影好看")).out).not.toMatch(/unknown/);
});

test("comments above a table are passed over and said; quotes may stand for themselves", async () => {
  writeFileSync(file("noted.csv"), `# exported\n# by hand\n${visits}`);
  expect((await say("train", "forecast", "noted.csv", ...small)).err).toMatch(
    /2 lines that begin with # above the table left out/,
  );
  writeFileSync(file("quotes.csv"), `text,label\n${'so "good,yes\nso bad,no\n'.repeat(3)}"so so,no\n`);
  const words = ["train", "classify", "quotes.csv", ...small];
  expect((await say(...words)).err).toMatch(/every quote closed in the row on line 8.*\n.*: --no-quote\./);
  expect((await say(...words, "--no-quote")).code).toBe(0);
});

test("rows without a class are told by file and line, and dropped where that is asked for", async () => {
  const rows = "so good,yes\nso bad,no\n".repeat(4);
  writeFileSync(file("whole.csv"), `text,label\n${rows}`);
  writeFileSync(file("gaps.csv"), `text,label\n${rows},yes\nso so,\n`);
  const words = ["train", "classify", "whole.csv", "gaps.csv", ...small];
  expect((await say(...words)).err).toMatch(
    /gaps\.csv: line 11: expected a class, received an empty cell\.\n.*--missing drop/,
  );
  const dropped = await say(...words, "--missing", "drop");
  expect([dropped.code, dropped.err]).toEqual([
    0,
    expect.stringMatching(/^2 rows without .* the first .*gaps\.csv: line 10$/m),
  ]);
  expect((await say("evaluate", "m.keras", "gaps.csv", "--missing", "drop", "--json")).code).toBe(0);
});

test("a field that a line of jsonl lacks is a gap", async () => {
  const lines = wave.map((v, t) => JSON.stringify({ t: `d${t}`, ...(t % 9 === 3 ? {} : { visits: Number(v) }) }));
  writeFileSync(file("fields.jsonl"), lines.join("\n"));
  expect((await say("train", "forecast", "fields.jsonl", ...small)).err).toMatch(/fields\.jsonl: line 4: .*"visits"/);
  expect((await say("train", "forecast", "fields.jsonl", "--missing", "previous", ...small)).code).toBe(0);
});

test("a text of nothing but signs is trained on and evaluated, and said by its line in the file", async () => {
  const rows = '"two\nlines film",good\n:-),bad\nbad,bad\ngood,good\n';
  writeFileSync(file("emoji.csv"), `text,label\n${rows}`);
  const { code, err } = await say("train", "classify", "emoji.csv", ...small);
  expect([code, err]).toEqual([
    0,
    expect.stringMatching(/emoji\.csv: line 4: a text without words is read as an unknown word/),
  ]);
  expect((await say("evaluate", "m.keras", "emoji.csv")).code).toBe(0);
});

test("what a forecaster reads is said, and why not the rest", async () => {
  const rows = wave.map((v, t) => `${t},$${v},${v} %,\u2212${v},${t % 9 ? "fair" : "rain"}`);
  writeFileSync(file("units.csv"), `day,sales,share,cold,sky\n${rows.join("\n")}\n`);
  const { code, err } = await say("train", "forecast", "units.csv", ...small);
  expect(code).toBe(0);
  expect(err).toMatch(
    /60 rows, reads sales, share, cold; leaves out day \(it counts or dates the rows\), sky \("rain" is no number\)/,
  );
});

test("the first row of a bare series is data, and --header says otherwise", async () => {
  writeFileSync(file("bare.csv"), wave.join("\n"));
  const { err } = await say("train", "forecast", "bare.csv", ...small);
  expect(err).toMatch(/its first line is of numbers, so it is data and its column is called 1; --header/);
  expect(err).toMatch(/60 rows, reads 1/);
  expect((await say("forecast", "m.keras", "bare.csv")).code).toBe(0);
  expect((await say("train", "forecast", "bare.csv", "--header", ...small)).err).toMatch(/59 rows, reads 10\.00/);
});

test("files in windows-1252 are read, piped too; others are told their encoding", async () => {
  const text = Buffer.from("text;label\r\n" + "It\x92s red \x96 5\x80;pos\r\nWon\x92t go;neg\r\n".repeat(3), "latin1");
  writeFileSync(file("old.csv"), text);
  const words = ["train", "classify", "old.csv", ...small];
  expect((await say(...words)).err).toMatch(
    /UTF-8 on line 2.*\n.*windows-1252 by the look of it: --encoding windows-1252/,
  );
  expect((await say(...words, "--encoding", "windows-1252")).code).toBe(0);
  const { out } = await say("predict", "m.keras", "--file", "old.csv", "--encoding", "windows-1252", "--json");
  expect(JSON.parse(out.split("\n")[0])).toMatchObject({ text: "It’s red – 5€", unknownWords: [] });
  writeFileSync(file("wide.csv"), Buffer.from("text,label\nso good,yes\n", "utf16le")); // without a byte order mark
  expect((await say("train", "classify", "wide.csv", ...small)).err).toMatch(/text in UTF-16\.\n.*--encoding utf-16le/);
  const japanese = [0x82, 0xb1, 0x82, 0xcc, 0x89, 0x66, 0x89, 0xe6, 0x82, 0xcd, 0x0a]; // この映画は in Shift_JIS
  writeFileSync(file("film.txt"), Buffer.from(japanese));
  expect((await say("train", "text", "film.txt", ...small)).err).toMatch(/--encoding shift_jis/);
});
