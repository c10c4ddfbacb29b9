/** `cellstate inspect` explains any file: fixtures of each kind, and small files made here. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { inspect } from "../../src/cli/inspect/inspect.ts";
import { CellstateError } from "../../src/errors.ts";
import { writeNpz } from "../../src/formats/index.ts";
import { dense, embedding, input, lstm, minMaxScaler, sequential, Tokenizer } from "../../src/index.ts";
import { encodeCheckpoint } from "../../src/train/fit/checkpoint.ts";
import { Chance, changedBytes } from "../hostile.ts";
import { thorough } from "../thorough.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-inspect-"));
const fixtures = "test/fixtures";

async function said(file: string): Promise<string> {
  let text = "";
  await inspect(file, {}, (part) => {
    text += part;
  });
  return text;
}

/** What is said of a file with these contents. */
async function of(name: string, contents: string | Uint8Array): Promise<string> {
  writeFileSync(join(folder, name), contents);
  return (await said(join(folder, name))).replaceAll(`${folder}/`, "");
}

test.for([
  ["models/keras3.keras", /Keras v3 \(\.keras\), written by Keras 3\.15\.1[\s\S]*compiled with[\s\S]*one input and one output[\s\S]*cellstate convert/],
  ["models/keras2.h5", /legacy HDF5, written by Keras 2/],
  ["models/keras3.weights.h5", /weights in HDF5: 103 arrays, [\d,]+ numbers.*Keras 3[\s\S]*layers\/embedding\/vars\/0 +\[11, 4\] float32[\s\S]*loadWeights/],
  ["models/torch.onnx", /ONNX, written by pytorch[\s\S]*words \(InputLayer\)/],
  ["models/tfjs/model.json", /tfjs layers model/],
  ["torch/words.safetensors", /safetensors, weights alone[\s\S]*gru2 +gru\(4.*weight_ih_l0 \[12, 6\][\s\S]*loadWeights\(model/],
  ["torch/words-state_dict.pt", /PyTorch \(\.pt, \.pth\), written by PyTorch\n {2}a state_dict[\s\S]*5 modules with tensors:\n {2}embedding0 +embedding\(11, 4\)/],
  ["torch/signals-model.pt", /a whole model, of the class __main__\.Net[\s\S]*conv1d\(4, 3, \{ dilationRate: 2 \}\)/],
  ["torch/words-checkpoint.pt", /a checkpoint[\s\S]*epoch: 7\n[\s\S]*the state of an optimizer\n[\s\S]*loss: 0\.5/],
  ["torch/other-tensors.pt", /modules? with tensors/],
  ["torch/words-older.pt", /PyTorch \(\.pt, \.pth\) before 1\.6/],
  ["torch/words-script.pt", /TorchScript/],
  ["torch/sequential.pth", /module_0 \(Dense\)[\s\S]*\.keras: can be written/],
  ["pickles/tokenizer-4.pickle", /a Tokenizer of 11 words, written by Python[\s\S]*num_words=8[\s\S]*--tokenizer/],
  ["pickles/minmax.joblib", /a scaler \(minMax\)[\s\S]*--scaler/],
  ["pickles/minmax-gzip.joblib", /a scaler \(minMax\)/],
  ["pickles/minmax-bz2.joblib", /packed by bzip2[\s\S]*joblib\.dump\(joblib\.load\("/],
  ["pandas/dated-3.pkl", /a table of pandas: 4 rows of 2 columns[\s\S]*count: 1, 2, 3[\s\S]*to_csv/],
  ["pickles/labels.pkl", /a LabelEncoder of \d+ classes[\s\S]*--labels/],
  ["pickles/own-class.pkl", /a Python pickle\n {2}Not read here: .*received a /],
] as const)("%s", async ([file, expected]) => {
  expect(await said(`${fixtures}/${file}`)).toMatch(expected);
}); // biome-ignore format: a table

test("a model of a notebook: what the commands take it for, and those that fit", async () => {
  const save = async (name: string, model: ReturnType<typeof sequential>) => {
    await model.save(join(folder, name));
    return (await said(join(folder, name))).replaceAll(`${folder}/`, "");
  };
  const series = await save("series.keras", sequential([lstm(3, { inputShape: [6, 2] }), dense(2)]));
  expect(series).toMatch(/a forecaster: reads 6 rows of 2 columns[\s\S]*cellstate forecast series\.keras series\.csv/);
  expect(series).not.toContain("cellstate predict");
  const words = await save("words.keras", sequential([embedding(9, 3, { inputShape: [5] }), lstm(2), dense(1)]));
  expect(words).toMatch(/expected a tokenizer[\s\S]*predict words\.keras "a text" --tokenizer tokenizer\.pickle/);
  const own = await save(
    "own.keras",
    sequential([Object.assign(dense(2, { inputShape: [4] }), { className: "Doubled" })]),
  );
  expect(own).toMatch(
    /^own\.keras: Keras v3 .*, written by[\s\S]*Not read here: .*Doubled[\s\S]*registerLayer\("Doubled"/,
  );
  const rows = await save("rows.keras", sequential([dense(1, { inputShape: [4] })]));
  expect(rows).toMatch(/on the command line: expected a model that reads[\s\S]*model\.predict\(x\)/);
  expect(rows).not.toMatch(/cellstate (predict|bundle)/);
});

test("arrays, tables and texts", async () => {
  const arrays = await writeNpz({ x: { data: new Float32Array(12), shape: [2, 3, 2] } });
  expect(await of("data.npz", arrays)).toMatch(
    /NumPy arrays \(\.npz\): 1.*\n {2}x: \[2, 3, 2\] of <f4\n.*train sequence data\.npz/,
  );
  const rows = Array.from(
    { length: 40 },
    (_, k) => `"a film, the ${k}th of its kind that was seen",${k % 2 ? "good" : "bad"}`,
  );
  expect(await of("reviews.csv", `text,label\n${rows.join("\n")}\n`)).toMatch(
    /CSV: 40 rows of 2 columns\n {2}text: texts of 10 words\n {2}label: 2 different values: bad, good\n {2}cellstate train classify reviews\.csv --text text --label label/,
  );
  expect(await of("sales.csv", "day,sales\n2020-01-01,3\n2020-01-02,\n2020-01-03,5\n")).toMatch(
    /day: dates from 2020-01-01 to 2020-01-03\n {2}sales: numbers.*1 empty\n {2}cellstate train forecast sales\.csv --columns sales/,
  );
  expect(await of("volume.csv", "Date,Vol.\n2020-01-01,63.71K\n2020-01-02,1.2M\n2020-01-03,-\n")).toMatch(
    /Vol\.: numbers, such as 63\.71K/,
  );
  expect(await of("a.jsonl", '{"text": "a b c d e f"}\n{"text": "g"}\n')).toMatch(/a JSON value a line: 2 rows/);
  expect(
    await of("tale.txt", "Once upon a time, in a land of long sentences, there lived a king.\nHe ruled.\n"),
  ).toMatch(/text in UTF-8: 2 lines, 17 words\n {2}cellstate train text tale\.txt/);
  expect(await of("alt.txt", Buffer.from(`${"Größe und Höhe für alle, überall\n".repeat(40)}`, "latin1"))).toMatch(
    /--encoding windows-1252/,
  );
  const line = (word: string) => `${word} ${Array.from({ length: 12 }, (_, k) => `0.${k}`).join(" ")}\n`;
  expect(await of("glove.txt", line("the") + line("cat"))).toMatch(
    /word vectors as text \(GloVe\): 2 of 12 numbers\n.*readWordVectors/,
  );
  expect(await of("vectors.vec", `2 12\n${line("the")}${line("cat")}`)).toMatch(
    /\(word2vec or fastText\): 2 of 12 numbers/,
  );
  expect(await of("glove.txt.gz", gzipSync(line("the") + line("cat")))).toMatch(
    /packed by gzip: word vectors as text \(GloVe\): 12 numbers\n.*readWordVectors\(".*glove\.txt\.gz"/,
  );
  expect(await of("none.txt", "")).toBe("none.txt: an empty file\n");
});

test("as JSON, and the commands for a model of which something is missing", async () => {
  const model = sequential([input([4, 3]), lstm(2), dense(1)]);
  await model.save(join(folder, "rows.keras"));
  let text = "";
  await inspect(join(folder, "rows.keras"), { json: true }, (part) => {
    text += part;
  });
  const { kind, writer, lines, next } = JSON.parse(text);
  expect([kind, writer]).toEqual([expect.stringMatching(/^Keras v3/), expect.any(String)]);
  expect(lines.join("\n")).toMatch(/lstm[\s\S]*expected the columns that it forecasts/);
  expect(next[0].command).toMatch(/rows\.keras series\.csv --target COLUMN$/);
  writeFileSync(join(folder, "three.csv"), "day,a b,c,d\n2020-01-01,1,2,3\n2020-01-02,2,3,5\n");
  expect(await said(join(folder, "rows.keras"))).toMatch(/three\.csv --target 'a b'\n +the next steps[^\n]* a b, c, d/);
  const any = sequential([input([null, 3]), lstm(2), dense(3)]);
  await any.save(join(folder, "any.keras"));
  expect(await said(join(folder, "any.keras"))).toMatch(/cellstate forecast \S+ series\.csv --window N/);
});

test("a pickle in a zip file, as pandas writes it", async () => {
  expect(await said("test/fixtures/pickles/minmax.pkl.zip")).toMatch(
    /a scaler \(minMax\), written by Python[\s\S]*--scaler/,
  );
  expect(await said("test/fixtures/pickles/two.pkl.zip")).toMatch(/a zip archive of 2 files/);
});

test("JSON by what it holds", async () => {
  const tokenizer = new Tokenizer();
  tokenizer.fitOnTexts(["the cat sat"]);
  const json = tokenizer.toJson();
  for (const text of [json, JSON.stringify(json)])
    expect(await of("tokenizer.json", text)).toMatch(/a Tokenizer of 3 words, written by Keras/);
  const scaler = minMaxScaler();
  scaler.fit([[1], [3]]);
  expect(await of("scaler.json", JSON.stringify(scaler))).toMatch(
    /a scaler \(minMax\) of 1 columns, written by Cellstate/,
  );
  expect(await of("index.json", '{"the": 1, "cat": 2}')).toMatch(/names and numbers, 2[\s\S]*--tokenizer index\.json/);
  expect(await of("labels.json", '["cat", "dog"]')).toMatch(/a list of 2 texts[\s\S]*--labels labels\.json/);
  expect(await of("intents.json", '{"intents": [{"tag": "a", "patterns": ["b"]}]}')).toMatch(
    /train classify intents\.json/,
  );
  const model = sequential([embedding(9, 3, { inputShape: [4] }), lstm(2), dense(1)]);
  const { kerasBytes } = await import("../../src/formats/index.ts");
  const { unzip } = await import("../../src/formats/containers/zip.ts");
  const config = (await unzip(await kerasBytes(model), "m")).find(({ name }) => name === "config.json")!.read();
  expect(await of("model.json", config)).toMatch(
    /the architecture of a model, without weights[\s\S]*lstm \(LSTM\)[\s\S]*--weights model\.weights\.h5/,
  );
  expect(await of("other.json", '{"a": {"b": 1}}')).toMatch(/an object of 1 keys[\s\S]*Of no kind that is known/);
});

test("what is not read here is named, with what to do", async () => {
  expect(await of("a.h5", "<!DOCTYPE html><html></html>")).toMatch(/a web page \(HTML\)/);
  expect(await of("b.h5", "version https://git-lfs.github.com/spec/v1\n")).toMatch(
    /Git LFS pointer[\s\S]*git lfs pull --include/,
  );
  expect(await of("c.csv.gz", gzipSync("a,b\n1,2\n"))).toMatch(
    /packed by gzip\n {2}gunzip -k c\.csv\.gz +unpacks it; then: cellstate inspect c\.csv/,
  );
  expect(await of("d.parquet", "PAR1....")).toMatch(/a Parquet table[\s\S]*pd\.read_parquet\(".*d\.parquet"\)/);
  expect(await of("e.ckpt", encodeCheckpoint({ epoch: 1 }))).toMatch(
    /a checkpoint of a training that was interrupted[\s\S]*--resume/,
  );
  expect(await of("it's odd.tar", `${"x".repeat(257)}ustar`)).toMatch(/tar xf 'it'\\''s odd\.tar'/);
  mkdirSync(join(folder, "saved"));
  writeFileSync(join(folder, "saved/saved_model.pb"), "");
  expect(await said(join(folder, "saved"))).toMatch(/a TensorFlow SavedModel/);
});

test.skipIf(!thorough)(
  "large tables are looked at by their beginning, HDF5 of others and broken JSON are said to be that",
  async () => {
    const large = (row: string) => row.repeat(Math.ceil(2 ** 25 / row.length) + 1);
    expect(await of("large.csv", `day,sales\n${large("2020-01-01,3\n")}`)).toMatch(
      /CSV: about [\d,]+ rows of 2 columns\n {2}day: dates/,
    );
    expect(await of("large.jsonl", large('{"a": 1.5, "b": "x"}\n'))).toMatch(
      /about [\d,]+ rows of 2 columns\n {2}a: numbers/,
    );
    expect(await of("deep.json", "[".repeat(100_000))).toMatch(/begins as JSON and is none/);
    const { writeHdf5 } = await import("../../src/formats/containers/hdf5.ts");
    const plain = await writeHdf5((file) =>
      file.dataset("a", { data: new Float32Array(3), shape: [3], dtype: "float32" }),
    );
    expect(await of("plain.h5", plain)).toMatch(/HDF5, of no layout that is known here\n[\s\S]*h5py\.File/);
  },
);

test("unknown bytes are said to be that, a file that is not there too", async () => {
  const chance = new Chance(3);
  const bytes = Uint8Array.from({ length: 3000 }, (_, k) => (k === 0 ? 0x25 : chance.below(256)));
  expect(await of("bytes.bin", bytes)).toMatch(
    /^bytes\.bin: unknown: 3\.0 kB of no kind that is known here, and no text\n {2}it begins with 25 /,
  );
  await expect(said(join(folder, "nowhere"))).rejects.toThrow(CellstateError);
});

test("damaged files of every kind end in words of ours", async () => {
  const files = ["models", "torch", "pickles"].flatMap((kind) =>
    readdirSync(`${fixtures}/${kind}`)
      .filter((name) => /\.\w+$/.test(name))
      .map((name) => `${fixtures}/${kind}/${name}`),
  );
  for (const [seed, file] of files.entries()) {
    const chance = new Chance(seed, 4);
    const bytes = changedBytes(new Uint8Array(readFileSync(file)), chance);
    const name = file.slice(file.lastIndexOf("/") + 1);
    await of(name, bytes).catch((error: Error) => {
      if (!(error instanceof CellstateError)) throw new Error(`${file}: ${error.stack}`, { cause: error });
    });
  }
});
