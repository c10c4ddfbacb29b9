/** Wav files in, digits out, from the command line. */
import { writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { speaker, trainModels } from "./say.ts";

const here = speaker("recordings");
const { file, say } = here;

beforeAll(() => trainModels(here, ["digits", "speaker"]), 60_000);

test("recordings are told apart by their names or folders, and one wav is enough to ask about", async () => {
  const said = await say("predict", "digits.keras", "one.wav", "--json");
  expect(said).toMatchObject({ code: 0, err: "" });
  const { label, probabilities } = JSON.parse(said.out);
  expect(probabilities[label]).toBeGreaterThan(0.5);
  expect(Object.keys(probabilities)).toEqual(["0", "1"]);
  expect((await say("predict", "digits.keras", "one.wav", "two.wav")).out).toMatch(
    /^[01]\t[\d.]+ %\t.*one\.wav\n[01]\t[\d.]+ %\t.*two\.wav\n$/,
  );
  const files = ["evaluate", "digits.keras", "recordings/*.wav"];
  expect((await say(...files, "--label-from", "name")).out).toMatch(/^accuracy /);
  expect((await say(...files)).err).toMatch(/Give --label NAME.* for wav files --label-from name or folder/);
  expect((await say(...files, "--label-from", "folder")).err).toMatch(/recordings/); // no class of that name
});

test.each<[string, string[], RegExp]>([
  ["a wav that is none", ["predict", "digits.keras", "fake.wav"], /fake\.wav, byte 0: expected a wav file/],
  ["no file", ["predict", "digits.keras"], /predict: expected a file with sequences/],
  ["tables among recordings", ["evaluate", "digits.keras", "one.wav", "steps.csv"], /steps\.csv: expected a wav file/],
  ["a name without a class", ["evaluate", "digits.keras", "one.wav", "--label-from", "name"], /as 7_jackson_32\.wav/],
  [
    "a model that reads numbers",
    ["predict", "speaker.keras", "one.wav"],
    /expected a list of steps, received a recording/,
  ],
])("%s is told in one message, of sounds too", async (_, words, message) => {
  writeFileSync(file("fake.wav"), "no sound");
  const said = await say(...words);
  expect(said.err).toMatch(message);
  expect(said.code).toBe(1);
});
