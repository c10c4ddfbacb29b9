import { readFileSync } from "node:fs";
import { adam, dense, dropout, earlyStopping, input, lstm, masking, reduceLrOnPlateau, sequential } from "cellstate";
import { nextChords } from "cellstate/data";

/** An LSTM over quarter notes; every key of the next chord is predicted by itself, as in Boulanger-Lewandowski et al. 2012. */
export const chorales = {
  title: "Bach's chorales, the next chord, the given split",
  needs: ["jsb-chorales/jsb-chorales-quarter.json"],
  target: "8.5 nats a chord or fewer on the test pieces (Chung et al. 2014: GRU 8.54, LSTM 8.67)",
  reach: { "test, nats a chord": { atMost: 8.5 } },
  async run({ data, seed, quick }) {
    const pieces = JSON.parse(readFileSync(`${data}/jsb-chorales/jsb-chorales-quarter.json`, "utf8"));
    const [train, valid, test] = ["train", "valid", "test"].map((part) =>
      nextChords(quick ? pieces[part].slice(0, 4) : pieces[part]),
    );
    const reader = lstm(quick ? 8 : 256, { returnSequences: true });
    const layers = [input([null, 88]), masking({ maskValue: -1 }), reader, dropout(0.3)];
    const model = sequential([...layers, dense(88, { activation: "sigmoid" })], { seed });
    model.compile({ optimizer: adam({ learningRate: 0.003, clipnorm: 1 }), loss: "binaryCrossentropy" });
    const { history, seconds } = await model.fit(train.x, train.y, {
      epochs: quick ? 2 : 120,
      batchSize: 8,
      validationData: [valid.x, valid.y],
      callbacks: [
        reduceLrOnPlateau({ factor: 0.3, patience: 3 }),
        earlyStopping({ patience: 8, restoreBestWeights: true }),
      ],
      verbose: 2,
    });
    const onValid = measured(await model.predict(valid.x), valid);
    const onTest = measured(await model.predict(test.x), test);
    const figures = {
      "test, nats a chord": onTest.nats,
      "valid, nats a chord": onValid.nats,
      "test frame accuracy": onTest.accuracy,
      "valid frame accuracy": onValid.accuracy,
      epochs: history.loss.length,
      "training, s": seconds,
    };
    return { figures, history, backend: model.backendName };
  },
};

/**
 * Over all steps that are there: the mean of the 88 keys' summed cross-entropies, and right keys / (right + missed + false)
 * at 0.5 (Bay, Ehmann & Downie 2009).
 */
function measured(p, { x, y }) {
  let [nats, right, wrong, steps] = [0, 0, 0, 0];
  for (let at = 0; at < y.size; at += 88) {
    if (x.data[at] < 0) continue; // beyond the piece's end
    steps++;
    for (let k = at; k < at + 88; k++) {
      const likely = y.data[k] ? p.data[k] : 1 - p.data[k];
      nats -= Math.log(Math.max(likely, 1e-7));
      if (y.data[k] && likely > 0.5) right++;
      else if (likely <= 0.5) wrong++;
    }
  }
  return { nats: nats / steps, accuracy: right / (right + wrong) };
}
