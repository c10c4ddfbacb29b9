import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { CellstateError } from "../errors.ts";
import { loadModel, loadWeights } from "../formats/load-model.ts";
import { activation, dense, embedding, initializers, input, lstm, masking } from "../layers/index.ts";
import { forecaster, loadForecaster } from "../tasks/index.ts";
import { type ArrayLike, NdArray } from "../tensor/nd-array.ts";
import { backupAndRestore, csvLogger, earlyStopping, modelCheckpoint, tensorBoard } from "../train/callbacks/index.ts";
import * as losses from "../train/losses/index.ts";
import * as metrics from "../train/metrics/index.ts";
import { sgd } from "../train/optimizers/index.ts";
import { functional } from "./functional.ts";
import { sequential } from "./sequential.ts";

const quiet = { verbose: 0 } as const;
const refusal = async (work: () => unknown): Promise<string> => {
  const error = await Promise.resolve()
    .then(work)
    .then(
      () => null,
      (e: unknown) => e,
    );
  expect(error, "an error of the library's own").toBeInstanceOf(CellstateError);
  return (error as Error).message;
};
const line = (options: object = {}) => {
  const model = sequential([dense(1, { inputShape: [1], ...options })]);
  model.compile({ loss: "mse", optimizer: sgd({ learningRate: 0 }), backend: "js" });
  return model;
};

describe("numbers as they were given", () => {
  test("an NdArray that came from another thread is one here", async () => {
    const x = new NdArray(Float32Array.of(1, 2, 3, 4), [2, 2, 1]);
    const posted = structuredClone(x); // numbers and shape, no methods
    expect(posted).not.toBeInstanceOf(NdArray);
    const model = sequential([input([2, 1]), lstm(2), dense(1)]);
    model.compile({ loss: "mse", backend: "js" });
    expect((await model.predict(posted)).toArray()).toEqual((await model.predict(x)).toArray());
    const y = structuredClone(new NdArray(Float32Array.of(0, 1), [2, 1]));
    expect(await model.evaluate(posted, y, quiet)).toEqual(await model.evaluate(x, [[0], [1]], quiet));
    const wrong = { data: Float32Array.of(1, 2, 3), shape: [2, 2, 1] };
    expect(await refusal(() => model.predict(wrong))).toContain("expected 4 numbers for shape [2, 2, 1], received 3");
  });
  test("int64 ids and labels give what the same numbers give", async () => {
    const make = () => {
      const model = sequential([embedding(5, 2, { inputShape: [2] }), lstm(2), dense(3, { activation: "softmax" })]);
      model.compile({ loss: "sparseCategoricalCrossentropy", backend: "js" });
      return model;
    };
    const plain = (await make().fit([[1, 2]], [2], quiet)).history;
    const forms: [ArrayLike, ArrayLike][] = [
      [[[1n, 2n]], [2n]],
      [[BigInt64Array.of(1n, 2n)], BigInt64Array.of(2n)],
      [[BigUint64Array.of(1n, 2n)], BigUint64Array.of(2n)],
    ];
    for (const [x, y] of forms) expect((await make().fit(x, y, quiet)).history).toEqual(plain);
    expect(await refusal(() => make().predict([[1n << 60n, 1n]]))).toMatch(/1152921504606846976n/);
  });

  test("a number that float32 cannot hold is refused where it stands, from lists and from float64", async () => {
    for (const wrong of [[[1], [1e39]], new NdArray(Float64Array.of(0, -1e39), [2, 1])])
      for (const work of [
        () => line().predict(wrong),
        () => line().fit([[1], [1]], wrong, quiet),
        () => line().fit([[1], [1]], [1, 1], { sampleWeight: wrong as ArrayLike, ...quiet }),
      ])
        expect(await refusal(work)).toMatch(/1e\+39 in row 1|\[2\]/);
  });

  test("an id is looked at before it is rounded", async () => {
    const ids = sequential([embedding(5, 2, { inputShape: [1] })]);
    for (const wrong of [2 ** 24 + 1, 2 ** 31, 2 ** 53, 1.0000000001])
      expect(await refusal(() => ids.predict([[wrong]]))).toContain(`${wrong}`);
    const classes = sequential([dense(2, { inputShape: [1], activation: "softmax" })]);
    classes.compile({ loss: "sparseCategoricalCrossentropy" });
    for (const wrong of [2 ** 32 + 1, 0.99999999999, -1])
      expect(await refusal(() => classes.fit([[1]], [wrong], quiet))).toContain(`${wrong}`);
    const open = sequential([input([1], { dtype: "i32" }), dense(1)]);
    expect(await refusal(() => open.predict([[2 ** 32]]))).toMatch(/4294967296/);
  });

  test("a model that no memory holds is refused by name", async () => {
    for (const make of [() => lstm(2 ** 31), () => dense(1e15), () => dense(2 ** 30)]) {
      const model = sequential([input([3, 2]), make()]);
      expect(
        await refusal(() =>
          model.predict([
            [
              [1, 2],
              [3, 4],
              [5, 6],
            ],
          ]),
        ),
      ).toMatch(/fit into memory.*kernel/);
    }
  });
});

describe("what does not count moves nothing, whatever stands there", () => {
  test("masked steps of 1e20 in x and y leave loss, metrics and weights as zeros there do", async () => {
    const named = ["mse", "mae", "mape", "msle", "logCosh", "cosineSimilarity", "poisson", "huber"] as const;
    for (const loss of named) {
      const trained = async (sentinel: number) => {
        const model = sequential([
          masking({ maskValue: sentinel, inputShape: [2, 2] }),
          dense(2, { kernelInitializer: "ones" }),
        ]);
        model.compile({
          loss,
          metrics: ["mse", "mae", metrics.r2Score(), metrics.auc()],
          optimizer: "sgd",
          backend: "js",
        });
        const x = [
          [
            [0.3, 0.2],
            [sentinel, sentinel],
          ],
        ];
        const y = [
          [
            [0.4, 0.1],
            [sentinel, sentinel],
          ],
        ];
        const { history } = await model.fit(x, y, quiet);
        return { history, weights: model.getWeights().map((w) => w.toArray()) };
      };
      expect(await trained(1e20), loss).toEqual(await trained(0));
    }
  });

  test("the value is Keras's over the steps that count", async () => {
    const model = sequential([masking({ maskValue: 1e20, inputShape: [2, 1] })]);
    model.compile({ loss: "mse", metrics: "mae" });
    expect(await model.evaluate([[[3], [1e20]]], [[[4], [1e20]]], quiet)).toEqual({ loss: 1, mae: 1 });
  });

  test("a row that weighs nothing may hold any number", async () => {
    const y = [1, 1e30];
    const { loss } = await line({ kernelInitializer: "zeros" }).evaluate([[1], [1]], y, {
      sampleWeight: [1, 0],
      ...quiet,
    });
    expect(loss).toBe(0.5); // over both rows, as in Keras
  });

  test("ignoreClass may be no class at all: -1 and 255, as Keras documents it", async () => {
    for (const fromLogits of [true, false])
      for (const ignoreClass of [-1, 255, 0]) {
        const model = sequential([activation("linear", { inputShape: [3] })]);
        model.compile({ loss: losses.sparseCategoricalCrossentropy({ ignoreClass, fromLogits }) });
        const { loss } = await model.evaluate(
          [
            [0.2, 0.7, 0.1],
            [0.5, 0.3, 0.2],
          ],
          [1, ignoreClass],
          quiet,
        );
        const odds = fromLogits ? Math.exp(0.7) / (Math.exp(0.2) + Math.exp(0.7) + Math.exp(0.1)) : 0.7;
        expect(loss).toBeCloseTo(-Math.log(odds), 5);
        if (ignoreClass === 0) continue;
        expect(await refusal(() => model.evaluate([[0, 0, 1]], [4], quiet))).toMatch(
          `or ${ignoreClass} for what does not`,
        );
      }
  });
});

describe("forms that other libraries take", () => {
  test("one callback, one metric, validation data in braces", async () => {
    const model = line();
    model.compile({ loss: "mse", metrics: "mae" });
    const ended: number[] = [];
    const callbacks = { onEpochEnd: (epoch: number) => void ended.push(epoch) };
    const { history } = await model.fit([[1]], [1], {
      callbacks,
      validationData: { x: [[1], [1]], y: [1, 2], sampleWeight: [1, 0] },
      ...quiet,
    });
    expect(ended).toEqual([0]);
    expect(Object.keys(history)).toEqual(["loss", "mae", "val_loss", "val_mae"]);
    await model.fit([[1]], [1], { callbacks: earlyStopping({ monitor: "loss" }), ...quiet });
    for (const none of [null, undefined, []]) await model.fit([[1]], [1], { callbacks: none as never, ...quiet });
  });

  test("callbacks and validation data of no known form are refused with the form that is", async () => {
    const fit = (options: object) => refusal(() => line().fit([[1]], [1], { ...quiet, ...options }));
    expect(await fit({ callbacks: { on_epoch_end() {} } })).toMatch(/onEpochEnd/);
    expect(await fit({ callbacks: "earlyStopping" })).toMatch(/a callback/);
    expect(await fit({ callbacks: [earlyStopping] })).toMatch(/earlyStopping\(\)/);
    expect(await fit({ validationData: { xs: [[1]], ys: [1] } })).toMatch(/Name them x and y/);
    expect(await fit({ validationData: [[[1]]] })).toMatch(/\[x, y\]/);
    expect(await fit({ validationData: { x: [[1]], y: [1], weights: [1] } })).toMatch(/sampleWeight/);
    expect(await fit({ validationData: 7 })).toMatch(/received 7/);
    expect(await fit({ epochs: 1n })).toMatch(/1n/);
    const circle: { self?: unknown } = {};
    circle.self = circle;
    expect(await fit({ shuffle: circle })).toMatch(/shuffle/);
    expect(await refusal(() => line().predict("text" as never))).toMatch(/"text"/);
  });

  test("class weights are for one output, as in Keras, and for classes", async () => {
    const x = input([1]);
    const two = functional(x, [dense(2, { activation: "softmax", name: "kind" })(x), dense(1, { name: "size" })(x)]);
    two.compile({ loss: { kind: "sparseCategoricalCrossentropy", size: "mse" } });
    for (const classWeight of [{ 0: 1, 1: 5 }, { kind: { 0: 1 } }])
      expect(await refusal(() => two.fit([[1]], [[1], [1]], { classWeight: classWeight as never, ...quiet }))).toMatch(
        /one output[\s\S]*sampleWeight/,
      );
    for (const wrong of [{ cat: 2 }, new Map([[0, 1]]), "balanced", { 1: "5" }, [Number.NaN, -1]])
      expect(await refusal(() => line().fit([[1]], [1], { classWeight: wrong as never, ...quiet }))).toMatch(
        /classWeight/,
      );
  });

  test("an empty stack, a layer that is none and options that are none say what to write", async () => {
    expect(await refusal(() => sequential(undefined as never))).toMatch(/sequential\(\[lstm\(32\), dense\(1\)\]\)/);
    expect(await refusal(() => sequential([dense] as never))).toMatch(/layer 0[\s\S]*dense\(1\)/);
    expect(await refusal(() => dense(4, "relu" as never))).toMatch(/dense\(units, \{ activation: "relu" \}\)/);
    expect(await refusal(() => dense(4, null as never))).toMatch(/braces/);
    expect(await refusal(() => dense(4, { inputShape: 3 as never }))).toMatch(/inputShape as a list/);
    expect(await refusal(() => sequential([dense(4, { inputShape: [1], kernelInitializer: 3 as never })]))).toMatch(
      /an initializer/,
    );
    expect(await refusal(() => lstm(2)([input([3, 1]), input([2]), input([2])]))).toMatch(/initialState/);
    expect(await refusal(() => sequential([lstm(2, { inputShape: [2, 1] }), lstm(2)]))).toMatch(
      /returnSequences: true/,
    );
  });

  test("a monitor in camel case is told the name that is", async () => {
    const callbacks = earlyStopping({ monitor: "valLoss" });
    const work = () => line().fit([[1], [2]], [1, 2], { validationSplit: 0.5, callbacks, ...quiet });
    expect(await refusal(work)).toMatch(/Did you mean "val_loss"/);
  });
});

describe("initializers.constant", () => {
  const vectors = [
    [0, 0],
    [0.1, 0.2],
    [0.3, 0.4],
  ];
  test("takes word vectors, from lists and from float64, and a file keeps them", async () => {
    for (const given of [vectors, new NdArray(Float64Array.from(vectors.flat()), [3, 2])]) {
      const table = embedding(3, 2, {
        embeddingsInitializer: initializers.constant(given),
        trainable: false,
        inputShape: [1],
      });
      const model = sequential([table]);
      expect(model.getWeights()[0].data).toEqual(Float32Array.from(vectors.flat()));
      expect(JSON.parse(JSON.stringify(table.config())).embeddings_initializer.config.value).toEqual(vectors);
    }
  });

  test("spreads by NumPy's rule, and refuses what does not fit", async () => {
    const rows = sequential([dense(2, { inputShape: [3], kernelInitializer: initializers.constant([1, 2]) })]);
    expect(rows.getWeights()[0].toArray()).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    const columns = sequential([
      dense(2, { inputShape: [3], kernelInitializer: initializers.constant([[1], [2], [3]]) }),
    ]);
    expect(columns.getWeights()[0].toArray()).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    for (const wrong of [
      [1, 2, 3],
      [
        [1, 2],
        [3, 4],
      ],
      [[[1]]],
    ]) {
      const model = sequential([dense(2, { inputShape: [3], kernelInitializer: initializers.constant(wrong) })]);
      expect(await refusal(() => model.getWeights())).toMatch(/a weight \[3, 2\]/);
    }
    expect(await refusal(() => initializers.constant([Number.NaN]))).toMatch(/finite/);
  });
});

describe("a path may be a URL", async () => {
  const folder = await mkdtemp(join(tmpdir(), "cellstate url ")); // a blank: written %20 in a URL
  afterAll(() => rm(folder, { recursive: true }));
  const forms = (name: string) => [pathToFileURL(join(folder, name)), pathToFileURL(join(folder, name)).href];

  test("of models, weights and tasks, saved and loaded", async () => {
    const model = line();
    for (const at of forms("a.keras")) {
      await model.save(at);
      expect((await loadModel(at)).getWeights()).toEqual(model.getWeights());
    }
    for (const at of forms("a.weights.h5")) {
      await model.save(at);
      await loadWeights(line(), at);
    }
    const task = forecaster({ units: 2, horizon: 1, window: 2, backend: "js" });
    await task.fit([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], { epochs: 1, ...quiet });
    for (const at of forms("f.keras")) {
      await task.save(at);
      await loadForecaster(at);
    }
    expect(await refusal(() => model.save("https://example.org/a.keras"))).toMatch(/a path or a file: URL/);
    // as TensorFlow.js has them
    expect(await refusal(() => model.save("downloads://model.json"))).toMatch(/a path or a file: URL.*Save to a file/s);
    if (process.platform !== "win32")
      expect(await refusal(() => model.save("file://model.json"))).toMatch(/needs no file:\/\/ .*"model\.json"/s);
    expect(await refusal(() => model.save(5 as never))).toMatch(/received 5/);
  });

  test("of callbacks that write", async () => {
    const { access } = await import("node:fs/promises");
    const url = (name: string) => pathToFileURL(join(folder, name));
    await line().fit([[1]], [1], {
      ...quiet,
      callbacks: [
        csvLogger(url("log.csv")),
        modelCheckpoint(url("epoch {epoch:02d}.keras")),
        backupAndRestore(url("backup"), { deleteCheckpoint: false }),
        tensorBoard({ logDir: url("logs").href }),
      ],
    });
    for (const name of ["log.csv", "epoch 01.keras", "backup/training.checkpoint", "logs/train"])
      await access(join(folder, name));
  });
});
