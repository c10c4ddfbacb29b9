/** Models that other people made with other software, and what that software computes with them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { presentBackends } from "../../test/backends.ts";
import { oneOfEach, thorough } from "../../test/thorough.ts";
import { FormatError } from "../errors.ts";
import type { Model } from "../models/model.ts";
import { asNdArray, NdArray, type NestedNumbers } from "../tensor/nd-array.ts";
import { padSequences } from "../text/pad-sequences.ts";
import { readNpz } from "./containers/npy.ts";
import { loadModel } from "./load-model.ts";
import { modelBytes } from "./model-file.ts";

const models = "../shared/models";
const json = (file: string) => JSON.parse(readFileSync(`${models}/${file}`, "utf8"));
const { existing, backends } = { existing: existsSync(models), backends: (await presentBackends()).map((b) => b.name) };

function expectClose(p: NdArray, said: ArrayLike<number>, tolerance: number): void {
  expect(p.data.length).toBe(said.length);
  let worst = 0;
  for (let i = 0; i < said.length; i++) worst = Math.max(worst, Math.abs(p.data[i] - said[i]));
  expect(worst).toBeLessThan(tolerance);
}

async function expectRefused(file: string, message: RegExp): Promise<void> {
  const error = await loadModel(`${models}/${file}`).catch((e: unknown) => e as Error);
  expect(error).toBeInstanceOf(FormatError);
  expect((error as Error).message).toContain(file);
  expect((error as Error).message).toMatch(message);
}

/** A model file, its input and output. */
interface Case {
  file: string;
  input: () => NestedNumbers[] | NdArray;
  output: () => ArrayLike<number>;
}
const fromJson = (file: string, said: string): Case => ({
  file,
  input: () => json(said).input as NestedNumbers[],
  output: () => asNdArray(json(said).output as NestedNumbers[]).data,
});
const imdb = "keras2-imdb-h5";
const imdbNames = ["simplernn", "lstm", "gru", "bilstm", "bigru"];
const asked = thorough ? 8 : 2; // reviews, of 300 steps
let reviews: NdArray;
let labels: number[];

const cases: Case[] = [
  ...["btc_gru_v2", "btc_lstm_v1", "gru_model", "lstm_model"].map((name) =>
    fromJson(`keras3-btc/${name}.keras`, `keras3-btc/${name}.expected.json`),
  ),
  fromJson("keras3-bilstm-stock/bilstm_model.keras", "keras3-bilstm-stock/bilstm_model.expected.json"),
  fromJson("keras2-bilstm-hdf5/bilstm_model.keras", "keras2-bilstm-hdf5/bilstm_model.expected.json"),
  fromJson("tfjs-embedding-gru/model.json", "tfjs-embedding-gru/expected.json"),
  {
    file: "tfjs-lstm-text-generation/model.json",
    input: oneHotTexts,
    output: () => asNdArray(json("tfjs-lstm-text-generation/expected.json").output as NestedNumbers[]).data,
  },
  ...imdbNames.map((name) => ({
    file: `${imdb}/${name}_model.h5`,
    input: () => reviews.slice(0, asked),
    output: () => (json(`${imdb}/expected.json`).outputs_first_32[name] as number[]).slice(0, asked),
  })),
];

function oneHotTexts(): NdArray {
  const texts = json("tfjs-lstm-text-generation/expected.json").input_text as string[];
  const { char_indices } = {
    char_indices: json("tfjs-lstm-text-generation/char_indices.json") as Record<string, number>,
  };
  const x = new Float32Array(texts.length * 40 * 57);
  texts.forEach((text, n) => {
    [...text].forEach((c, t) => {
      x[(n * 40 + t) * 57 + char_indices[c]] = 1;
    });
  });
  return new NdArray(x, [texts.length, 40, 57]);
}

describe.skipIf(!existing)("files of other people", () => {
  beforeAll(async () => {
    const said = json(`${imdb}/expected.json`) as { test_rows: number[] };
    const arrays = await readNpz(readFileSync("../shared/data/imdb/imdb.npz"), "imdb.npz", {
      only: ["x_test", "y_test"],
    });
    const x = arrays.get("x_test")!.data as Int32Array[];
    const y = arrays.get("y_test")!.data as BigInt64Array;
    const rows = said.test_rows;
    // Keras's load_data(num_words=5000): 1 begins a review, 2 stands for rarer words, ranks move up by 3.
    const sequences = rows.map((row) => [1, ...Array.from(x[row], (w) => (w + 3 < 5000 ? w + 3 : 2))]);
    reviews = padSequences(sequences, { maxLen: 300 });
    labels = rows.map((row) => Number(y[row]));
  });

  for (const { file, input, output } of cases) {
    for (const backend of backends) {
      test(`${file} gives its expected outputs on ${backend}`, async () => {
        const model = await loadModel(`${models}/${file}`, { backend });
        if (!model.compiled) model.compile({ loss: "mse", backend });
        // float32 against float32 or float64, 300 steps at most
        expectClose(await model.predict(input()), output(), 1e-5);
      });
    }
    test(`${file} survives every format it can be written in`, async () => {
      const model = await loadModel(`${models}/${file}`);
      const p = await model.predict(input());
      for (const ending of ["keras", "h5", "safetensors"]) {
        const back = await loadModel(await modelBytes(model, `model.${ending}`));
        expect((await back.predict(input())).data, ending).toEqual(p.data);
      }
    });
  }

  for (const name of oneOfEach(imdbNames, () => "")) {
    test(`${name}_model.h5 has the published accuracy and confusion counts on its 5,000 reviews`, async () => {
      const said = json(`${imdb}/expected.json`).published[name];
      const model: Model = await loadModel(`${models}/${imdb}/${name}_model.h5`);
      const p = await model.predict(reviews, { batchSize: 500 });
      const counts = { tp: 0, tn: 0, fp: 0, fn: 0 };
      labels.forEach((label, k) => {
        counts[
          `${(p.data[k] > 0.5) === (label === 1) ? "t" : "f"}${p.data[k] > 0.5 ? "p" : "n"}` as keyof typeof counts
        ]++;
      });
      expect(counts).toEqual({ tp: said.tp, tn: said.tn, fp: said.fp, fn: said.fn });
      expect((counts.tp + counts.tn) / 5000).toBe(said.acc);
    }, 120_000); // ms; plain TypeScript where no kernels load
  }

  test("the one with a layer of its author's own is refused, and the message says how to register it", async () => {
    const file = "keras3-intent-bilstm/bilstm_model.keras";
    await expectRefused(file, /AttentionLayer.*\n.*registerLayer\("AttentionLayer"/);
  });

  test("no model file of the collection is left out", () => {
    const all = readdirSync(models, { recursive: true, encoding: "utf8" });
    const files = all.filter((f) => /\.(keras|h5)$|model\.json$/.test(f) && !f.startsWith("keras3-intent"));
    expect(cases.map(({ file }) => file).sort()).toEqual(files.sort());
  });
});
