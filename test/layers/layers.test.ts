import {
  activation,
  activityRegularization,
  adaptiveAveragePooling1d,
  adaptiveMaxPooling1d,
  add,
  additiveAttention,
  alphaDropout,
  attention,
  average,
  averagePooling1d,
  averagePooling2d,
  batchNormalization,
  bidirectional,
  concatenate,
  constraints,
  conv1d,
  conv1dTranspose,
  conv2d,
  convLstm1d,
  convLstm2d,
  cropping1d,
  customLayer,
  dense,
  depthwiseConv1d,
  dot,
  dropout,
  einsumDense,
  elu,
  embedding,
  flatten,
  gaussianDropout,
  gaussianNoise,
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalMaxPooling1d,
  globalMaxPooling2d,
  groupNormalization,
  gru,
  gruCell,
  identity,
  lambda,
  layerNormalization,
  layerNormLstmCell,
  leakyRelu,
  lockedDropout,
  lstm,
  lstmCell,
  masking,
  maximum,
  maxPooling1d,
  maxPooling2d,
  minGruCell,
  minimum,
  minLstmCell,
  multiHeadAttention,
  multiply,
  normalization,
  ops,
  peepholeLstmCell,
  permute,
  prelu,
  projectedLstmCell,
  regularizers,
  relu,
  repeatVector,
  rescaling,
  reshape,
  rmsNormalization,
  rnn,
  separableConv1d,
  simpleRnn,
  softmax,
  spatialDropout1d,
  subtract,
  timeDistributed,
  unitNormalization,
  upSampling1d,
  weightDropped,
  zeroPadding1d,
  zoneout,
} from "../../src/index.ts";
import { examineLayer } from "./examine-layer.ts";

const sequence = [[null, 3]];
const pair = [
  [null, 3],
  [null, 3],
];

examineLayer("dense", () => dense(5, { activation: "tanh" }), { inputs: [[7]] });
examineLayer(
  "dense over steps, with penalties",
  () =>
    dense(2, {
      useBias: false,
      kernelRegularizer: regularizers.l1l2({ l1: 0.1, l2: 0.2 }),
      kernelConstraint: constraints.maxNorm({ maxValue: 3 }),
      activityRegularizer: "l2",
    }),
  { inputs: sequence, mask: "passes" },
);
examineLayer("embedding", () => embedding(11, 4), { inputs: [[null]], ids: 11 });
examineLayer("embedding with maskZero", () => embedding(11, 4, { maskZero: true, embeddingsRegularizer: "l1" }), {
  inputs: [[null]],
  ids: 11,
  mask: "made",
});
examineLayer("activation", () => activation("softplus"), { inputs: sequence, mask: "passes" });
examineLayer("relu", () => relu({ maxValue: 0.5, negativeSlope: 0.1, threshold: 0.05 }), {
  inputs: sequence,
  mask: "passes",
});
examineLayer("leakyRelu", () => leakyRelu(), { inputs: [[5]] });
examineLayer("elu", () => elu({ alpha: 0.7 }), { inputs: [[5]] });
examineLayer("prelu", () => prelu({ sharedAxes: [1] }), { inputs: sequence, mask: "passes" });
examineLayer("softmax along the steps", () => softmax({ axis: 1 }), { inputs: sequence });

examineLayer("dropout", () => timeDistributed(dropout(0.4, { seed: 3 })), { inputs: sequence, mask: "passes" });
examineLayer("spatialDropout1d", () => spatialDropout1d(0.4), { inputs: sequence, mask: "passes" });
examineLayer("gaussianNoise", () => gaussianNoise(0.3, { seed: 4 }), { inputs: sequence, mask: "passes" });
examineLayer("gaussianDropout", () => gaussianDropout(0.3), { inputs: sequence, mask: "passes" });
examineLayer("masking", () => masking({ maskValue: 0.25 }), { inputs: sequence, mask: "made" });

examineLayer("layerNormalization", () => layerNormalization(), { inputs: sequence, mask: "passes" });
examineLayer("layerNormalization of two axes", () => layerNormalization({ axis: [1, 2], center: false }), {
  inputs: [[4, 3]],
});
// One row in training has no spread: y = 0 · 1/√ε, and rounding is magnified by 30.
examineLayer("batchNormalization", () => batchNormalization(), { inputs: [[4]], tolerance: 2e-4 });
examineLayer("batchNormalization over steps", () => batchNormalization({ momentum: 0.8, scale: false }), {
  inputs: sequence,
  mask: "passes",
  tolerance: 2e-4,
});

examineLayer("layerNormalization by its old rms option", () => layerNormalization({ rmsScaling: true }), {
  inputs: sequence,
  mask: "passes",
});
examineLayer("unitNormalization", () => unitNormalization(), { inputs: sequence, mask: "passes" });
examineLayer("rmsNormalization", () => rmsNormalization(), { inputs: sequence, mask: "ends" });
examineLayer("groupNormalization", () => groupNormalization({ groups: 2 }), { inputs: [[null, 4]], mask: "passes" });
examineLayer("identity", () => identity(), { inputs: sequence, mask: "passes" });
examineLayer("activityRegularization", () => activityRegularization({ l1: 0.1, l2: 0.2 }), {
  inputs: sequence,
  mask: "passes",
});
examineLayer("rescaling", () => rescaling([0.5, 2, 1], { offset: -1 }), { inputs: sequence, mask: "passes" });
examineLayer("normalization", () => normalization(), { inputs: sequence, mask: "passes" });
examineLayer("normalization by given numbers", () => normalization({ mean: [1, 2, 3], variance: [1, 4, 2] }), {
  inputs: sequence,
  mask: "passes",
});
examineLayer("alphaDropout", () => alphaDropout(0.3), { inputs: sequence, mask: "passes" });
examineLayer("dropout of whole features", () => dropout(0.4, { noiseShape: [null, 1, 3] }), {
  inputs: sequence,
  mask: "passes",
});

for (const padding of ["valid", "same", "causal"] as const)
  examineLayer(`conv1d, ${padding}`, () => conv1d(4, 3, { padding, activation: "tanh" }), {
    inputs: sequence,
    mask: "ends",
    steps: padding === "valid" ? [3, 7] : [1, 7],
  });
examineLayer("conv1d with strides", () => conv1d(4, 2, { strides: 3, padding: "same" }), {
  inputs: sequence,
  steps: [1, 7],
});
examineLayer("conv1d, dilated", () => conv1d(3, 3, { dilationRate: 2, padding: "causal" }), { inputs: sequence });
examineLayer("conv1d in groups", () => conv1d(4, 2, { groups: 2 }), { inputs: [[null, 6]], steps: [2, 5] });
for (const padding of ["valid", "same"] as const) {
  examineLayer(
    `conv1dTranspose, ${padding}`,
    () => conv1dTranspose(4, 3, { padding, strides: 2, activation: "tanh" }),
    {
      inputs: sequence,
      mask: "ends",
      steps: [1, 4],
    },
  );
  examineLayer(`depthwiseConv1d, ${padding}`, () => depthwiseConv1d(3, { padding, depthMultiplier: 2 }), {
    inputs: sequence,
    mask: "ends",
    steps: [3, 6],
  });
  examineLayer(
    `separableConv1d, ${padding}`,
    () => separableConv1d(4, 3, { padding, strides: 2, depthwiseRegularizer: "l2" }),
    {
      inputs: sequence,
      mask: "ends",
      steps: [3, 6],
    },
  );
}
examineLayer("adaptiveMaxPooling1d", () => adaptiveMaxPooling1d(3), { inputs: [[7, 3]], mask: "ends" });
examineLayer("adaptiveAveragePooling1d", () => adaptiveAveragePooling1d(3), { inputs: [[7, 3]], mask: "ends" });
examineLayer("einsumDense", () => einsumDense("abc,cde->abde", [null, 2, 4], { biasAxes: "de", activation: "tanh" }), {
  inputs: sequence,
  mask: "ends",
});
examineLayer("einsumDense with dots", () => einsumDense("...x,xy->...y", 4, { activityRegularizer: "l2" }), {
  inputs: sequence,
});

examineLayer("maxPooling1d", () => maxPooling1d(2), { inputs: sequence, mask: "ends", steps: [2, 5] });
examineLayer("maxPooling1d, same", () => maxPooling1d(3, { strides: 2, padding: "same" }), { inputs: sequence });
examineLayer("averagePooling1d", () => averagePooling1d(2), { inputs: sequence, steps: [2, 5] });
examineLayer("averagePooling1d, same", () => averagePooling1d(3, { strides: 2, padding: "same" }), {
  inputs: sequence,
});
examineLayer("globalMaxPooling1d", () => globalMaxPooling1d(), { inputs: sequence, mask: "ends" });
examineLayer("globalAveragePooling1d", () => globalAveragePooling1d({ keepdims: true }), {
  inputs: sequence,
  mask: "ends",
});

const image = [[null, 3, 2]];
for (const padding of ["valid", "same"] as const) {
  examineLayer(`conv2d, ${padding}`, () => conv2d(4, [3, 2], { padding, strides: [1, 2], activation: "tanh" }), {
    inputs: image,
    mask: "ends",
    steps: [3, 5],
  });
  examineLayer(`maxPooling2d, ${padding}`, () => maxPooling2d([2, 3], { padding, strides: [2, 1] }), {
    inputs: image,
    mask: "ends",
    steps: [2, 5],
  });
  examineLayer(`averagePooling2d, ${padding}`, () => averagePooling2d(2, { padding }), {
    inputs: image,
    mask: "ends",
    steps: [2, 5],
  });
}
examineLayer("conv2d, dilated", () => conv2d(3, 2, { dilationRate: [2, 1], useBias: false, kernelRegularizer: "l2" }), {
  inputs: image,
  steps: [3, 6],
});
examineLayer("conv2d in groups", () => conv2d(4, 2, { groups: 2 }), { inputs: [[3, 3, 6]] });
examineLayer("globalMaxPooling2d", () => globalMaxPooling2d(), { inputs: image, mask: "ends" });
examineLayer("globalAveragePooling2d", () => globalAveragePooling2d({ keepdims: true }), {
  inputs: image,
  mask: "ends",
});
examineLayer("conv2d of each frame", () => timeDistributed(conv2d(2, 2)), {
  inputs: [[null, 3, 3, 2]],
  mask: "passes",
});

examineLayer("flatten", () => flatten(), { inputs: [[4, 3]] });
examineLayer("reshape", () => reshape([-1, 2]), { inputs: [[4, 3]] });
examineLayer("permute", () => permute([2, 1]), { inputs: sequence, mask: "ends" });
examineLayer("repeatVector", () => repeatVector(3), { inputs: [[4]] });
examineLayer("zeroPadding1d", () => zeroPadding1d([2, 1]), { inputs: sequence });
examineLayer("cropping1d", () => cropping1d([1, 1]), { inputs: sequence, steps: [3, 5] });
examineLayer("upSampling1d", () => upSampling1d(3), { inputs: sequence });

examineLayer("add", () => add(), { inputs: [...pair, [1, 3]] });
examineLayer("subtract", () => subtract(), { inputs: pair });
examineLayer("multiply, a vector for every step", () => multiply(), { inputs: [[null, 3], [3]] });
examineLayer("average", () => average(), { inputs: pair });
examineLayer("maximum", () => maximum(), { inputs: pair });
examineLayer("minimum", () => minimum(), { inputs: pair });
examineLayer("concatenate", () => concatenate(), {
  inputs: [
    [null, 3],
    [null, 2],
  ],
  mask: "passes",
});
examineLayer("concatenate along the steps", () => concatenate({ axis: 1 }), { inputs: pair, mask: "passes" });
examineLayer("dot", () => dot({ axes: 2 }), { inputs: pair });
examineLayer("dot of vectors, normalised", () => dot({ axes: [1, 2], normalize: true }), { inputs: [[3], [4, 3]] });
examineLayer("attention", () => attention({ useScale: true }), { inputs: pair, mask: "passes" });
examineLayer(
  "attention by concat, causal",
  () => attention({ scoreMode: "concat", useScale: true, useCausalMask: true }),
  {
    inputs: pair,
    mask: "passes",
  },
);
examineLayer("additiveAttention with a key", () => additiveAttention(), {
  inputs: [
    [2, 3],
    [4, 5],
    [4, 3],
  ],
});
examineLayer("multiHeadAttention", () => multiHeadAttention(2, 3), { inputs: pair, mask: "passes" });
examineLayer(
  "multiHeadAttention with a gate over a window",
  () => multiHeadAttention(2, 3, { useGate: true, slidingWindow: 2 }),
  {
    inputs: pair,
    mask: "passes",
  },
);
examineLayer(
  "multiHeadAttention, causal, with scores",
  () => multiHeadAttention(2, 3, { valueDim: 2, outputShape: 5, useCausalMask: true, returnAttentionScores: true }),
  {
    inputs: [
      [3, 4],
      [4, 3],
      [4, 2],
    ],
  },
);

examineLayer("lstm", () => lstm(4, { returnSequences: true }), { inputs: sequence, mask: "passes" });
examineLayer(
  "lstm with dropouts and a state",
  () => lstm(3, { dropout: 0.2, recurrentDropout: 0.3, returnState: true }),
  {
    inputs: sequence,
    mask: "ends",
    random: true,
  },
);
examineLayer("gru", () => gru(4, { returnSequences: true, goBackwards: true }), { inputs: sequence, mask: "passes" });
examineLayer("gru, reset before", () => gru(3, { resetAfter: false }), { inputs: sequence, mask: "ends" });
examineLayer("simpleRnn", () => simpleRnn(4), { inputs: sequence, mask: "ends" });
examineLayer("rnn of stacked cells", () => rnn([lstmCell(3), gruCell(2)]), { inputs: sequence, mask: "ends" });
examineLayer("bidirectional", () => bidirectional(lstm(3, { returnSequences: true })), {
  inputs: sequence,
  mask: "passes",
});
examineLayer("convLstm1d", () => convLstm1d(3, 2, { strides: 2, returnSequences: true }), {
  inputs: [[null, 5, 2]],
  mask: "passes",
});
const video = [[null, 3, 4, 2]];
examineLayer("convLstm2d", () => convLstm2d(2, [2, 3], { padding: "same", returnState: true }), {
  inputs: video,
  mask: "ends",
});
examineLayer("convLstm2d with dropouts", () => convLstm2d(2, 2, { dropout: 0.2, recurrentDropout: 0.3 }), {
  inputs: video,
  mask: "ends",
  random: true,
});
examineLayer(
  "bidirectional convLstm2d",
  () => bidirectional(convLstm2d(1, 2, { dilationRate: 2, returnSequences: true })),
  {
    inputs: video,
    mask: "passes",
  },
);
examineLayer("timeDistributed", () => timeDistributed(dense(2)), { inputs: sequence, mask: "passes" });

examineLayer("lockedDropout", () => lockedDropout(0.3), { inputs: sequence, mask: "passes" });
for (const [name, cell] of [
  ["peepholeLstmCell", () => peepholeLstmCell(3)],
  ["projectedLstmCell", () => projectedLstmCell(4, { projSize: 2 })],
  ["layerNormLstmCell", () => layerNormLstmCell(3)],
  ["minLstmCell", () => minLstmCell(3)],
  ["minGruCell", () => minGruCell(3)],
  ["zoneout", () => zoneout(lstmCell(3), [0.1, 0.4])],
  ["weightDropped", () => weightDropped(gruCell(3), 0.4)],
] as const)
  examineLayer(name, () => rnn(cell(), { returnSequences: true }), {
    inputs: sequence,
    mask: "passes",
    tolerance: 1e-4, // a normalised row of one or three numbers magnifies rounding
  });

examineLayer("lambda", () => lambda((x) => ops.mul(ops.tanh(x), 2)), { inputs: sequence, mask: "passes", own: true });
examineLayer(
  "customLayer",
  () =>
    customLayer("Scale", {
      build: (shape, addWeight) => ({ gamma: addWeight("gamma", [shape.at(-1)!], "ones") }),
      forward: (x, { gamma }) => ops.mul(x, gamma),
    }),
  { inputs: sequence, mask: "passes", own: true },
);
