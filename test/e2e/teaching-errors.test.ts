import { describe, expect, test } from "vitest";
import {
  adam,
  DataError,
  dense,
  dropout,
  embedding,
  encodePrompt,
  flatten,
  input,
  type Layer,
  lstm,
  padSequences,
  ShapeError,
  sequential,
  sgd,
  Tokenizer,
} from "../../src/index.ts";

type Kind = typeof ShapeError | typeof DataError;

/** A small classifier of rows of three ids. */
function classifier(layers?: Layer[]) {
  const model = sequential(layers ?? [embedding(10, 4), lstm(4), dense(1, { activation: "sigmoid" })]);
  model.compile({ optimizer: "adam", loss: "binaryCrossentropy", backend: "js" });
  return model;
}
const x = [
  [1, 2, 3],
  [4, 5, 6],
];
const y = [0, 1];
const quiet = { verbose: 0 } as const;

const mistakes: [what: string, kind: Kind, message: RegExp, make: () => unknown][] = [
  ["a number as a shape", ShapeError, /^input: .* received 200\.\n {2}input\(\[200\]\)/, () => input(200 as never)],
  ["a shape by name", ShapeError, /^input: .* received {"shape":\[5\]}/, () => input({ shape: [5] } as never)],
  ["an input's batch by another name", DataError, /mean "batchSize"/, () => input([5], { batch_size: 2 } as never)],
  [
    "word ids straight into an lstm",
    ShapeError,
    /lstm "lstm": expected x \[B, T, D\], received \[\?, 3\]\.\n.*put embedding/,
    () => classifier([lstm(4), dense(1)]).fit(x, y, quiet),
  ],
  [
    "predict without the batch axis",
    ShapeError,
    /expected \[batch, 3, 1\], received \[3, 1\]\.\n.*batch axis is missing/,
    () => sequential([input([3, 1]), lstm(2), dense(1)]).predict([[5], [6], [7]]),
  ],
  [
    "another width than in training",
    ShapeError,
    /expected \[batch, 3\], received \[1, 5\]\.\n.*padSequences\(rows, \{ maxLen: 3 \}\)/,
    async () => {
      const m = classifier();
      await m.fit(x, y, quiet);
      await m.predict([[1, 2, 3, 4, 5]]);
    },
  ],
  [
    "another number of steps",
    ShapeError,
    /built for 3 steps/,
    () => sequential([input([3, 1]), lstm(2), dense(1)]).predict([[[1], [2]]]),
  ],
  [
    "a prompt with no known word",
    DataError,
    /expected .*received/,
    () => {
      const t = new Tokenizer();
      t.fitOnTexts(["the gate opens"]);
      encodePrompt(t, "zebra crossing", 4);
    },
  ],
  [
    "an id beyond the embedding",
    DataError,
    /whole numbers from 0 to 9, received 12 in row 1\.\n.*raise its inputDim/,
    () =>
      classifier().fit(
        [
          [1, 2, 3],
          [4, 12, 6],
        ],
        y,
        quiet,
      ),
  ],
  [
    "a negative id",
    DataError,
    /received -1 in row 0/,
    () =>
      classifier().fit(
        [
          [-1, 2, 3],
          [4, 2, 6],
        ],
        y,
        quiet,
      ),
  ],
  [
    "a fraction for an id",
    DataError,
    /received 1\.5 in row 0/,
    () =>
      classifier().fit(
        [
          [1.5, 2, 3],
          [4, 2, 6],
        ],
        y,
        quiet,
      ),
  ],
  [
    "NaN in the data",
    DataError,
    /finite numbers, received NaN in row 1/,
    () =>
      classifier([input([2, 1]), lstm(2), dense(1)]).fit(
        [
          [[1], [2]],
          [[1], [Number.NaN]],
        ],
        y,
        quiet,
      ),
  ],
  [
    "NaN in the targets",
    DataError,
    /fit: y: expected finite numbers, received NaN in row 0/,
    () => classifier().fit(x, [Number.NaN, 1], quiet),
  ],
  [
    "rows of different length",
    ShapeError,
    /expected 3 entries at \[1\].*received 2 entries\.\n.*padSequences/,
    () =>
      classifier().fit(
        [
          [1, 2, 3],
          [4, 5],
        ],
        y,
        quiet,
      ),
  ],
  [
    "words among numbers",
    DataError,
    /expected a number at \[0\]\[1\], received string "two"/,
    () => classifier().fit([[1, "two", 3]] as never, [1], quiet),
  ],
  ["no rows", DataError, /at least one row, received none/, () => classifier().fit([] as never, [], quiet)],
  [
    "no targets",
    DataError,
    /expected targets y, received undefined/,
    () => classifier().fit(x, undefined as never, quiet),
  ],
  [
    "more rows than targets",
    ShapeError,
    /one target for each of 2 rows, received 1/,
    () => classifier().fit(x, [1], quiet),
  ],
  [
    "labels of three classes for a yes/no loss",
    DataError,
    /from 0 to 1 for binary_crossentropy, received 2 in row 1\.\n.*sparseCategorical/,
    () => classifier().fit(x, [0, 2], quiet),
  ],
  [
    "whole-number labels for a one-hot loss",
    ShapeError,
    /targets \[N, 3\], received \[2\]\.\n.*toCategorical\(y, 3\)/,
    () => {
      const m = sequential([embedding(10, 4), lstm(4), dense(3, { activation: "softmax" })]);
      m.compile({ loss: "categoricalCrossentropy" });
      return m.fit(x, [0, 1], quiet);
    },
  ],
  [
    "one-hot labels for a sparse loss",
    ShapeError,
    /One-hot targets need loss "categoricalCrossentropy"/,
    () => {
      const m = sequential([embedding(10, 4), lstm(4), dense(3, { activation: "softmax" })]);
      m.compile({ loss: "sparseCategoricalCrossentropy" });
      return m.fit(
        x,
        [
          [0, 1, 0],
          [1, 0, 0],
        ],
        quiet,
      );
    },
  ],
  [
    "a label beyond the classes",
    DataError,
    /whole numbers from 0 to 2, received 3 in row 0\.\n.*tells 3 classes apart/,
    () => {
      const m = sequential([embedding(10, 4), lstm(4), dense(3, { activation: "softmax" })]);
      m.compile({ loss: "sparseCategoricalCrossentropy" });
      return m.fit(x, [3, 0], quiet);
    },
  ],
  [
    "fit before compile",
    DataError,
    /expected a compiled model, received one that is not\.\n.*model\.compile/,
    () => sequential([input([3, 1]), lstm(2)]).fit([[[1], [2], [3]]], [1], quiet),
  ],
  ["weights before the model is built", DataError, /expected a built model/, () => sequential([lstm(2)]).getWeights()],
  [
    "two things at once",
    DataError,
    /expected an idle model, received one busy/,
    async () => {
      const m = classifier();
      await Promise.all([m.fit(x, y, quiet), m.fit(x, y, quiet)]);
    },
  ],
  [
    "an unknown loss",
    DataError,
    /expected a known loss, received "binarycrossentropi"\.\n.*Did you mean "binaryCrossentropy"/,
    () => sequential([lstm(2)]).compile({ loss: "binarycrossentropi" as never }),
  ],
  [
    "an unknown optimizer",
    DataError,
    /received "adm"\.\n.*Did you mean "adam"/,
    () => sequential([lstm(2)]).compile({ loss: "mse", optimizer: "adm" as never }),
  ],
  [
    "an unknown metric",
    DataError,
    /expected known metrics, received "acuracy"/,
    () => sequential([lstm(2)]).compile({ loss: "mse", metrics: ["acuracy" as never] }),
  ],
  [
    "a mistyped option",
    DataError,
    /lstm: unknown option "recurentDropout"\. Did you mean "recurrentDropout"\?/,
    () => lstm(4, { recurentDropout: 0.2 } as never),
  ],
  [
    "an unknown activation",
    DataError,
    /dense: expected a known activation, received "sigmod"/,
    () => dense(1, { activation: "sigmod" as never }),
  ],
  ["no units", DataError, /lstm: expected units as a whole number above 0, received 0/, () => lstm(0)],
  ["negative units", DataError, /received -3/, () => dense(-3)],
  ["a dropout of everything", DataError, /rate from 0 .* to below 1, received 1/, () => dropout(1)],
  [
    "a negative learning rate",
    DataError,
    /learningRate: a number of 0 or more, .*received -1/,
    () => adam({ learningRate: -1 }),
  ],
  [
    "two clippings",
    DataError,
    /one of clipnorm, globalClipnorm and clipvalue, received clipnorm and clipvalue/,
    () => sgd({ clipnorm: 1, clipvalue: 1 }),
  ],
  ["no layers", DataError, /at least one layer, received none/, () => sequential([])],
  [
    "one layer in two places",
    DataError,
    /a different layer at each position/,
    () => {
      const layer = dense(2);
      sequential([layer, layer]);
    },
  ],
  [
    "two layers of one name",
    DataError,
    /two layers called "a"/,
    () => sequential([dense(2, { name: "a" }), dense(2, { name: "a" })]),
  ],
  [
    "flatten with open steps",
    ShapeError,
    /every size but the batch known/,
    () => sequential([input([null, 2]), flatten()]),
  ],
  [
    "a validation split that takes everything",
    DataError,
    /leaves rows on both sides, received 0\.9 of 1 rows/,
    () => classifier().fit([[1, 2, 3]], [1], { ...quiet, validationSplit: 0.9 }),
  ],
  [
    "half an epoch",
    DataError,
    /epochs as a whole number, received 0\.5/,
    () => classifier().fit(x, y, { ...quiet, epochs: 0.5 }),
  ],
  [
    "a batch of nothing",
    DataError,
    /batchSize as a whole number above 0, received 0/,
    () => classifier().fit(x, y, { ...quiet, batchSize: 0 }),
  ],
  [
    "a weight of another shape",
    ShapeError,
    /setWeights: expected 5 arrays, received 1/,
    () => sequential([input([3, 1]), lstm(2), dense(1)]).setWeights([[1]]),
  ],
  ["sequences that are not", DataError, /./, () => padSequences([["a"]] as never)],
];

describe("a mistake gets an error that teaches", () => {
  for (const [what, kind, message, make] of mistakes) {
    test(what, async () => {
      const error = await (async () => make())().then(
        () => null,
        (e: unknown) => e,
      );
      expect(error).toBeInstanceOf(kind);
      expect((error as Error).message).toMatch(message);
      expect((error as Error).message).not.toMatch(/undefined is not|\[object/);
    });
  }
});
