// Which chord comes next in a chorale by Bach? Learned from 229, tested on 77, and one of these is continued.
//   npm run example chorales -- --out chorale      makes chorale.mid to be heard and chorale.svg to be seen
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { adam, carried, dense, dropout, earlyStopping, lstm, masking, reduceLrOnPlateau, sequential } from "cellstate";
import { type Chord, midiFile, nextChords, pianoRoll } from "cellstate/data";
import { plotHeatmap } from "cellstate/plot";

const folder = process.env.CELLSTATE_DATA ?? "../shared/data";
const { values } = parseArgs({
  options: {
    path: { type: "string", default: `${folder}/jsb-chorales/jsb-chorales-quarter.json` },
    out: { type: "string", default: "chorale" },
    rows: { type: "string", default: "229" }, // fewer for a try
    units: { type: "string", default: "256" },
    epochs: { type: "string", default: "120" },
  },
});
if (!existsSync(values.path)) throw new Error(`no ${values.path}; --path FILE names it (see docs/labs/README.md)`);
const data = JSON.parse(readFileSync(values.path, "utf8")) as Record<string, Chord[][]>;
const pieces = ["train", "valid", "test"].map((part) => data[part].slice(0, Number(values.rows)));
const [train, valid, test] = pieces.map(nextChords); // x, y [pieces, quarters, 88 keys]
console.log(`train [${train.x.shape}], valid [${valid.x.shape}], test [${test.x.shape}]`);
const model = sequential([
  masking({ maskValue: -1, inputShape: [null, 88] }), // the steps after a piece's end
  lstm(Number(values.units), { returnSequences: true }),
  dropout(0.3),
  dense(88, { activation: "sigmoid" }),
]);
model.compile({ optimizer: adam({ learningRate: 0.003, clipnorm: 1 }), loss: "binaryCrossentropy" });
const stop = earlyStopping({ patience: 8, restoreBestWeights: true });
const { history } = await model.fit(train.x, train.y, {
  epochs: Number(values.epochs),
  batchSize: 8,
  validationData: [valid.x, valid.y],
  callbacks: [reduceLrOnPlateau({ factor: 0.3, patience: 3 }), stop],
  verbose: 2,
});
const { loss } = await model.evaluate(test.x, test.y, { batchSize: 77, verbose: 0 }); // the mean of a key
console.log(`${history.loss.length} epochs; test ${(88 * loss).toFixed(3)} nats a chord`);

// Continues it: each key is sampled by its probability. `carried` keeps the states.
const { model: listener } = carried(model, 1);
const written: Chord[] = pieces[2][0].slice(0, 16);
let dice = 1; // Park & Miller 1988
for (let played: Chord[] = [[], ...written]; written.length < 64; played = written.slice(-1)) {
  const p = (await listener.predictOnBatch(pianoRoll([played]))).data.slice(-88);
  const sounds = Array.from(p, (likely) => {
    dice = (dice * 48271) % 2147483647;
    return likely > dice / 2147483647;
  });
  written.push(sounds.flatMap((on, key) => (on ? [21 + key] : [])));
}
writeFileSync(`${values.out}.mid`, midiFile(written, { seconds: 0.6 }));
const share = (chord: Chord, t: number, note: number) => (chord.includes(note) ? (t < 16 ? 0.5 : 1) : 0); // Bach's lighter
const roll = Array.from({ length: 54 }, (_, i) => written.map((chord, t) => share(chord, t, 96 - i))); // C7 to G2
const rowLabels = roll.map((_, i) => (i % 12 === 0 ? `C${7 - i / 12}` : ""));
writeFileSync(`${values.out}.svg`, await plotHeatmap(roll, { rowLabels, xLabel: "Quarter" }));
