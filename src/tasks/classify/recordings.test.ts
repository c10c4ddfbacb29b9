import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { melSpectrogram, type Recording, readWav } from "../../data/index.ts";
import { tone, wavBytes } from "../../data/testing/wav-bytes.ts";
import { DataError, FormatError } from "../../errors.ts";
import { loadModel } from "../../formats/load-model.ts";
import { loadSequenceClassifier, type SequenceClassifier, sequenceClassifier } from "./sequence-classifier.ts";

const quiet = { verbose: 0, epochs: 12 } as const;
const sizes = { units: 8, audio: { mels: 12, frameMs: 20 } } as const;
let folder = "";
let path = "";
let task: SequenceClassifier;

/** Tones that rise or fall, of 0.1 to 0.2 s. */
function glides(count: number): { sequence: Recording; label: string }[] {
  return Array.from({ length: count }, (_, i) => {
    const N = 800 + 37 * (i % 20);
    const label = i % 2 ? "rises" : "falls";
    const from = label === "rises" ? 400 + 10 * (i % 7) : 1600 - 10 * (i % 7); // Hz
    const slope = (label === "rises" ? 1200 : -1200) / N; // Hz a sample
    const samples = tone(0, N).map((_, n) => 0.3 * Math.sin((2 * Math.PI * (from + (slope * n) / 2) * n) / 8000));
    return { sequence: readWav(wavBytes([samples])), label };
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "cellstate-recordings-"));
  path = join(folder, "glides.keras");
  task = sequenceClassifier(sizes);
  await task.fit(glides(40), quiet);
  await task.save(path);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("recordings are told apart, and a saved task reads them alike", async () => {
  const { accuracy } = await task.evaluate(glides(30));
  expect(accuracy).toBeGreaterThan(0.9);
  const [again, recordings] = [await loadSequenceClassifier(path), glides(5).map(({ sequence }) => sequence)];
  expect(await again.predict(recordings)).toEqual(await task.predict(recordings));
});

test("frames made by hand train the same model", async () => {
  const rows = glides(40).map(({ sequence: { samples, sampleRate }, label }) => ({
    sequence: melSpectrogram(samples, { ...sizes.audio, sampleRate }),
    label,
  }));
  const other = sequenceClassifier({ units: sizes.units });
  await other.fit(rows, quiet);
  const [a, b] = [await other.predict([rows[0].sequence]), await task.predict([glides(1)[0].sequence])];
  expect(a).toEqual(b);
  await expect(other.predict([glides(1)[0].sequence])).rejects.toThrow(
    /sequence 0: expected a list of steps.*a recording/,
  );
});

test("a recording of another rate is refused, with how to change it", async () => {
  const other = { samples: new Float32Array(1000), sampleRate: 44_100 };
  const attempt = task.predict([glides(1)[0].sequence, other]);
  await expect(attempt).rejects.toThrow(DataError);
  await expect(attempt).rejects.toThrow(/sequence 1: expected 8000 samples per second, received 44100/);
});

test("options out of range are refused, and numbers among recordings are taken as frames", async () => {
  const wrong = sequenceClassifier({ units: 1, audio: { mels: 0 } });
  await expect(wrong.fit(glides(2), quiet)).rejects.toThrow(/mels to be a whole number/);
  await expect(task.predict([[[1, 2]]])).rejects.toThrow(/expected 12 features per step in sequence 0, received 2/);
});

test.each<[string, unknown, RegExp]>([
  ["text in place of settings", "mel", /audio: expected how recordings become frames, received "mel"/],
  ["no frame length", { sampleRate: 8000 }, /audio: frameMs: expected a number, received nothing/],
  ["another way to normalize", { ...mel(), normalize: "all" }, /normalize: expected "recording" or "none"/],
])("a file with %s is refused by name", async (_, audio, message) => {
  const bytes = await changed(audio);
  await expect(loadSequenceClassifier(bytes)).rejects.toThrow(FormatError);
  await expect(loadSequenceClassifier(bytes)).rejects.toThrow(message);
});

function mel() {
  return {
    sampleRate: 8000,
    frameMs: 20,
    hopMs: 10,
    mels: 12,
    lowest: 20,
    highest: 4000,
    range: 60,
    normalize: "recording",
  };
}

/** The bytes of the task's file with other settings of sound. */
async function changed(audio: unknown): Promise<Uint8Array> {
  const model = await loadModel(path);
  const place = "cellstate/task.json";
  const data = JSON.parse(new TextDecoder().decode(model.assets.get(place)));
  expect(data.audio).toEqual(mel());
  const assets = new Map(model.assets).set(place, new TextEncoder().encode(JSON.stringify({ ...data, audio })));
  const to = join(folder, "changed.keras");
  await model.save(to, { assets });
  return readFileSync(to);
}
