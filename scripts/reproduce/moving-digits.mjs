/** Which digit moves, and where to: `videoClassifier` beside one dense layer on the mean of the frames. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { dense, NdArray, sequential } from "cellstate";
import { readIdx } from "cellstate/data";
import { movingDigits as clipsOf, videoClassifier } from "cellstate/video";

const files = ["mnist/t10k-images-idx3-ubyte.gz", "mnist/t10k-labels-idx1-ubyte.gz"];
const reach = { atLeast: 0.98 };

export const movingDigits = {
  title: "Moving digits: which one, and where to, videoClassifier",
  needs: files,
  target:
    "98 % right of both questions, with convolutions before an LSTM and with a convolutional LSTM, on digits that were not learned from",
  reach: { "digit, lstm": reach, "direction, lstm": reach, "digit, convLstm2d": reach, "direction, convLstm2d": reach },
  section: () =>
    "Made of MNIST's test part, which is all there is here: 8,000 digits to learn from, 2,000 to test. A clip is five frames of 16 × 16 pixels, means of four, in which a digit moves half a pixel a frame in one of eight directions; " +
    "its path's middle lies within a pixel and a half of the middle. Sizes are the task's defaults; numbers of clips and epochs were tried on digits 7,000 to 7,999, learned from the first 7,000: 98.9 % of the digits are right there, and after 4 epochs 90 % of the directions, so that these have more. Seconds are those of one thread on a machine that had other work.\n\n",
  run: ({ data, seed, quick }) => compared(data, seed, quick, quick ? small : sizes, [0, 8000], [8000, 10_000]),
};

/** Clips and epochs by question. */
export const sizes = {
  lstm: { direction: [5000, 16], digit: [8000, 8] },
  convLstm2d: { direction: [4000, 12], digit: [8000, 6] },
};
const small = { lstm: { digit: [120, 1], direction: [120, 1] }, convLstm2d: { digit: [120, 1], direction: [120, 1] } };

/** Both questions by both kinds of network; `part` of digits to learn from, and others to test. */
export async function compared(data, seed, quick, sizes, part, held) {
  const [images, labels] = files.map((path) => readIdx(gunzipSync(readFileSync(`${data}/${path}`)), path));
  const made = ([from, to], count, seed) => clipsOf(images.slice(from, to), labels.slice(from, to), { count, seed });
  const test = made(held, quick ? 30 : 2000, 77);
  const answers = { digit: test.digits, direction: test.directions };
  const figures = {};
  let kept;
  for (const [cell, questions] of Object.entries(sizes))
    for (const [question, [count, epochs]] of Object.entries(questions)) {
      const { clips, digits, directions } = made(part, count, 1000 * seed);
      const task = videoClassifier({ cell, seed, ...(quick ? { units: 4, convolution: [4] } : {}) });
      const right = question === "digit" ? digits : directions;
      const begun = performance.now();
      const history = await task.fit(clips, right, { epochs, validationSplit: 0, verbose: 2 });
      figures[`${question}, ${cell} training, s`] = (performance.now() - begun) / 1000;
      const { accuracy } = await task.evaluate(test.clips, answers[question]);
      figures[`${question}, ${cell}`] = accuracy;
      console.log(`${question}, ${cell}: ${accuracy}`);
      kept ??= { history: history.history, backend: task.model.backendName };
    }
  for (const question of ["digit", "direction"])
    figures[`${question}, a dense layer on the mean frame`] = await meanFrame(
      made(part, quick ? 120 : 8000, 1000 * seed),
      test,
      question,
      seed,
    );
  return { figures, ...kept };
}

/** One dense layer with softmax on the mean of the frames. */
async function meanFrame(train, test, question, seed) {
  const flat = ({ clips }) => {
    const [N, T, H, W] = clips.shape;
    const out = new Float32Array(N * H * W);
    for (let k = 0; k < N; k++)
      for (let t = 0; t < T; t++)
        for (let p = 0; p < H * W; p++) out[k * H * W + p] += clips.data[(k * T + t) * H * W + p] / T;
    return new NdArray(out, [N, H * W]);
  };
  const names = [...new Set(question === "digit" ? train.digits : train.directions)];
  const ids = (set) => Int32Array.from(question === "digit" ? set.digits : set.directions, (one) => names.indexOf(one));
  const model = sequential([dense(names.length, { activation: "softmax" })], { seed });
  model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
  await model.fit(flat(train), ids(train), { epochs: 20, batchSize: 64, verbose: 0 });
  return (await model.evaluate(flat(test), ids(test), { verbose: 0 })).accuracy;
}
