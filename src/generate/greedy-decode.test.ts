import { expect, test } from "vitest";
import { presentBackends } from "../../test/backends.ts";
import { DataError } from "../errors.ts";
import { adam } from "../train/optimizers/index.ts";
import { type EncoderDecoderOptions, encoderDecoder, greedyDecode } from "./index.ts";

const [start, end, V] = [1, 2, 7];

function translation(backend: string) {
  const models = encoderDecoder({ source: V, target: V, units: 6, dropout: 0 });
  const compiled = { optimizer: adam({ learningRate: 0.03 }), loss: "sparseCategoricalCrossentropy", backend } as const;
  for (const each of Object.values(models)) each.compile(compiled);
  return models;
}

for (const { name } of await presentBackends()) {
  test(`${name}: decoding step by step is decoding the whole beginning again, row by row, padding unseen`, async () => {
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
      const reread: number[] = [];
      while (reread.length < 6) {
        const p = await model.predict([[sources[i]], [[start, ...reread]]]);
        const id = p.argmax().data[reread.length];
        if (id === end) break;
        reread.push(id);
      }
      expect(ids).toEqual(reread);
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

test("an encoder-decoder without its vocabularies is refused", () => {
  expect(() => encoderDecoder({ source: 5 } as never)).toThrow("source and target");
  expect(() => encoderDecoder({ source: 5, target: 5, dropout: 1 })).toThrow(DataError);
});

test("a translator without the counts of its ids is refused, with what to count", () => {
  const attempt = () => encoderDecoder({ target: 5 } as EncoderDecoderOptions);
  expect(attempt).toThrow(DataError);
  expect(attempt).toThrow(/source and target, .*\n {2}Count the padding too/);
});
