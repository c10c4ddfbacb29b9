import { expect, test } from "vitest";
import type { CellstateError } from "../../src/errors.ts";
import * as c from "../../src/index.ts";

type Kind = typeof c.ShapeError | typeof c.DataError;
/** The layer that complains, the value received, and the problem as the reader sees it. */
type Row = [what: string, kind: Kind, who: string, received: string, make: () => unknown];

const { DataError, ShapeError, dense, embedding, functional, input, lstm, sequential } = c;
const quiet = { verbose: 0 } as const;
const never = (value: unknown) => value as never;

const x = [
  [1, 2, 3],
  [4, 5, 6],
];
const series = [
  [[1], [2]],
  [[3], [4]],
];
function classifier(classes = 1) {
  const last = classes === 1 ? dense(1, { activation: "sigmoid" }) : dense(classes, { activation: "softmax" });
  const model = sequential([embedding(10, 4), lstm(4), last]);
  model.compile({ loss: classes === 1 ? "binaryCrossentropy" : "sparseCategoricalCrossentropy", backend: "js" });
  return model;
}
function regressor() {
  const model = sequential([input([2, 1]), lstm(2), dense(1)]);
  model.compile({ loss: "mse", backend: "js" });
  return model;
}

const options: Row[] = [
  ["an unknown option of dense", DataError, "dense", '"activations"', () => dense(2, never({ activations: "relu" }))],
  [
    "an option in Python's spelling",
    DataError,
    "lstm",
    '"return_sequences"',
    () => lstm(2, never({ return_sequences: true })),
  ],
  ["an unknown option of conv1d", DataError, "conv1d", '"dilation"', () => c.conv1d(2, 3, never({ dilation: 2 }))],
  [
    "an unknown option of a normalisation",
    DataError,
    "layerNormalization",
    '"eps"',
    () => c.layerNormalization(never({ eps: 1 })),
  ],
  [
    "an unknown option of a pooling",
    DataError,
    "maxPooling1d",
    '"stride"',
    () => c.maxPooling1d(2, never({ stride: 1 })),
  ],
  [
    "an unknown option of an attention",
    DataError,
    "multiHeadAttention",
    '"heads"',
    () => c.multiHeadAttention(2, 2, never({ heads: 3 })),
  ],
  ["an unknown option of a merge", DataError, "concatenate", '"axes"', () => c.concatenate(never({ axes: 1 }))],
  ["an unknown option of dropout", DataError, "dropout", '"rate"', () => c.dropout(0.2, never({ rate: 0.3 }))],
  ["an unknown option of flatten", DataError, "flatten", '"axis"', () => c.flatten(never({ axis: 1 }))],
  ["negative units", DataError, "dense", "-3", () => dense(-3)],
  ["units of nothing", DataError, "lstm", "0", () => lstm(0)],
  ["half a unit", DataError, "gru", "2.5", () => c.gru(2.5)],
  ["units as text", DataError, "simpleRnn", '"8"', () => c.simpleRnn(never("8"))],
  ["no vocabulary", DataError, "embedding", "undefined", () => embedding(never(undefined), 4)],
  ["no features", DataError, "embedding", "0", () => embedding(10, 0)],
  ["negative filters", DataError, "conv1d", "-1", () => c.conv1d(-1, 3)],
  ["an empty window", DataError, "conv1d", "0", () => c.conv1d(2, 0)],
  ["strides and dilation", DataError, "conv1d", "both", () => c.conv1d(2, 3, { strides: 2, dilationRate: 2 })],
  ["filters that groups do not divide", DataError, "conv1d", "5", () => c.conv1d(5, 3, { groups: 2 })],
  ["an unknown padding", DataError, "conv1d", '"full"', () => c.conv1d(2, 3, { padding: never("full") })],
  [
    "causal pooling",
    DataError,
    "averagePooling1d",
    '"causal"',
    () => c.averagePooling1d(2, { padding: never("causal") }),
  ],
  ["no heads", DataError, "multiHeadAttention", "0", () => c.multiHeadAttention(0, 4)],
  ["an unknown score", DataError, "attention", '"cosine"', () => c.attention({ scoreMode: never("cosine") })],
  ["a dropout of everything", DataError, "dropout", "1", () => c.dropout(1)],
  ["a negative dropout", DataError, "lstm", "-0.1", () => lstm(2, { dropout: -0.1 })],
  ["a dropout in percent", DataError, "spatialDropout1d", "20", () => c.spatialDropout1d(20)],
  ["negative noise", DataError, "gaussianNoise", "-1", () => c.gaussianNoise(-1)],
  ["a repetition of nothing", DataError, "repeatVector", "0", () => c.repeatVector(0)],
  ["two open sizes", DataError, "reshape", "[-1,-1]", () => c.reshape([-1, -1])],
  ["axes that begin at zero", DataError, "permute", "[0,1]", () => c.permute([0, 1])],
  ["the batch as an axis", DataError, "dot", "0", () => c.dot({ axes: 0 })],
  ["the batch normalised", DataError, "batchNormalization", "0", () => c.batchNormalization({ axis: 0 })],
  ["a negative slope below zero", DataError, "leakyRelu", "-1", () => c.leakyRelu({ negativeSlope: -1 })],
  ["steps cropped away below zero", DataError, "cropping1d", "-1", () => c.cropping1d([-1, 0])],
  ["an unknown activation", DataError, "dense", '"sigmod"', () => dense(1, { activation: never("sigmod") })],
  [
    "an unknown initializer",
    DataError,
    "dense",
    '"glorot"',
    () => sequential([input([2]), dense(1, { kernelInitializer: never("glorot") })]),
  ],
  [
    "an unknown regularizer",
    DataError,
    "kernelRegularizer",
    '"l3"',
    () => sequential([input([2]), dense(1, { kernelRegularizer: never("l3") })]),
  ],
  [
    "a constraint that is a number",
    DataError,
    "kernelConstraint",
    "3",
    () => sequential([input([2]), dense(1, { kernelConstraint: never(3) })]),
  ],
  ["a negative penalty", DataError, "regularizer", "-1", () => c.regularizers.l2(-1)],
  [
    "a norm from above to below",
    DataError,
    "minMaxNorm",
    "2 and 1",
    () => c.constraints.minMaxNorm({ minValue: 2, maxValue: 1 }),
  ],
  [
    "an unknown merge mode",
    DataError,
    "bidirectional",
    '"add"',
    () => c.bidirectional(lstm(2), { mergeMode: never("add") }),
  ],
  ["a dense layer both ways", DataError, "bidirectional", "dense", () => c.bidirectional(dense(2))],
  ["a layer that is none", DataError, "timeDistributed", "undefined", () => c.timeDistributed(never(undefined))],
  ["no cells", DataError, "stackedRnnCells", "an empty one", () => c.rnn([])],
  ["a custom layer without a formula", DataError, "customLayer", "undefined", () => c.customLayer("Twice", never({}))],
  ["a custom layer without a name", DataError, "customLayer", '""', () => c.customLayer("", { forward: (t) => t })],
];

const steps = () => input([4, 3]);
const shapes: Row[] = [
  ["ids straight into an lstm", ShapeError, "lstm", "[?, 3]", () => sequential([input([3]), lstm(2)])],
  [
    "two recurrent layers without sequences between",
    ShapeError,
    "lstm",
    "[?, 4]",
    () => sequential([steps(), lstm(4), lstm(2)]),
  ],
  ["a convolution over vectors", ShapeError, "conv1d", "[?, 3]", () => sequential([input([3]), c.conv1d(2, 2)])],
  ["a window longer than the sequence", ShapeError, "conv1d", "[?, 4, 3]", () => sequential([steps(), c.conv1d(2, 9)])],
  [
    "features that groups do not divide",
    ShapeError,
    "conv1d",
    "[?, 4, 3]",
    () => sequential([steps(), c.conv1d(2, 2, { groups: 2 })]),
  ],
  [
    "pooling over vectors",
    ShapeError,
    "globalAveragePooling1d",
    "[?, 3]",
    () => sequential([input([3]), c.globalAveragePooling1d()]),
  ],
  ["a sequence repeated", ShapeError, "repeatVector", "[?, 4, 3]", () => sequential([steps(), c.repeatVector(2)])],
  ["a shape of other numbers", ShapeError, "reshape", "which has 12", () => sequential([steps(), c.reshape([5, 2])])],
  ["axes of another rank", ShapeError, "permute", "[?, 3]", () => sequential([input([3]), c.permute([2, 1])])],
  ["everything cropped", ShapeError, "cropping1d", "[?, 4, 3]", () => sequential([steps(), c.cropping1d([2, 2])])],
  ["flat and open", ShapeError, "flatten", "[?, ?, 3]", () => sequential([input([null, 3]), c.flatten()])],
  ["a dense layer of open features", ShapeError, "dense", "[?, ?]", () => sequential([input([null]), dense(2)])],
  [
    "open features normalised",
    ShapeError,
    "layerNormalization",
    "[?, ?]",
    () => sequential([input([null]), c.layerNormalization()]),
  ],
  ["sums of different widths", ShapeError, "add", "[?, 3] and [?, 4]", () => c.add()([input([3]), input([4])])],
  ["a sum of one", DataError, "add", "1", () => c.add()(input([3]))],
  ["a difference of three", DataError, "subtract", "3", () => c.subtract()([input([3]), input([3]), input([3])])],
  [
    "sequences of different depth side by side",
    ShapeError,
    "concatenate",
    "[?, 4, 3] and [?, 5, 3]",
    () => c.concatenate()([steps(), input([5, 3])]),
  ],
  [
    "products of different sizes",
    ShapeError,
    "dot",
    "[?, 4, 3] and [?, 5, 2]",
    () => c.dot({ axes: 2 })([steps(), input([5, 2])]),
  ],
  [
    "a query of other features",
    ShapeError,
    "attention",
    "[?, 4, 3], [?, 5, 2]",
    () => c.attention()([steps(), input([5, 2])]),
  ],
  [
    "heads over vectors",
    ShapeError,
    "multiHeadAttention",
    "[?, 3], [?, 3]",
    () => c.multiHeadAttention(2, 2)([input([3]), input([3])]),
  ],
  [
    "an initial state of another width",
    ShapeError,
    "lstm",
    "[?, 5], [?, 5]",
    () => lstm(4)(steps(), { initialState: [input([5]), input([5])] }),
  ],
  [
    "a layer used for another width",
    ShapeError,
    "dense",
    "[?, 5]",
    () => {
      const d = dense(2);
      d(input([3]));
      return d(input([5]));
    },
  ],
  ["an array where a tensor of the model stands", DataError, "dense", "object", () => dense(2)(never([[1, 2]]))],
  [
    "states in a stack",
    DataError,
    "lstm",
    "3",
    () => sequential([steps(), lstm(2, { returnState: true }) as never, dense(1)]),
  ],
  [
    "a weight of an open size",
    ShapeError,
    "scale",
    "[?]",
    () =>
      sequential([
        input([null]),
        c.customLayer("Scale", {
          build: (s, add) => ({ w: add("w", [s[1]!], "ones") }),
          forward: (t, { w }) => c.ops.mul(t, w),
        }),
      ]),
  ],
];

const data: Row[] = [
  [
    "NaN among the numbers",
    DataError,
    "fit: x",
    "NaN in row 1",
    () =>
      regressor().fit(
        [
          [[1], [2]],
          [[1], [Number.NaN]],
        ],
        [0, 1],
        quiet,
      ),
  ],
  [
    "infinity among the numbers",
    DataError,
    "fit: x",
    "Infinity in row 0",
    () => regressor().fit([[[1], [Number.POSITIVE_INFINITY]]], [0], quiet),
  ],
  ["NaN among the targets", DataError, "fit: y", "NaN in row 0", () => regressor().fit(series, [Number.NaN, 1], quiet)],
  ["a label beyond the classes", DataError, "fit: y", "3 in row 1", () => classifier(3).fit(x, [0, 3], quiet)],
  ["a negative label", DataError, "fit: y", "-1 in row 0", () => classifier(3).fit(x, [-1, 0], quiet)],
  ["a label between two", DataError, "fit: y", "0.5 in row 0", () => classifier(3).fit(x, [0.5, 0], quiet)],
  ["three classes for a yes/no loss", DataError, "fit: y", "2 in row 1", () => classifier().fit(x, [0, 2], quiet)],
  ["an id beyond the vocabulary", DataError, "fit: x", "12 in row 0", () => classifier().fit([[1, 12, 3]], [1], quiet)],
  ["a negative id", DataError, "fit: x", "-1 in row 0", () => classifier().fit([[-1, 2, 3]], [1], quiet)],
  ["no rows", DataError, "fit: x", "none", () => classifier().fit(never([]), never([]), quiet)],
  ["no data", DataError, "fit", "undefined", () => classifier().fit(never(undefined), [1], quiet)],
  ["no targets", DataError, "fit", "undefined", () => classifier().fit(x, never(undefined), quiet)],
  ["fewer targets than rows", ShapeError, "fit: y", "1", () => classifier().fit(x, [1], quiet)],
  [
    "sequences of different length",
    ShapeError,
    "x",
    "2 entries",
    () =>
      classifier().fit(
        [
          [1, 2, 3],
          [4, 5],
        ],
        [0, 1],
        quiet,
      ),
  ],
  [
    "sequences of different depth",
    ShapeError,
    "x",
    "number",
    () =>
      regressor().fit(
        never([
          [[1], [2]],
          [3, 4],
        ]),
        [0, 1],
        quiet,
      ),
  ],
  ["words among numbers", DataError, "x", 'string "two"', () => classifier().fit(never([[1, "two", 3]]), [1], quiet)],
  ["a sample without its batch", ShapeError, "predict: x", "[2, 1]", () => regressor().predict([[1], [2]])],
  ["another number of steps", ShapeError, "predict: x", "[1, 3, 1]", () => regressor().predict([[[1], [2], [3]]])],
  ["mismatched weights", ShapeError, "setWeights", "1", () => regressor().setWeights([[1]])],
  [
    "a weight of another shape",
    ShapeError,
    "setWeights",
    "[1]",
    () =>
      regressor().setWeights(
        regressor()
          .getWeights()
          .map((w, k) => (k === 0 ? [1] : w)),
      ),
  ],
  ["half an epoch", DataError, "fit", "0.5", () => regressor().fit(series, [0, 1], { ...quiet, epochs: 0.5 })],
  ["a batch of nothing", DataError, "fit", "0", () => regressor().fit(series, [0, 1], { ...quiet, batchSize: 0 })],
  [
    "everything set aside for validation",
    DataError,
    "fit",
    "0.9 of 2 rows",
    () => regressor().fit(series, [0, 1], { ...quiet, validationSplit: 0.9 }),
  ],
  [
    "fit before compile",
    DataError,
    "fit",
    "one that is not",
    () => sequential([input([2, 1]), lstm(2)]).fit(series, [0, 1], quiet),
  ],
  ["an unknown loss", DataError, "compile", '"mee"', () => sequential([input([2])]).compile({ loss: never("mee") })],
  ["no loss", DataError, "compile", "none", () => sequential([input([2]), dense(1)]).compile(never({}))],
  ["a negative learning rate", DataError, "adam", "-1", () => c.adam({ learningRate: -1 })],
  ["no layers", DataError, "sequential", "none", () => sequential([])],
  ["an output that nothing leads to", DataError, "functional", "", () => functional(input([3]), dense(1)(input([3])))],
];

const rows = [...options, ...shapes, ...data];

for (const [what, kind, who, received, make] of rows) {
  test(`${what} is refused with who, expected, received and the next step`, async () => {
    const error = await (async () => make())().then(
      () => null,
      (e: unknown) => e as CellstateError,
    );
    expect(error).toBeInstanceOf(kind);
    const said = error!.toJSON();
    expect(`${said.who}: ${said.expected ?? said.wrong}`, error!.message).toContain(who);
    expect(said.received ?? said.wrong, error!.message).toContain(received);
    expect(said.next?.length, error!.message).toBeGreaterThan(10); // a sentence, or a line of code
    expect(error!.message).not.toMatch(/undefined is not|\[object|Cannot read/);
  });
}

test("the table has at least sixty rows, each its own", () => {
  expect(new Set(rows.map(([what]) => what)).size).toBe(rows.length);
  expect(rows.length).toBeGreaterThanOrEqual(60);
});
