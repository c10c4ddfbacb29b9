import { expect, test } from "vitest";
import type { SymbolicTensor } from "../../layers/index.ts";
import type { Model } from "../../models/model.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { Random } from "../../tensor/random.ts";
import { endId, startId } from "./pieces.ts";
import { searchAll } from "./search.ts";

const V = 7; // 4, 5 and 6 are pieces

/** A decoder whose probabilities follow from the last two ids: its state h is the id before. */
function decoderOf(seed: number) {
  const random = new Random(seed, 0);
  const rows = Array.from({ length: V * V }, () => {
    const row = Array.from({ length: V }, () => random.uniform() ** 2 + 1e-3);
    const sum = row.reduce((a, b) => a + b);
    return row.map((p) => p / sum);
  });
  const chances = (before: number, id: number) => rows[before * V + id];
  const predictOnBatch = async ([ids, seen, h, c]: NdArray[]) => {
    const N = ids.shape[0];
    const p = new Float32Array(N * V);
    for (let n = 0; n < N; n++) p.set(chances(h.data[n], ids.data[n]), n * V);
    const state = new NdArray(Float32Array.from(ids.data), [N, 1]);
    const looks = new NdArray(
      Float32Array.from({ length: N * seen.shape[1] }, () => 1 / seen.shape[1]),
      [N, 1, seen.shape[1]],
    );
    return [new NdArray(p, [N, 1, V]), state, c, looks];
  };
  return { chances, decoder: { predictOnBatch } as unknown as Model<SymbolicTensor[]> };
}

const begin = (N: number) => [
  new NdArray(new Float32Array(N * 3), [N, 3, 1]),
  new NdArray(new Float32Array(N), [N, 1]),
  new NdArray(new Float32Array(N), [N, 1]),
];

/** The best text of all up to a length, by its score. */
function bestOfAll(chances: (before: number, id: number) => number[], longest: number, power: number) {
  let best = { ids: [] as number[], score: Number.NEGATIVE_INFINITY };
  const go = (ids: number[], logP: number) => {
    const [before, last] = [ids.at(-2) ?? (ids.length === 1 ? startId : 0), ids.at(-1) ?? startId];
    const p = chances(before, last);
    const ended = logP + Math.log(p[endId]);
    const score = ended / ((5 + ids.length + 1) / 6) ** power;
    if (score > best.score) best = { ids, score };
    if (ids.length + 1 < longest) for (const id of [4, 5, 6]) go([...ids, id], logP + Math.log(p[id]));
  };
  go([], 0);
  return best;
}

test("with beams for every beginning the best text of all is found, by its length's penalty", async () => {
  for (const seed of [1, 2, 3, 4, 5, 6])
    for (const lengthPenalty of [0, 0.6, 1]) {
      const { chances, decoder } = decoderOf(seed);
      const [found] = await searchAll(decoder, begin(1), { beams: 400, lengthPenalty, longest: [5] });
      const right = bestOfAll(chances, 5, lengthPenalty);
      expect(found.ids).toEqual(right.ids);
      expect(found.score).toBeCloseTo(right.score, 5);
      expect(found.looks).toHaveLength(found.ids.length);
    }
});

test("texts searched together are those searched alone, and one beam is greedy", async () => {
  const { chances, decoder } = decoderOf(9);
  const options = { beams: 3, lengthPenalty: 0.6 };
  const together = await searchAll(decoder, begin(4), { ...options, longest: [3, 6, 1, 6] });
  for (const [k, longest] of [3, 6, 1, 6].entries()) {
    const [alone] = await searchAll(decoder, begin(1), { ...options, longest: [longest] });
    expect(together[k]).toEqual(alone);
    expect(alone.ids.length).toBeLessThanOrEqual(longest);
  }
  const [greedy] = await searchAll(decoder, begin(1), { ...options, beams: 1, longest: [6] });
  const ids: number[] = [];
  for (let [before, last] = [0, startId]; ids.length < 5; ) {
    const p = chances(before, last);
    const next = [endId, 4, 5, 6].reduce((best, id) => (p[id] > p[best] ? id : best));
    if (next === endId) break;
    ids.push(next);
    [before, last] = [last, next];
  }
  expect(greedy.ids).toEqual(ids);
});
