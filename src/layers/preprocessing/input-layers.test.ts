/** Layers that read texts, categories and numbers: Keras's own model and hashes, what they learn, what they refuse. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CellstateError, FormatError } from "../../errors.ts";
import { readKerasArchive, writeKerasArchive } from "../../formats/keras/archive.ts";
import { kerasBytes } from "../../formats/keras/keras.ts";
import { legacyH5Bytes } from "../../formats/keras/legacy-h5.ts";
import { loadModel } from "../../formats/load-model.ts";
import { onnxBytes } from "../../formats/onnx/export.ts";
import { tfjsFiles } from "../../formats/tfjs/tfjs.ts";
import { functional } from "../../models/functional.ts";
import { sequential } from "../../models/sequential.ts";
import { asNdArray, type NestedNumbers } from "../../tensor/nd-array.ts";
import { textVectorization } from "../../text/text-vectorization.ts";
import {
  categoryEncoding,
  concatenate,
  dense,
  discretization,
  embedding,
  flatten,
  hashing,
  input,
  integerLookup,
  lstm,
  stringLookup,
  textVectorizationLayer,
  timeDistributed,
} from "../index.ts";
import { bucketOf } from "./fingerprint.ts";

const file = "test/fixtures/models/input-layers.keras"; // made by test/judges/make-input-layers.py
interface Said {
  x: Record<string, NestedNumbers[]>;
  predict: NestedNumbers[];
  vocabularies: Record<string, (string | number)[]>;
  words: string[];
  fast: number[];
  strong: number[];
}
const said: Said = JSON.parse(readFileSync("test/fixtures/models/input-layers.json", "utf8"));
const expectSame = (found: { data: ArrayLike<number> }) => {
  const wanted = asNdArray(said.predict);
  Array.from(found.data).forEach((v, k) => void expect(Math.abs(v - wanted.data[k])).toBeLessThan(5e-6)); // f32
};
const strings = (shape: number[] = [1]) => input(shape, { dtype: "string" });

test("a file of Keras with texts, categories and numbers gives Keras's predictions, in any order of the inputs", async () => {
  const model = await loadModel(file);
  expectSame(await model.predict(said.x as never));
  expectSame(await model.predict(model.inputs!.map(({ name }) => said.x[name]) as never));
  expect([...model.assets.keys()]).toEqual([]);
  const words = model.layers.flatMap((l) => ("vocabulary" in l ? [(l.vocabulary as () => unknown[])()] : []));
  expect(words).toEqual(expect.arrayContaining([said.vocabularies.color, said.vocabularies.code]));
});

test("it is trained, and comes back the same from .keras and .h5", async () => {
  const model = await loadModel(file);
  const { history } = await model.fit(
    said.x as never,
    [
      [1, 0],
      [0, 1],
      [1, 1],
    ],
    { epochs: 5, verbose: 0 },
  );
  expect(history.loss.at(-1)).toBeLessThan(history.loss[0]);
  const wanted = (await model.predict(said.x as never)).toArray();
  for (const bytes of [await kerasBytes(model as never), await legacyH5Bytes(model as never)])
    expect((await (await loadModel(bytes)).predict(said.x as never)).toArray()).toEqual(wanted);
});

test("models inside the model that read texts and categories give Keras's predictions, and come back from .keras and .h5", async () => {
  const { x, predict } = JSON.parse(readFileSync("test/fixtures/models/nested-input-layers.json", "utf8"));
  const model = await loadModel("test/fixtures/models/nested-input-layers.keras");
  const found = (await model.predict(x)).toArray<number[][]>();
  for (const [i, row] of found.entries()) for (const [k, v] of row.entries()) expect(v).toBeCloseTo(predict[i][k], 5); // f32
  for (const bytes of [await kerasBytes(model as never), await legacyH5Bytes(model as never)])
    expect((await (await loadModel(bytes)).predict(x)).toArray()).toEqual(found);
  expect(() => onnxBytes(model as never)).toThrow(/numbers as input "text"/);
});

test("a model inside that reads ids and numbers takes each as its own", async () => {
  const [ids, number] = [input([2], { dtype: "i32" }), input([1])];
  const inner = functional([ids, number], concatenate()([flatten()(embedding(5, 2)(ids)), dense(2)(number)]));
  const [a, b] = [input([2]), input([1])];
  const model = functional([a, b], inner([a, b]));
  expect(model.inputs.map(({ dtype }) => dtype)).toEqual(["i32", "f32"]);
  const x = [[[1, 2]], [[0.5]]];
  expect((await model.predict(x)).toArray()).toEqual((await inner.predict(x)).toArray());
});

test("hashes are TensorFlow's, of every length of text, with and without a key", () => {
  const most = 2 ** 31 - 1;
  expect(said.words.map((word) => bucketOf(word, most, null))).toEqual(said.fast);
  expect(said.words.map((word) => bucketOf(word, most, [12345, 678]))).toEqual(said.strong);
});

test("a vocabulary is learned: the most frequent first, of equal ones the last; the mask and unknown tokens stand in front", async () => {
  const layer = stringLookup({ maskToken: "", maxTokens: 4 }).adapt(["b", "a", "", "b", "c", "[UNK]"]);
  expect(layer.vocabulary()).toEqual(["", "[UNK]", "b", "c"]);
  const begin = strings([2]);
  const model = functional(begin, layer(begin));
  const found = await model.predict([
    ["a", ""],
    ["b", "c"],
  ]);
  expect([...found.data]).toEqual([1, 0, 2, 3]);
  expect(integerLookup().adapt([1005, 1005, 7, 9]).vocabulary()).toEqual([-1, 1005, 9, 7]);
});

test("bins: a number on a boundary lies above it; learned boundaries hold as many numbers each", async () => {
  const begin = input([1]);
  const model = functional(begin, discretization({ binBoundaries: [0, 10] })(begin));
  expect([...(await model.predict([[-1], [0], [9.5], [10]])).data]).toEqual([0, 1, 1, 2]);
  const learned = discretization({ numBins: 4 }).adapt(Array.from({ length: 100 }, (_, k) => k));
  expect(learned.binBoundaries).toEqual([23.999982833862305, 48.99998092651367, 73.99998474121094]); // Keras's
});

test("a model of texts from the first line to the file", async () => {
  const texts = ["a fine film", "a bad film", "fine, fine", "bad"];
  const vectorize = textVectorization({ outputSequenceLength: 4 });
  vectorize.adapt(texts);
  const layers = [
    strings([]),
    textVectorizationLayer(vectorize),
    embedding(vectorize.size, 4, { maskZero: true }),
    lstm(4),
    dense(1, { activation: "sigmoid" }),
  ];
  const model = sequential(layers);
  model.compile({ optimizer: "adam", loss: "binaryCrossentropy" });
  await model.fit(texts, [1, 0, 1, 0], { epochs: 3, verbose: 0 });
  const again = await loadModel(await kerasBytes(model));
  expect((await again.predict(["fine"])).toArray()).toEqual((await model.predict(["fine"])).toArray());
});

describe("refused, with what to do", () => {
  const colors = () => stringLookup({ vocabulary: ["red", "blue"] });
  test("values that are no texts, rows of other lengths, no numbers of the vocabulary", async () => {
    const model = sequential([strings(), colors(), categoryEncoding(3)]);
    await expect(model.predict([[3]] as never)).rejects.toThrow(/expected texts, received number 3|expected texts/);
    await expect(model.predict("red" as never)).rejects.toThrow(/array|list/);
    await expect(model.predict([["red"], ["red", "blue"]])).rejects.toThrow(/1 texts in each row/);
    await expect(model.predict([["red", "blue"]])).rejects.toThrow(/values \[\?, 1\], received \[1, 2\]/);
    const strict = sequential([
      strings(),
      stringLookup({ vocabulary: ["red"], numOovIndices: 0 }),
      categoryEncoding(1),
    ]);
    await expect(strict.predict([["green"]])).rejects.toThrow(/vocabulary of .* received "green"/);
    const codes = sequential([input([1]), integerLookup({ vocabulary: [3] }), dense(1)]);
    await expect(codes.predict([[2.5]])).rejects.toThrow(/whole numbers, received 2.5/);
  });
  test("a layer of texts that reads no input, or stands inside another model; texts that nothing reads", () => {
    expect(() => sequential([input([3]), dense(1), colors()])).toThrow(/an input of the model before it/);
    expect(() => sequential([colors(), dense(1)])).toThrow(/an input of the model before it/);
    expect(() => sequential([strings([2]), timeDistributed(colors())])).toThrow(/inside another|reads texts/);
    expect(() => sequential([strings(), dense(1)])).toThrow(/a layer that reads texts/);
    const inner = sequential([strings(), colors(), categoryEncoding(3)]);
    expect(() => sequential([strings([2, 1]), timeDistributed(inner)])).toThrow(/inside another|reads texts/);
    const codes = input([1]);
    const known = functional(codes, integerLookup({ vocabulary: [3] })(codes));
    const begin = input([1]);
    expect(() => functional(begin, known(dense(1)(begin)))).toThrow(/an input of the model before it/);
  });
  test("formats that have no texts", () => {
    const model = sequential([strings(), colors(), categoryEncoding(3)]);
    expect(() => onnxBytes(model)).toThrow(
      /numbers as input "input_layer", received what stringLookup "string_lookup" reads/,
    );
    expect(() => tfjsFiles(model)).toThrow(/a layer of the format, received StringLookup/);
  });
  test("no vocabulary, one with a token twice, one that is too large", () => {
    expect(() => sequential([strings(), stringLookup(), dense(1)])).toThrow(
      /a vocabulary, received none\.\s+Call adapt/,
    );
    expect(() => stringLookup({ vocabulary: ["a", "a"] })).toThrow(/one of them twice/);
    expect(() => integerLookup({ vocabulary: [1, 2, 3], maxTokens: 3 })).toThrow(/at most 3 tokens/);
    expect(() => discretization({})).toThrow(/binBoundaries, or numBins/);
    expect(() => hashing(0)).toThrow(/numBins/);
    expect(() => stringLookup({ outputMod: "int" } as never)).toThrow(/Did you mean "outputMode"/);
  });
  test("a crafted config: numbers that would fill any memory, values of another kind", async () => {
    const bytes = readFileSync(file);
    for (const [className, key, value] of [
      ["StringLookup", "num_oov_indices", 1e9],
      ["StringLookup", "vocabulary", { length: 1e9 }],
      ["StringLookup", "vocabulary", [1, 2]],
      ["IntegerLookup", "mask_token", "none"],
      ["IntegerLookup", "salt", [1]],
      ["TextVectorization", "ngrams", "many"],
      ["TextVectorization", "standardize", { class_name: "function", config: "mine" }],
      ["TextVectorization", "encoding", "latin-1"],
      ["Discretization", "bin_boundaries", "0, 1"],
      ["Discretization", "bin_boundaries", Array.from({ length: 5000 }, (_, k) => k)],
      ["Hashing", "num_bins", 1e12],
      ["CategoryEncoding", "num_tokens", -1],
    ] as const) {
      const archive = await readKerasArchive(bytes, "crafted.keras");
      const { layers } = archive.config.config as unknown as { layers: { class_name: string; config: object }[] };
      for (const layer of layers) if (layer.class_name === className) layer.config = { ...layer.config, [key]: value };
      const crafted = await writeKerasArchive(archive);
      const run = async () => (await loadModel(crafted)).predict(said.x as never);
      await expect(run(), `${className} ${key}`).rejects.toThrow(CellstateError);
    }
  });
  test("a damaged file: words of another count, no words, no text", async () => {
    const bytes = readFileSync(file);
    const broken = async (change: (assets: Map<string, Uint8Array>) => void) => {
      const archive = await readKerasArchive(bytes, "broken.keras");
      change(archive.assets);
      return loadModel(await writeKerasArchive(archive)).catch((e: unknown) => e);
    };
    const name = "layers/integer_lookup/vocabulary.txt";
    expect(String(await broken((assets) => void assets.delete(name)))).toMatch(
      /a vocabulary, received none in this file/,
    );
    for (const text of ["-1\n1005", "-1\n1005\n1005", "-1\nsome\nwords", ""])
      expect(await broken((assets) => void assets.set(name, new TextEncoder().encode(text)))).toBeInstanceOf(
        FormatError,
      );
    expect(await broken((assets) => void assets.set(name, Uint8Array.of(255, 254, 10)))).toBeInstanceOf(FormatError);
  });
});

test("texts made to ids are no layer: the model says which call makes one", () => {
  expect(() => sequential([textVectorization() as never])).toThrow(
    /expected a layer[\s\S]*textVectorizationLayer\(vectorize\)/,
  );
});
