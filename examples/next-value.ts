// The next value of a series: 1 2 3 → 4, 2 3 4 → 5, ... then 5 6 7 → ?   npm run example next-value
import { dense, lstm, ShapeError, sequential } from "cellstate";

const x = [
  [[1], [2], [3]],
  [[2], [3], [4]],
  [[3], [4], [5]],
  [[4], [5], [6]],
];
const y = [4, 5, 6, 7];

export async function main(epochs = 200) {
  const model = sequential([lstm(10), dense(1)]);
  model.compile({ optimizer: "adam", loss: "mse" });
  // The lab's 200 epochs at Adam's 0.001 leave the answer near 5: a network this slow to learn needs 2,000.
  const { history } = await model.fit(x, y, { epochs: epochs * 10, verbose: 0 });
  console.log(`loss ${history.loss[0].toFixed(2)} → ${history.loss.at(-1)!.toFixed(4)}`);

  try {
    await model.predict([[5], [6], [7]]); // the lab's slip: no batch axis
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    console.log(error.message);
  }
  const next = (await model.predict([[[5], [6], [7]]])).data[0];
  console.log(`after 5 6 7 comes ${next.toFixed(2)}`);
  return next;
}

await main();
