/** The start page's model: it trains on five rows, then answers each of the eight inputs there are. */
import { dense, lstm, sequential } from "cellstate";

const x = [
  [[1], [1], [0]],
  [[1], [1], [1]],
  [[0], [0], [1]],
  [[0], [0], [0]],
  [[1], [0], [1]],
]; // [rows, steps, features]
const y = [1, 1, 0, 0, 1];
const all = Array.from({ length: 8 }, (_, code) => [4, 2, 1].map((bit) => [code & bit ? 1 : 0])); // 000 to 111

const epochs = 300;

async function train(seed: number): Promise<void> {
  const start = performance.now();
  const model = sequential([lstm(8), dense(1, { activation: "sigmoid" })], { seed });
  model.compile({ optimizer: "adam", loss: "binaryCrossentropy", metrics: ["accuracy"] });
  const { history } = await model.fit(x, y, { epochs, verbose: 0 });
  const trained = performance.now() - start;
  const { data } = await model.predict(all);
  postMessage({ loss: history.loss, accuracy: history.accuracy.at(-1), answers: [...data], ms: trained });
}

addEventListener("message", ({ data }: MessageEvent<number>) => void train(data));
