import { describe, expect, test } from "vitest";
import {
  type AnyLayer,
  bidirectional,
  dense,
  embedding,
  functional,
  globalAveragePooling1d,
  gru,
  input,
  lambda,
  lstm,
  lstmCell,
  minGruCell,
  NdArray,
  ops,
  rnn,
  type StepCell,
  sequential,
  simpleRnn,
  timeDistributed,
  weightDropped,
  zoneout,
} from "../index.ts";
import { trace } from "./trace.ts";

const x = [
  [
    [0.5, -1],
    [0.2, 0.3],
    [-0.7, 0.1],
  ],
];
const built = (...layers: AnyLayer[]) => sequential([input([null, 2]), ...layers]);
const numbers = (a: NdArray | undefined) => [...a!.data];
const expectNear = (found: number[], wanted: number[]) => {
  expect(found.length).toBe(wanted.length);
  for (const [k, v] of found.entries()) expect(v).toBeCloseTo(wanted[k], 6);
};

test("the gates of an LSTM explain its states: c = f c + i g and h = o tanh(c)", async () => {
  const { layers } = await trace(built(lstm(3, { returnSequences: true })), x);
  const [{ name, kind, direction, i, f, g, o, c, h, mask }] = layers;
  expect({ name, kind, direction, mask }).toEqual({ name: "lstm", kind: "lstm", direction: "forward", mask: null });
  for (let t = 0; t < 3; t++)
    for (let j = 0; j < 3; j++) {
      const before = t > 0 ? c!.at(0, t - 1, j) : 0;
      expect(c!.at(0, t, j)).toBeCloseTo(f!.at(0, t, j) * before + i!.at(0, t, j) * g!.at(0, t, j), 6);
      expect(h.at(0, t, j)).toBeCloseTo(o!.at(0, t, j) * Math.tanh(c!.at(0, t, j)), 6);
    }
});

test("every recurrent layer is found by its path, in the order they are computed", async () => {
  const inner = sequential([input([null, 6]), gru(2, { name: "deep", returnSequences: true })], { name: "encoder" });
  const model = built(bidirectional(lstm(3, { returnSequences: true })), inner, simpleRnn(2));
  const { layers, outputs } = await trace(model, x);
  expect(layers.map(({ name, kind, direction }) => [name, kind, direction])).toEqual([
    ["bidirectional/forward_lstm", "lstm", "forward"],
    ["bidirectional/backward_lstm", "lstm", "backward"],
    ["encoder/deep", "gru", "forward"],
    ["simple_rnn", "simpleRnn", "forward"],
  ]);
  expect(outputs.map((y) => numbers(y))).toEqual([numbers(await model.predict(x))]);
  expect(Object.keys(layers[2].values)).toEqual(["z", "r", "g", "h"]);
});

test("a layer that reads backwards is shown in the order of the input", async () => {
  const model = built(lstm(3, { goBackwards: true, returnSequences: true }));
  const [{ h, direction }] = (await trace(model, x)).layers;
  expect(direction).toBe("backward");
  const y = await model.predict(x);
  expect(numbers(h)).toEqual([2, 1, 0].flatMap((t) => numbers(y.row(0).row(t))));
});

test("a layer that is called twice has two traces", async () => {
  const [a, b] = [input([3, 2]), input([3, 2])];
  const shared = lstm(2);
  const { layers } = await trace(functional([a, b], [shared(a), shared(b)]), [x, x]);
  expect(layers.map(({ name, call }) => [name, call])).toEqual([
    ["lstm", 0],
    ["lstm", 1],
  ]);
  expect(numbers(layers[0].h)).toEqual(numbers(layers[1].h));
});

test("a masked step has no gates; the states are those of the sequence without it", async () => {
  const model = sequential([embedding(5, 2, { maskZero: true }), lstm(3, { returnSequences: true })]);
  model.build([null, null]);
  const whole = (await trace(model, [[0, 3, 0, 4]])).layers[0];
  const short = (await trace(model, [[3, 4]])).layers[0];
  expect(numbers(whole.mask!)).toEqual([0, 1, 0, 1]);
  expect(numbers(whole.f).map(Number.isNaN)).toEqual([0, 1, 0, 1].flatMap((on) => Array(3).fill(on === 0)));
  for (const name of ["i", "f", "g", "o", "c", "h"]) {
    const [a, b] = [numbers(whole.values[name]), numbers(short.values[name])];
    expectNear([...a.slice(3, 6), ...a.slice(9)], b);
  }
});

test("padding that rows share has the gates it has in each row alone", async () => {
  const model = sequential([embedding(5, 2), lstm(20, { returnSequences: true }), gru(3)]);
  model.build([null, null]);
  const rows = [
    [0, 0, 0, 4],
    [0, 0, 2, 3],
    [0, 0, 0, 0],
    [1, 0, 0, 2],
  ];
  const { layers } = await trace(model, rows);
  for (const [b, row] of rows.entries()) {
    const alone = (await trace(model, [row])).layers;
    for (const [k, { values }] of alone.entries())
      for (const [name, a] of Object.entries(values))
        expect(numbers(layers[k].values[name].row(b))).toEqual(numbers(a));
  }
});

test("a number that is none at a masked step stays there", async () => {
  const [sequence, flags] = [input([3, 2]), input([3])];
  const model = functional([sequence, flags], lstm(3)(lambda(ops.log)(sequence), { mask: flags }));
  const { c } = (
    await trace(model, [
      [
        [
          [1, 2],
          [-1, -1],
          [3, 1],
        ],
      ],
      [[1, 0, 1]],
    ])
  ).layers[0];
  expect(numbers(c).map(Number.isFinite)).toEqual([1, 0, 1].flatMap((on) => Array(3).fill(on === 1)));
});

test("states begin with those that are given, also under a mask that begins late", async () => {
  const [sequence, flags, h0, c0] = [input([3, 2]), input([3]), input([2]), input([2])];
  const layer = lstm(2, { returnSequences: true });
  const model = functional([sequence, flags, h0, c0], layer(sequence, { mask: flags, initialState: [h0, c0] }));
  const state: [number[][], number[][]] = [[[0.3, -0.2]], [[0.9, 0.4]]];
  const late = (await trace(model, [x, [[0, 1, 1]], ...state])).layers[0];
  const cut = (await trace(model, [[[x[0][1], x[0][2], x[0][2]]], [[1, 1, 0]], ...state])).layers[0];
  for (const name of ["i", "f", "g", "o", "c", "h"])
    numbers(late.values[name])
      .slice(2)
      .forEach((v, k) => {
        expect(v, `${name} ${k}`).toBeCloseTo(numbers(cut.values[name])[k], 6);
      });
});

test("batches have the same bits as all rows at once", async () => {
  const model = built(bidirectional(gru(5, { returnSequences: true })), lstm(3));
  const rows = new NdArray(
    Float32Array.from({ length: 7 * 4 * 2 }, (_, k) => Math.sin(k)),
    [7, 4, 2],
  );
  const [one, all] = [await trace(model, rows, { batchSize: 2 }), await trace(model, rows)];
  for (const [k, layer] of all.layers.entries())
    for (const [name, a] of Object.entries(layer.values))
      expect(numbers(one.layers[k].values[name])).toEqual(numbers(a));
});

test("a cell of one's own shows what it names", async () => {
  const cell: StepCell = {
    stateSize: 2,
    outputSize: 2,
    step: (xt, [h], { gate }) => {
      const keep = gate("keep", ops.sigmoid(xt));
      const next = ops.add(ops.mul(keep, h), xt);
      return { output: next, state: [next] };
    },
  };
  const { values, kind } = (await trace(built(rnn(cell)), x)).layers[0];
  expect(kind).toBe("Object");
  expect(Object.keys(values)).toEqual(["keep", "h"]);
  expect(values.keep.at(0, 1, 0)).toBeCloseTo(1 / (1 + Math.exp(-0.2)), 6);
  expect(values.h.at(0, 1, 0)).toBeCloseTo(0.5 / (1 + Math.exp(-0.2)) + 0.2, 6);
});

describe("other cells", () => {
  test("a stack has a trace for each cell", async () => {
    const { layers } = await trace(built(rnn([lstmCell(3), lstmCell(2)])), x);
    expect(layers.map(({ name, kind, h }) => [name, kind, h.shape[2]])).toEqual([
      ["rnn/0", "lstm", 3],
      ["rnn/1", "lstm", 2],
    ]);
    const mixed = await trace(built(rnn([minGruCell(3), lstmCell(2)])), x);
    expect(mixed.layers.map(({ name, values }) => [name, Object.keys(values).sort()])).toEqual([
      ["rnn/0", ["h", "keep", "take"]],
      ["rnn/1", ["c", "f", "g", "h", "i", "o"]],
    ]);
  });
  test("what drops weights while training is its inner cell; zoneout's states are those it leaves", async () => {
    expect((await trace(built(rnn(weightDropped(lstmCell(3), 0.5))), x)).layers[0].kind).toBe("lstm");
    const { c, f, i, g } = (await trace(built(rnn(zoneout(lstmCell(3), [0, 0.5]))), x)).layers[0];
    expect(c!.at(0, 0, 1)).toBeCloseTo(0.5 * i!.at(0, 0, 1) * g!.at(0, 0, 1), 6);
    expect(f!.shape).toEqual([1, 3, 3]);
  });
  test("the steps inside timeDistributed are rows", async () => {
    const model = sequential([input([4, 3, 2]), timeDistributed(lstm(5))]);
    const rows = new NdArray(new Float32Array(2 * 4 * 3 * 2).fill(0.1), [2, 4, 3, 2]);
    const [{ name, h }] = (await trace(model, rows)).layers;
    expect([name, h.shape]).toEqual(["time_distributed/lstm", [8, 3, 5]]);
  });
});

test("a trace leaves carried states as they are", async () => {
  const model = sequential([input([3, 2], { batchSize: 1 }), lstm(2, { stateful: true })]);
  const first = numbers(await model.predict(x));
  model.resetStates();
  await trace(model, x);
  expect(numbers(await model.predict(x))).toEqual(first);
  const { layers } = await trace(model, x);
  expect(numbers(layers[0].h).slice(-2)).toEqual(numbers(await model.predict(x)));
});

test("a changed weight is seen, and so is another backend", async () => {
  const model = built(lstm(2));
  const before = numbers((await trace(model, x)).layers[0].f);
  model.setWeights(model.getWeights().map((w) => new NdArray(w.data.map((v) => v / 2) as Float32Array, w.shape)));
  expect(numbers((await trace(model, x)).layers[0].f)).not.toEqual(before);
  model.compile({ loss: "mse", backend: "js" });
  const js = numbers((await trace(model, x)).layers[0].f);
  model.compile({ loss: "mse", backend: "wasm" });
  const wasm = numbers((await trace(model, x)).layers[0].f);
  expectNear(js, wasm);
});

describe("errors", () => {
  test("say that there is no recurrent layer, and where gates are", async () => {
    await expect(trace(sequential([input([3, 2]), globalAveragePooling1d(), dense(1)]), x)).rejects.toThrow(
      /trace: expected a model with a recurrent layer, received .*dense/,
    );
  });
  test("name a layer that is not there", async () => {
    const wrong = trace(built(lstm(2)), x, { layers: ["gru"] });
    await expect(wrong).rejects.toThrow("trace: layers: expected some of lstm, received gru");
  });
  test("name an unknown option, a wrong shape, and a disposed model", async () => {
    const model = built(lstm(2));
    await expect(trace(model, x, { batchsize: 1 } as object)).rejects.toMatchObject({
      code: "CELLSTATE_UNKNOWN_OPTION",
    });
    await expect(trace(model, [[1, 2, 3]])).rejects.toMatchObject({ code: "CELLSTATE_INVALID_SHAPE" });
    model.dispose();
    await expect(trace(model, x)).rejects.toMatchObject({ code: "CELLSTATE_DISPOSED" });
  });
  test("build a model that was given no shape, as predict does", async () => {
    expect((await trace(sequential([lstm(2)]), x)).layers[0].h.shape).toEqual([1, 3, 2]);
  });
  test("refuse what would not fit", async () => {
    const long = new NdArray(new Float32Array(2 ** 19), [1, 2 ** 19, 1]);
    const model = sequential([input([null, 1]), lstm(256)]);
    await expect(trace(model, long)).rejects.toThrow(/expected at most 134217728 numbers/);
  });
});
