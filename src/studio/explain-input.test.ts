import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { attentionWeights, attribute, factors, gradientFlow, trace } from "../explain/index.ts";
import {
  attention,
  dense,
  embedding,
  functional,
  globalAveragePooling1d,
  gru,
  input,
  loadTextClassifier,
  lstm,
  NdArray,
  sequential,
} from "../index.ts";
import { attentionOf, factorsOf, gradientsOf, partsOf } from "./explain-input.ts";
import { type OpenModel, opened, openFile } from "./open-model.ts";
import { traceInput } from "./trace-input.ts";

const bytes = new Uint8Array(readFileSync(join(import.meta.dirname, "../../studio/models/sentiment.keras")));
const text = { input: "the film was not good", replace: null };
const changes = { clamp: null, replace: null };

test("parts are the library's, for either class, and add up to the prediction less the baseline's", async () => {
  const open = await openFile("sentiment.keras", bytes, "");
  const found = await partsOf(open, { ...text, baseline: "zeros", target: null });
  expect(found.of).toBe("the probability of “positive”");
  const task = await loadTextClassifier(bytes);
  const { x } = task.modelInput(text.input);
  const own = await attribute(task.model, x, { target: 0 });
  const shown = Array.from(own.attributions.data).slice(-5);
  expect([...found.integrated]).toEqual(shown);
  const occlusion = await attribute(task.model, x, { target: 0, method: "occlusion" });
  expect([...found.occlusion!]).toEqual(Array.from(occlusion.attributions.data).slice(-5));
  const parts = found.integrated.reduce((a, b) => a + b, 0);
  expect(parts - (found.score - found.baselineScore)).toBeCloseTo(found.gap, 5); // f32 scores
  const other = await partsOf(open, { ...text, baseline: "zeros", target: 0 });
  expect(other.of).toContain("negative");
  expect(other.score).toBeCloseTo(1 - found.score, 6);
  expect([...other.integrated]).toEqual(shown.map((v) => -v));
});

test("gradients and factors are the library's for the steps that are shown", async () => {
  const open = await openFile("sentiment.keras", bytes, "");
  const task = await loadTextClassifier(bytes);
  const { x } = task.modelInput(text.input);
  const { cells } = await gradientsOf(open, { ...text, target: null });
  const [own] = await gradientFlow(task.model, x, { target: 0 });
  expect([...cells[0].c!]).toEqual(Array.from(own.c!.data).slice(-5));
  expect([...cells[0].h!]).toEqual(Array.from(own.h!.data).slice(-5));

  const grouped = await factorsOf(open, { ...text, cell: "lstm" });
  const { layers } = await trace(task.model, x);
  const { order, explained, activity } = factors(layers[0], { count: 2 });
  expect(grouped.order).toEqual(order); // padding is masked there, and left out here
  expect(grouped.explained).toBeCloseTo(explained, 10);
  expect(grouped.activity).toEqual(
    Float32Array.from([0, 1].flatMap((f) => [...activity.row(f).row(0).data.slice(-5)])),
  );
  expect([...grouped.order].sort((a, b) => a - b)).toEqual(Array.from({ length: 24 }, (_, u) => u));
});

test("attention is aligned to the steps that are shown; a model without any says so", async () => {
  const x = input([null, 2]);
  const h = lstm(3, { returnSequences: true })(x);
  const y = dense(1)(globalAveragePooling1d()(attention()([h, h])));
  const model = functional(x, y, { seed: 4 });
  const open = opened("a.keras", model, null, "");
  const { layers } = await attentionOf(open, { input: "1 2; 3 4; 0 1", replace: null });
  const [own] = await attentionWeights(model, [[[1, 2], [3, 4], [0, 1]]]); // biome-ignore format: one line
  expect(layers[0]).toMatchObject({ heads: 1, queries: 3, values: 3, aligned: true });
  expect(layers[0].weights).toEqual(Float32Array.from(own.weights.data));
  const without = await openFile("sentiment.keras", bytes, "");
  await expect(attentionOf(without, text)).rejects.toThrow("a model with attention");
});

test("a word that is replaced is read as the sentence with the other word; a unit is silenced at every step; both say what was before", async () => {
  const open = await openFile("sentiment.keras", bytes, "");
  const plain = await traceInput(open, text.input, changes);
  expect(plain.before).toBeNull();
  const instead = await traceInput(open, text.input, { clamp: null, replace: { step: 3, by: "very" } });
  const typed = await traceInput(open, "the film was very good", changes);
  expect(instead.steps.map((s) => s.text)).toEqual(["the", "film", "was", "very", "good"]);
  expect(instead.outputs).toEqual(typed.outputs);
  expect(instead.before).toEqual(plain.outputs);
  expect(instead.cells[0].values.c).toEqual(typed.cells[0].values.c);
  await expect(traceInput(open, text.input, { clamp: null, replace: { step: 3, by: "two words" } })).rejects.toThrow(
    "one word",
  );
  await expect(traceInput(open, text.input, { clamp: null, replace: { step: 9, by: "very" } })).rejects.toThrow(
    "a step from 1 to 5",
  );

  const clamp = { cell: "lstm", gate: "h", step: null, unit: 7, value: 0 };
  const silent = await traceInput(open, text.input, { clamp, replace: null });
  const { values, units } = silent.cells[0];
  expect(silent.steps.map((_, t) => values.h[t * units + 7])).toEqual([0, 0, 0, 0, 0]);
  expect(silent.outputs.values).not.toEqual(plain.outputs.values);
  for (const [k, v] of silent.before!.values.entries()) expect(v).toBeCloseTo(plain.outputs.values[k], 5);
});

test("a model of a fixed batch, of ids and of several numbers a step is read; one without recurrence says so", async () => {
  const model = (layers: Parameters<typeof sequential>[0]) =>
    opened("m.keras", sequential(layers, { seed: 2 }), null, "") as OpenModel;
  const ids = model([embedding(9, 3, { inputShape: [null] }), gru(4), dense(2)]);
  const traced = await traceInput(ids, "1 8 3", { clamp: null, replace: { step: 1, by: "2" } });
  expect(traced.given.values).toEqual(Float32Array.of(1, 2, 3));
  await expect(traceInput(ids, "1 9", changes)).rejects.toThrow("ids from 0 to 8");
  const fixed = opened(
    "m.keras",
    sequential([input([3, 2], { batchSize: 4 }), lstm(3, { stateful: true }), dense(1)], { seed: 2 }),
    null,
    "",
  );
  const three = await traceInput(fixed, "1 2; 3 4; 5 6", changes);
  expect([three.given.shape, three.cells[0].values.h.length]).toEqual([[1, 3, 2], 9]);
  expect(three.given.values).toEqual(new NdArray(Float32Array.of(1, 2, 3, 4, 5, 6), [6]).data);
  expect(model([dense(2, { inputShape: [5, 3] })]).about.refusal).toContain("no recurrent layer");
});
