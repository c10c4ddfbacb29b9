/** Lookups of an embedding that become lists of occurrences, in models of every kind. */
import { describe, expect, test } from "vitest";
import * as l from "../../layers/index.ts";
import { functional } from "../../models/functional.ts";
import type { AnyModel } from "../../models/model.ts";
import { sequential } from "../../models/sequential.ts";
import * as ops from "../../ops/index.ts";
import { asNdArray, type NdArray } from "../../tensor/nd-array.ts";
import { Random } from "../../tensor/random.ts";
import { adagrad } from "./index.ts";

const width = 2;
const words = 4;
type Ids = number[] | number[][] | number[][][];
interface Kind {
  /** Ids from 1 on, no padding; some words come again and again. */
  ids: readonly Ids[];
  make(rows: number): AnyModel;
}
const rows = [
  [1, 1, 3],
  [2, 1, 2],
];
const more = [
  [3, 3, 1],
  [1, 2, 2],
];
const stack = (...layers: l.Layer[]) => sequential([l.input([3]), ...layers, l.dense(1)]);

const kinds: Record<string, Kind> = {
  "a recurrent layer in two directions": {
    ids: [rows],
    make: (n) => stack(l.embedding(n, width), l.bidirectional(l.lstm(2))),
  },
  "padding that a mask hides": {
    ids: [rows],
    make: (n) => stack(l.embedding(n, width, { maskZero: true }), l.gru(2)),
  },
  "a stateful layer": {
    ids: [rows],
    make: (n) => {
      const x = l.input([3], { batchSize: 2 });
      return functional(x, l.dense(1)(l.lstm(2, { stateful: true })(l.embedding(n, width)(x))));
    },
  },
  "an embedding of words within steps": {
    ids: [
      [
        [
          [1, 2],
          [2, 2],
        ],
        [
          [3, 1],
          [1, 1],
        ],
      ],
    ],
    make: (n) =>
      sequential([
        l.input([2, 2]),
        l.timeDistributed(l.embedding(n, width)),
        l.timeDistributed(l.globalAveragePooling1d()),
        l.simpleRnn(2),
        l.dense(1),
      ]),
  },
  "one word a row": {
    ids: [[1, 2, 1, 1]],
    make: (n) => sequential([l.input([]), l.embedding(n, width), l.dense(1)]),
  },
  "ids that two readings share": {
    ids: [rows],
    make: (n) => {
      const x = l.input([3]);
      const table = l.embedding(n, width);
      const read = l.add()([l.activation("tanh")(table(x)), l.activation("sigmoid")(table(x))]);
      return functional(x, l.dense(1)(l.flatten()(read)));
    },
  },
  "a model inside that two inputs share": {
    ids: [rows, more],
    make: (n) => {
      const tower = sequential([l.input([3]), l.embedding(n, width), l.simpleRnn(2)]);
      const [a, b] = [l.input([3]), l.input([3])];
      return functional([a, b], l.dense(1)(l.subtract()([tower(a), tower(b)])));
    },
  },
  "a penalty on what is read": {
    ids: [rows],
    make: (n) => stack(l.embedding(n, width, { activityRegularizer: l.regularizers.l2(0.1) }), l.flatten()),
  },
};

/** Sums of squares of the embedding's numbers after one step, [n, width]. */
async function squares({ make }: Kind, ids: readonly Ids[], table: readonly number[][], others: readonly NdArray[]) {
  const model = make(table.length);
  model.compile({ optimizer: adagrad({ initialAccumulatorValue: 0 }), loss: "mse", backend: "js" });
  model.setWeights([asNdArray(table), ...others]);
  const y = asNdArray(ids[0].map((_, k) => [k + 1]));
  const x = ids.map((each) => asNdArray(each));
  await model.trainOnBatch(x.length > 1 ? x : x[0], y);
  const slot = model.optimizerState!.slots[0];
  return table.map((_, r) => [...slot.slice(r * width, (r + 1) * width)]);
}

describe("each occurrence counts as if every place had a row of its own", () => {
  for (const [name, kind] of Object.entries(kinds))
    test(name, async () => {
      const random = new Random(8);
      const table = Array.from({ length: words }, () => Array.from({ length: width }, () => random.uniform(-1, 1)));
      const others = kind.make(words).getWeights().slice(1);
      const seen = await squares(kind, kind.ids, table, others);
      // The same numbers in a table in which no word comes twice; row 0 stays padding's.
      const own: number[] = [0];
      const ownIds = (id: Ids | number): Ids | number =>
        Array.isArray(id) ? (id.map(ownIds as never) as Ids) : own.push(id) - 1;
      const apart = await squares(
        kind,
        kind.ids.map(ownIds) as Ids[],
        own.map((id) => table[id]),
        others,
      );
      for (const [word, sums] of seen.entries())
        for (const [d, sum] of sums.entries()) {
          const expected = apart.reduce((total, place, k) => total + (k > 0 && own[k] === word ? place[d] : 0), 0);
          expect(Math.abs(sum - expected)).toBeLessThan(1e-5 * expected + 1e-12); // sums of a few f32 numbers
        }
      expect(seen[1][0]).toBeGreaterThan(0);
    });
});

describe("a table that is read otherwise too counts as the sum, as in Keras on TensorFlow", () => {
  const run = async (make: () => AnyModel, x: Ids, y: number[][], embeddingGradients: "each" | "sum") => {
    const model = make();
    model.compile({ optimizer: adagrad({ embeddingGradients }), loss: "mse", backend: "js" });
    await model.trainOnBatch(asNdArray(x), asNdArray(y));
    return model.getWeights().flatMap((w) => [...w.data]);
  };

  test("by a product", async () => {
    const make = () => {
      const x = l.input([3]);
      const table = l.embedding(words, width);
      const scores = l.tiedEmbedding(table)(l.simpleRnn(width)(table(x)));
      return functional(x, scores, { seed: 3 });
    };
    const y = rows.map(() => [1, 0, 0, 1]);
    expect(await run(make, rows, y, "each")).toEqual(await run(make, rows, y, "sum"));
  });

  test("step by step in a cell", async () => {
    const cell = (): l.StepCell => {
      let table: l.Weight;
      return {
        stateSize: width,
        outputSize: width,
        build: (_, addWeight) => {
          table = addWeight("table", [words, width], "randomNormal");
        },
        step: (x, [h], context) => {
          const ids = ops.cast(ops.reshape(x, [x.shape[0]]), "i32");
          const next = ops.tanh(ops.add(h, ops.gather(context.weight(table), ids)));
          return { output: next, state: [next] };
        },
      };
    };
    const make = () => sequential([l.input([3, 1]), l.rnn(cell()), l.dense(1)], { seed: 3 });
    const x = rows.map((row) => row.map((id) => [id]));
    expect(await run(make, x, [[1], [2]], "each")).toEqual(await run(make, x, [[1], [2]], "sum"));
  });
});

test("a frozen embedding beside a learning one stays as it is", async () => {
  const x = l.input([3]);
  const [still, moving] = [l.embedding(words, width, { trainable: false }), l.embedding(words, width)];
  const model = functional(x, l.dense(1)(l.flatten()(l.concatenate()([still(x), moving(x)]))));
  model.compile({ optimizer: adagrad({ learningRate: 0.1, globalClipnorm: 0.3 }), loss: "mse", backend: "js" });
  const before = model.getWeights();
  await model.trainOnBatch(rows, [[1], [2]]);
  const after = model.getWeights();
  expect(after[0]).toEqual(before[0]);
  expect(after[1].data).not.toEqual(before[1].data);
  expect(after[1].data.slice(0, width)).toEqual(before[1].data.slice(0, width)); // a word that did not come
});

test("a constraint shortens rows after each step, those too that did not come", async () => {
  const most = 0.02;
  const embeddingsConstraint = l.constraints.maxNorm({ maxValue: most, axis: 1 });
  const model = stack(l.embedding(words, width, { embeddingsConstraint }), l.flatten());
  model.compile({ optimizer: adagrad({ learningRate: 1, clipnorm: 0.5 }), loss: "mse", backend: "js" });
  await model.trainOnBatch(rows, [[1], [2]]);
  const table = model.getWeights()[0].toArray() as number[][];
  const lengths = table.map((row) => Math.hypot(...row));
  expect(Math.max(...lengths)).toBeLessThan(most * 1.001);
  expect(lengths[1]).toBeCloseTo(most, 4);
});
