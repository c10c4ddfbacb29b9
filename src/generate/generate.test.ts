import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { presentBackends } from "../../test/backends.ts";
import type { BackendName } from "../backends/choose.ts";
import { DataError } from "../errors.ts";
import { loadModel } from "../formats/load-model.ts";
import { bidirectional, dense, dropout, embedding, gru, input, lstm, masking } from "../layers/index.ts";
import { sequential } from "../models/sequential.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { beamSearch, carried, generate, rereadingSession, type Session, statefulSession } from "./index.ts";
import { sampler } from "./sampling.ts";

const words = 9;
/** Two recurrent layers with weights large enough that words differ; nothing is trained. */
const network = (backend: BackendName = "js", seed = 3) => {
  const init = { embeddingsInitializer: "randomNormal" } as const;
  const kernel = { kernelInitializer: "heNormal" } as const;
  const model = sequential(
    [
      embedding(words, 6, { maskZero: true, inputShape: [null], ...init }),
      gru(5, { returnSequences: true, ...kernel }),
      dropout(0.5),
      lstm(7, { returnSequences: true }),
      dense(words, { activation: "softmax", ...kernel }),
    ],
    { seed },
  );
  model.compile({ loss: "sparseCategoricalCrossentropy", backend });
  model.setWeights(
    model.getWeights().map(
      (w) =>
        new NdArray(
          Float32Array.from(w.data, (v) => 4 * v),
          w.shape,
        ),
    ),
  );
  return model;
};
const all = async (ids: AsyncIterable<number>) => {
  const list: number[] = [];
  for await (const id of ids) list.push(id);
  return list;
};
/** A session whose probabilities are given by the id read last. */
const table = (rows: number, next: readonly (readonly number[])[]): Session => {
  let at = Array<number>(rows).fill(0);
  const answer = async () => Float32Array.from(at.flatMap((id) => next[id]));
  return {
    rows,
    vocabulary: next.length,
    reset: () => {},
    read: async (ids) => {
      at.fill(ids.at(-1)!);
      return answer();
    },
    step: async (ids) => {
      at = Array.from(ids);
      return answer();
    },
    reorder: (from) => {
      at = from.map((k) => at[k]);
    },
  };
};

for (const backend of await presentBackends()) {
  test(`${backend.name}: carried states equal those of reading the whole text again, for every row`, async () => {
    const model = network(backend.name);
    const session = statefulSession(model, { rows: 2 });
    await session.read([3, 1]);
    session.reset();
    await session.read([4, 8]);
    const p = await session.step([2, 7]);
    session.reorder([1, 1]);
    const q = await session.step([5, 6]);
    const whole = await model.predict([
      [4, 8, 2],
      [4, 8, 7],
    ]);
    const longer = await model.predict([
      [4, 8, 7, 5],
      [4, 8, 7, 6],
    ]);
    for (let row = 0; row < 2; row++) {
      let sum = 0;
      for (let id = 0; id < words; id++) {
        expect(p[row * words + id]).toBeCloseTo(whole.at(row, 2, id), 5); // f32, three steps
        expect(q[row * words + id]).toBeCloseTo(longer.at(row, 3, id), 5);
        sum += q[row * words + id];
      }
      expect(sum).toBeCloseTo(1, 5);
    }
  });
}

test("carried states continue in a model with masking, a chord at a time", async () => {
  const layers = [input([null, 3]), masking({ maskValue: -1 }), lstm(5, { returnSequences: true }), dense(3)];
  const model = sequential(layers);
  model.compile({ loss: "mse", backend: "js" });
  const x = [
    [0, 1, 0],
    [1, 0, 1],
    [0, 0, 0],
  ];
  const { model: reader } = carried(model, 1);
  await reader.predictOnBatch([x.slice(0, 2)]);
  const last = await reader.predictOnBatch([x.slice(2)]);
  const whole = await model.predict([x]);
  for (let k = 0; k < 3; k++) expect(last.at(0, 0, k)).toBeCloseTo(whole.at(0, 2, k), 6); // f32
});

test("a session follows the training of its model", async () => {
  const model = network();
  const session = statefulSession(model);
  const before = await session.read([1, 2]);
  await model.fit([[1, 2, 3]], [[2, 3, 4]], { epochs: 3, verbose: 0 });
  session.reset();
  const after = await session.read([1, 2]);
  expect(after).not.toEqual(before);
  const fresh = (await model.predict([[1, 2]])).data.slice(words);
  for (const [k, v] of fresh.entries()) expect(after[k]).toBeCloseTo(v, 6); // f32
});

test("generation with states is generation by reading the whole text again", async () => {
  const model = network();
  const stateful = await all(generate(statefulSession(model), [1, 2], { length: 12, temperature: 1, seed: 5 }));
  const last = sequential([...model.layers.slice(0, 3), lstm(7), dense(words, { activation: "softmax" })]);
  last.compile({ loss: "sparseCategoricalCrossentropy", backend: "js" });
  last.setWeights(model.getWeights());
  const reread = await all(generate(rereadingSession(last, 20), [1, 2], { length: 12, temperature: 1, seed: 5 }));
  expect(stateful).toHaveLength(12);
  expect(reread).toEqual(stateful);
});

test("the most probable id is what topK 1, temperature 0, a tiny topP and a beam of one row choose", async () => {
  const session = statefulSession(network());
  const greedy = await all(generate(session, [3], { length: 15 }));
  for (const options of [{ topK: 1 }, { temperature: 0 }, { temperature: 1e-4 }, { topP: 1e-6 }])
    expect(await all(generate(session, [3], { length: 15, ...options }))).toEqual(greedy);
  expect((await beamSearch(session, [3], { length: 15 }))[0].ids).toEqual(greedy);
  const stop = greedy[6];
  const until = greedy.slice(0, greedy.indexOf(stop));
  expect(await all(generate(session, [3], { length: 15, stop: [stop] }))).toEqual(until);
  expect((await beamSearch(session, [3], { length: 15, stop: [stop] }))[0].ids).toEqual(until);
});

test("a seed draws the same ids each time, another one others", async () => {
  const session = statefulSession(network());
  const drawn = (seed: number) => all(generate(session, [3], { length: 30, temperature: 2, seed }));
  expect(await drawn(1)).toEqual(await drawn(1));
  expect(await drawn(1)).not.toEqual(await drawn(2));
});

test("ids are drawn as often as they are likely, within topK and topP, and never when banned", () => {
  const p = Float32Array.of(0.1, 0.4, 0.3, 0.15, 0.05);
  const shares = (options: object) => {
    const { pick } = sampler(5, { seed: 2, ...options });
    const counts = [0, 0, 0, 0, 0];
    for (let k = 0; k < 20_000; k++) counts[pick(p)]++;
    return counts.map((n) => n / 20_000);
  };
  const close = (found: number[], wanted: number[]) =>
    // 20,000 draws: a standard error of at most 0.0036
    wanted.forEach((share, id) => {
      expect(Math.abs(found[id] - share)).toBeLessThan(share === 0 ? 1e-9 : 0.015);
    });
  close(shares({ temperature: 1 }), [0.1, 0.4, 0.3, 0.15, 0.05]);
  const squares = 0.01 + 0.16 + 0.09 + 0.0225 + 0.0025;
  close(
    shares({ temperature: 0.5 }),
    [0.01, 0.16, 0.09, 0.0225, 0.0025].map((w) => w / squares),
  );
  close(shares({ topK: 2 }), [0, 4 / 7, 3 / 7, 0, 0]);
  close(shares({ topP: 0.8 }), [0, 0.4 / 0.85, 0.3 / 0.85, 0.15 / 0.85, 0]);
  close(shares({ topK: 2, topP: 0.5 }), [0, 4 / 7, 3 / 7, 0, 0]);
  close(shares({ temperature: 1, banned: [1] }), [0.1 / 0.6, 0, 0.5, 0.25, 0.05 / 0.6]);
});

test("a repetition penalty raises the log-probability of what was seen", () => {
  const { pick, see } = sampler(3, { repetitionPenalty: 2 });
  see(1);
  expect(pick(Float32Array.of(0.3, 0.45, 0.25))).toBe(0); // 0.45² = 0.2025
  expect(pick(Float32Array.of(0.3, 0.45, 0.25))).toBe(2); // 0.3² = 0.09
});

test("a beam finds the likelier text that greed misses, and ranks ended ones by the length penalty", async () => {
  const next = [
    [0, 0.55, 0.45, 0, 0],
    [0, 0.4, 0.3, 0.3, 0],
    [0, 0, 0, 0.95, 0.05],
    [0, 0, 0, 0, 1],
    [0, 0, 0, 0, 1],
  ];
  expect(await all(generate(table(1, next), [0], { length: 2 }))).toEqual([1, 1]);
  const [best, second] = await beamSearch(table(2, next), [0], { length: 2 });
  expect(best.ids).toEqual([2, 3]);
  expect(best.logProbability).toBeCloseTo(Math.log(0.45 * 0.95), 6); // f32 probabilities
  expect(second.ids).toEqual([1, 1]);
  const ended = await beamSearch(table(2, next), [0], { length: 9, stop: [4], lengthPenalty: 1 });
  expect(ended[0].ids).toEqual([2, 3]);
  expect(ended[0].score).toBeCloseTo(Math.log(0.45 * 0.95) / (8 / 6), 6);
});

test("what cannot continue word by word, or is out of range, is refused", async () => {
  const model = network();
  const both = sequential([embedding(5, 3, { inputShape: [null] }), bidirectional(lstm(2)), dense(5)]);
  expect(() => statefulSession(both)).toThrow(/bidirectional/);
  const logits = sequential([embedding(5, 3, { inputShape: [null] }), lstm(2), dense(5)]);
  await expect(statefulSession(logits).read([1])).rejects.toThrow(/softmax/);
  const session = statefulSession(model);
  await expect(session.read([])).rejects.toThrow(DataError);
  for (const options of [{ temperature: -1 }, { topK: 0 }, { topP: 2 }, { repetitionPenalty: 0 }, { topk: 3 }])
    await expect(all(generate(session, [1], options as object))).rejects.toThrow(DataError);
  await expect(all(generate(statefulSession(model, { rows: 2 }), [1]))).rejects.toThrow(/one row/);
  await expect(all(generate(session, [1], { banned: [0, 1, 2, 3, 4, 5, 6, 7, 8] }))).rejects.toThrow(/banned/);
});

for (const { name } of await presentBackends()) {
  test(`${name}: a model of 8 bits gives word by word the bits it gives for the whole text, fresh and from its file`, async () => {
    const quantized = network(name);
    await quantized.quantize("int8");
    const folder = await mkdtemp(join(tmpdir(), "cellstate-"));
    await quantized.save(join(folder, "int8.keras"));
    const loaded = (await loadModel(join(folder, "int8.keras"), { backend: name })) as typeof quantized;
    await rm(folder, { recursive: true });
    const text = [3, 5, 1, 8, 2];
    for (const model of [quantized, loaded]) {
      const whole = (await model.predict([text])) as NdArray;
      const session = statefulSession(model);
      for (const [t, id] of text.entries()) {
        const expected = Array.from(whole.data.slice(t * words, (t + 1) * words));
        expect(Array.from(await session.step([id])), `word ${t}`).toEqual(expected);
      }
    }
  });
}
