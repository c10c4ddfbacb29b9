/**
 * A training to be killed: a small LSTM with dropout and every callback that remembers something, in the folder given, for as
 * many epochs as said.
 * Says a line when it begins, one for each step, and the weights it ends with.
 */
import { join } from "node:path";
import {
  backupAndRestore,
  csvLogger,
  dense,
  earlyStopping,
  input,
  lstm,
  modelCheckpoint,
  reduceLrOnPlateau,
  sequential,
} from "../../../src/index.ts";

const [folder, epochs] = process.argv.slice(2);
const model = sequential([input([5, 3]), lstm(6, { dropout: 0.3, recurrentDropout: 0.2 }), dense(1)]);
model.compile({ optimizer: "adam", loss: "mse", metrics: ["mae"] });

const rows = 60;
const x = Array.from({ length: rows }, (_, i) =>
  Array.from({ length: 5 }, (_, t) => Array.from({ length: 3 }, (_, d) => Math.sin(i * 7 + t * 3 + d))),
);
const y = x.map((row) => row[0][0] + row[4][2]);

const { history } = await model.fit(x, y, {
  epochs: Number(epochs),
  batchSize: 4,
  validationSplit: 0.2,
  verbose: 0,
  callbacks: [
    { onTrainBegin: () => say("begun"), onTrainBatchEnd: () => say("step") },
    earlyStopping({ patience: 20, restoreBestWeights: true }),
    reduceLrOnPlateau({ patience: 1, factor: 0.5, minDelta: 0.02 }),
    csvLogger(join(folder, "log.csv")),
    modelCheckpoint(join(folder, "best.keras"), { saveBestOnly: true }),
    backupAndRestore(join(folder, "backup"), { saveFreq: 3 }),
  ],
});
const weights = model.getWeights().map((w) => Buffer.from(w.data.buffer, w.data.byteOffset, w.data.byteLength));
say(JSON.stringify({ weights: Buffer.concat(weights).toString("hex"), history, rate: model.learningRate }));

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
