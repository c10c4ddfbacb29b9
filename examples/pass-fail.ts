// Pass or fail from three steps of study (1 studied, 0 did not): the labs' first LSTM.   npm run example pass-fail
import { dense, lstm, sequential } from "cellstate";

const x = [
  [[1], [1], [0]],
  [[1], [1], [1]],
  [[0], [0], [1]],
  [[0], [0], [0]],
  [[1], [0], [1]],
]; // [rows, steps, features]
const y = [1, 1, 0, 0, 1];

export async function main(epochs = 100) {
  const model = sequential([lstm(8), dense(1, { activation: "sigmoid" })]);
  model.compile({ optimizer: "adam", loss: "binaryCrossentropy", metrics: ["accuracy"] });
  const { history } = await model.fit(x, y, { epochs, verbose: 0 });
  console.log(
    `loss ${history.loss[0].toFixed(3)} → ${history.loss.at(-1)!.toFixed(3)}, accuracy ${history.accuracy.at(-1)}`,
  );

  const p = (await model.predict([[[1], [1], [1]]])).data[0]; // one sample in a batch: three pairs of brackets
  console.log(`studied at all three steps: ${p.toFixed(3)} → ${p > 0.5 ? "1, pass" : "0, fail"}`);
  return p;
}

await main();
