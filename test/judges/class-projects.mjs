/**
 * The class projects of class_projects.py in Cellstate: the same names, data, layers and epochs. `npm run reproduce -- class-projects` runs them
 * with three seeds and puts their figures beside Keras's.
 */
import { readFileSync } from "node:fs";
import {
  bidirectional,
  dense,
  dropout,
  embedding,
  encodePrompt,
  gru,
  lstm,
  masking,
  minMaxScaler,
  NdArray,
  nextWordRows,
  padSequences,
  repeatVector,
  rootMeanSquaredError,
  sequential,
  simpleRnn,
  standardScaler,
  Tokenizer,
  timeDistributed,
  toCategorical,
} from "cellstate";
import { columnNumbers, labelEncoder, parseTs, readCsv, timeseriesWindows } from "cellstate/data";

const shuffle = "once"; // as TensorFlow does after set_random_seed, which class_projects.py calls: the first epoch's order for all

export async function pass_fail({ seed, epochs = 100 }) {
  // biome-ignore format: on one line, as in class_projects.py
  const x = [[[1], [1], [0]], [[1], [1], [1]], [[0], [0], [1]], [[0], [0], [0]], [[1], [0], [1]]];
  const y = [1, 1, 0, 0, 1];
  const model = sequential([lstm(8), dense(1, { activation: "sigmoid" })], { seed });
  model.compile({ optimizer: "adam", loss: "binaryCrossentropy", metrics: ["accuracy"] });
  await model.fit(x, y, { epochs, shuffle, verbose: 0 });
  const { loss, accuracy } = await model.evaluate(x, y, { verbose: 0 });
  const p = await model.predict([[[1], [1], [1]]]);
  return { loss, accuracy, "p(1 1 1)": p.data[0] };
}

export async function next_value({ seed, epochs = 200 }) {
  // biome-ignore format: on one line, as in class_projects.py
  const x = [[[1], [2], [3]], [[2], [3], [4]], [[3], [4], [5]], [[4], [5], [6]]];
  const y = [4, 5, 6, 7];
  const model = sequential([lstm(10), dense(1)], { seed });
  model.compile({ optimizer: "adam", loss: "mse" });
  await model.fit(x, y, { epochs, shuffle, verbose: 0 });
  const { loss } = await model.evaluate(x, y, { verbose: 0 });
  const p = await model.predict([[[5], [6], [7]]]);
  return { loss, "after 5 6 7": p.data[0] };
}

export async function five_sentences({ seed, epochs = 100 }) {
  const texts = [
    "I love this subject",
    "This lab is excellent",
    "I hate this course",
    "This topic is boring",
    "Very good explanation",
  ];
  const y = [1, 1, 0, 0, 1];
  const tokenizer = new Tokenizer({ numWords: 100 });
  tokenizer.fitOnTexts(texts);
  const x = padSequences(tokenizer.textsToSequences(texts), { maxLen: 5 });
  const model = sequential([embedding(100, 8), lstm(16), dense(1, { activation: "sigmoid" })], { seed });
  model.compile({ optimizer: "adam", loss: "binaryCrossentropy", metrics: ["accuracy"] });
  await model.fit(x, y, { epochs, shuffle, verbose: 0 });
  const { loss, accuracy } = await model.evaluate(x, y, { verbose: 0 });
  return { loss, accuracy };
}

export async function four_lines({ seed, epochs = 200 }) {
  const lines = [
    "hello how are you",
    "hello how is your day",
    "hello how are your friends",
    "hello what are you doing",
  ];
  const tokenizer = new Tokenizer();
  tokenizer.fitOnTexts(lines);
  const words = tokenizer.wordIndex.size + 1;
  const { x, y, maxLen } = nextWordRows(tokenizer.textsToSequences(lines));
  const model = sequential([embedding(words, 10), lstm(50), dense(words, { activation: "softmax" })], { seed });
  model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
  await model.fit(x, y, { epochs, shuffle, verbose: 0 });
  const { loss, accuracy } = await model.evaluate(x, y, { verbose: 0 });
  const p = await model.predict(encodePrompt(tokenizer, "hello how is", maxLen - 1));
  const word = tokenizer.indexWord.get(p.argmax().data[0]);
  return { loss, accuracy, '"hello how is your"': Number(word === "your") };
}

export async function faq({ data, seed, epochs = 8 }) {
  const lines = readFileSync(`${data}/course-faq/faq.txt`, "utf8")
    .split("\n")
    .filter((line) => line.trim());
  const tokenizer = new Tokenizer();
  tokenizer.fitOnTexts(lines);
  const words = tokenizer.wordIndex.size + 1;
  const { x, y } = nextWordRows(tokenizer.textsToSequences(lines));
  const layers = [
    embedding(words, 100),
    lstm(150, { returnSequences: true }),
    lstm(150),
    dense(words, { activation: "softmax" }),
  ];
  const model = sequential(layers, { seed });
  model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
  await model.fit(x, y, { epochs, batchSize: 32, shuffle, verbose: 0 });
  const { loss, accuracy } = await model.evaluate(x, y, { verbose: 0 });
  return { loss, accuracy };
}

export async function characters({ data, seed, epochs = 5 }) {
  const text = readFileSync(`${data}/tiny-shakespeare/input.txt`, "utf8").slice(0, 4000);
  const letters = [...new Set(text)].sort();
  const ids = [...text].map((letter) => letters.indexOf(letter));
  const oneHot = toCategorical(ids, letters.length);
  const { x, y } = timeseriesWindows(oneHot, oneHot.slice(40), { sequenceLength: 40 });
  const model = sequential([lstm(64), dense(letters.length, { activation: "softmax" })], { seed });
  model.compile({ optimizer: "adam", loss: "categoricalCrossentropy", metrics: ["accuracy"] });
  await model.fit(x, y, { epochs, batchSize: 64, shuffle, verbose: 0 });
  const { loss, accuracy } = await model.evaluate(x, y, { verbose: 0 });
  return { loss, accuracy };
}

export async function intents({ seed, epochs = 100 }) {
  const { rows } = await readCsv("test/fixtures/projects/intents/intents.csv");
  const texts = rows.map(([pattern]) => pattern);
  const tokenizer = new Tokenizer({ numWords: 60, oovToken: "<OOV>" });
  tokenizer.fitOnTexts(texts);
  const x = padSequences(tokenizer.textsToSequences(texts), { maxLen: 6, padding: "post", truncating: "post" });
  const encoder = labelEncoder();
  const y = encoder.fitTransform(rows.map(([, tag]) => tag));
  const layers = [embedding(60, 16), lstm(16), dense(encoder.classes.length, { activation: "softmax" })];
  const model = sequential(layers, { seed });
  model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
  await model.fit(x, y, { epochs, shuffle, verbose: 0 });
  const { loss, accuracy } = await model.evaluate(x, y, { verbose: 0 });
  const asked = padSequences(tokenizer.textsToSequences(["do you take my card"]), { maxLen: 6, padding: "post" });
  const [tag] = encoder.inverseTransform((await model.predict(asked)).argmax());
  return { loss, accuracy, '"do you take my card" is payment': Number(tag === "payment") };
}

export async function airline({ data, seed, epochs = 100 }) {
  const series = columnNumbers(await readCsv(`${data}/timeseries/airline-passengers.csv`, { columns: ["Passengers"] }));
  const scaler = minMaxScaler().fit(series.slice(0, 96));
  const z = scaler.transform(series);
  const { x, y } = timeseriesWindows(z, z.slice(12), { sequenceLength: 12 });
  const model = sequential([lstm(32), dense(1)], { seed });
  model.compile({ optimizer: "adam", loss: "mse" });
  await model.fit(x.slice(0, 84), y.slice(0, 84), { epochs, batchSize: 16, shuffle, verbose: 0 });
  const predicted = scaler.inverse(await model.predict(x.slice(84)));
  return { "test RMSE": rootMeanSquaredError(series.slice(96).data, predicted.data) };
}

export async function stock({ data, seed, epochs = 5 }) {
  const train = columnNumbers(await readCsv(`${data}/timeseries/Google_Stock_Price_Train.csv`, { columns: ["Open"] }));
  const test = columnNumbers(await readCsv(`${data}/timeseries/Google_Stock_Price_Test.csv`, { columns: ["Open"] }));
  const scaler = minMaxScaler().fit(train);
  const z = scaler.transform(NdArray.concat([train, test]));
  const { x, y } = timeseriesWindows(z, z.slice(60), { sequenceLength: 60 });
  const n = train.shape[0] - 60;
  const layers = [lstm(50, { returnSequences: true }), dropout(0.2), lstm(50), dropout(0.2), dense(1)];
  const model = sequential(layers, { seed });
  model.compile({ optimizer: "adam", loss: "meanSquaredError" });
  await model.fit(x.slice(0, n), y.slice(0, n), { epochs, batchSize: 32, shuffle, verbose: 0 });
  const predicted = scaler.inverse(await model.predict(x.slice(n)));
  return { "test RMSE": rootMeanSquaredError(test.data, predicted.data) };
}

export async function several_days({ data, seed, epochs = 5 }) {
  const series = columnNumbers(await readCsv(`${data}/timeseries/daily-min-temperatures.csv`, { columns: ["Temp"] }));
  const n = series.shape[0] - 730;
  const scaler = standardScaler().fit(series.slice(0, n));
  const z = scaler.transform(series);
  const y = timeseriesWindows(z.slice(14), null, { sequenceLength: 7 }).x.reshape([-1, 7]);
  const { x } = timeseriesWindows(z.slice(0, -7), null, { sequenceLength: 14 });
  const train = n - 14 - 6;
  const model = sequential([lstm(32), dense(7)], { seed });
  model.compile({ optimizer: "adam", loss: "mse" });
  await model.fit(x.slice(0, train), y.slice(0, train), { epochs, batchSize: 32, shuffle, verbose: 0 });
  const days = (z) => scaler.inverse(z.reshape([-1])).data;
  return { "test RMSE": rootMeanSquaredError(days(y.slice(n - 14)), days(await model.predict(x.slice(n - 14)))) };
}

export async function cells({ data, seed, epochs = 5 }) {
  const series = columnNumbers(await readCsv(`${data}/timeseries/monthly-sunspots.csv`, { columns: ["Sunspots"] }));
  const n = Math.floor(series.shape[0] * 0.8);
  const scaler = minMaxScaler().fit(series.slice(0, n));
  const z = scaler.transform(series);
  const { x, y } = timeseriesWindows(z, z.slice(24), { sequenceLength: 24 });
  const figures = {};
  for (const [name, layer] of Object.entries({ SimpleRNN: simpleRnn, GRU: gru, LSTM: lstm })) {
    const model = sequential([layer(32), dense(1)], { seed });
    model.compile({ optimizer: "adam", loss: "mse" });
    await model.fit(x.slice(0, n - 24), y.slice(0, n - 24), { epochs, batchSize: 32, shuffle, verbose: 0 });
    const predicted = scaler.inverse(await model.predict(x.slice(n - 24)));
    figures[`${name} test RMSE`] = rootMeanSquaredError(series.slice(n).data, predicted.data);
  }
  return figures;
}

export async function pollution({ data, seed, epochs = 5 }) {
  const columns = ["pm2.5", "DEWP", "TEMP", "PRES", "Iws"];
  const table = await readCsv(`${data}/timeseries/pollution.csv`, { columns });
  const numbers = columnNumbers(table, columns, { missing: "nan" });
  const zeros = numbers.data.map((v) => v || 0); // where none was measured
  const hours = new NdArray(zeros, numbers.shape).slice(24, 3024);
  const scaler = minMaxScaler().fit(hours.slice(0, 2400));
  const z = scaler.transform(hours);
  const { x, y } = timeseriesWindows(z, z.slice(24).slice(0, 1, 1), { sequenceLength: 24 });
  const layers = [lstm(32, { returnSequences: true }), lstm(32), dense(1)];
  const model = sequential(layers, { seed });
  model.compile({ optimizer: "adam", loss: "mae" });
  await model.fit(x.slice(0, 2376), y.slice(0, 2376), { epochs, batchSize: 32, shuffle, verbose: 0 });
  const level = (z) => scaler.inverse(z, { features: [0] }).data;
  return { "test RMSE": rootMeanSquaredError(level(y.slice(2376)), level(await model.predict(x.slice(2376)))) };
}

export async function sensors({ data, seed, epochs = 20 }) {
  const parts = ["TRAIN", "TEST"].map((part) => {
    const rows = parseTs(readFileSync(`${data}/basic-motions/BasicMotions_${part}.ts.txt`, "utf8"));
    const x = rows.flatMap(({ sequence }) => [0, 25, 50].map((start) => sequence.slice(start, start + 50)));
    return { x, labels: rows.flatMap(({ label }) => [label, label, label]) };
  });
  const [train, test] = parts;
  const encoder = labelEncoder().fit(train.labels);
  const model = sequential([lstm(32), dense(4, { activation: "softmax" })], { seed });
  model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
  await model.fit(train.x, encoder.transform(train.labels), { epochs, batchSize: 16, shuffle, verbose: 0 });
  const { loss, accuracy } = await model.evaluate(test.x, encoder.transform(test.labels), { verbose: 0 });
  return { "test loss": loss, "test accuracy": accuracy };
}

export async function vowels({ data, seed, epochs = 20 }) {
  const read = (part) => parseTs(readFileSync(`${data}/japanese-vowels/JapaneseVowels_${part}.ts.txt`, "utf8"));
  const [train, test] = [read("TRAIN"), read("TEST")];
  const steps = (rows) => rows.map((row) => row.sequence);
  const [x, xTest] = [steps(train), steps(test)].map((rows) =>
    padSequences(rows, { padding: "post", dtype: "f32", maxLen: 29 }),
  );
  const labels = (rows) => rows.map((row) => row.label);
  const encoder = labelEncoder().fit(labels(train));
  const model = sequential([masking(), lstm(32), dense(9, { activation: "softmax" })], { seed });
  model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
  await model.fit(x, encoder.transform(labels(train)), { epochs, batchSize: 16, shuffle, verbose: 0 });
  const { loss, accuracy } = await model.evaluate(xTest, encoder.transform(labels(test)), { verbose: 0 });
  return { "test loss": loss, "test accuracy": accuracy };
}

export async function each_step({ seed, epochs = 40 }) {
  const numbers = Array.from({ length: 4000 }, (_, n) => ((n * n * 7919) % 10007) / 10007);
  const x = new NdArray(Float32Array.from(numbers), [400, 10, 1]);
  const sumUpTo = (n) => numbers.slice(n - (n % 10), n + 1).reduce((a, b) => a + b);
  const late = Float32Array.from(numbers, (_, n) => Number(sumUpTo(n) > 2.5));
  const y = new NdArray(late, [400, 10, 1]);
  const layers = [
    bidirectional(lstm(20, { returnSequences: true })),
    timeDistributed(dense(1, { activation: "sigmoid" })),
  ];
  const model = sequential(layers, { seed });
  model.compile({ optimizer: "adam", loss: "binaryCrossentropy", metrics: ["accuracy"] });
  await model.fit(x.slice(0, 300), y.slice(0, 300), { epochs, batchSize: 10, shuffle, verbose: 0 });
  const { loss, accuracy } = await model.evaluate(x.slice(300), y.slice(300), { verbose: 0 });
  return { "test loss": loss, "test accuracy": accuracy };
}

export async function sums({ seed, epochs = 20 }) {
  const pairs = Array.from({ length: 1200 }, (_, n) => [(n * n * 31) % 97, (n * n * 17) % 89]);
  const marks = " +0123456789";
  const ids = (text) => [...text].map((mark) => marks.indexOf(mark));
  const asked = pairs.map(([a, b]) => ids(`${a}+${b}`.padEnd(5)));
  const answers = pairs.map(([a, b]) => ids(`${a + b}`.padEnd(3)));
  const [x, y] = [asked, answers].map((rows) => toCategorical(rows, marks.length));
  const layers = [
    lstm(64),
    repeatVector(3),
    lstm(64, { returnSequences: true }),
    timeDistributed(dense(marks.length, { activation: "softmax" })),
  ];
  const model = sequential(layers, { seed });
  model.compile({ optimizer: "adam", loss: "categoricalCrossentropy", metrics: ["accuracy"] });
  await model.fit(x.slice(0, 1000), y.slice(0, 1000), { epochs, batchSize: 32, shuffle, verbose: 0 });
  const { loss, accuracy } = await model.evaluate(x.slice(1000), y.slice(1000), { verbose: 0 });
  return { "test loss": loss, "test accuracy": accuracy };
}

export async function autoencoder({ data, seed, epochs = 15 }) {
  const series = columnNumbers(await readCsv(`${data}/timeseries/daily-min-temperatures.csv`, { columns: ["Temp"] }));
  const z = standardScaler().fit(series).transform(series);
  const { x } = timeseriesWindows(z, null, { sequenceLength: 30, sequenceStride: 5 });
  const layers = [lstm(16), repeatVector(30), lstm(16, { returnSequences: true }), timeDistributed(dense(1))];
  const model = sequential(layers, { seed });
  model.compile({ optimizer: "adam", loss: "mse" });
  await model.fit(x, x, { epochs, batchSize: 32, shuffle, verbose: 0 });
  const p = await model.predict(x);
  const errors = Array.from({ length: x.shape[0] }, (_, i) => rootMeanSquaredError(x.row(i).data, p.row(i).data) ** 2);
  return { "mean error": errors.reduce((a, b) => a + b) / errors.length, "largest error": Math.max(...errors) };
}
