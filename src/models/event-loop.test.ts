import { describe, expect, test } from "vitest";
import { thorough } from "../../test/thorough.ts";
import { generate } from "../generate/generate.ts";
import { rereadingSession } from "../generate/session.ts";
import { bidirectional, conv1d, customLayer, dense, embedding, gru, input, lambda, lstm } from "../layers/index.ts";
import * as ops from "../ops/index.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { Random } from "../tensor/random.ts";
import { functional } from "./functional.ts";
import type { AnyModel } from "./model.ts";
import { sequential } from "./sequential.ts";

const rows = 131;
const steps = 12;
const r = new Random(11);
const x = new NdArray(
  Float32Array.from({ length: rows * steps * 3 }, () => r.normal()),
  [rows, steps, 3],
);
/** Padded before and behind. */
const ids = new NdArray(
  Int32Array.from({ length: rows * steps }, (_, i) => {
    const [row, t] = [Math.floor(i / steps), i % steps];
    return t < row % 5 || t >= steps - (row % 3) ? 0 : 1 + r.below(19);
  }),
  [rows, steps],
);
const labels = Int32Array.from({ length: rows }, () => r.below(4));
const words = new NdArray(
  Int32Array.from({ length: rows * steps }, () => r.below(20)),
  [rows, steps],
);
const weights = Float32Array.from({ length: rows }, () => r.uniform(0, 2));

/** A model that is cut into groups of rows on the js backend, and the same one whose batches stay whole. */
function pair(make: (whole: boolean) => AnyModel): [AnyModel, AnyModel] {
  return [make(false), make(true)];
}
const same = (whole: boolean) => (whole ? [lambda((t) => t)] : []); // nobody knows what a formula of one's own does
const compiled = (model: AnyModel, options: object) => {
  model.compile({ loss: "sparseCategoricalCrossentropy", backend: "js", ...options } as never);
  return model;
};
const classes = (whole: boolean) => {
  const i = input([steps, 3]);
  const [first = (t: typeof h) => t] = same(whole);
  const h = bidirectional(gru(24, { returnSequences: true }))(i);
  const y = dense(4, { activation: "softmax" })(lstm(24)(conv1d(24, 3)(first(h) as never)));
  return compiled(functional(i, y), {
    metrics: ["accuracy", "sparseCategoricalCrossentropy"],
    weightedMetrics: ["accuracy"],
  });
};
const tagger = (whole: boolean) => {
  const i = input([steps], { dtype: "i32" });
  const [first = (t: typeof h) => t] = same(whole);
  const h = lstm(24, { returnSequences: true })(embedding(20, 8, { maskZero: true })(i));
  const masked = first(h) as never;
  return compiled(
    functional(i, [dense(20, { activation: "softmax" })(masked), dense(1, { activation: "sigmoid" })(lstm(8)(masked))]),
    { loss: ["sparseCategoricalCrossentropy", "binaryCrossentropy"], metrics: [["accuracy"], ["auc"]] },
  );
};

describe("rows are computed in groups with the bits of the whole batch", () => {
  test.each(thorough ? [131, 97, 64] : [97])("predictions of batches of %i", async (batchSize) => {
    for (const [make, data] of [
      [classes, x],
      [tagger, ids],
    ] as const) {
      const [cut, whole] = pair(make);
      expect(cut.mixesRows).toBe(false);
      expect(whole.mixesRows).toBe(true);
      expect(await cut.predict(data, { batchSize })).toEqual(await whole.predict(data, { batchSize }));
    }
  });

  test.each(thorough ? [131, 97] : [97])(
    "loss and metrics of batches of %i, of arrays and of streams",
    async (batchSize) => {
      const some = { batchSize, verbose: 0 as const };
      const [cut, whole] = pair(classes);
      for (const sampleWeight of [undefined, weights])
        expect(await cut.evaluate(x, labels, { ...some, sampleWeight })).toEqual(
          await whole.evaluate(x, labels, { ...some, sampleWeight }),
        );
      const stream = () => [[x.slice(0, batchSize), labels.subarray(0, batchSize)]] as const;
      expect(await cut.evaluate(() => stream(), { verbose: 0 })).toEqual(
        await whole.evaluate(() => stream(), { verbose: 0 }),
      );
      const [tags, tagsWhole] = pair(tagger);
      const targets = [words, labels.map((k) => k % 2)];
      expect(await tags.evaluate(ids, targets, some)).toEqual(await tagsWhole.evaluate(ids, targets, some));
    },
  );

  test("with a formula of one's own between them that says it mixes no rows", async () => {
    const make = (mixesRows?: boolean) => {
      const i = input([steps, 3]);
      const squared = customLayer("Squared", { forward: (t) => ops.mul(t, t), mixesRows });
      const halved = lambda((t) => ops.mul(t, 0.5), { mixesRows });
      return compiled(
        functional(
          i,
          dense(4, { activation: "softmax" })(lstm(24)(halved(squared(gru(24, { returnSequences: true })(i))))),
        ),
        {},
      );
    };
    const [cut, whole] = [make(false), make()];
    expect([cut.mixesRows, whole.mixesRows]).toEqual([false, true]);
    expect(await cut.predict(x, { batchSize: 97 })).toEqual(await whole.predict(x, { batchSize: 97 }));
    expect(() => lambda((t) => t, { mixesRows: 1 as never })).toThrow(/mixesRows.*true or false/);
  });

  test("of validation too", async () => {
    const [cut, whole] = pair(classes);
    const options = { validationSplit: 0.9, batchSize: 128, verbose: 0 as const, epochs: 1 };
    expect((await cut.fit(x, labels, options)).history).toEqual((await whole.fit(x, labels, options)).history);
  });
});

/** Counts turns of the event loop during some work. Counted, not timed: a busy machine makes it more, not fewer. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let on = true;
  const look = () => {
    turns++;
    if (on) setImmediate(look);
  };
  setImmediate(look);
  await work();
  on = false;
  return turns;
}

function blocked(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

const slow = (whole = false) => {
  const i = input([60, 8]);
  const [first = (t: typeof i) => t] = same(whole);
  return compiled(functional(i, dense(4, { activation: "softmax" })(lstm(48)(first(i) as never))), {});
};
const long = new NdArray(new Float32Array(256 * 60 * 8).fill(0.1), [256, 60, 8]);
const many = new Int32Array(256);

describe("the event loop gets its turn", () => {
  test("in one large batch of predict and of evaluate", async () => {
    const model = slow();
    await model.predict(long.slice(0, 2));
    for (const work of [
      () => model.predict(long, { batchSize: 256 }),
      () => model.evaluate(long, many, { batchSize: 256, verbose: 0 }),
    ]) {
      expect(await turnsDuring(work)).toBeGreaterThan(3);
    }
    expect(await turnsDuring(async () => blocked(200))).toBeLessThan(4); // so the count tells them apart
  });

  test("in one long row, in a batch whose formula nobody knows, and in one that leaves its states for the next", async () => {
    const steps = 4000;
    const row = new NdArray(new Float32Array(steps * 8).fill(0.1), [1, steps, 8]);
    const reader = sequential([
      input([steps, 8]),
      lstm(32, { returnSequences: true }),
      bidirectional(gru(32)),
      dense(4),
    ]);
    const keeper = sequential([input([60, 8], { batchSize: 256 }), lstm(48, { stateful: true }), dense(4)]);
    for (const [model, x] of [
      [compiled(reader, {}), row],
      [compiled(keeper, {}), long],
      [slow(true), long],
    ] as const) {
      const batchSize = x.shape[0];
      expect(await turnsDuring(() => model.predict(x, { batchSize }))).toBeGreaterThan(3);
    }
  });

  test("while a text is written and a long prompt is read", async () => {
    const i = input([40], { dtype: "i32" });
    const model = compiled(functional(i, dense(30, { activation: "softmax" })(lstm(32)(embedding(30, 16)(i)))), {});
    const writing = async () => {
      for await (const _ of generate(rereadingSession(model as never, 40), [1, 2, 3], { length: 240 }));
    };
    expect(await turnsDuring(writing)).toBeGreaterThan(2);
  });
});

describe("an AbortSignal is observed", () => {
  const reason = new Error("the page was left");
  const rejection = (work: Promise<unknown>) =>
    work.then(
      () => null,
      (e: unknown) => e,
    );
  const soon = (ms: number) => {
    const c = new AbortController();
    setTimeout(() => c.abort(reason), ms);
    return c.signal;
  };

  test("by predict, evaluate and generate, which reject with its reason", async () => {
    const model = slow();
    const batchSize = 256;
    expect(await rejection(model.predict(long, { batchSize, signal: soon(20) }))).toBe(reason);
    expect(await rejection(model.evaluate(long, many, { batchSize, signal: soon(20), verbose: 0 }))).toBe(reason);
    expect(await rejection(model.predict(long.slice(0, 1), { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(await rejection(model.evaluate(long, many, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(await rejection(model.predict(long.slice(0, 2), { signal: soon(10_000) }))).toBeNull();
    const write = async () => {
      const session = { rows: 1, vocabulary: 3, reset() {}, reorder() {} };
      const p = async () => Float32Array.of(0.2, 0.3, 0.5);
      for await (const _ of generate({ ...session, read: p, step: p }, [1], { signal: soon(20) }));
    };
    expect(await rejection(write())).toBe(reason);
  });

  test("by a prediction that waits its turn, at once; the model is free again after one that was ended", async () => {
    const model = slow();
    const first = model.predict(long, { batchSize: 256 });
    const order: string[] = [];
    const second = rejection(model.predict(long.slice(0, 2), { signal: soon(5) })).then((e) => {
      order.push("second");
      return e;
    });
    await first.then(() => order.push("first"));
    expect(await second).toBe(reason);
    expect(order).toEqual(["second", "first"]);
    await rejection(model.predict(long, { batchSize: 256, signal: soon(20) }));
    await model.evaluate(long.slice(0, 2), many.subarray(0, 2), { verbose: 0 });
  });

  test("by fit while it validates: the epoch has no validation, and the history says that it was stopped", async () => {
    const model = slow();
    const c = new AbortController();
    const { history, stopped } = await model.fit(long.slice(0, 4), many.subarray(0, 4), {
      validationData: [long, many],
      validationBatchSize: 256,
      signal: c.signal,
      callbacks: { onTestBegin: () => void setTimeout(() => c.abort(), 10) },
      verbose: 0,
      epochs: 3,
    });
    expect(stopped).toBe(true);
    expect(history.loss).toHaveLength(1);
    expect(history.val_loss).toBeUndefined();
  });
});
