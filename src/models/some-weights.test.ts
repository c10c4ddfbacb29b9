import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  batchNormalization,
  bidirectional,
  dense,
  functional,
  gru,
  input,
  loadModel,
  loadWeights,
  lstm,
  sequential,
  timeDistributed,
} from "../index.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "some-weights-"));
});
afterAll(() => rm(folder, { recursive: true }));

const head = (classes: number) =>
  sequential([input([2, 1]), lstm(3, { name: "reader" }), dense(classes, { name: "answer" })]);

describe.each(["keras", "weights.h5", "h5", "safetensors"])("skipMismatch from .%s", (ending) => {
  test("leaves a layer of other sizes as it is, and says which", async () => {
    const [old, now] = [head(2), head(5)];
    const before = now.layers[1].getWeights();
    const path = join(folder, `old.${ending}`);
    await old.save(path);
    const { skipped } = await loadWeights(now, path, { skipMismatch: true });
    expect(now.layers[0].getWeights()).toEqual(old.layers[0].getWeights());
    expect(now.layers[1].getWeights()).toEqual(before);
    expect(skipped[0]).toMatch(/answer/);
    await expect(loadWeights(now, path)).rejects.toThrow(/answer/);
  });
});

test("an unknown option of loadWeights is refused", async () => {
  await expect(loadWeights(head(2), "x.h5", { skipMismatched: true } as never)).rejects.toThrow(/skipMismatch/);
});

test("a layer has the numbers of its weights, whoever changed them last", () => {
  const model = head(2);
  const [reader, answer] = model.layers;
  expect([...reader.getWeights(), ...answer.getWeights()]).toEqual(model.getWeights());
  answer.setWeights([
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    [7, 8],
  ]);
  expect(model.getWeights().at(-1)!.toArray()).toEqual([7, 8]);
  const inner = sequential([dense(3, { name: "inside" })], { name: "part" });
  const i = input([2, 2]);
  const outer = functional(i, timeDistributed(inner)(i));
  inner.setWeights(
    inner.getWeights().map((w) =>
      w.shape.length > 1
        ? [
            [1, 1, 1],
            [1, 1, 1],
          ]
        : [2, 2, 2],
    ),
  );
  expect(outer.getWeights()[1].toArray()).toEqual([2, 2, 2]);
  expect(outer.layers[1].getWeights()).toEqual(outer.getWeights());
  expect(inner.layers[0].getWeights()).toEqual(outer.getWeights());
});

test("wrappers and layers with statistics list weights as Keras does", () => {
  const model = sequential([input([4, 2]), bidirectional(gru(3, { returnSequences: true })), batchNormalization()]);
  const shapes = model.layers.map((layer) => layer.getWeights().map((w) => w.shape.join("x")));
  expect(shapes).toEqual([
    ["2x9", "3x9", "2x9", "2x9", "3x9", "2x9"],
    ["6", "6", "6", "6"],
  ]);
});

test("a layer that is not built has no numbers, one in no model is told so, and arrays that do not fit are refused", () => {
  const alone = dense(2);
  expect(alone.getWeights()).toEqual([]);
  expect(() => alone.setWeights([[1]])).toThrow(/Build it first/);
  alone(input([3]));
  expect(() => alone.getWeights()).toThrow(/a layer of a model/);
  const model = head(2);
  const before = model.getWeights();
  expect(() => model.layers[1].setWeights([[[1, 2]], [1, 2]])).toThrow(/kernel \[3, 2\]/);
  expect(() => model.layers[1].setWeights([[1, 2]])).toThrow(/2 arrays/);
  expect(model.getWeights()).toEqual(before);
});

test("a stack's layers are the same list before saving and after loading", async () => {
  const model = head(2);
  for (const ending of ["keras", "h5", "safetensors"]) {
    const path = join(folder, `list.${ending}`);
    await model.save(path);
    const back = await loadModel(path);
    expect(back.layers.map((layer) => layer.name)).toEqual(model.layers.map((layer) => layer.name));
  }
});
