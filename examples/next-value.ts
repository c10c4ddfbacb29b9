// The next value of a series: 1 2 3 → 4, 2 3 4 → 5, ... then 5 6 7 → ?   npm run example next-value
import { dense, lstm, ShapeError, sequential } from "cellstate";

const x = [
  [[1], [2], [3]],
  [[2], [3], [4]],
  [[3], [4], [5]],
  [[4], [5], [6]],
];
const y = [4, 5, 6, 7];

export async function main() {
  const model = sequential([lstm(10), dense(1)]);
  model.compile({ optimizer: "adam", loss: "mse" });
  let next = 0;
  // The lab's 200 epochs of Adam at 0.001 leave the answer near 3; 1,800 more bring it near 7, the largest value it saw.
  for (const [before, epochs] of [
    [0, 200],
    [200, 2000],
  ]) {
    const { history } = await model.fit(x, y, { initialEpoch: before, epochs, verbose: 0 });
    next = (await model.predict([[[5], [6], [7]]])).data[0];
    console.log(`${epochs} epochs: loss ${history.loss.at(-1)!.toFixed(4)}, after 5 6 7 comes ${next.toFixed(2)}`);
  }

  try {
    await model.predict([[5], [6], [7]]); // the lab's slip: no batch axis
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    console.log(error.message);
  }
  return next;
}

await main();
