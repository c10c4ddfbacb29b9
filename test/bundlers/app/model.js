/** What every bundler's page does: a Keras file opens and predicts, a model trains and is written. */
import { chooseBackend, dense, loadModel, lstm, sequential } from "cellstate";

export async function answer(bytes) {
  const opened = await loadModel(bytes);
  const x = [
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    [
      [2, 1],
      [0, 1],
      [1, 0],
    ],
  ];
  const predicted = await opened.predict(x);
  const model = sequential([lstm(4, { inputShape: [3, 2] }), dense(1)], { seed: 1 });
  model.compile({ optimizer: "adam", loss: "mse" });
  const { history } = await model.fit(x, [1, 0], { epochs: 20, verbose: 0 });
  const { description } = await chooseBackend();
  return { description, predicted: [...predicted.data], loss: [history.loss[0], history.loss.at(-1)] };
}
