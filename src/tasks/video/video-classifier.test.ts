import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { movingDigits } from "../../data/moving-digits.ts";
import { loadModel } from "../../formats/load-model.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { loadTask } from "../load-task.ts";
import { loadVideoClassifier, type VideoClassifierOptions, videoClassifier } from "./video-classifier.ts";

/** Frames of 6 × 6 pixels, in which a column moves right or left. */
const clip = (right: boolean, from: number, frames = 4) =>
  Array.from({ length: frames }, (_, t) =>
    Array.from({ length: 6 }, () =>
      Array.from({ length: 6 }, (_, c) => (c === (right ? from + t : from + frames - 1 - t) ? 1 : 0)),
    ),
  );
const clips = [0, 1, 2].flatMap((from) => [clip(true, from), clip(false, from)]);
const labels = ["right", "left", "right", "left", "right", "left"];
const small: VideoClassifierOptions = { convolution: [4], units: 8, outputDropout: 0, backend: "js" };
const folder = mkdtempSync(join(tmpdir(), "cellstate-video-"));

for (const cell of ["lstm", "convLstm2d"] as const)
  test(`${cell} tells where a column moves to, and is saved with all it needs`, async () => {
    const units = cell === "lstm" ? 8 : 3;
    const video = videoClassifier({ ...small, cell, units });
    await video.fit(clips, labels, { epochs: 30, verbose: 0, batchSize: 3 });
    expect((await video.evaluate(clips, labels)).accuracy).toBe(1);
    const path = join(folder, `${cell}.keras`);
    await video.save(path);
    const opened = await loadVideoClassifier(path, { backend: "js" });
    expect(await opened.predict(clips)).toEqual(await video.predict(clips));
    expect((await loadTask(path)).kind).toBe("videoClassifier");
    expect((await loadModel(path)).inputShape).toEqual([null, 4, 6, 6, 1]);
  });

test("a clip of another number of frames is read at evenly spaced ones", async () => {
  const video = videoClassifier(small);
  await video.fit(clips, labels, { epochs: 1, verbose: 0 });
  const slow = clip(true, 1).flatMap((frame) => [frame, frame]);
  expect(await video.predict([slow])).toEqual(await video.predict([clip(true, 1)]));
  expect([...(video.modelInput(slow).x as NdArray).shape]).toEqual([1, 4, 6, 6, 1]);
});

test("channels behind, and a whole array of clips", async () => {
  const [N, T] = [4, 3];
  const x = new NdArray(
    Float32Array.from({ length: N * T * 5 * 5 * 2 }, (_, k) => (k * 7919) % 11),
    [N, T, 5, 5, 2],
  );
  const video = videoClassifier({ ...small, units: 2 });
  await video.fit(x, [1, 2, 1, 2], { epochs: 1, verbose: 0 });
  expect(video.frame).toEqual([5, 5, 2]);
  expect(await video.predict(x)).toHaveLength(4);
  const [alone, among] = [(await video.predict([x.row(2)]))[0], (await video.predict(x))[2]];
  expect(alone.probability).toBeCloseTo(among.probability, 6); // f32
});

describe("what does not fit is said with its clip", () => {
  const other = Array.from({ length: 4 }, () => Array.from({ length: 5 }, () => Array(6).fill(0)));
  const fit = (given: unknown, names = ["a", "b", "a", "b"]) =>
    videoClassifier(small).fit(given as never, names, { epochs: 1, verbose: 0 });
  for (const [name, work, said] of [
    [
      "images of two sizes",
      () => fit([...clips.slice(0, 3), other]),
      /frames of 6 × 6 pixels in row 3, received 5 × 6 pixels.*resize/s,
    ],
    ["a picture in place of a clip", () => fit([[[1, 2]], ...clips.slice(0, 3)]), /\[T, H, W\].*row 0/s],
    [
      "a pixel that is no number",
      () => fit([[[[1, Number.NaN]]], ...clips.slice(0, 3)]),
      /finite numbers in frame 0.*row 0/s,
    ],
    ["no clips", () => fit([]), /at least one clip/],
    ["one clip alone", () => fit("clip"), /list of clips/],
    [
      "a reader of both directions beside convLstm2d",
      async () => videoClassifier({ cell: "convLstm2d", bidirectional: true }),
      /bidirectional/,
    ],
    ["an unknown option", async () => videoClassifier({ kernel: 3 } as never), /"kernel"/],
  ] as const)
    test(name, async () => {
      await expect(async () => work()).rejects.toThrow(said);
    });
});

test("moving digits: the digit is moved, not changed, and comes again by its seed", () => {
  const image = new NdArray(
    Float32Array.from({ length: 28 * 28 }, (_, k) => (k === 14 * 28 + 14 ? 255 : 0)),
    [1, 28, 28],
  );
  const options = { count: 40, frames: 3, seed: 5, reduce: 1 };
  const { clips, digits, directions } = movingDigits(image, new NdArray(Float32Array.of(7)), options);
  expect(new Set(digits)).toEqual(new Set([7]));
  expect(new Set(directions).size).toBe(8);
  for (const [k, name] of directions.entries()) {
    const at = Array.from({ length: 3 }, (_, t) => clips.row(k).row(t).data.indexOf(1));
    const [down, right] = [Math.floor(at[1] / 32) - Math.floor(at[0] / 32), (at[1] % 32) - (at[0] % 32)];
    expect(down, name).toBe(/north/.test(name) ? -1 : /south/.test(name) ? 1 : 0);
    expect(right, name).toBe(/west/.test(name) ? -1 : /east/.test(name) ? 1 : 0);
    expect(at[2] - at[1]).toBe(at[1] - at[0]);
  }
  const again = movingDigits(image, new NdArray(Float32Array.of(7)), { ...options, reduce: 2 });
  expect(again.directions).toEqual(directions);
  expect(again.clips.shape).toEqual([40, 3, 16, 16]);
  expect(Array.from(again.clips.data).reduce((a, b) => a + b, 0)).toBe(40 * 3 * 0.25);
  const one = new NdArray(Float32Array.of(7));
  expect(() => movingDigits(image, one, { count: 1, speed: Number.NaN })).toThrow("speed: expected a finite number");
  expect(() => movingDigits(image, one, { count: 1, size: 31 })).toThrow("pixels: expected a whole number");
  expect(() => movingDigits(image, new NdArray(Float32Array.of(1, 2)), { count: 1 })).toThrow(
    /images \[N, rows, columns\]/,
  );
});
