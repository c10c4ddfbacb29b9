/**
 * Random models of what Keras does not have, or the specs of random-models.mjs cannot say: our cells and layers, a user's formulas,
 * operations of all kinds, attention with its scores. The same seed gives the same model.
 */
import { random } from "./random.mjs";

/** → { model, inputs: [{ shape, dtype }], open }: sequences of any length where `open`. Some seeds give no model: an error of ours. */
export function ownModel(seed, c) {
  const r = random(seed);
  const open = r.chance(0.5);
  const t = r.integer(4, 6);
  const inputs = [];
  const source = () => {
    const ids = r.chance(0.5);
    inputs.push(ids ? { shape: [t], dtype: "int32" } : { shape: [t, r.integer(2, 4)], dtype: "float32" });
    const { shape, dtype } = inputs.at(-1);
    const place = c.input(open ? shape.with(0, null) : shape, ids ? { dtype: "i32" } : {});
    places.push(place);
    if (dtype === "int32") {
      source.table = c.embedding(7, r.integer(2, 4), { maskZero: r.chance(0.6) });
      return source.table(place);
    }
    return r.chance(0.4) ? c.masking()(place) : place.add(0);
  };
  const places = [];
  let x = source();
  const ends = [];
  const names = [];
  for (let k = r.integer(1, 3); k > 0; k--) {
    const fitting = Object.entries(pieces).filter(
      ([, { rank = 3, length }]) => x.shape.length === rank && !(length && open),
    );
    if (fitting.length === 0) break;
    const [name, { make }] = r.pick(fitting);
    names.push(name);
    const [y, ...others] = [make(c, r, x, source)].flat();
    x = y;
    ends.push(...others);
  }
  const outputs = [x, ...ends];
  const masks = r.chance(0.2) ? { masks: r.pick(["keras-3.16", "keras-2"]) } : {};
  const model = c.functional(places.length > 1 ? places : places[0], outputs.length > 1 ? outputs : x, masks);
  return { model, inputs, open, names };
}

/** A stack of recurrent layers that gives an output for each step, for files of a single step. */
export function ownStack(seed, c) {
  const r = random(seed);
  const ids = r.chance(0.5);
  const place = ids ? { shape: [5], dtype: "int32" } : { shape: [5, 2], dtype: "float32" };
  const masked = r.chance(0.5);
  const begin = ids ? [c.embedding(7, 3, { maskZero: masked })] : masked ? [c.masking()] : [];
  const names = [];
  const layers = Array.from({ length: r.integer(1, 3) }, () => {
    const kinds = ["lstm", "gru", "rnn", "dense", "norm"].slice(0, masked ? 2 : 5); // other cells have no output to hold at a masked step
    names.push(r.pick(kinds));
    const o = { returnSequences: true, zeroOutputForMask: r.chance(0.2) };
    return {
      lstm: () => c.lstm(size(r), { ...(masked ? {} : gates(r)), ...o }),
      gru: () => c.gru(size(r), { ...o, resetAfter: r.chance(0.6) }),
      rnn: () => c.rnn(cells[r.pick(Object.keys(cells))](c, r), o),
      dense: () => c.dense(size(r), { activation: "tanh" }),
      norm: () => c.layerNormalization(),
    }[names.at(-1)]();
  });
  const model = c.sequential([c.input(place.shape.with(0, null), ids ? { dtype: "i32" } : {}), ...begin, ...layers]);
  return { model, inputs: [place], names: names.map((name) => `step: ${name}`) };
}

/** A flag for each step; the bound lies where no sum that is 0 or 1 but for rounding does. */
const flags = (x, above = 0.137) => x.max(-1).greater(above);
const size = (r) => r.integer(1, 3);
const sequences = (r) => ({
  returnSequences: r.chance(0.6),
  goBackwards: r.chance(0.2),
  zeroOutputForMask: r.chance(0.2),
});
const gates = (r) =>
  r.chance(0.5)
    ? {}
    : {
        activation: r.pick(["tanh", "silu", "gelu", "softsign", "relu6", "sparsemax", "logSigmoid"]),
        recurrentActivation: r.pick(["sigmoid", "hardTanh", "sparseSigmoid", "softmax", "hardSigmoid2"]),
      };

/** A user's cell: its formula is code. */
const leaky = (c, units) => ({
  stateSize: units,
  outputSize: units,
  build(n, addWeight) {
    this.w = addWeight("w", [n, units], "glorotUniform");
  },
  step(x, [h], context) {
    const next = c.ops.add(c.ops.mul(h, 0.5), c.ops.tanh(c.ops.matmul(x, context.weight(this.w))));
    return { output: c.ops.square(next), state: [next] };
  },
});
const cells = {
  minGru: (c, r) => c.minGruCell(size(r)),
  minLstm: (c, r) => c.minLstmCell(size(r)),
  peephole: (c, r) => c.peepholeLstmCell(size(r), gates(r)),
  projected: (c, r) => c.projectedLstmCell(3, { projSize: r.integer(1, 2) }),
  layerNorm: (c, r) => c.layerNormLstmCell(size(r)),
  zoneout: (c, r) => c.zoneout(c.gruCell(size(r)), 0.3),
  weightDropped: (c, r) => c.weightDropped(c.lstmCell(size(r)), 0.3),
  stacked: (c, r) => c.stackedRnnCells([c.lstmCell(size(r)), c.minGruCell(2), c.gruCell(2, { resetAfter: false })]),
  own: (c, r) => leaky(c, size(r)),
};

const pieces = {
  rnn: {
    make: (c, r, x) =>
      c.rnn(cells[r.pick(Object.keys(cells))](c, r), { ...sequences(r), returnState: r.chance(0.3) })(x),
  },
  lstm: { make: (c, r, x) => c.lstm(size(r), { ...gates(r), ...sequences(r), returnState: r.chance(0.3) })(x) },
  gru: { make: (c, r, x) => c.gru(size(r), { ...gates(r), ...sequences(r), resetAfter: r.chance(0.6) })(x) },
  bidirectional: {
    make: (c, r, x) => {
      const o = { returnSequences: r.chance(0.6), returnState: r.chance(0.3) };
      const inner = r.chance(0.5)
        ? c.lstm(2, { ...gates(r), ...o })
        : c.rnn(cells[r.pick(["minGru", "peephole"])](c, r), o);
      return c.bidirectional(inner, { mergeMode: r.pick(["concat", "sum", "mul", "ave", null]) })(x);
    },
  },
  "state of another": {
    make: (c, r, x, source) => {
      const [, ...state] = c.lstm(2, { returnState: true })(source());
      const mask = r.chance(0.5) ? { mask: flags(x) } : {}; // rows may be masked as a whole
      return c.lstm(2, { ...sequences(r), returnState: r.chance(0.7) })(x, { initialState: state, ...mask });
    },
  },
  "mask given": {
    make: (c, r, x) => {
      const mask = flags(x, r.pick([-0.237, 0.137]));
      return r.pick([c.lstm(2, sequences(r)), c.globalAveragePooling1d(), c.bidirectional(c.gru(2))])(x, { mask });
    },
  },
  merged: {
    make: (c, r, x, source) => {
      const other = c.dense(x.shape[2])(source());
      return r.pick([c.add(), c.concatenate(), c.multiply(), c.maximum(), c.average(), c.minimum(), c.subtract()])([
        x,
        other,
      ]);
    },
  },
  "words of the same table": {
    make: (c, r, x, source) => {
      const h = source();
      if (!source.table) return h;
      const { outputDim } = source.table;
      return c.tiedEmbedding(source.table, { useBias: r.chance(0.5) })(c.dense(outputDim)(r.chance(0.5) ? h : x));
    },
  },
  "one after the other": {
    make: (c, _, x, source) => c.concatenate({ axis: 1 })([x, c.dense(x.shape[2])(source())]),
  },
  dot: {
    make: (c, r, x, source) => c.dot({ axes: 2, normalize: r.chance(0.4) })([x, c.dense(x.shape[2])(source())]),
  },
  attention: {
    make: (c, r, x, source) => {
      const value = c.dense(x.shape[2])(source());
      const o = { returnAttentionScores: r.chance(0.5), useCausalMask: r.chance(0.4) };
      const make = r.pick([() => c.attention({ ...o, useScale: r.chance(0.5) }), () => c.additiveAttention(o)]);
      return make()(r.chance(0.3) ? [x, value, value] : [x, value]);
    },
  },
  "several heads": {
    make: (c, r, x, source) => {
      const o = {
        returnAttentionScores: r.chance(0.4),
        useCausalMask: r.chance(0.3),
        ...(r.chance(0.3) ? { useGate: true } : {}),
        ...(r.chance(0.3) ? { slidingWindow: 2 } : {}),
        ...(r.chance(0.3) ? { valueDim: 2, outputShape: 3, useBias: false } : {}),
      };
      return c.multiHeadAttention(2, 2, o)(r.chance(0.6) ? [x, x] : [x, source()]);
    },
  },
  "self-attention with a mask": {
    make: (c, _, x) => {
      const attentionMask = flags(x).expandDims(1).logicalOr(flags(x, 0.317).expandDims(2));
      return c.multiHeadAttention(2, 2)([x, x], { attentionMask });
    },
  },
  convolution: {
    make: (c, r, x) => {
      const o = {
        padding: r.pick(["same", "causal", "valid"]),
        useBias: r.chance(0.7),
        activation: r.pick(["relu", "gelu", "linear"]),
      };
      const apart = r.chance(0.5) ? { strides: r.integer(1, 2) } : { dilationRate: r.integer(1, 2) };
      return c.conv1d(2, r.integer(1, 2), { ...o, ...apart, groups: x.shape[2] % 2 === 0 && r.chance(0.5) ? 2 : 1 })(x);
    },
  },
  "convolution back": {
    make: (c, r, x) =>
      c.conv1dTranspose(2, r.integer(1, 3), { strides: r.integer(1, 3), padding: r.pick(["same", "valid"]) })(x),
  },
  pooling: {
    make: (c, r, x) => {
      const o = { strides: r.integer(1, 2), padding: r.pick(["same", "valid"]) };
      return r.pick([c.maxPooling1d, c.averagePooling1d])(2, o)(x);
    },
  },
  "pooling to a length": {
    length: true,
    make: (c, r, x) => r.pick([c.adaptiveAveragePooling1d, c.adaptiveMaxPooling1d])(r.integer(1, 3))(x),
  },
  "every step": {
    make: (c, r, x) => {
      const wide = c.reshape([-1, x.shape[2], 1])(x);
      const inner = r.pick([
        () => c.lstm(2, gates(r)),
        () => c.bidirectional(c.gru(2)),
        () => c.conv1d(2, 2, { padding: "same" }),
        () => c.maxPooling1d(2, { padding: "same" }),
        () => c.sequential([c.dense(2), c.layerNormalization(), c.flatten()]),
        () => c.rnn(cells.minGru(c, r), { returnSequences: true }),
        () => c.globalAveragePooling1d(),
      ]);
      return c.timeDistributed(inner())(wide);
    },
  },
  "a formula": {
    make: (c, r, x) =>
      c.lambda(
        r.pick([
          (t) => c.ops.mul(c.ops.sigmoid(t), 2),
          (t) => c.ops.reverse(c.ops.sub(t, c.ops.mean(t, [-1], true)), 1),
          (t) => c.ops.softmax(c.ops.matmul(t, c.ops.transpose(t, [0, 2, 1]))),
          (t) => c.ops.concat([t, c.ops.zerosLike(t)], 1),
        ]),
      )(x),
  },
  operation: { make: (c, r, x) => operated(c, r, x) },
  "operation on vectors": { rank: 2, make: (c, r, x) => operated(c, r, x) },
  normalized: {
    make: (c, r, x) =>
      r.pick([
        () =>
          c.layerNormalization({ axis: r.pick([-1, 2]), epsilon: 0.01, center: r.chance(0.5), scale: r.chance(0.5) }),
        () => c.rmsNormalization(),
        () => c.unitNormalization(),
        () => c.groupNormalization({ groups: 1 }),
        () => c.batchNormalization(),
        () => c.lockedDropout(0.3),
        () => c.prelu({ sharedAxes: [1] }),
      ])()(x),
  },
  "around the ends": {
    make: (c, r, x) =>
      r.pick([() => c.zeroPadding1d([2, 1]), () => c.cropping1d([1, 1]), () => c.upSampling1d(2)])()(x),
  },
  dense: { rank: 2, make: (c, r, x) => c.dense(size(r) + 1, { activation: r.pick(["selu", "sparsemax", "tanh"]) })(x) },
  repeated: { rank: 2, make: (c, r, x) => c.repeatVector(r.integer(2, 3))(x) },
};

/** An operation of a functional model. */
function operated(c, r, x) {
  const rank = x.shape.length;
  const axis = r.pick([1, rank - 1, -1]);
  const last = x.shape.at(-1);
  const { operations } = c;
  return r.pick([
    () => x.mul(x).sum(axis, { keepdims: true }),
    () => x.mean(axis, { keepdims: r.chance(0.5) }).add(1),
    () => x.max(-1, { keepdims: true }).sub(x),
    () => x.min(axis, { keepdims: true }).maximum(x),
    () => x.greater(0.137).logicalOr(x.less(-0.537)).where(x, x.neg()),
    () => x.abs().sqrt().add(x.square()),
    () => operations.subtract(2, x),
    () => operations.divide(x, x.abs().add(1)),
    () => operations.power(x.abs().add(0.5), 1.5),
    () => operations.take(x, [0, last - 1, -1], rank - 1),
    () => operations.tile(x, [1, ...new Array(rank - 2).fill(1), 2]),
    () => operations.cumsum(x, axis),
    () => operations.prod(x, axis, { keepdims: r.chance(0.5) }),
    () => operations.gelu(x, { approximate: r.chance(0.5) }),
    () => operations.elu(x, { alpha: 0.7 }),
    () => x.expandDims(1).squeeze(1),
    () => x.concat([x, x.mul(2)], -1),
    () => x.softmax(-1),
    () => x.clip(-0.5, 0.4).exp(),
    () => x.mul(1.37).add(0.211).cast("int32").cast("float32").add(x),
    ...(rank === 3
      ? [
          () => x.slice(":", -1, ":"),
          () => x.slice(":", [1, null], ":"),
          () => x.slice(":", [null, -1], ":").mul(2),
          () => x.transpose([0, 2, 1]).matmul(x),
          () => x.matmul(x.transpose([0, 2, 1])),
          () => operations.einsum("btd,bsd->bts", x, x),
          () => x.stack([x], 1).sum(1),
        ]
      : []),
  ])();
}
