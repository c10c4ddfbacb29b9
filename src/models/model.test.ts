import { describe, expect, test } from "vitest";
import { presentBackends } from "../../test/backends.ts";
import type { BackendName } from "../backends/choose.ts";
import { activation, dense, dropout, embedding, flatten, input, lstm } from "../layers/index.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { Random } from "../tensor/random.ts";
import { sgd } from "../train/optimizers/index.ts";
import { sequential } from "./sequential.ts";

/** Sequences of 6 ids whose label is whether id 3 came; learnable and quick. */
function spotting(rows: number): { x: NdArray; y: number[] } {
  const r = new Random(9);
  const x = Int32Array.from({ length: rows * 6 }, () => r.below(8));
  const y = Array.from({ length: rows }, (_, i) => (x.subarray(i * 6, i * 6 + 6).includes(3) ? 1 : 0));
  return { x: new NdArray(x, [rows, 6]), y };
}

function spotter(backend: BackendName, drop = 0.2) {
  const model = sequential([
    embedding(8, 6),
    lstm(10, { dropout: drop, recurrentDropout: drop, returnSequences: true }),
    lstm(7),
    dropout(drop),
    dense(1, { activation: "sigmoid" }),
  ]);
  model.compile({ optimizer: "adam", loss: "binaryCrossentropy", metrics: ["accuracy"], backend });
  return model;
}

const { x, y } = spotting(70);

for (const { name: backend } of await presentBackends()) {
  describe(`a model on ${backend}`, () => {
    test("the same seed gives the same bits, another seed others", async () => {
      const run = async (seed: number) => {
        const model = spotter(backend);
        await model.fit(x, y, { epochs: 2, batchSize: 16, verbose: 0, seed });
        return model.getWeights().map((w) => [...w.data]);
      };
      const first = await run(1);
      expect(await run(1)).toEqual(first);
      expect(await run(2)).not.toEqual(first);
    });

    test("it learns, and evaluate agrees with what fit says of the validation rows", async () => {
      const model = spotter(backend, 0);
      const { history, epoch } = await model.fit(x, y, { epochs: 60, batchSize: 16, verbose: 0, validationSplit: 0.2 });
      expect(epoch.length).toBe(60);
      expect(Object.keys(history).sort()).toEqual(["accuracy", "loss", "val_accuracy", "val_loss"]);
      expect(history.loss.at(-1)).toBeLessThan(history.loss[0] * 0.8);
      const { loss, accuracy } = await model.evaluate(x.slice(56), y.slice(56), { verbose: 0 });
      expect(loss).toBeCloseTo(history.val_loss.at(-1)!, 5); // batches of 32 and 16: another order of the sum
      expect(accuracy).toBeCloseTo(history.val_accuracy.at(-1)!, 6);
    });

    test("the short last batch counts by its rows", async () => {
      const model = spotter(backend, 0);
      const { history } = await model.fit(x, y, { epochs: 1, batchSize: 64, verbose: 0, shuffle: false });
      const fresh = spotter(backend, 0);
      fresh.build([null, 6]);
      const head = await fresh.evaluate(x.slice(0, 64), y.slice(0, 64), { verbose: 0 });
      expect(Number.isFinite(history.loss[0])).toBe(true);
      expect(Math.abs(history.loss[0] - head.loss)).toBeLessThan(0.05); // 64 of the 70 rows were seen before any update
    });

    test("predict gives every row, whatever the batch size", async () => {
      const model = spotter(backend, 0);
      const all = await model.predict(x, { batchSize: 7 });
      expect(all.shape).toEqual([70, 1]);
      const once = await model.predictOnBatch(x);
      for (let i = 0; i < 70; i++) expect(once.data[i]).toBeCloseTo(all.data[i], 6);
    });

    test("an aborted fit ends after the step under way and keeps what it learned", async () => {
      const model = spotter(backend);
      const stop = new AbortController();
      let batches = 0;
      const history = await model.fit(x, y, {
        epochs: 50,
        batchSize: 8,
        verbose: 0,
        signal: stop.signal,
        callbacks: [
          {
            onTrainBatchEnd: () => {
              if (++batches === 3) stop.abort();
            },
          },
        ],
      });
      expect(batches).toBe(3);
      expect(history.stopped).toBe(true);
      expect(model.optimizerState?.iterations).toBe(3);
    });
  });
}

test("all backends learn the same weights but for rounding", async () => {
  const found: number[][] = [];
  for (const { name } of await presentBackends()) {
    const model = spotter(name);
    // not Adam, which turns the rounding of a gradient near zero into a whole step of either sign
    model.compile({ optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), loss: "binaryCrossentropy", backend: name });
    await model.fit(x, y, { epochs: 4, batchSize: 16, verbose: 0 });
    found.push(model.getWeights().flatMap((w) => [...w.data]));
  }
  for (const other of found) {
    const worst = Math.max(...other.map((v, i) => Math.abs(v - found[0][i])));
    expect(worst).toBeLessThan(1e-5); // f32, 20 steps
  }
});

test("weights go out and come in by Keras's order, and a wrong one changes nothing", () => {
  const model = sequential([input([3, 2]), lstm(2), flatten(), activation("tanh"), dense(1)]);
  const weights = model.getWeights();
  expect(weights.map((w) => w.shape)).toEqual([[2, 8], [2, 8], [8], [2, 1], [1]]);
  expect(model.countParams()).toBe(16 + 16 + 8 + 2 + 1);
  const doubled = weights.map((w) => new NdArray(w.data.map((v) => v * 2) as Float32Array, w.shape));
  model.setWeights(doubled);
  expect(model.getWeights()[0].data).toEqual(doubled[0].data);
  expect(() => model.setWeights([...weights.slice(0, 4), [1, 2]])).toThrow(/expected bias \[1\]/);
  expect(model.getWeights()[0].data).toEqual(doubled[0].data);
});

test("a new lstm begins as Keras's: orthonormal rows, forget bias 1", () => {
  const model = sequential([input([3, 4]), lstm(5)]);
  const [kernel, recurrent, bias] = model.getWeights();
  expect(Math.max(...kernel.data.map(Math.abs))).toBeLessThanOrEqual(Math.sqrt(6 / (4 + 20)));
  for (let i = 0; i < 5; i++) {
    for (let j = 0; j <= i; j++) {
      let dot = 0;
      for (let k = 0; k < 20; k++) dot += recurrent.at(i, k) * recurrent.at(j, k);
      expect(dot).toBeCloseTo(i === j ? 1 : 0, 6);
    }
  }
  expect([...bias.data]).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, ...new Array(10).fill(0)]);
});

test("the step can be printed, and says what planning saved", async () => {
  const model = spotter("js");
  await model.fit(x, y, { verbose: 0 });
  const text = model.step!.print();
  expect(text).toMatch(/lstm\(.*# lstm "lstm"/);
  expect(text).toMatch(/planned, .* without sharing/);
  expect(model.step!.plannedBytes).toBeLessThan(model.step!.unplannedBytes);
});

test("a number that is not finite is named with its instruction and layer", async () => {
  const model = sequential([input([2, 1]), lstm(3), dense(1, { name: "answer" })]);
  model.compile({ optimizer: "sgd", loss: "mse", checkNumbers: true });
  const bad = model.getWeights();
  bad[3].data[0] = Number.POSITIVE_INFINITY;
  model.setWeights(bad);
  await expect(model.fit([[[1], [2]]], [1], { verbose: 0 })).rejects.toThrow(
    /dense "answer", instruction linear: expected finite numbers/,
  );
});

describe("the order of the rows", () => {
  const x = Array.from({ length: 9 }, (_, i) => [i]);
  test('is new every epoch, the same with "once", as they lie with false', async () => {
    // a batch of one row with a rate of 0 shows which row it was by its loss
    const model = sequential([input([1]), dense(1, { useBias: false })], { seed: 3 });
    model.compile({ optimizer: sgd({ learningRate: 0 }), loss: "mse", backend: "js" });
    const passes = async (shuffle: boolean | "once") => {
      const seen: number[][] = [];
      await model.fit(x, x, {
        ...{ epochs: 3, batchSize: 1, shuffle, verbose: 0 as const },
        callbacks: [
          {
            onEpochBegin: () => void seen.push([]),
            onTrainBatchEnd: (batch, { loss }) => {
              const before = seen.at(-1)!.reduce((a, b) => a + b, 0);
              seen.at(-1)!.push(loss * (batch + 1) - before); // logs are means over the epoch so far
            },
            batchStride: 1,
          },
        ],
      });
      return seen.map((losses) => losses.map((v) => v.toFixed(3)).join(" "));
    };
    const [redrawn, once, lying] = [await passes(true), await passes("once"), await passes(false)];
    expect(new Set(redrawn).size).toBe(3);
    expect(new Set(once).size).toBe(1);
    expect(once[0]).toBe(redrawn[0]);
    expect(new Set(lying).size).toBe(1);
    expect(lying[0]).not.toBe(once[0]);
  });

  test("is requested in these words alone", async () => {
    const model = sequential([input([1]), dense(1)]);
    model.compile({ optimizer: "sgd", loss: "mse", backend: "js" });
    await expect(model.fit(x, x, { shuffle: "batch" as never })).rejects.toThrow(
      /fit: expected shuffle: true, false or "once", received "batch"/,
    );
  });
});

describe("options by an unknown name are refused", () => {
  const wrong: [string, (model: ReturnType<typeof spotter>) => unknown, RegExp][] = [
    [
      "Python's spelling",
      (m) => m.fit(x, y, { batch_size: 8 } as never),
      /fit: .*"batch_size"\. Did you mean "batchSize"/,
    ],
    ["a fraction of the rows", (m) => m.fit(x, y, { validation_split: 0.2 } as never), /mean "validationSplit"/],
    [
      "in compile",
      (m) => m.compile({ loss: "mse", metric: ["mae"] } as never),
      /compile: unknown option "metric"\. Did you mean "metrics"/,
    ],
    ["in evaluate", (m) => m.evaluate(x, y, { batch_size: 8 } as never), /evaluate: .* Did you mean "batchSize"/],
    ["in predict", (m) => m.predict(x, { batchsize: 8 } as never), /predict: .* Did you mean "batchSize"/],
    ["in one step", (m) => m.trainOnBatch(x, y, { sample_weight: y } as never), /mean "sampleWeight"/],
    ["of the model itself", () => sequential([dense(1)], { sed: 2 } as never), /sequential: .* Did you mean "seed"/],
  ];
  for (const [name, use, message] of wrong)
    test(name, async () => {
      await expect(async () => use(spotter("js"))).rejects.toThrow(message);
    });
});

test("class weights count in training, not in validation", async () => {
  const model = spotter("js", 0);
  const options = { batchSize: 14, verbose: 0, shuffle: false, validationSplit: 0.2 } as const;
  const { history } = await model.fit(x, y, { ...options, classWeight: { 0: 10, 1: 100 } });
  const { loss } = await model.evaluate(x.slice(56, 70), y.slice(56), { verbose: 0 });
  expect(history.val_loss[0]).toBeCloseTo(loss, 6);
  expect(history.loss[0]).toBeGreaterThan(5); // cross-entropies near 0.7, times 10 and more
});

test("validation may go by batches of its own", async () => {
  const batches = async (validationBatchSize?: number) => {
    let seen = 0;
    const callbacks = [{ onTestBatchBegin: () => void seen++ }];
    await spotter("js").fit(x, y, { batchSize: 28, verbose: 0, validationSplit: 0.2, validationBatchSize, callbacks });
    return seen;
  };
  expect([await batches(), await batches(4)]).toEqual([1, 4]);
});

/** A small classifier on plain TypeScript, compiled. */
function small() {
  const model = sequential([lstm(3), dense(1, { activation: "sigmoid" })]);
  model.compile({ optimizer: "adam", loss: "binaryCrossentropy", backend: "js" });
  return model;
}
const rows = [
  [[1], [0]],
  [[0], [1]],
  [[1], [1]],
];
const answers = [1, 0, 1];

test("concurrent predictions run one after another; one that fails does not hold up the others, and training waits its turn", async () => {
  const model = small();
  await model.fit(rows, answers, { verbose: 0 });
  const alone = await model.predict(rows);
  const [first, broken, last, training] = await Promise.allSettled([
    model.predict(rows.slice(0, 1)),
    model.predict([[[Number.NaN], [0]]]),
    model.predictOnBatch(rows),
    model.fit(rows, answers, { verbose: 0 }),
  ]);
  expect(first.status === "fulfilled" && first.value).toEqual(alone.slice(0, 1));
  expect(broken.status === "rejected" && broken.reason.message).toMatch(/NaN/);
  expect(last.status === "fulfilled" && last.value).toEqual(alone);
  expect(training.status === "rejected" && training.reason.message).toMatch(/an idle model/);
  expect((await model.fit(rows, answers, { verbose: 0 })).epoch).toEqual([0]);
});

test("what a callback asks for and does not wait for lets nothing else begin beside the training", async () => {
  const model = small();
  let asked: Promise<unknown> | null = null;
  let beside: Promise<unknown> | null = null;
  const onTrainBatchEnd = () => {
    asked ??= model.evaluate(rows, answers, { verbose: 0 });
    setImmediate(() => {
      beside ??= model.fit(rows, answers, { verbose: 0 }).catch((error) => error.message);
    });
  };
  const training = model.fit(rows, answers, { epochs: 50, verbose: 0, callbacks: [{ onTrainBatchEnd }] });
  expect((await training).epoch).toHaveLength(50);
  expect(await beside).toMatch(/an idle model/);
  expect(await asked).toBeDefined();
  expect(model.iterations).toBe(50);
});

test("a callback that throws, a stream that breaks and an AbortSignal leave a model that can be used", async () => {
  const model = small();
  const broken = (): never => {
    throw new Error("mine");
  };
  const fit = (options: object) => model.fit(rows, answers, { epochs: 2, verbose: 0, ...options });
  await expect(fit({ callbacks: [{ onEpochEnd: broken }] })).rejects.toThrow("mine");
  const stream = async function* () {
    yield [rows, answers] as const;
    broken();
  };
  await expect(model.fit(stream, { verbose: 0 })).rejects.toThrow("mine");
  expect((await fit({ signal: AbortSignal.abort() })).stopped).toBe(true);
  expect((await fit({})).epoch).toEqual([0, 1]);
  expect((await model.predict(rows)).shape).toEqual([3, 1]);
});

describe("the order of rows", () => {
  const watched = async (fits: readonly object[], make = counter) => {
    const model = make();
    const orders: number[][] = [];
    for (const options of fits) {
      let sum = 0;
      let order: number[] = [];
      const callbacks = {
        onEpochBegin: () => {
          sum = 0;
          order = [];
          orders.push(order);
        },
        onTrainBatchEnd: (batch: number, { loss }: { loss: number }) => {
          order.push(Math.round(loss * (batch + 1) - sum));
          sum = loss * (batch + 1);
        },
      };
      await model.fit(rows, zeros, { batchSize: 1, verbose: 0, callbacks, ...options });
    }
    return orders;
  };
  const rows = [[1], [2], [3], [4], [5], [6]];
  const zeros = rows.map(() => 0);
  const counter = () => {
    const model = sequential([dense(1, { inputShape: [1], useBias: false, kernelInitializer: "ones" })]);
    model.compile({ loss: "mae", optimizer: sgd({ learningRate: 0 }), backend: "js" });
    return model;
  };
  const once = { epochs: 1 };

  test("every fit has its own, by the seed alone", async () => {
    const first = await watched([once, once, once, once]);
    expect(new Set(first.map(String)).size).toBe(4);
    expect(await watched([once, once, once, once])).toEqual(first);
    expect(await watched([{ ...once, seed: 2 }])).not.toEqual(first.slice(0, 1));
    for (const order of first) expect([...order].sort()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("a fit of two epochs begins as one of one, and initialEpoch continues as if it had not ended", async () => {
    const whole = await watched([{ epochs: 4 }]);
    expect(new Set(whole.map(String)).size).toBe(4);
    expect(await watched([{ epochs: 2 }, { initialEpoch: 2, epochs: 4 }])).toEqual(whole);
    expect((await watched([once]))[0]).toEqual(whole[0]);
  });

  test('"once" is one order for all fits, false none', async () => {
    const shuffled = await watched([
      { epochs: 2, shuffle: "once" },
      { ...once, shuffle: "once" },
    ]);
    expect(new Set(shuffled.map(String)).size).toBe(1);
    expect(
      await watched([
        { ...once, shuffle: false },
        { ...once, shuffle: false },
      ]),
    ).toEqual([
      [1, 2, 3, 4, 5, 6],
      [1, 2, 3, 4, 5, 6],
    ]);
  });

  test("it continues from a snapshot: another model draws what the first would have drawn", async () => {
    const model = counter();
    await model.fit(rows, zeros, { batchSize: 1, verbose: 0 });
    const bytes = model.snapshot();
    const [, second] = await watched([once, once]);
    const again = counter();
    await again.restore(bytes);
    expect(await watched([once], () => again)).toEqual([second]);
  });
});
