/**
 * Writes ../fixtures/models/tfjs/: a small layers model saved by TensorFlow.js itself, and what it predicts.
 *
 *   node test/judges/make-tfjs.mjs
 */
import { mkdirSync, writeFileSync } from "node:fs";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";

const folder = new URL("../fixtures/models/tfjs/", import.meta.url);
mkdirSync(folder, { recursive: true });
await tf.setBackend("cpu");
const { layers } = tfl;
const begun = { kernelInitializer: "zeros", recurrentInitializer: "zeros" }; // replaced below; drawing needs more of tfjs
const model = tfl.sequential({
  layers: [
    layers.embedding({ inputDim: 11, outputDim: 4, maskZero: true, inputLength: 6 }),
    layers.bidirectional({
      layer: layers.lstm({ units: 3, returnSequences: true, ...begun, recurrentActivation: "hardSigmoid" }),
      mergeMode: "concat",
    }),
    layers.gru({ units: 4, ...begun, recurrentActivation: "sigmoid" }),
    layers.dense({ units: 3, activation: "softmax" }),
  ],
});
let k = 0;
model.setWeights(
  model.getWeights().map((w) =>
    tf.tensor(
      Float32Array.from({ length: w.size }, () => Math.sin(++k * 1.7) / 2),
      w.shape,
    ),
  ),
);
const x = [
  [1, 2, 3, 4, 5, 6],
  [7, 8, 0, 0, 0, 0],
  [9, 10, 1, 2, 0, 0],
];
await model.save(
  tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData, ...rest }) => {
    const manifest = [{ paths: ["weights.bin"], weights: weightSpecs }];
    const json = {
      format: "layers-model",
      generatedBy: rest.generatedBy,
      convertedBy: null,
      modelTopology,
      weightsManifest: manifest,
    };
    writeFileSync(new URL("model.json", folder), `${JSON.stringify(json)}\n`);
    writeFileSync(new URL("weights.bin", folder), new Uint8Array(weightData));
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
  }),
);
const predict = await model.predict(tf.tensor(x)).array();
writeFileSync(
  new URL("expected.json", folder),
  `${JSON.stringify({ by: `tfjs-layers ${tfl.version_layers}`, x, predict })}\n`,
);
