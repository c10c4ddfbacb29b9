/** Training in blocks: the same bits on any number of processes, and the numbers of training without blocks. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { worldOf } from "../../../../test/parallel/in-process.ts";
import { everyOther } from "../../../../test/thorough.ts";
import { jsBackend } from "../../../backends/js/index.ts";
import {
  adam,
  adamax,
  backupAndRestore,
  batchNormalization,
  bidirectional,
  type Callback,
  csvLogger,
  dense,
  dropout,
  earlyStopping,
  embedding,
  type FitOptions,
  functional,
  gru,
  input,
  lstm,
  masking,
  NdArray,
  rmsprop,
  type Sequential,
  sequential,
  sgd,
} from "../../../index.ts";
import type { Stretch } from "../../../parallel/index.ts";
import { Random } from "../../../tensor/random.ts";
import { PartialSums } from "./partial-sums.ts";
import { cutRows, layoutOf, sumOver } from "./tree.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-blocks-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const random = new Random(3);
const numbers = (...shape: number[]) =>
  new NdArray(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.uniform(-1, 1)),
    shape,
  );
const rows = 21;
const [x, y] = [numbers(rows, 5, 3), numbers(rows, 1)];
const ids = Array.from({ length: rows }, (_, i) =>
  Array.from({ length: 6 }, (_, t) => (t < i % 5 ? 0 : 1 + ((i * 5 + t * 3) % 9))),
);
const tags = ids.map((row, i) => row.map((_, t) => (i + t) % 3));
const padded = new NdArray(
  x.data.map((v, k) => (Math.floor(k / 3) % 5 < Math.floor(k / 15) % 4 ? 0 : v)),
  x.shape,
);
const weights = Float32Array.from({ length: rows }, (_, i) => (i % 4) / 2);

type Fitted = Pick<Sequential, "getWeights"> & { history: Readonly<Record<string, readonly number[]>> };
type Fit = (options: FitOptions) => Promise<Fitted>;
const compiled = (model: Sequential, options: object) => {
  model.compile({ loss: "mse", optimizer: "adam", ...options });
  return model;
};
const fitted = async (model: Sequential, given: unknown, targets: unknown, more: FitOptions) =>
  Object.assign(model, { history: (await model.fit(given as never, targets as never, more)).history }) as Fitted;
const labels = { loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] };
const tagger = (optimizer: object) => (options: FitOptions) => {
  const layers = [
    input([6], { dtype: "i32" }),
    embedding(10, 4, { maskZero: true }),
    lstm(5, { returnSequences: true }),
  ];
  return fitted(
    compiled(sequential([...layers, dense(3, { activation: "softmax" })]), { ...labels, optimizer }),
    ids as never,
    tags,
    options,
  );
};

/** Models by what is particular about their gradients. `exact`: nothing is drawn or averaged by the batch, so blocks change the rounding alone. */
const kinds: Readonly<Record<string, { fit: Fit; exact?: false; loose?: number }>> = {
  plain: {
    fit: (o) => fitted(compiled(sequential([input([5, 3]), lstm(4), dense(1)]), { metrics: ["mae"] }), x, y, o),
  },
  dropout: {
    exact: false,
    fit: (o) =>
      fitted(compiled(sequential([input([5, 3]), gru(4, { dropout: 0.3 }), dropout(0.2), dense(1)]), {}), x, y, o),
  },
  "products of bfloat16": {
    exact: false, // what rounding a sum moved may be rounded to the next bfloat16
    fit: (o) => {
      const layers = [input([5, 3]), lstm(16, { returnSequences: true }), gru(8), dense(1)];
      return fitted(compiled(sequential(layers), { dtype: "mixedBfloat16" }), x, y, o);
    },
  },
  "masked steps": {
    fit: (o) => {
      const layers = [input([5, 3]), masking(), bidirectional(lstm(3, { returnSequences: true })), dense(1)];
      return fitted(compiled(sequential(layers), { optimizer: rmsprop() }), padded, numbersOf(5), o);
    },
  },
  "each occurrence of a word": { fit: tagger(adam()) },
  "the sizes of occurrences": { fit: tagger(adamax()) },
  "occurrences that nothing squares": { fit: tagger(sgd()) },
  "occurrences clipped by norm": { fit: tagger(adam({ clipnorm: 0.02 })) },
  "occurrences clipped by value": { fit: tagger(adam({ clipvalue: 0.003 })) },
  "occurrences and the global norm": { fit: tagger(adam({ globalClipnorm: 0.02 })) },
  "gathered gradients": { fit: tagger(adam({ gradientAccumulationSteps: 2 })) },
  "weights of rows": {
    fit: (o) => {
      const model = sequential([input([5, 3]), lstm(4, { kernelRegularizer: "l2" }), dense(1)]);
      const more = { weightedMetrics: ["mae"], optimizer: sgd({ momentum: 0.9, weightDecay: 0.01 }) };
      return fitted(compiled(model, more), x, y, { ...o, sampleWeight: weights });
    },
  },
  "averages of a batch": {
    exact: false,
    fit: (o) => fitted(compiled(sequential([input([5, 3]), lstm(4), batchNormalization(), dense(1)]), {}), x, y, o),
  },
  "two outputs": {
    fit: (o) => {
      const given = input([5, 3]);
      const h = masking()(given) as never;
      const steps = lstm(4, { returnSequences: true })(h);
      const model = functional(given, [dense(1, { name: "a" })(steps), dense(1, { name: "b" })(lstm(3)(steps))]);
      model.compile({ loss: ["mse", "mae"], lossWeights: [1, 0.3], optimizer: "adam", metrics: [["mae"], []] });
      return fitted(model as never, padded as never, [numbersOf(5), y], o);
    },
  },
  "a stream of batches": {
    fit: (o) => {
      const model = compiled(sequential([input([5, 3]), lstm(4), dense(1)]), {});
      const batches = function* () {
        for (let at = 0; at < rows; at += 8) yield [x.slice(at, at + 8), y.slice(at, at + 8)] as const;
      };
      const { batchSize: _, validationSplit: __, ...more } = o;
      return fitted(model, batches as never, undefined, more);
    },
  },
};
function numbersOf(steps: number): NdArray {
  return new NdArray(
    Float32Array.from({ length: rows * steps }, (_, k) => Math.sin(k)),
    [rows, steps, 1],
  );
}

const usual: FitOptions = { epochs: 2, batchSize: 8, validationSplit: 0.1, verbose: 0 }; // 18 rows: the last batch has 2
const bits = (model: Pick<Sequential, "getWeights">) =>
  model.getWeights().map((w) => Array.from(new Uint32Array(w.data.buffer, w.data.byteOffset, w.data.length)));
const together = (size: number, work: (parallel: FitOptions["parallel"], rank: number) => Promise<Fitted>) =>
  Promise.all(worldOf(size).map((parallel, rank) => work(parallel, rank)));

describe("the bits of training in blocks", () => {
  for (const [name, { fit }] of everyOther(Object.entries(kinds), 4, 1))
    test(`are those of one process on two and three: ${name}`, async () => {
      const alone = await fit({ ...usual, blocks: 3 });
      for (const size of [2, 3])
        for (const one of await together(size, (parallel) => fit({ ...usual, blocks: 3, parallel }))) {
          expect(bits(one)).toEqual(bits(alone));
          expect(one.history).toEqual(alone.history);
        }
    });

  test("are those of one process where there are more processes than rows in a batch, or than blocks", async () => {
    const { fit } = kinds.plain;
    const alone = await fit({ ...usual, batchSize: 3, blocks: 4 });
    for (const one of await together(5, (parallel) =>
      fit({ ...usual, batchSize: 3, blocks: 4, parallel, write: () => {} }),
    ))
      expect(bits(one)).toEqual(bits(alone));
  });

  test("are today's where there is one", async () => {
    const plain = await kinds.plain.fit(usual);
    expect(bits(await kinds.plain.fit({ ...usual, blocks: 1 }))).toEqual(bits(plain));
    for (const one of await together(2, (parallel) =>
      kinds.plain.fit({ ...usual, blocks: 1, parallel, write: () => {} }),
    ))
      expect(bits(one)).toEqual(bits(plain));
  });
});

describe("training in blocks", () => {
  for (const [name, { fit, exact, loose }] of everyOther(Object.entries(kinds), 3, 2).filter(
    ([, { exact }]) => exact !== false,
  ))
    test(`takes the steps of whole batches: ${name}`, async () => {
      const whole = await fit({ ...usual, epochs: 1 });
      const blocks = await fit({ ...usual, epochs: 1, blocks: 3 });
      const [a, b] = [whole, blocks].map((m) => m.getWeights().flatMap((w) => Array.from(w.data)));
      // Adam's first steps are as large where a gradient is nearly 0: rounding then moves a weight by a part of its rate, 0.001.
      const far = a.filter((v, k) => Math.abs(v - b[k]) > (loose ?? 2e-5)).length;
      expect(far).toBeLessThanOrEqual(exact === undefined ? 0.02 * a.length : 0);
      for (const [key, [value]] of Object.entries(whole.history)) expect(blocks.history[key][0]).toBeCloseTo(value, 5);
    });

  test("goes on from a checkpoint with its own number of blocks, on any number of processes", async () => {
    const { fit } = kinds["each occurrence of a word"];
    const whole = await fit({ ...usual, epochs: 3, blocks: 2 });
    const place = join(folder, "resume");
    const kept = (): Callback => backupAndRestore(place, { saveFreq: 1, deleteCheckpoint: false });
    await together(2, (parallel, rank) => {
      const stop = new AbortController();
      let steps = 0;
      const count: Callback = { onTrainBatchEnd: () => void (rank === 1 && ++steps === 4 && stop.abort()) };
      return fit({ ...usual, epochs: 3, parallel, signal: stop.signal, callbacks: [kept(), count] });
    });
    const ends = await together(3, (parallel) =>
      fit({ ...usual, epochs: 3, parallel, callbacks: [kept(), {}], write: () => {} }),
    );
    for (const end of ends) expect(bits(end)).toEqual(bits(whole));
    const other = fit({ ...usual, epochs: 3, blocks: 4, callbacks: [kept(), {}] });
    await expect(other).rejects.toThrow(/blocks: 2, as training began/);
  });

  test("ends for all where one process is told to, and one alone writes files", async () => {
    const ends = await together(2, async (parallel, rank) => {
      const stop = new AbortController();
      const watch: Callback = { onTrainBatchEnd: (batch) => void (rank === 1 && batch === 1 && stop.abort()) };
      const model = compiled(sequential([input([5, 3]), lstm(2), dense(1)]), {});
      const log = csvLogger(join(folder, `log-${rank}.csv`));
      const history = await model.fit(x, y, {
        ...usual,
        epochs: 5,
        parallel,
        signal: stop.signal,
        callbacks: [watch, log],
      });
      return Object.assign(model, { history: { steps: [model.iterations, history.stopped ? 1 : 0] } }) as Fitted;
    });
    expect(ends.map(({ history }) => history.steps)).toEqual([
      [2, 1],
      [2, 1],
    ]);
    const { existsSync } = await import("node:fs");
    expect([0, 1].map((rank) => existsSync(join(folder, `log-${rank}.csv`)))).toEqual([true, false]);
  });

  test("stops for all at the same epoch", async () => {
    const ends = await together(2, (parallel) =>
      kinds.plain.fit({ ...usual, epochs: 9, parallel, callbacks: [earlyStopping({ patience: 0, minDelta: 9 })] }),
    );
    expect(ends.map(({ history }) => history.loss.length)).toEqual([2, 2]);
  });

  test("says where processes differ, and what cannot be cut", async () => {
    const differ = together(2, (parallel, rank) => kinds.plain.fit({ ...usual, epochs: 1 + rank, parallel }));
    await expect(differ).rejects.toThrow("fit: expected the same epochs in every process, received another in rank 1.");
    const stateful = compiled(sequential([input([5, 3], { batchSize: 7 }), lstm(2, { stateful: true }), dense(1)]), {});
    await expect(stateful.fit(x, y, { batchSize: 7, blocks: 2, verbose: 0 })).rejects.toThrow(/expected blocks: 1/);
    await expect(kinds.plain.fit({ ...usual, blocks: 0 })).rejects.toThrow(/blocks as a whole number from 1/);
  });
});

test("a batch is cut into blocks of one size, and ranks have nodes of one tree whatever their number", async () => {
  expect(cutRows(10, 4)).toEqual([
    [0, 3],
    [3, 6],
    [6, 9],
    [9, 10],
  ]);
  expect(cutRows(2, 4)).toEqual([
    [0, 1],
    [1, 2],
  ]);
  expect(layoutOf(3, 2)).toEqual([
    [[0, 1]],
    [
      [1, 2],
      [2, 3],
    ],
  ]);
  expect(layoutOf(2, 4).map((own) => own.length)).toEqual([0, 1, 0, 1]);
  const values = Array.from({ length: 13 }, () => Float32Array.of(random.uniform(-1, 1) * 2 ** random.below(20)));
  const summed = async (node: Stretch) => {
    let place = new Float32Array();
    const aside: Float32Array[] = [];
    const add = () => {
      const lower = aside.pop()!;
      place = place.map((value, i) => value + lower[i]);
    };
    const put = () => void aside.push(place);
    await sumOver(node, { put, add }, async (k) => {
      place = values[k];
    });
    return place;
  };
  const whole = (await summed([0, 13]))[0];
  for (let ranks = 1; ranks <= 16; ranks++) {
    const layout = layoutOf(13, ranks);
    expect(layout.flat().flatMap(([from, to]) => Array.from({ length: to - from }, (_, k) => from + k))).toEqual(
      values.map((_, k) => k),
    );
    const world = worldOf(ranks);
    const sums = await Promise.all(
      world.map(async (one, rank) => {
        const pieces = [];
        for (const node of layout[rank]) pieces.push(await summed(node));
        return (await one.start()).sum(pieces, layout, 1);
      }),
    );
    for (const [sum] of sums) expect(sum).toBe(whole);
  }
});

test("a sum that broke off leaves nothing to the next", async () => {
  const backend = jsBackend();
  const sums = new PartialSums(backend.allocate(2), () => backend.allocate(2));
  const node = (values: readonly number[]) => {
    sums.begin();
    return sumOver([0, values.length], sums, async (k) => {
      if (Number.isNaN(values[k])) throw new Error("no memory");
      sums.place.write(0, Float32Array.of(values[k], 1));
    });
  };
  await expect(node([1, 2, 4, Number.NaN])).rejects.toThrow("no memory");
  await node([1, 2, 4, 8]);
  expect(Array.from(sums.place.read(0, 2, "f32"))).toEqual([15, 4]);
  expect(await sums.aside(async (before) => before.length)).toBe(0);
  sums.put();
  await expect(sums.aside(() => Promise.reject(new Error("a rank has gone")))).rejects.toThrow("a rank");
  await node([16]);
  expect(await sums.aside(async (before) => before.length)).toBe(0);
  sums.free();
});
