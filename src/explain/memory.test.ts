/** `ledger`, `workedStep` and `intervene`: a layer's memory, step by step. */
import { describe, expect, test } from "vitest";
import {
  type AnyLayer,
  bidirectional,
  dense,
  embedding,
  gru,
  input,
  lstm,
  lstmCell,
  minLstmCell,
  NdArray,
  ops,
  rnn,
  type StepCell,
  sequential,
  simpleRnn,
  zoneout,
} from "../index.ts";
import { intervene, ledger, trace, workedStep } from "./index.ts";

const built = (...layers: AnyLayer[]) => sequential([input([null, 2]), ...layers], { seed: 4 });
const wave = (rows: number, time: number) =>
  new NdArray(
    Float32Array.from({ length: rows * time * 2 }, (_, k) => Math.sin(1.7 * k)),
    [rows, time, 2],
  );
const numbers = (a: NdArray) => [...a.data];

describe("ledger", () => {
  test("what is left of all steps adds up to the state: lstm, gru, both directions, cells of their memory", async () => {
    for (const layer of [lstm(5), gru(5), gru(5, { resetAfter: false }), bidirectional(lstm(5)), rnn(minLstmCell(5))])
      for (const one of (await trace(built(layer), wave(3, 12))).layers)
        for (const [row, step] of [
          [0, 11],
          [1, 4],
          [2, 0],
        ]) {
          const { gap, total, state, left, written, kept } = ledger(one, { row, step });
          expect(gap).toBeLessThan(2e-7); // f32 gates and states, summed in f64
          expect(total.shape).toEqual(state.shape);
          const product = left.at(step, 2) - written.at(step, 2) * kept.at(step, 2);
          expect([product, kept.at(step, 2)]).toEqual([0, 1]);
        }
  });
  test("a step that was not read yet has written nothing; backwards that is an earlier one", async () => {
    const [there, back] = (await trace(built(bidirectional(lstm(3))), wave(1, 6))).layers;
    const steps = (a: NdArray) => Array.from({ length: 6 }, (_, t) => a.at(t, 0) !== 0);
    expect(steps(ledger(there, { step: 3 }).left)).toEqual([true, true, true, true, false, false]);
    expect(steps(ledger(back, { step: 3 }).left)).toEqual([false, false, false, true, true, true]);
    expect(ledger(back).step).toBe(0);
  });
  test("masked steps write nothing", async () => {
    const model = sequential([embedding(5, 2, { maskZero: true }), lstm(3)]);
    model.build([null, null]);
    const { left, gap, step } = ledger((await trace(model, [[3, 0, 4, 0]])).layers[0]);
    expect([0, 1, 2, 3].map((t) => left.at(t, 0) !== 0)).toEqual([true, false, true, false]);
    expect(step).toBe(2);
    expect(gap).toBeLessThan(1e-7);
  });
  test("the initial state fades like all else, and after 500 steps it is still a number", async () => {
    const model = sequential([input([500, 2], { batchSize: 1 }), lstm(3, { stateful: true })]);
    await model.predict(wave(1, 500));
    const [layer] = (await trace(model, wave(1, 500))).layers;
    expect(layer.initial!.c!.at(0, 1)).not.toBe(0);
    const { initial, gap, kept } = ledger(layer);
    expect(Math.abs(initial.at(1))).toBeGreaterThan(0);
    expect(kept.at(0, 1)).toBeLessThan(1e-38); // float32 would say 0
    expect(kept.at(0, 1)).toBeGreaterThan(0);
    expect(gap).toBeLessThan(2e-7);
    expect(ledger(layer, { step: 0 }).gap).toBeLessThan(1e-7);
  });
  test("a layer without such a memory is refused by name", async () => {
    const simple = (await trace(built(simpleRnn(3)), wave(1, 4))).layers[0];
    expect(() => ledger(simple)).toThrow("ledger: simple_rnn: expected the gates of an lstm or a gru, received h");
    const mixed = (await trace(built(rnn(zoneout(lstmCell(3), 0.4))), wave(1, 4))).layers[0];
    expect(() => ledger(mixed)).toThrow(/expected a state that is kept and written by its gates, received ZoneoutCell/);
    expect(() => ledger(simple, { stpe: 1 } as object)).toThrow(/Did you mean "step"/);
    expect(() => ledger(mixed, { row: 1 })).toThrow("ledger: row: expected a whole number from 0 to 0, received 1");
  });
});

describe("workedStep", () => {
  const kinds: [string, AnyLayer, string][] = [
    ["lstm", lstm(4), "ifgo"],
    ["gru", gru(4), "zrg"],
    ["gru, reset before the product", gru(4, { resetAfter: false, useBias: false }), "zrg"],
    ["simpleRnn", simpleRnn(4), "h"],
    ["the second cell of a stack", rnn([lstmCell(3), lstmCell(4)]), "ifgo"],
    ["backwards", lstm(4, { goBackwards: true }), "ifgo"],
  ];
  for (const [name, layer, gates] of kinds)
    test(`${name}: every gate is its activation of the sum of the products`, async () => {
      const model = built(layer);
      model.setWeights(
        model
          .getWeights()
          .map((w, k) => new NdArray(w.data.map((v, i) => v + 0.3 * Math.sin(i + k)) as Float32Array, w.shape)),
      );
      const which = name.startsWith("the second") ? { layer: "rnn/1" } : {};
      for (const step of [0, 2, 4]) {
        const worked = await workedStep(model, wave(2, 5), { step, unit: 1, row: 1, ...which });
        expect(worked.gates.map((gate) => gate.name).join("")).toBe(gates);
        for (const { activation, sum, value, terms, bias } of worked.gates) {
          const f = activation === "tanh" ? Math.tanh : (v: number) => 1 / (1 + Math.exp(-v));
          expect(f(sum)).toBeCloseTo(value, 6);
          expect(terms.reduce((s, t) => s + t.product, bias)).toBeCloseTo(sum, 12);
        }
        const v = Object.fromEntries(worked.gates.map((gate) => [gate.name, gate.value]));
        const { before, after } = worked;
        if (gates === "ifgo") expect(v.f * before.c! + v.i * v.g).toBeCloseTo(after.c!, 6);
        if (gates === "zrg") expect(v.z * before.h + (1 - v.z) * v.g).toBeCloseTo(after.h, 6);
      }
    });
  test("text and LaTeX have the numbers, the largest products and the sum of the others", async () => {
    const model = sequential([input([null, 1]), lstm(2, { kernelInitializer: "ones", recurrentInitializer: "ones" })]);
    const { text, latex } = await workedStep(model, [[[0.5], [-1]]], { step: 1, unit: 0, most: 1 });
    expect(text).toBe(
      [
        "lstm (lstm), row 0, step 1, unit 0",
        "i = sigmoid(-0.6515) = 0.3427, the sum of",
        "    − 1.0000  (x[0] -1.0000, weight 1.0000)",
        "    + 0.3485  (2 others)",
        "    + 0.0000  (bias)",
        "f = sigmoid(0.3485) = 0.5863, the sum of",
        "    − 1.0000  (x[0] -1.0000, weight 1.0000)",
        "    + 0.3485  (2 others)",
        "    + 1.0000  (bias)",
        "g = tanh(-0.6515) = -0.5727, the sum of",
        "    − 1.0000  (x[0] -1.0000, weight 1.0000)",
        "    + 0.3485  (2 others)",
        "    + 0.0000  (bias)",
        "o = sigmoid(-0.6515) = 0.3427, the sum of",
        "    − 1.0000  (x[0] -1.0000, weight 1.0000)",
        "    + 0.3485  (2 others)",
        "    + 0.0000  (bias)",
        "c = f × c₋₁ + i × g = 0.5863 × 0.2876 + 0.3427 × -0.5727 = -0.0276",
        "h = o × tanh(c) = 0.3427 × tanh(-0.0276) = -0.0095",
      ].join("\n"),
    );
    expect(latex.split("\n")[1]).toBe(
      "i_t &= \\sigma\\left((-1.0000)(1.0000) + \\underbrace{0.3485}_{\\text{2 others}} + (0.0000)\\right) = \\sigma(-0.6515) = 0.3427 \\\\",
    );
  });
  test("another cell, a masked step and a unit that is not there are refused", async () => {
    const model = built(rnn(minLstmCell(3)));
    await expect(workedStep(model, wave(1, 3), { step: 0, unit: 0 })).rejects.toThrow(
      /expected an lstm, a gru or a simpleRnn/,
    );
    await expect(workedStep(built(lstm(2)), wave(1, 3), { step: 0, unit: 2 })).rejects.toThrow(
      /whole number from 0 to 1/,
    );
    const two = built(lstm(2, { returnSequences: true }), lstm(2));
    await expect(workedStep(two, wave(1, 3), { step: 0, unit: 0 })).rejects.toThrow(
      /layer: expected one of lstm, lstm_1/,
    );
  });
});

describe("intervene", () => {
  test("without an intervention nothing changes, to the bit", async () => {
    const model = built(bidirectional(gru(3, { returnSequences: true })), lstm(4), dense(2));
    const { before, after } = await intervene(model, wave(3, 6), {});
    expect(numbers(after[0])).toEqual(numbers(before[0]));
    const plain = numbers(await model.predict(wave(3, 6)));
    for (const [k, v] of numbers(before[0]).entries()) expect(v).toBeCloseTo(plain[k], 6);
  });
  test("a closed forget gate leaves what the step itself writes", async () => {
    const model = built(lstm(4), dense(2));
    const { layers, before, after } = await intervene(model, wave(2, 5), { clamp: [{ gate: "f", value: 0 }] });
    const [{ f, i, g, c }] = layers;
    expect(numbers(f!)).toEqual(Array(2 * 5 * 4).fill(0));
    for (let t = 0; t < 5; t++) expect(c!.at(1, t, 2)).toBeCloseTo(i!.at(1, t, 2) * g!.at(1, t, 2), 6);
    expect(numbers(after[0])).not.toEqual(numbers(before[0]));
  });
  test("a silenced unit is one whose outgoing weights are zero", async () => {
    const model = built(lstm(4), dense(2));
    const { after } = await intervene(model, wave(2, 5), { clamp: [{ gate: "h", units: [1], value: 0 }] });
    const cut = (w: NdArray, row: number) => {
      const data = Float32Array.from(w.data);
      data.fill(0, row * w.shape[1], (row + 1) * w.shape[1]);
      return new NdArray(data, w.shape);
    };
    const [wx, wh, b, w, bias] = model.getWeights();
    model.setWeights([wx, cut(wh, 1), b, cut(w, 1), bias]);
    const wanted = numbers(await model.predict(wave(2, 5)));
    for (const [k, v] of numbers(after[0]).entries()) expect(v).toBeCloseTo(wanted[k], 6);
  });
  test("one step of one row alone changes; steps before it, and other rows, do not; a backward layer counts the input's steps", async () => {
    const model = built(bidirectional(lstm(3, { returnSequences: true })));
    const plain = (await intervene(model, wave(2, 5), {})).layers;
    const clamp = plain.map(({ name }) => ({ layer: name, gate: "o", steps: [2], rows: [1], value: 1 }));
    const { layers } = await intervene(model, wave(2, 5), { clamp });
    const changed = (k: number, row: number, t: number) =>
      layers[k].h.at(row, t, 0) !== plain[k].h.at(row, t, 0) || layers[k].h.at(row, t, 1) !== plain[k].h.at(row, t, 1);
    expect([0, 1, 2, 3, 4].map((t) => changed(0, 1, t))).toEqual([false, false, true, true, true]);
    expect([0, 1, 2, 3, 4].map((t) => changed(1, 1, t))).toEqual([true, true, true, false, false]);
    expect([0, 1, 2, 3, 4].some((t) => changed(0, 0, t) || changed(1, 0, t))).toBe(false);
  });
  test("a replaced step is another input", async () => {
    const model = sequential([embedding(9, 3), lstm(4), dense(2)]);
    model.build([null, null]);
    const { before, after } = await intervene(model, [[1, 2, 3]], { replace: [{ step: -2, by: 7 }] });
    const close = (a: NdArray, b: NdArray) => numbers(a).every((v, k) => Math.abs(v - b.data[k]) < 1e-6);
    expect(close(before[0], await model.predict([[1, 2, 3]]))).toBe(true);
    expect(close(after[0], await model.predict([[1, 7, 3]]))).toBe(true);
    const numeric = await intervene(built(lstm(2)), wave(1, 3), { replace: [{ step: 0, by: [0, 0] }] });
    expect(numbers(numeric.after[0])).not.toEqual(numbers(numeric.before[0]));
  });
  test("cells of a stack and cells of one's own take part", async () => {
    const stack = built(rnn([lstmCell(3), lstmCell(2)]));
    const { layers } = await intervene(stack, wave(1, 3), { clamp: [{ layer: "rnn/1", gate: "i", value: 0 }] });
    expect(numbers(layers[1].c!)).toEqual(Array(6).fill(0));
    const sum: StepCell = {
      stateSize: 2,
      outputSize: 2,
      step: (x, [h], { gate }) => {
        const next = ops.add(ops.mul(gate("keep", ops.sigmoid(x)), h), x);
        return { output: next, state: [next] };
      },
    };
    const kept = await intervene(
      built(rnn(sum)),
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
      { clamp: [{ gate: "keep", value: 1 }] },
    );
    expect(numbers(kept.after[0])).toEqual([4, 6]);
    await expect(intervene(built(rnn(sum)), wave(1, 3), { clamp: [{ gate: "h", value: 0 }] })).rejects.toThrow(
      /expected a gate that the cell names, received rnn: h/,
    );
  });
  test("what is not there is refused by name", async () => {
    const ask = (what: object) => intervene(built(lstm(2)), wave(1, 3), what);
    await expect(ask({ clamp: [{ gate: "z", value: 0 }] })).rejects.toThrow(
      /gate of lstm: expected one of .*, received z/,
    );
    await expect(ask({ clamp: [{ gate: "f", steps: [3], value: 0 }] })).rejects.toThrow(
      /step: expected a whole number from 0 to 2/,
    );
    await expect(ask({ clamp: [{ gate: "f", value: Number.NaN }] })).rejects.toThrow(/value: expected a finite number/);
    await expect(ask({ replace: [{ step: 0, by: 1 }] })).rejects.toThrow(
      /by: expected 2 numbers for a step, received 1/,
    );
    await expect(ask({ clmp: [] })).rejects.toThrow(/Did you mean "clamp"/);
  });
});
