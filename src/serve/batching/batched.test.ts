import { expect, test } from "vitest";
import {
  chooseBackend,
  DataError,
  dense,
  embedding,
  gru,
  input,
  lstm,
  NdArray,
  ShapeError,
  sequential,
  textClassifier,
} from "../../index.ts";
import { batched } from "./batched.ts";

const T = 12;
const classes = () => {
  const model = sequential([
    input([T], { dtype: "i32" }),
    embedding(50, 8, { maskZero: true }),
    lstm(9, { returnSequences: true }),
    gru(7),
    dense(3, { activation: "softmax" }),
  ]);
  return model;
};
/** Rows of ids, padded in front by different lengths. */
const ids = (rows: number, steps = T) =>
  new NdArray(
    Int32Array.from({ length: rows * steps }, (_, i) => {
      const [row, t] = [Math.floor(i / steps), i % steps];
      return t < (row * 5) % (steps - 1) ? 0 : 1 + ((i * 7919 + row * 31) % 49);
    }),
    [rows, steps],
  );

for (const backend of ["native", "wasm"] as const)
  test(`an answer has the same bits alone and in a batch: ${backend}`, async (context) => {
    if ((await chooseBackend(backend).catch(() => null)) === null)
      return context.skip(`the ${backend} backend cannot be had here`);
    const model = classes();
    model.compile({ loss: "mse", backend });
    const x = ids(21);
    const alone: number[][] = [];
    for (let i = 0; i < 21; i++) alone.push(Array.from((await model.predict(x.slice(i, i + 1))).data));
    const sizes: number[] = [];
    const many = batched(model, { onBatch: ({ rows }) => sizes.push(rows) });
    const rows = await Promise.all(alone.map((_, i) => many.predict(x.slice(i, i + 1))));
    expect(rows.map((a) => Array.from((a as NdArray).data))).toEqual(alone);
    expect(sizes).toEqual([16, 4, 1]);
    expect(many.waiting).toBe(0);
  });

test("rows of different lengths go in batches of one length, and a question of several rows stays together", async () => {
  const model = sequential([input([null, 2]), lstm(4), dense(1)]);
  const seen: string[] = [];
  const many = batched(model, { onBatch: ({ rows, steps }) => seen.push(`${rows} x ${steps / rows}`) });
  const series = (rows: number, steps: number) =>
    new NdArray(
      Float32Array.from({ length: rows * steps * 2 }, (_, i) => Math.sin(i + steps)),
      [rows, steps, 2],
    );
  const questions = [series(1, 3), series(2, 5), series(1, 3), series(3, 5), series(1, 3)];
  const answers = (await Promise.all(questions.map((x) => many.predict(x)))) as NdArray[];
  for (const [k, x] of questions.entries()) {
    const wanted = await model.predict(x);
    expect(answers[k].shape).toEqual(wanted.shape);
    expect(answers[k].data).toEqual(wanted.data);
  }
  expect(seen.toSorted()).toEqual(["1 x 3", "1 x 5", "2 x 3", "4 x 5"]);
});

test("a batch counts rows times steps, not questions", async () => {
  const model = classes();
  const sizes: number[] = [];
  const many = batched(model, { maxSteps: 4 * T, onBatch: ({ rows }) => sizes.push(rows) });
  await Promise.all([many.predict(ids(6)), many.predict(ids(3))]);
  expect(sizes).toEqual([4, 4, 1]);
});

test("what cannot be answered is told to the one who asked it, and spoils no other's answer", async () => {
  const model = classes();
  const many = batched(model);
  const bad = new NdArray(new Int32Array(T).fill(50), [1, T]);
  const asked = [ids(1), bad, ids(2)].map((x) => many.predict(x).catch((error: Error) => error));
  const [first, second, third] = await Promise.all(asked);
  expect(second).toBeInstanceOf(DataError);
  expect((first as NdArray).data).toEqual((await model.predict(ids(1))).data);
  expect((third as NdArray).shape).toEqual([2, 3]);
  await expect(many.predict(ids(1, 5))).rejects.toThrow(ShapeError);
  await expect(many.predict({ ids: ids(1) })).rejects.toThrow('unknown option "ids"');
});

test("an aborted signal takes a question out of the queue; too many are refused", async () => {
  const model = classes();
  const sizes: number[] = [];
  const many = batched(model, { maxRows: 1, maxWaiting: 4 * T, onBatch: ({ rows }) => sizes.push(rows) });
  const stop = new AbortController();
  const kept = many.predict(ids(1));
  const left = many.predict(ids(3), { signal: stop.signal });
  await expect(many.predict(ids(1))).rejects.toMatchObject({ code: "CELLSTATE_BUSY" });
  stop.abort(new Error("gone"));
  await expect(left).rejects.toThrow("gone");
  await kept;
  expect(sizes).toEqual([1]);
  expect(many.waiting).toBe(0);
  await expect(many.predict(ids(1), { signal: stop.signal })).rejects.toThrow("gone");
});

test("texts of a classifier are answered together as they are alone", async () => {
  const task = textClassifier({ units: 4, embedding: 4 });
  const texts = ["good film", "bad film", "so good", "so bad it hurts", "good", "bad"];
  await task.fit(texts, ["yes", "no", "yes", "no", "yes", "no"], { epochs: 1, verbose: 0 });
  const many = batched(task);
  const answers = await Promise.all(texts.map((text) => many.predict([text])));
  for (const [k, text] of texts.entries()) expect(answers[k]).toEqual(await task.predict([text]));
  const [good, empty] = await Promise.all([many.predict(["good"]), many.predict([""]).catch((error: Error) => error)]);
  expect(good).toHaveLength(1);
  expect(empty).toBeInstanceOf(DataError);
});

test("an option that is unknown or makes no sense is refused", () => {
  const model = classes();
  expect(() => batched(model, { maxRow: 3 } as object)).toThrow('Did you mean "maxRows"?');
  expect(() => batched(model, { maxRows: 0 })).toThrow("maxRows");
});
