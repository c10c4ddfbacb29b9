import { expect, test } from "vitest";
import { presentBackends } from "../../test/backends.ts";
import { DataError } from "../errors.ts";
import { attention, concatenate, dense, embedding, input, lstm, masking } from "../layers/index.ts";
import type { Symbolic } from "../layers/layer.ts";
import { functional } from "../models/functional.ts";
import { adam } from "../train/optimizers.ts";
import { greedyDecode } from "./index.ts";

const [start, end, V, H] = [1, 2, 7, 5];

/** One network as three models that share their layers: the whole, its encoder, its decoder a step at a time. */
function translation(backend: string) {
  const [source, said] = [input([null], { dtype: "i32" }), input([null], { dtype: "i32" })];
  const words = embedding(V, H, { maskZero: true });
  const read = lstm(H, { returnSequences: true, returnState: true, zeroOutputForMask: true });
  const speak = lstm(H, { returnSequences: true, returnState: true });
  const [look, next] = [attention({ returnAttentionScores: true }), dense(V, { activation: "softmax" })];
  const decode = (seen: Symbolic, states: Symbolic[]) => {
    const [y, h, c] = speak(words(said), { initialState: states });
    const [found, scores] = look([y, seen]);
    return [next(concatenate()([y, found])), h, c, scores];
  };
  const [seen, h, c] = read(words(source));
  const [seenIn, hIn, cIn] = [input([null, H]), input([H]), input([H])];
  const model = functional([source, said], decode(seen, [h, c])[0]);
  const encoder = functional(source, [seen, h, c]);
  const decoder = functional([said, seenIn, hIn, cIn], decode(masking()(seenIn), [hIn, cIn]));
  for (const each of [model, encoder, decoder]) {
    each.compile({ optimizer: adam({ learningRate: 0.03 }), loss: "sparseCategoricalCrossentropy", backend });
  }
  return { model, encoder, decoder };
}

for (const { name } of await presentBackends()) {
  test(`${name}: decoding step by step is decoding the whole beginning anew, row by row, padding unseen`, async () => {
    const { model, encoder, decoder } = translation(name);
    const sources = [
      [3, 4, 5, 6],
      [5, 3, 0, 0],
    ];
    const [before, after] = [
      [
        [start, 4, 5, 6],
        [start, 6, 3, 0],
      ],
      [
        [4, 5, 6, end],
        [6, 3, end, 0],
      ],
    ];
    await model.fit([sources, before], after, { epochs: 150, verbose: 0 });
    const [seen, h, c] = await encoder.predict(sources);
    const written = await greedyDecode(decoder, { start, end, length: 6, fixed: [seen], states: [h, c] });
    for (const [i, { ids, notes }] of written.entries()) {
      const anew: number[] = [];
      while (anew.length < 6) {
        const p = await model.predict([[sources[i]], [[start, ...anew]]]);
        const id = p.argmax().data[anew.length];
        if (id === end) break;
        anew.push(id);
      }
      expect(ids).toEqual(anew);
      for (const [scores] of notes) expect(Array.from(scores.data).reduce((a, b) => a + b)).toBeCloseTo(1, 5); // f32
      if (i === 1) for (const [scores] of notes) expect(Array.from(scores.data.slice(2))).toEqual([0, 0]);
    }
    expect(written.map(({ ids }) => ids)).toEqual([
      [4, 5, 6],
      [6, 3],
    ]);
  });
}

test("a decoder of other inputs is refused with the order they must have", async () => {
  const { encoder, decoder } = translation("js");
  const [seen, h, c] = await encoder.predict([[3, 4]]);
  await expect(greedyDecode(decoder, { start, end, states: [h, c] })).rejects.toThrow(DataError);
  await expect(greedyDecode(decoder, { start, end, states: [h, c] })).rejects.toThrow("ids, fixed, states");
  await expect(greedyDecode(decoder, { start, end, fixed: [seen], states: [] })).rejects.toThrow("states");
});

test("an id that is banned never comes", async () => {
  const { encoder, decoder } = translation("js");
  const [seen, h, c] = await encoder.predict([[3, 4]]);
  const banned = [0, 1, 2, 4, 5, 6];
  const [{ ids }] = await greedyDecode(decoder, { start, end, banned, length: 3, fixed: [seen], states: [h, c] });
  expect(ids).toEqual([3, 3, 3]);
});
