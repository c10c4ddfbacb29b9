/** What a row can have wrong, by task: an error that names file and line, or a line that says what was done. */
import { writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { tone, wavBytes } from "../../src/data/testing/wav-bytes.ts";
import { writeNpy } from "../../src/formats/index.ts";
import { speaker } from "./say.ts";

const { file, say } = speaker("bad-rows");
const small = ["--units", "4", "--epochs", "1", "--save"];

beforeAll(() => {
  process.env.CELLSTATE_BACKEND = "js";
  for (const [name, height] of [
    ["a", 4],
    ["b", 4],
    ["c", 5],
  ] as const)
    writeFileSync(file(`${name}.npy`), writeNpy({ data: new Float32Array(height * 9).fill(1), shape: [height, 9] }));
  for (const [k, rate] of [8000, 8000, 16_000].entries())
    writeFileSync(file(`r${k}.wav`), wavBytes([tone(400, 900, rate)], { sampleRate: rate }));
});

const reviews = (...more: string[]) => [
  "text,label",
  ...Array(6).fill(["a good film,good", "a bad film,bad"]).flat(),
  ...more,
];
const steps = (group: string, label: string) => [1, 2, 3].map((v) => `${group},${label},${v}`);

test.each<[string, string, string[], string[], RegExp]>([
  [
    "labels that break IOB",
    "bad.iob",
    ["to boston\tO B-city", "to rome\tO city"],
    ["tag"],
    /bad\.iob: line 2: expected O, B-TYPE or I-TYPE.*received "city"/,
  ],
  [
    "too few labels",
    "bad.iob",
    ["to boston\tO B-city", "to new york\tO B-city"],
    ["tag"],
    /bad\.iob: line 2: expected a label for each of 3 tokens/,
  ],
  [
    "an empty transcript",
    "bad.csv",
    ["path,transcript", "r0.wav,a", "r1.wav,"],
    ["transcribe"],
    /bad\.csv: line 3: expected a transcript, received an empty cell/,
  ],
  [
    "a transcript longer than its frames",
    "bad.csv",
    ["path,transcript", "r0.wav,a", `r1.wav,${"ab".repeat(20)}`],
    ["transcribe"],
    /bad\.csv: line 3: expected at least 40 steps/,
  ],
  [
    "images of two sizes",
    "bad.csv",
    ["path,transcript", "a.npy,x", "b.npy,y", "c.npy,x"],
    ["transcribe", "--image"],
    /bad\.csv: line 4: expected frames of 4 features, received 5/,
  ],
  [
    "a class with one row",
    "bad.csv",
    reviews("an odd film,odd"),
    ["classify"],
    /bad\.csv: line 14: expected at least two rows of each class, received one of "odd"/,
  ],
  [
    "a class with one sequence",
    "bad.csv",
    ["id,label,v", ...steps("a", "up"), ...steps("b", "up"), ...steps("c", "down")],
    ["sequence", "--group", "id"],
    /bad\.csv: line 8: expected at least two rows of each class, received one of "down"/,
  ],
  [
    "a class with one sequence in JSON lines",
    "bad.jsonl",
    ["up", "up", "down"].map((label) => JSON.stringify({ sequence: [[1], [2]], label })),
    ["sequence"],
    /bad\.jsonl: line 3: expected at least two rows/,
  ],
  [
    "a sequence of other features",
    "bad.jsonl",
    [[[1]], [[2]], [[1, 2]], [[1]]].map((sequence, k) => JSON.stringify({ sequence, label: `${k % 2}` })),
    ["sequence"],
    /expected 1 features per step/,
  ],
])("%s", async (_, name, lines, [task, ...words], said) => {
  writeFileSync(file(name), `${lines.join("\n")}\n`);
  const { code, err } = await say("train", task, name, ...words, ...small, "bad.keras");
  expect(err).toMatch(said);
  expect(code).toBe(1);
});

test("an I- that continues nothing is said, and begins an entity", async () => {
  writeFileSync(file("odd.iob"), "to boston\tO I-city\nto rome\tO B-city\n");
  const { code, err } = await say("train", "tag", "odd.iob", "--embedding", "4", ...small, "odd.keras");
  expect([code, err]).toEqual([
    0,
    expect.stringMatching(/odd\.iob: 1 label I- without a B- before \(first: .*line 1, I-city\)/),
  ]);
});

test("a text of nothing but signs is said, and trained with, asked for and evaluated", async () => {
  writeFileSync(file("signs.csv"), `${reviews(":-) :-),good").join("\n")}\n`);
  const { code, err } = await say("train", "classify", "signs.csv", ...small, "signs.keras");
  expect([code, err]).toEqual([
    0,
    expect.stringContaining("signs.csv: line 14: a text without words is read as an unknown word"),
  ]);
  expect((await say("evaluate", "signs.keras", "signs.csv")).code).toBe(0);
  expect((await say("predict", "signs.keras", ":-)")).code).toBe(0);
  writeFileSync(file("signs.txt"), "the cell opens\n:-) ...\nthe gate closes\n");
  const text = await say("train", "text", "signs.txt", ...small, "w.keras");
  expect([text.code, text.err]).toEqual([0, expect.stringContaining("3 lines of text")]);
});

test("recordings at another rate are resampled, and it is said", async () => {
  writeFileSync(file("calls.csv"), "path,transcript\nr0.wav,a\nr1.wav,b\nr2.wav,a\n");
  const { code, err } = await say("train", "transcribe", "calls.csv", "--mels", "12", ...small, "calls.keras");
  expect([code, err]).toEqual([
    0,
    expect.stringContaining("1 recording of 16000 samples per second: resampled to 8000"),
  ]);
});
