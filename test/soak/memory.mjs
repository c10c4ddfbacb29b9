/** Models are made, used and dropped, one after the other; nothing frees them by hand. */

/** One model of 26 MB after the other; gives the largest resident memory in MB. */
export async function dropModels(cellstate, { backend, count }) {
  const { sequential, input, embedding, lstm, dense } = cellstate;
  let peak = 0;
  for (let k = 0; k < count; k++) {
    const words = embedding(100_000, 64, { embeddingsInitializer: "zeros" });
    const model = sequential([input([6], { dtype: "i32" }), words, lstm(8), dense(2)]);
    model.compile({ loss: "mse", backend });
    await model.predict([[1, 2, 3, 4, 5, 6]]);
    peak = Math.max(peak, process.memoryUsage.rss() / 2 ** 20);
  }
  return peak;
}
