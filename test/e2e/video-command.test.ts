/** `cellstate train video`, and `predict` and `evaluate` on what it saved. */
import { existsSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { writeNpy, writeNpz } from "../../src/formats/index.ts";
import { speaker } from "./say.ts";

const { file, say } = speaker("video");

/** Frames of 6 × 6 pixels, in which a column moves right or left. */
const clip = (right: boolean, from: number) => {
  const data = new Float32Array(3 * 36);
  for (let t = 0; t < 3; t++)
    for (let r = 0; r < 6; r++) data[t * 36 + r * 6 + (right ? from + t : from + 2 - t)] = 200;
  return data;
};
const starts = [0, 1, 2, 3];
const small = ["--convolution", "3", "--units", "6", "--epochs", "25", "--learning-rate", "0.02", "--save"];

beforeAll(async () => {
  const all = starts.flatMap((from) => [clip(true, from), clip(false, from)]);
  const data = Float32Array.from(all.flatMap((one) => [...one]));
  const y = { data: Int32Array.from({ length: 8 }, (_, k) => k % 2), shape: [8] };
  writeFileSync(file("clips.npz"), await writeNpz({ x: { data, shape: [8, 3, 6, 6] }, y }));
  const lines = starts.flatMap((from) =>
    [true, false].map((right) => ({ right, name: `${right ? "r" : "l"}${from}.npy`, from })),
  );
  for (const { right, name, from } of lines)
    writeFileSync(file(name), writeNpy({ data: clip(right, from), shape: [3, 6, 6] }));
  writeFileSync(
    file("clips.csv"),
    `path,label\n${lines.map(({ name, right }) => `${name},${right ? 0 : 1}`).join("\n")}\n`,
  );
  writeFileSync(file("small.npy"), writeNpy({ data: new Float32Array(3 * 25), shape: [3, 5, 5] }));
});

test("clips and classes in an npz become a model that answers for others", async () => {
  const { code, err } = await say("train", "video", "clips.npz", ...small, "moves.keras");
  expect([code, err]).toEqual([0, expect.stringContaining("8 clips, 2 classes: 0 4, 1 4")]);
  expect(err).toContain("3 frames of 6 × 6 pixels read of a clip; trained on 8, none held out for validation");
  expect((await say("evaluate", "moves.keras", "clips.npz")).out).toMatch(/^accuracy 100.0 %/);
  expect((await say("evaluate", "moves.keras", "clips.csv", "--chart", "c.svg", "--top", "2")).out).toMatch(
    /^accuracy 100.0 %, 100.0 % among the 2 most probable/,
  );
  expect(existsSync(file("c.svg"))).toBe(true);
  expect((await say("predict", "moves.keras", file("r1.npy"))).out).toMatch(/^0\t\d+\.\d %\t.*r1\.npy\n$/);
  const csv = (await say("predict", "moves.keras", "clips.csv", "--csv")).out.split("\n");
  expect(csv[0]).toBe("name,label,probability,p(0),p(1)");
  expect(csv[1]).toMatch(/^r0\.npy,0,/);
  expect((await say("inspect", "moves.keras")).out).toContain("the class of a clip");
});

test("a table of npy files trains a convolutional LSTM", async () => {
  const { code } = await say("train", "video", "clips.csv", "--cell", "convLstm2d", ...small, "conv.keras");
  expect(code).toBe(0);
  expect((await say("evaluate", "conv.keras", "clips.npz", "-q")).out).toMatch(/^accuracy /);
});

test.each<[string, string[], RegExp]>([
  [
    "images of two sizes",
    ["r0.npy,right", "l0.npy,left", "r1.npy,right", "small.npy,left"],
    /bad\.csv: line 5: expected frames of 6 × 6 pixels, received 5 × 5/,
  ],
  [
    "a class with one row",
    ["r0.npy,right", "r1.npy,right", "l0.npy,left"],
    /bad\.csv: line 4: expected at least two rows of each class, received one of "left"/,
  ],
  ["a file that is not there", ["r9.npy,right"], /bad\.csv: line 2, r9\.npy/],
  ["no path of an array", ["r0.png,right"], /bad\.csv: line 2, r0\.png: expected the path of an npy file/],
])("%s is an error with its file and line", async (_, lines, said) => {
  writeFileSync(file("bad.csv"), `path,label\n${lines.join("\n")}\n`);
  const { code, err } = await say("train", "video", "bad.csv", "--epochs", "1", "--save", "bad.keras");
  expect(err).toMatch(said);
  expect(code).toBe(1);
});
