/** Of what a server keeps: sequences and their bounds, what a model before it has computed, and how much of batches is padding. */
import { afterEach, expect, test, vi } from "vitest";
import { dense, embedding, input, lstm, type Model, NdArray, sequential, textClassifier } from "../index.ts";
import { inferenceServer } from "./inference-server.ts";
import { v2 } from "./testing/protocol-rows.ts";
import { ask } from "./testing/small-server.ts";

afterEach(() => void vi.restoreAllMocks());

const net = (seed: number) => sequential([input([null, 2], { name: "steps" }), lstm(4), dense(3)], { seed });
const part = (id: number, more: object = {}) => ({
  ...v2("steps", [1, 1, 2], [[0.1, 0.2]]),
  parameters: { sequence_id: id, ...more },
});

test("sequences beyond maxSequences are refused until one ends", async () => {
  const server = inferenceServer({ models: { numbers: net(1) }, maxSequences: 2 });
  const infer = (id: number, more: object) => ask(server, "/v2/models/numbers/infer", part(id, more));
  const begin = { sequence_start: true };
  expect([(await infer(1, begin)).status, (await infer(2, begin)).status]).toEqual([200, 200]);
  const refused = await infer(3, begin);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
  expect(refused.text).toContain("Too many sequences are kept");
  expect((await infer(2, {})).status).toBe(200);
  await infer(1, { sequence_end: true });
  expect((await infer(3, begin)).status).toBe(200);
  expect(server.metrics()).toContain("cellstate_sequences 2\n");
});

test("a sequence that nobody continues for sequenceIdle seconds is forgotten", async () => {
  const server = inferenceServer({ models: { numbers: net(1) }, sequenceIdle: 5 });
  const infer = (id: number, more: object = {}) => ask(server, "/v2/models/numbers/infer", part(id, more));
  let now = Date.now();
  vi.spyOn(Date, "now").mockImplementation(() => now);
  await infer(1, { sequence_start: true });
  now += 4_900;
  expect((await infer(1)).status).toBe(200);
  now += 5_100;
  const gone = await infer(1);
  expect([gone.status, gone.text]).toEqual([400, expect.stringContaining('There is no sequence \\"1\\"')]);
});

/** Shapes that a model is asked to compute, in their order. */
function shapesAskedOf(model: Model): string[] {
  const shapes: string[] = [];
  const { predict } = model;
  vi.spyOn(model, "predict").mockImplementation((x, ...rest) => {
    if (x instanceof NdArray) shapes.push(x.shape.join(" x "));
    return predict.call(model, x as never, ...(rest as []));
  });
  return shapes;
}

test("a model that takes the place of another has computed batches as that one did before it is asked", async () => {
  const server = inferenceServer({ models: { numbers: net(1) } });
  const rows = (count: number, steps: number) => ({
    instances: Array.from({ length: count }, () => Array(steps).fill([0.1, 0.2])),
  });
  for (const [count, steps] of [
    [1, 23],
    [6, 31],
    [1, 23],
  ])
    expect((await ask(server, "/v1/models/numbers:predict", rows(count, steps))).status).toBe(200);
  const after = net(2);
  const shapes = shapesAskedOf(after);
  await server.replace("numbers", after);
  expect(shapes).toEqual(expect.arrayContaining(["1 x 23 x 2", "4 x 31 x 2", "2 x 31 x 2"]));
  const warmed = shapes.length;
  const answer = await ask(server, "/v1/models/numbers:predict", rows(6, 31));
  expect(answer.said).toEqual({ predictions: (await after.predict(rows(6, 31).instances)).toArray() });
  const third = net(3);
  const again = shapesAskedOf(third);
  await server.replace("numbers", third);
  expect(again).toHaveLength(warmed); // it was asked for nothing else meanwhile
});

test("rows that the new model cannot read do not keep it from its place", async () => {
  const words = (vocabulary: number) =>
    sequential([input([3], { dtype: "i32", name: "ids" }), embedding(vocabulary, 4), lstm(4), dense(1)]);
  const server = inferenceServer({ models: { words: words(50) } });
  expect((await ask(server, "/v1/models/words:predict", { instances: [[1, 2, 49]] })).status).toBe(200);
  await server.replace("words", words(10));
  expect((await ask(server, "/v1/models/words:predict", { instances: [[1, 2, 9]] })).status).toBe(200);
  expect((await ask(server, "/v1/models/words:predict", { instances: [[1, 2, 49]] })).status).toBe(400);
});

test("metrics tell how many steps of batches were padding", async () => {
  const task = textClassifier({ units: 4, embedding: 4, length: 8 });
  await task.fit(["good film", "bad film", "so good", "so bad it hurts"], ["yes", "no", "yes", "no"], {
    epochs: 1,
    verbose: 0,
  });
  const models = { sentiment: { kind: "textClassifier", task }, numbers: net(1) } as const;
  const server = inferenceServer({ models });
  await ask(server, "/models/sentiment/predict", { texts: ["good film", "so bad it hurts"] });
  await ask(server, "/v1/models/numbers:predict", { instances: [Array(5).fill([0, 1])] });
  const said = server.metrics();
  expect(said).toContain('cellstate_batch_steps_total{model="sentiment"} 16\n');
  expect(said).toContain('cellstate_padding_steps_total{model="sentiment"} 10\n');
  expect(said).toContain('cellstate_batch_steps_total{model="numbers"} 5\n');
  expect(said).toContain('cellstate_padding_steps_total{model="numbers"} 0\n');
});
