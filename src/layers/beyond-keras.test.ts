import { describe, expect, test } from "vitest";
import { presentBackends } from "../../test/backends.ts";
import { distinct, finiteDifferences, ids, runFormula } from "../../test/conformance/harness.ts";
import { type LayerCase, layerFormula } from "../../test/layers.ts";
import { jsBackend } from "../backends/js/index.ts";
import { NdArray } from "../tensor/nd-array.ts";
import {
  type AnyLayer,
  bidirectional,
  dense,
  embedding,
  gruCell,
  layerNormLstmCell,
  lockedDropout,
  lstmCell,
  minGruCell,
  minLstmCell,
  peepholeLstmCell,
  projectedLstmCell,
  rnn,
  stackedRnnCells,
  tiedEmbedding,
  weightDropped,
  zoneout,
} from "./index.ts";
import type { RecurrentCell } from "./recurrent/cell.ts";

const f64 = jsBackend({ precision: "f64" });
const backends = await presentBackends();
const [B, T, D, H] = [2, 4, 3, 5];
const x = distinct([B, T, D], 1);
const sigma = (v: number) => 1 / (1 + Math.exp(-v));
const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const zeros = (n: number) => range(n).map(() => 0);

/** x·w + b for a row, longhand. */
const row = (v: readonly number[], w: NdArray, b?: NdArray): number[] =>
  range(w.shape[1]).map((j) => v.reduce((s, value, i) => s + value * w.at(i, j), b ? b.at(j) : 0));
const plus = (a: readonly number[], b: readonly number[]) => a.map((v, k) => v + b[k]);
const cut = (v: readonly number[], g: number) => v.slice(g * H, (g + 1) * H);
/** Mean 0, variance 1. */
const norm = (v: readonly number[]) => {
  const mean = v.reduce((a, b) => a + b) / v.length;
  const variance = v.reduce((a, b) => a + (b - mean) ** 2, 0) / v.length;
  return v.map((a) => (a - mean) / Math.sqrt(variance + 1e-5));
};

/** A step longhand: a row's input and state → output and state. */
type Longhand = (v: number[], state: number[][], w: NdArray[]) => { y: number[]; state: number[][] };

function lstmLonghand(z: number[], c: number[]): { h: number[]; c: number[] } {
  const next = range(H).map((j) => sigma(cut(z, 1)[j]) * c[j] + sigma(cut(z, 0)[j]) * Math.tanh(cut(z, 2)[j]));
  return { h: next.map((v, j) => sigma(cut(z, 3)[j]) * Math.tanh(v)), c: next };
}

const longhand: Record<string, [cell: () => RecurrentCell, sizes: number[], step: Longhand]> = {
  "a peephole LSTM": [
    () => peepholeLstmCell(H),
    [H, H],
    (v, [h, c], [wx, wh, b, p]) => {
      const z = plus(row(v, wx, b), row(h, wh));
      const next = range(H).map((j) => {
        const i = sigma(cut(z, 0)[j] + p.at(0, j) * c[j]);
        const f = sigma(cut(z, 1)[j] + p.at(1, j) * c[j]);
        return f * c[j] + i * Math.tanh(cut(z, 2)[j]);
      });
      const y = next.map((cj, j) => sigma(cut(z, 3)[j] + p.at(2, j) * cj) * Math.tanh(cj));
      return { y, state: [y, next] };
    },
  ],
  "a projected LSTM": [
    () => projectedLstmCell(H, { projSize: 2 }),
    [2, H],
    (v, [h, c], [wx, wh, b, wp]) => {
      const next = lstmLonghand(plus(row(v, wx, b), row(h, wh)), c);
      const y = row(next.h, wp);
      return { y, state: [y, next.c] };
    },
  ],
  "a layer-normalised LSTM": [
    () => layerNormLstmCell(H),
    [H, H],
    (v, [h, c], [wx, wh, b, gx, gh, gc, bc]) => {
      const [a, r] = [norm(row(v, wx)), norm(row(h, wh))];
      const z = range(4 * H).map((k) => a[k] * gx.at(k) + r[k] * gh.at(k) + b.at(k));
      const next = lstmLonghand(z, c).c;
      const y = norm(next).map((n, j) => sigma(cut(z, 3)[j]) * Math.tanh(n * gc.at(j) + bc.at(j)));
      return { y, state: [y, next] };
    },
  ],
  "a minGRU": [
    () => minGruCell(H),
    [H],
    (v, [h], [w, b]) => {
      const sums = row(v, w, b);
      const y = range(H).map((j) => {
        const z = sigma(cut(sums, 0)[j]);
        return (1 - z) * h[j] + z * cut(sums, 1)[j];
      });
      return { y, state: [y] };
    },
  ],
  "a minLSTM": [
    () => minLstmCell(H),
    [H],
    (v, [h], [w, b]) => {
      const sums = row(v, w, b);
      const y = range(H).map((j) => {
        const [i, f] = [sigma(cut(sums, 0)[j]), sigma(cut(sums, 1)[j])];
        return (f / (f + i)) * h[j] + (i / (f + i)) * cut(sums, 2)[j];
      });
      return { y, state: [y] };
    },
  ],
  "zoneout outside training": [
    () => zoneout(lstmCell(H), [0.2, 0.5]),
    [H, H],
    (v, [h, c], [wx, wh, b]) => {
      const next = lstmLonghand(plus(row(v, wx, b), row(h, wh)), c);
      const y = next.h.map((n, j) => 0.2 * h[j] + 0.8 * n);
      return { y, state: [y, next.c.map((n, j) => 0.5 * c[j] + 0.5 * n)] };
    },
  ],
};

const weightsIn = (inputs: Record<string, NdArray>) =>
  Object.keys(inputs)
    .filter((k) => k.startsWith("w"))
    .map((k) => inputs[k]);
const outputsOf = async (layer: AnyLayer, given: LayerCase) =>
  (await runFormula(f64, layerFormula(layer, given), { seed: 5 })).outputs;

describe("cells beyond Keras", () => {
  for (const [name, [make, sizes, step]] of Object.entries(longhand)) {
    test(`${name} is its formula, longhand`, async () => {
      const layer = rnn(make(), { returnSequences: true });
      const formula = layerFormula(layer, { inputs: [x] });
      const { outputs } = await runFormula(f64, formula);
      const weights = weightsIn(formula.inputs);
      for (const b of range(B)) {
        let state = sizes.map(zeros);
        for (const t of range(T)) {
          const next = step(
            range(D).map((d) => x.at(b, t, d)),
            state,
            weights,
          );
          next.y.forEach((v, j) => {
            expect(outputs[0].at(b, t, j)).toBeCloseTo(v, 12); // f64
          });
          state = next.state;
        }
      }
    });

    for (const backend of backends) {
      test(`${name} has the gradients of finite differences on ${backend.name}, also above another cell`, async () => {
        for (const cell of [make(), stackedRnnCells([gruCell(2), make()])]) {
          const formula = layerFormula(rnn(cell), { inputs: [x] });
          const { outputs } = await runFormula(f64, formula);
          const seeds = outputs.map((o) => distinct(o.shape, 9));
          const seen = await runFormula(backend, formula, { seeds });
          for (const [key, slopes] of Object.entries(await finiteDifferences(formula, seeds, 4)))
            for (const { index, slope } of slopes) expect(seen.gradients[key].data[index]).toBeCloseTo(slope, 3); // f32
        }
      });
    }
  }

  test("zoneout keeps or renews each number of the state while training, with a new draw at every step", async () => {
    const cell = zoneout(lstmCell(H), 0.5);
    const long = distinct([B, 40, D], 1);
    const [y] = await outputsOf(rnn(cell, { returnSequences: true }), { inputs: [long], training: true });
    let kept = 0;
    for (const b of range(B))
      for (const t of range(39)) for (const j of range(H)) if (y.at(b, t + 1, j) === y.at(b, t, j)) kept++;
    expect(Math.abs(kept / (B * 39 * H) - 0.5)).toBeLessThan(0.1); // four deviations of 390 draws
    const all = zoneout(gruCell(H), 0);
    const plain = gruCell(H);
    const [a] = await outputsOf(rnn(all), { inputs: [x], training: true });
    const [b] = await outputsOf(rnn(plain), { inputs: [x], training: true });
    a.data.forEach((v: number, k: number) => {
      expect(v).toBeCloseTo(b.data[k], 12); // by steps, and by the op of the whole sequence
    });
  });

  test("dropped weights are one mask for all steps, only while training", async () => {
    const make = () => rnn(weightDropped(lstmCell(H), 0.5), { returnSequences: true });
    const [calm] = await outputsOf(make(), { inputs: [x] });
    const [plain] = await outputsOf(rnn(lstmCell(H), { returnSequences: true }), { inputs: [x] });
    expect([...calm.data]).toEqual([...plain.data]);
    const layer = make();
    const formula = layerFormula(layer, { inputs: [x], training: true });
    const seeds = [distinct([B, T, H], 3)];
    const seen = await runFormula(f64, formula, { seeds, seed: 5 });
    expect([...seen.outputs[0].data]).not.toEqual([...plain.data]);
    // A dropped weight has no gradient at any step; about half of them are dropped.
    const dropped = [...seen.gradients.w1.data].filter((d) => d === 0).length;
    expect(Math.abs(dropped / (4 * H * H) - 0.5)).toBeLessThan(0.2); // four deviations of 100 draws
    // Longhand: the same numbers with the mask laid on the weights beforehand.
    const w1 = formula.inputs.w1;
    const masked = new NdArray(
      Float64Array.from(w1.data, (v, k) => (seen.gradients.w1.data[k] === 0 ? 0 : 2 * v)),
      w1.shape,
    );
    const [again] = await outputsOf(rnn(lstmCell(H), { returnSequences: true }), {
      inputs: [x],
      weights: [formula.inputs.w0, masked, formula.inputs.w2],
    });
    again.data.forEach((v: number, k: number) => {
      expect(seen.outputs[0].data[k]).toBeCloseTo(v, 12); // f64
    });
  });

  test("can be run both ways", async () => {
    for (const cell of [peepholeLstmCell(H), weightDropped(gruCell(H), 0.1), zoneout(minGruCell(H), 0.1)]) {
      const [y] = await outputsOf(bidirectional(rnn(cell)), { inputs: [x] });
      expect(y.shape).toEqual([B, 2 * H]);
    }
  });
});

test("locked dropout drops a feature of a row at all steps or at none", async () => {
  const ones = distinct([3, 7, 20], 1);
  ones.data.fill(1);
  const [y] = await outputsOf(lockedDropout(0.4), { inputs: [ones], training: true });
  let kept = 0;
  for (const b of range(3))
    for (const d of range(20)) {
      const steps = new Set(range(7).map((t) => y.at(b, t, d)));
      expect(steps.size).toBe(1);
      const [value] = steps;
      if (value !== 0) {
        expect(value).toBeCloseTo(1 / 0.6, 6);
        kept++;
      }
    }
  expect(Math.abs(kept / 60 - 0.6)).toBeLessThan(0.26); // four deviations of 60 draws
  expect([...(await outputsOf(lockedDropout(0.4), { inputs: [ones] }))[0].data]).toEqual([...ones.data]);
});

test("a tied embedding scores each word by its own vector, and the table learns from both places", async () => {
  const table = embedding(6, 4);
  table.buildAll([[null, 3]]);
  const layer = tiedEmbedding(table);
  const vectors = distinct([6, 4], 2);
  const given = distinct([2, 3, 4], 5);
  const formula = layerFormula(layer, { inputs: [given] });
  const weight = layerFormula(table, { inputs: [ids([2, 3], 6)], weights: [vectors] });
  const whole = {
    inputs: { ...formula.inputs, table: vectors, words: weight.inputs.x },
    outputs: (t: Record<string, never>) => {
      const context = {
        training: false,
        weight: (w: unknown) => (w === table.weights[0] ? t.table : t.w0),
        stream: () => 0,
        update: () => {},
        addLoss: () => {},
      };
      const embedded = table.forward(t.words, context);
      return [layer.forward(embedded, context)];
    },
  };
  const seeds = [distinct([2, 3, 6], 4)];
  const seen = await runFormula(f64, whole as never, { seeds });
  const word = ids([2, 3], 6);
  for (const b of range(2))
    for (const t of range(3))
      for (const v of range(6)) {
        const score = range(4).reduce((s, d) => s + vectors.at(word.at(b, t), d) * vectors.at(v, d), 0);
        expect(seen.outputs[0].at(b, t, v)).toBeCloseTo(score + formula.inputs.w0.at(v), 12);
      }
  for (const { index, slope } of (await finiteDifferences(whole as never, seeds, 24)).table)
    expect(seen.gradients.table.data[index]).toBeCloseTo(slope, 6);
  expect(() => tiedEmbedding(dense(3) as never)).toThrow(/an embedding/);
});
