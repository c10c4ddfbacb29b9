import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { type ErrorCase, errorTests } from "../../../test/error-cases.ts";
import { dense, lstm } from "../../layers/index.ts";
import { sequential } from "../../models/sequential.ts";
import { loadSequenceClassifier, sequenceClassifier } from "./sequence-classifier.ts";
import { loadTextClassifier, textClassifier } from "./text-classifier.ts";

let folder = "";
let path = "";
const text = textClassifier({ units: 2, embedding: 2, length: 3 });
const sequence = sequenceClassifier({ units: 2 });
const texts = ["so good", "so bad", "very good", "very bad"];
const labels = ["yes", "no", "yes", "no"];
const rows = [[[1, 2]], [[2, 1]], [[1, 3]], [[3, 1]]];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "cellstate-task-"));
  path = join(folder, "text.keras");
  await text.fit(texts, labels, { epochs: 1, verbose: 0 });
  await sequence.fit(rows, labels, { epochs: 1, verbose: 0 });
  await text.save(path);
  const model = sequential([lstm(1), dense(1)]);
  model.build([null, 2, 1]);
  await model.save(join(folder, "model.keras"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const any = (value: unknown) => value as never;
const cases: ErrorCase[] = [
  ["no texts", () => text.fit([], []), [/at least one text/, /none/]],
  ["one string", () => text.fit(any("so good"), labels), [/a list of texts/, /one string/, /brackets/]],
  ["an empty text", () => text.fit(["a", " ", "b", "c"], labels), [/row 1/, /empty/, /Leave the row out/]],
  ["empty texts only", () => text.fit(["", " ", ""], ["a", "b", "a"]), [/words/, /3 empty/, /column/]],
  ["one row", () => text.fit(["so good"], ["yes"]), [/two classes/, /only "yes"/, /another class/]],
  ["one pair bucket", () => textClassifier({ pairs: 1 }), [/pairs/, /0, or a whole number from 2/, /received 1/]],
  ["null among texts", () => text.fit(["a", any(null), "b", "c"], labels), [/row 1/, /null/]],
  ["a number among texts", () => text.fit(["a", any(3), "b", "c"], labels), [/row 1/, /number/]],
  ["no labels", () => text.fit(texts, any(undefined)), [/a list of labels/, /undefined/]],
  ["too few labels", () => text.fit(texts, ["yes", "no"]), [/4 labels/, /received 2/]],
  ["one class", () => text.fit(texts, ["yes", "yes", "yes", "yes"]), [/two classes/, /"yes"/, /another class/]],
  [
    "a class of one row",
    () => text.fit(texts, ["a", "a", "a", "b"]),
    [/two rows of each class/, /"b"/, /leave the class out/],
  ],
  ["an empty label", () => text.fit(texts, ["a", "", "a", "b"]), [/label in row 1/, /empty/]],
  ["NaN as a label", () => text.fit(texts, [1, 2, Number.NaN, 1]), [/label in row 2/, /NaN/]],
  [
    "one-hot labels",
    () =>
      text.fit(
        texts,
        any([
          [1, 0],
          [0, 1],
          [1, 0],
          [0, 1],
        ]),
      ),
    [/label in row 0/, /list/, /class itself/],
  ],
  ['1 and "1"', () => text.fit(texts, [1, "1", 1, "1"]), [/differ as text/, /one way/]],
  [
    "rows without a label column",
    () => text.fit(any([{ text: "a", tag: "b" }])),
    [/text, label/, /text, tag/, /Rename/],
  ],
  [
    "a row of a sequence without its label",
    () => sequence.fit(any([{ sequence: rows[0], label: "yes" }, { sequence: rows[1] }])),
    [/\{ sequence, label \} in row 1/, /received \{ sequence \}/, /Rename/],
  ],
  [
    "rows of other columns than sequence and label",
    () => sequence.fit(any([{ steps: rows[0], kind: "yes" }])),
    [/\{ sequence, label \} in row 0/, /received \{ steps, kind \}/, /Rename/],
  ],
  ["separators only", () => text.fit(["...", "!!", "--", "?"], labels), [/words/, /separators/, /charLevel/]],
  [
    "a sigmoid for three classes",
    () => textClassifier({ output: "sigmoid" }).fit([...texts, "a", "b"], [...labels, "c", "c"], { verbose: 0 }),
    [/two classes/, /received 3/, /softmax/],
  ],
  ["an unknown option", () => textClassifier(any({ unit: 3 })), [/unknown option/, /"unit"/, /"units"/]],
  ["an option of another name", () => textClassifier(any({ optimiser: "sgd" })), [/"optimiser"/, /mean "optimizer"/]],
  ["a seed of one and a half", () => textClassifier({ seed: 1.5 }), [/seed/, /whole number/, /1\.5/]],
  ["no options", () => textClassifier(any(null)), [/options in braces/, /null/]],
  ["units 0", () => textClassifier({ units: 0 }), [/units/, /received 0/]],
  ["an unknown cell", () => textClassifier(any({ cell: "lstn" })), [/cell/, /"lstn"/]],
  ["dropout 1", () => textClassifier({ dropout: 1 }), [/dropout/, /below 1/]],
  ["an unknown output", () => textClassifier(any({ output: "tanh" })), [/output/, /"tanh"/]],
  ["epochs 0", () => text.fit(texts, labels, { epochs: 0 }), [/epochs/, /received 0/]],
  ["a batch of half a row", () => text.fit(texts, labels, { batchSize: 0.5 }), [/batchSize/, /0\.5/]],
  [
    "validation that keeps nothing",
    () => text.fit(texts, labels, { validationSplit: 0.1 }),
    [/validation/, /keeps a row/, /0\.1/, /larger fraction/],
  ],
  ["weights by another name", () => text.fit(texts, labels, any({ classWeights: {} })), [/mean "classWeight"/]],
  [
    "a misspelt word for weights",
    () => text.fit(texts, labels, any({ classWeight: "balance" })),
    [/classWeight/, /"balanced" or/, /"balance"/],
  ],
  [
    "patience without validation data",
    () => text.fit(texts, labels, { patience: 2 }),
    [/patience: expected rows/, /0\.1/],
  ],
  [
    "the size of pairs without pairs",
    () => textClassifier({ pairEmbedding: 4 }).fit(texts, labels),
    [/pairs beside pairEmbedding/, /262144/],
  ],
  ["units beside own layers", () => textClassifier({ units: 4, layers: () => [] }), [/layers only, received units/]],
  ["too few ids", () => textClassifier({ numWords: 2 }), [/numWords: a whole number of 3/]],
  ["validation above 1", () => text.fit(texts, labels, { validationSplit: 2 }), [/validation/, /received 2/]],
  [
    "a weight for no class",
    () => text.fit(texts, labels, { classWeight: { yse: 2 } }),
    [/classWeight/, /"yse"/, /"yes"/],
  ],
  ["a negative weight", () => text.fit(texts, labels, { classWeight: { yes: -1 } }), [/classWeight/, /-1/]],
  ["prediction before training", () => textClassifier().predict(["a"]), [/trained/, /fit/]],
  ["model before training", () => textClassifier().model, [/trained/, /fit/]],
  ["predict one string", () => text.predict(any("so good")), [/a list of texts/, /brackets/]],
  ["evaluate an unknown label", () => text.evaluate(texts, ["yes", "no", "yes", "nope"]), [/row 3/, /"nope"/, /"no"/]],
  ["save under another name", () => text.save("model.h5"), [/\.keras/, /model\.h5/]],
  ["a missing file", () => loadTextClassifier(join(folder, "none.keras")), [/none of that name/, /Paths are relative/]],
  ["a model of another task", () => loadSequenceClassifier(path), [/sequenceClassifier saved/, /textClassifier/]],
  ["a model alone", () => loadTextClassifier(join(folder, "model.keras")), [/layers and weights only/, /loadModel/]],
  [
    "rows of sequences without a label column",
    () => sequence.fit(any([{ sequence: [[1]], tag: "a" }])),
    [/sequence, label/, /sequence, tag/, /Rename/],
  ],
  ["null among rows", () => sequence.fit(any([{ sequence: [[1]], label: "a" }, null])), [/in row 1/, /null/]],
  ["no sequences", () => sequence.fit([], []), [/at least one sequence/]],
  ["one number as a sequence", () => sequence.predict(any([1, 2])), [/sequence 0/, /list of steps/, /brackets/]],
  [
    "an empty sequence",
    () => sequence.fit([[[1, 2]], any([]), [[1, 2]], [[1, 2]]], labels),
    [/sequence 1/, /one step/],
  ],
  [
    "NaN in a step",
    () =>
      sequence.fit(
        [
          ...rows.slice(1),
          [
            [1, 1],
            [2, Number.NaN],
          ],
        ],
        labels,
      ),
    [/sequence 3/, /step 1, feature 1/, /NaN/, /missing value/],
  ],
  [
    "other features in one sequence",
    () => sequence.fit([...rows.slice(1), [[1, 1, 1]]], labels),
    [/2 features/, /received 3/],
  ],
  ["ragged steps", () => sequence.fit([...rows.slice(1), [[1, 1], [1]]], labels), [/sequence 3/, /2 entries/]],
  ["other features to predict", () => sequence.predict([[[1, 2, 3]]]), [/2 features/, /received 3/, /order/]],
  ["rank 3 in one sequence", () => sequence.predict([[[[1]]]]), [/\[T, D\]/, /sequence 0/]],
  ["an unknown scaler", () => sequenceClassifier(any({ scaler: "max" })), [/scaler/, /"max"/]],
  [
    "layers that are none",
    () => sequenceClassifier({ layers: () => [] }).fit(rows, labels, { verbose: 0 }),
    [/list of layers/, /none/],
  ],
];

errorTests(cases);
