import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { thorough } from "../../../test/thorough.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { Random } from "../../tensor/random.ts";
import { adam } from "../../train/optimizers/index.ts";
import { loadTask } from "../load-task.ts";
import { warped } from "./augment.ts";
import { errorRate } from "./error-rate.ts";
import { imageColumns, type TranscribedExample } from "./examples.ts";
import { ngramModel } from "./ngram-model.ts";
import { loadSequenceTranscriber, type SequenceTranscriber, sequenceTranscriber } from "./sequence-transcriber.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-transcribe-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Strings of a, b and c: each two to four frames of a pattern of its own, noise on it, quiet frames between. */
function signals(count: number, seed: number): TranscribedExample[] {
  const random = new Random(seed);
  const patterns: Record<string, number[]> = { a: [1, 0, 0], b: [0, 1, 0], c: [0, 0, 1] };
  return Array.from({ length: count }, () => {
    const transcript = Array.from({ length: 1 + random.below(4) }, () => "abc"[random.below(3)]).join("");
    const frames = [...transcript].flatMap((letter) => [
      [0, 0, 0],
      ...Array.from({ length: 2 + random.below(3) }, () => patterns[letter]),
    ]);
    const input = frames.map((frame) => frame.map((v) => v + 0.1 * random.normal()));
    return { input, transcript };
  });
}
const small = { units: 8, dropout: 0, seed: 3, optimizer: adam({ learningRate: 0.02, clipnorm: 5 }) } as const;

test("examples given to validate on take the place of a part of the others, and end a training of examples made anew", async () => {
  const validationData = signals(6, 4);
  for (const data of [signals(12, 1), (pass: number) => signals(12, pass)]) {
    const task = sequenceTranscriber(small);
    const history = await task.fit(data, { epochs: 2, verbose: 0, validationData });
    expect(task.split).toEqual({ training: 12, validation: 6 });
    expect(history.history.val_cer).toHaveLength(2);
  }
  const wrong = [{ input: [[1, 2]], transcript: "a" }];
  const fit = sequenceTranscriber(small).fit(signals(12, 1), { verbose: 0, validationData: wrong });
  await expect(fit).rejects.toThrow(/validationData: expected frames of 3 features in row 0/);
});

describe("a transcriber of frames", () => {
  let transcriber: SequenceTranscriber;
  const held = signals(20, 9);
  beforeAll(async () => {
    transcriber = sequenceTranscriber({ ...small, units: 12, ngram: 2, optimizer: { name: "adam" } as never });
    transcriber = sequenceTranscriber({ ...small, units: 16, ngram: 2 });
    await transcriber.fit(signals(60, 1), { epochs: 30, verbose: 0, validationSplit: 0 });
  });

  test("finds what was written, where nobody said which frame is which letter", async () => {
    const found = await transcriber.evaluate(held);
    expect(found.cer).toBeLessThan(0.1);
    expect(found.examples).toBe(20);
    expect(found.exact).toBeGreaterThan(0.7);
    expect(transcriber.alphabet).toEqual(["a", "b", "c"]);
  });

  test("one answer does not depend on the others beside it, and the next best are given", async () => {
    const inputs = held.map(({ input }) => input);
    const together = await transcriber.transcribe(inputs, { topPaths: 2, languageModel: null });
    const [alone] = await transcriber.transcribe([inputs[3]], { topPaths: 2, languageModel: null });
    expect(alone.transcript).toBe(together[3].transcript);
    expect(alone.probability).toBeCloseTo(together[3].probability, 5); // f32: padded to another length
    expect(alone.others).toHaveLength(1);
    expect(alone.others[0].probability).toBeLessThan(alone.probability);
  });

  test("a saved one is the same, and loadTask knows it", async () => {
    const path = join(folder, "letters.keras");
    await transcriber.save(path);
    const again = await loadSequenceTranscriber(path);
    const inputs = held.slice(0, 5).map(({ input }) => input);
    expect(await again.transcribe(inputs)).toEqual(await transcriber.transcribe(inputs));
    expect(again.languageModel?.order).toBe(2);
    const { kind } = await loadTask(path);
    expect(kind).toBe("sequenceTranscriber");
  });

  test("frames of another width are refused, with their row", async () => {
    await expect(transcriber.transcribe([[[1, 2]]])).rejects.toThrow(/frames of 3 features in row 0, received 2/);
  });
});

test.skipIf(!thorough)(
  "a recording at another rate is resampled, and speed and hidden bands do not change the shapes",
  async () => {
    /** A whistle of a quarter of a second from one pitch to another, in Hz. */
    const glide = (from: number, to: number, sampleRate: number) => {
      const N = sampleRate / 4;
      const phase = (n: number) => (2 * Math.PI * n * (from + ((to - from) * n) / (2 * N))) / sampleRate;
      return { samples: Float32Array.from({ length: N }, (_, n) => Math.sin(phase(n))), sampleRate };
    };
    const examples = [400, 500, 600, 700].flatMap((hertz) => [
      { input: glide(hertz, 2 * hertz, 8000), transcript: "u" },
      { input: glide(2 * hertz, hertz, 8000), transcript: "d" },
    ]);
    const augment = { speed: 0.02, bands: 1, stretches: 1 };
    const transcriber = sequenceTranscriber({ ...small, audio: { mels: 16 }, augment });
    await transcriber.fit(examples, { epochs: 40, verbose: 0, batchSize: 4 });
    expect(transcriber.sampleRate).toBe(8000);
    const found = await transcriber.transcribe([
      glide(450, 900, 8000),
      glide(450, 900, 22_040),
      glide(900, 450, 16_000),
    ]);
    expect(found.map(({ transcript }) => transcript)).toEqual(["u", "u", "d"]);
  },
);

test("convolutions read patches of frames, and padding does not change an answer", async () => {
  const transcriber = sequenceTranscriber({ units: 6, dropout: 0, convolution: [2], window: 4, stride: 2 });
  await transcriber.fit(
    signals(12, 2).map(({ input, transcript }) => ({ input, transcript: transcript[0] })),
    { epochs: 1, verbose: 0 },
  );
  const [short, long] = [signals(1, 5)[0].input as number[][], signals(30, 6).map(({ input }) => input as number[][])];
  const longest = long.reduce((a, b) => (b.length > a.length ? b : a));
  const [alone] = await transcriber.logits([short]);
  const [beside] = await transcriber.logits([short, longest]);
  expect(alone.shape).toEqual([Math.ceil(short.length / 2), transcriber.alphabet.length + 1]);
  for (const [k, v] of alone.data.entries()) expect(beside.data[k]).toBeCloseTo(v, 5);
});

describe("what does not fit is said with its row", () => {
  const fit = (examples: unknown) =>
    sequenceTranscriber(small).fit(examples as TranscribedExample[], { epochs: 1, verbose: 0 });
  const frames = (n: number, width = 2) => Array.from({ length: n }, () => Array(width).fill(1));
  for (const [name, examples, said] of [
    [
      "an empty transcript",
      [
        { input: frames(3), transcript: "a" },
        { input: frames(3), transcript: "" },
      ],
      /a transcript in row 1, received an empty one/,
    ],
    [
      "a transcript longer than its frames",
      [{ input: frames(3), transcript: "abcd" }],
      /at least 4 steps for "abcd" in row 0, received 3 frames, 3 steps/,
    ],
    ["equal characters that need a blank between", [{ input: frames(3), transcript: "aab" }], /at least 4 steps/],
    [
      "images of two heights",
      [
        { input: frames(3), transcript: "a" },
        { input: frames(3, 3), transcript: "a" },
      ],
      /2 features in row 1.*images are of one height/s,
    ],
    ["a frame that is no number", [{ input: [[1, Number.NaN]], transcript: "a" }], /finite numbers in frame 0/],
    ["no examples", [], /at least one example/],
  ] as const)
    test(name, async () => {
      await expect(fit(examples)).rejects.toThrow(said);
    });

  test("an unknown option, with the nearest", () => {
    expect(() => sequenceTranscriber({ strid: 2 } as never)).toThrow(/Did you mean "stride"/);
  });
});

test("errorRate counts the fewest edits", () => {
  const split = (text: string) => [...text];
  expect(errorRate([split("kitten")], [split("sitting")])).toEqual({
    ...{ rate: 0.5, substitutions: 2, deletions: 0, insertions: 1, length: 6 },
  });
  expect(errorRate([["a", "b"], ["c"]], [["b"], ["c", "d"]])).toMatchObject({
    deletions: 1,
    insertions: 1,
    rate: 2 / 3,
  });
  expect(errorRate([[]], [[]]).rate).toBe(0);
});

test("a language model chooses where the network does not know", async () => {
  const model = ngramModel(["the cat", "the dog", "the cow"], { order: 4 });
  expect(model.logProbability("the", " ")).toBeGreaterThan(model.logProbability("the", "x"));
  const sum = [..." abcdeghotw", ""].reduce((s, c) => s + Math.exp(model.logProbability("th", c)), 0);
  expect(sum).toBeLessThan(1.0001);
  const { ctcDecode } = await import("./ctc-decode.ts");
  // "a" and "b" sound alike; the model has only seen "b" after "a".
  const pairs = ngramModel(["ab", "ab"], { order: 2 });
  const logits = new NdArray(Float32Array.of(0, 5, 0, 5, 0, 0, 0, 2.1, 2), [3, 3]);
  const labels = ["", "a", "b"];
  const languageModel = {
    start: pairs.start,
    next: (state: unknown, label: number) => ({
      state: pairs.behind(state as string, labels[label]),
      logProbability: pairs.logProbability(state as string, labels[label]),
    }),
    end: (state: unknown) => pairs.logProbability(state as string, ""),
  };
  expect(ctcDecode(logits)[0].labels).toEqual([1, 1]);
  expect(ctcDecode(logits, { languageModel })[0].labels).toEqual([1, 2]);
});

test("imageColumns turns pixels into frames, left to right", () => {
  const columns = imageColumns([
    [0, 255, 51],
    [0, 0, 102],
  ]);
  expect(columns.toArray()).toEqual([
    [0, 0],
    [1, 0],
    [Math.fround(0.2), Math.fround(0.4)],
  ]);
});

test("warp stretches the axis of features by a drawn factor, the first staying where it is", () => {
  const line = new NdArray(
    Float32Array.from({ length: 40 }, (_, k) => (k < 20 ? k : 10 * (k - 20))),
    [2, 20],
  ); // each frame a straight line
  const none = { speed: 0, bands: 0, stretches: 0 };
  const factor = 1 + 0.3 * (2 * new Random(4).uniform() - 1);
  const found = warped(line, { ...none, warp: 0.3 }, new Random(4));
  for (let f = 0; f < 20; f++) {
    expect(found.at(0, f)).toBeCloseTo(Math.min(19, f * factor), 4);
    expect(found.at(1, f)).toBeCloseTo(10 * Math.min(19, f * factor), 3);
  }
  expect(factor).not.toBeCloseTo(1, 2);
  expect(warped(line, { ...none, warp: 0 }, new Random(4))).toBe(line);
});
