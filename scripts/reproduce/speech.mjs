import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { adam, cosineDecay, sequenceClassifier } from "cellstate";
import { readWav } from "cellstate/data";
import { plotConfusionMatrix, plotHistory } from "cellstate/plot";
import { unzipSync } from "fflate";
import { classifierResult } from "../classifier-result.mjs";

const zip = "fsdd/fsdd-recordings.zip";

export const spokenDigits = {
  title: "Spoken digits, six speakers, the given split",
  needs: [zip],
  target: "test accuracy 0.97 or more",
  reach: { "test accuracy": { atLeast: 0.97 } },
  async run({ data, seed, quick }) {
    const rows = rowsOf(`${data}/${zip}`, quick);
    const task = sequenceClassifier({
      units: quick ? 8 : 64,
      bidirectional: true,
      pooling: "max",
      dropout: 0.3,
      outputDropout: 0.3,
      optimizer: adam({ learningRate: cosineDecay(0.004, { decaySteps: 30 * 43 }) }), // 43 steps an epoch
      seed,
    });
    const train = rows.filter(({ number }) => number >= 5);
    const test = rows.filter(({ number }) => number < 5);
    const history = await task.fit(train, { verbose: 0, validationSplit: 0, epochs: quick ? 2 : 30 });
    const measured = await task.evaluate(test);
    const { counts, labels } = measured.report.confusion;
    const charts = {
      curves: await plotHistory(history.history, { title: `Spoken digits, seed ${seed}` }),
      confusion: await plotConfusionMatrix(counts, { labels, title: `Spoken digits, seed ${seed}` }),
    };
    return { ...classifierResult(task, history, measured), charts };
  },
};

/** Recordings named digit_speaker_number.wav; quick ones are one speaker's first ten of each digit. */
function rowsOf(path, quick) {
  const wanted = ({ name }) => (quick ? /_jackson_\d\.wav$/ : /\.wav$/).test(name);
  return Object.entries(unzipSync(readFileSync(path), { filter: wanted })).map(([name, bytes]) => {
    const [label, , number] = basename(name, ".wav").split("_");
    return { label, number: Number(number), sequence: readWav(bytes, name) };
  });
}
