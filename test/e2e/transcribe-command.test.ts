/** `cellstate train transcribe`, and `predict` and `evaluate` on what it saved. */
import { writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { tone, wavBytes } from "../../src/data/testing/wav-bytes.ts";
import { speaker } from "./say.ts";

const { file, say } = speaker("transcribe");

/** Strings of a and b: two frames of a pattern each, a quiet one before. */
const transcripts = ["a", "b", "ab", "ba", "aab", "bba", "abab", "bb"];
const framesOf = (text: string) =>
  [...text].flatMap((letter) => [[0, 0], ...Array(2).fill(letter === "a" ? [1, 0] : [0, 1])]);
beforeAll(() => {
  const lines = transcripts.map((transcript) => JSON.stringify({ frames: framesOf(transcript), transcript }));
  writeFileSync(file("letters.jsonl"), `${lines.join("\n")}\n`);
});
const small = ["--units", "12", "--dropout", "0", "--learning-rate", "0.03"];

test("frames and transcripts in JSON lines become a model that reads others", async () => {
  const more = [...small, "--epochs", "60", "--save", "letters.keras"];
  const { code, err } = await say("train", "transcribe", "letters.jsonl", ...more);
  expect(code).toBe(0);
  expect(err).toContain("8 examples, 2 characters in the transcripts");
  expect(err).toContain("2 characters known; trained on 8 examples, none held out for validation");
  const { out } = await say("evaluate", "letters.keras", "letters.jsonl");
  expect(out).toMatch(/^character error rate 0.0 % \(0 others, 0 missing, 0 too many\).* of 8 examples\n$/);
  expect(JSON.parse((await say("evaluate", "letters.keras", "letters.jsonl", "--json")).out).cer).toBe(0);
  expect((await say("inspect", "letters.keras")).out).toContain("the transcript of a recording");
});

test("recordings named in a table are resampled and transcribed", async () => {
  for (const [k, hertz] of [400, 1500, 420, 1600].entries())
    writeFileSync(file(`r${k}.wav`), wavBytes([tone(hertz, 900)]));
  writeFileSync(file("calls.csv"), "path,transcript\nr0.wav,l\nr1.wav,h\nr2.wav,l\nr3.wav,h\n");
  const changed = ["--augment", "speed=0.05,warp=0.1,bands=1,stretches=1"];
  const more = [...small, ...changed, "--mels", "12", "--epochs", "2", "--save", "calls.keras"];
  expect((await say("train", "transcribe", "calls.csv", ...more)).code).toBe(0);
  const { out, code } = await say("predict", "calls.keras", "r0.wav", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ transcript: expect.any(String), others: [] });
  const slip = await say("train", "transcribe", "calls.csv", "--augment", "pitch=0.1", "--save", "no.keras");
  expect(slip.err).toMatch(/augment[\s\S]*pitch/);
  expect((await say("train", "transcribe", "calls.csv", "--augment", "speed", "--save", "no.keras")).err).toContain(
    "Expected numbers by name, with commas: speed=0.1,bands=2.",
  );
});

test("rows without a transcript are left out where asked, and another file validates", async () => {
  for (const [k, hertz] of [400, 1500].entries()) writeFileSync(file(`r${k}.wav`), wavBytes([tone(hertz, 900)]));
  writeFileSync(file("gaps.csv"), "path,transcript\nr0.wav,l\nr1.wav,\nr1.wav,h\n");
  writeFileSync(file("held.csv"), "path,transcript\nr1.wav,h\n");
  const more = [...small, "--mels", "12", "--epochs", "2", "--save", "gaps.keras"];
  const { code, err } = await say("train", "transcribe", "gaps.csv", ...more);
  expect(code).toBe(1);
  expect(err).toContain("gaps.csv: line 3: expected a transcript");
  expect(err).toContain("--missing drop");
  const again = await say(
    "train",
    "transcribe",
    "gaps.csv",
    "--missing",
    "drop",
    "--validation-data",
    "held.csv",
    ...more,
  );
  expect(again.err).toContain(`1 row without a transcript left out, the first ${file("gaps.csv")}: line 3`);
  expect(again.err).toContain("trained on 2 examples, validated on 1: character error rate");
  expect((await say("evaluate", "gaps.keras", "gaps.csv")).code).toBe(1);
  expect((await say("evaluate", "gaps.keras", "gaps.csv", "--missing", "drop")).out).toContain("of 2 examples");
});

for (const [name, lines, said] of [
  ["an empty transcript", ["r0.wav,l", "r1.wav,"], /bad.csv: line 3/],
  ["a file that is not there", ["r9.wav,l"], /bad.csv: line 2, r9.wav/],
  [
    "a transcript longer than its frames",
    ["r0.wav,lhlhlhlhlhlhlhlhlhlhlhlhlhlhlhlhlhlhlh"],
    /bad.csv: line 2: expected at least 38 steps/,
  ],
] as const)
  test(`${name} is an error with its file and line`, async () => {
    writeFileSync(file("bad.csv"), `path,transcript\n${lines.join("\n")}\n`);
    const { code, err } = await say("train", "transcribe", "bad.csv", "--epochs", "1", "--save", "bad.keras");
    expect(code).toBe(1);
    expect(err).toMatch(said);
  });
