/**
 * Keras's layers as the generator of random models knows them, by class name:
 *   reads     which shapes of one sample (without the batch) it takes; absent: any of one axis or more
 *   always    config that it needs, for a shape
 *   options   by name, the values beside the default that are tried
 *   shape     the shape of one sample of the output, from that of the input and the config; absent: the same
 *   group     "recurrent", "merge", "attention" (several inputs), "ids"; absent: one tensor in, one out
 *   image     reads pictures or videos: the shape of one sample
 *   video     ... whose first axis are steps: a mask of them, and both ways over them
 *   results   the shapes of all results, where there may be more than one
 *   wraps     the class of a layer inside
 *   random    draws while training: no losses are compared
 */
const size = (r) => r.integer(1, 3);
const rank = (n) => (shape) => shape.length === n;
const steps = rank(2);
const penalty = [
  { $: "L1L2", l1: 0.01, l2: 0.02 },
  { $: "L2", l2: 0.03 },
  { $: "OrthogonalRegularizer", factor: 0.02, mode: "columns" },
];
const limit = [
  { $: "MaxNorm", max_value: 0.7, axis: 0 },
  { $: "NonNeg" },
  { $: "UnitNorm", axis: 0 },
  { $: "MinMaxNorm", min_value: 0.2, max_value: 0.8, rate: 0.6, axis: 0 },
];
const start = ["he_normal", "zeros", { $: "VarianceScaling", scale: 0.5, mode: "fan_out", distribution: "uniform" }];
const yes = [true];
const no = [false];

export const activations = [
  ...["linear", "relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "sigmoid", "tanh", "softmax"],
  ...["log_softmax", "softplus", "softsign", "exponential", "hard_sigmoid", "swish"],
  ...["celu", "hard_silu", "hard_tanh", "hard_shrink", "soft_shrink", "tanh_shrink", "squareplus"],
  ...["sparse_plus", "sparse_sigmoid", "sparsemax", "log_sigmoid", "threshold"],
];
/** Keras's own lists: those that have a kink where a float32 may fall on either side are for predictions only. */
const gates = ["sigmoid", "hard_sigmoid", "tanh", "relu6"];

const kernelAndBias = {
  activation: [...activations, { $: "LeakyReLU", negative_slope: 0.1 }, { $: "Softmax" }],
  use_bias: no,
  kernel_initializer: start,
  bias_initializer: ["ones"],
  kernel_regularizer: penalty.slice(0, 2),
  bias_regularizer: penalty.slice(0, 2),
  activity_regularizer: penalty.slice(0, 2),
  kernel_constraint: limit,
  bias_constraint: limit.slice(0, 2),
};
const cell = {
  activation: activations.filter((name) => name !== "exponential"), // grows without limit over the steps
  use_bias: no,
  kernel_initializer: start,
  recurrent_initializer: ["glorot_uniform"],
  bias_initializer: ["ones"],
  kernel_regularizer: penalty,
  recurrent_regularizer: penalty.slice(0, 2),
  bias_regularizer: penalty.slice(0, 2),
  kernel_constraint: limit,
  recurrent_constraint: limit,
  bias_constraint: limit.slice(0, 2),
  dropout: [0.3],
  recurrent_dropout: [0.3],
};
const gated = { ...cell, recurrent_activation: gates };
export const cells = {
  LSTMCell: { ...gated, unit_forget_bias: no },
  GRUCell: { ...gated, reset_after: no },
  SimpleRNNCell: cell,
};
const run = {
  return_sequences: yes,
  return_state: yes,
  go_backwards: yes,
  stateful: yes,
  unroll: yes,
  zero_output_for_mask: yes,
};
const units = (r) => ({ units: size(r) });
const recurrent = (options) => ({
  group: "recurrent",
  reads: steps,
  always: units,
  options: { ...options, ...run, activity_regularizer: penalty.slice(0, 2) },
});

const pooled = ([t, d], { pool_size: p = 2, strides = p, padding = "valid" }) => [windows(t, p, strides, padding), d];
const windows = (t, window, stride, padding) =>
  padding === "valid" ? Math.floor((t - window) / stride) + 1 : Math.ceil(t / stride);
const convolved = ([t], { filters, kernel_size: k, strides = 1, padding = "valid", dilation_rate: d = 1 }) => [
  windows(t, (k - 1) * d + 1, strides, padding),
  filters,
];
const pooling = {
  reads: steps,
  always: (r) => ({ pool_size: r.integer(1, 2) }),
  options: { strides: [1, 2, 3], padding: ["same"] },
  shape: pooled,
};
const pair = (value) => (Array.isArray(value) ? value : [value, value]);
const counts = (sizes, { kernel_size: k, strides: s = 1, padding = "valid", dilation_rate: d = 1 }) =>
  sizes.map((n, i) => windows(n, (pair(k)[i] - 1) * pair(d)[i] + 1, pair(s)[i], padding));
const convolved2d = (shape, c) => [...counts(shape.slice(0, 2), c), c.filters];
const pooling2d = {
  image: [4, 3, 2],
  reads: rank(3),
  always: (r) => ({ pool_size: r.pick([1, 2, [1, 2]]) }),
  options: { strides: [1, 2, [2, 1]], padding: ["same"] },
  shape: (shape, { pool_size: k, strides: s = k, padding }) => [
    ...counts(shape.slice(0, 2), { kernel_size: k, strides: s, padding }),
    shape[2],
  ],
};
const global2d = {
  image: [4, 3, 2],
  reads: rank(3),
  options: { keepdims: yes },
  shape: ([, , c], { keepdims }) => (keepdims ? [1, 1, c] : [c]),
};
const convolvedSteps = (image, axes) => ({
  image,
  video: true,
  reads: rank(axes + 2),
  always: (r) => ({ filters: size(r), kernel_size: r.pick(axes === 1 ? [1, 2] : [1, 2, [2, 1]]) }),
  options: {
    ...{ strides: axes === 1 ? [2] : [2, [1, 2]], padding: ["same"], dilation_rate: [2] },
    ...{ ...gated, activation: ["relu", "linear", "softsign"], recurrent_initializer: start.slice(0, 2) },
    ...{ kernel_regularizer: penalty.slice(0, 2), recurrent_regularizer: penalty.slice(0, 2) }, // orthogonal is for matrices
    ...{ unit_forget_bias: no, return_sequences: yes, return_state: yes, go_backwards: yes, stateful: yes },
    ...{ unroll: yes, zero_output_for_mask: yes },
    activity_regularizer: penalty.slice(0, 2),
  },
  results: ([t, ...frame], c) => {
    const state = [...counts(frame.slice(0, axes), c), c.filters];
    return [c.return_sequences ? [t, ...state] : state, ...(c.return_state ? [state, state] : [])];
  },
});
const global = {
  reads: steps,
  options: { keepdims: yes },
  shape: ([, d], { keepdims }) => (keepdims ? [1, d] : [d]),
};
const merge = { group: "merge" };
const noise = (name, more = {}) => ({ random: true, always: () => ({ [name]: 0.3 }), ...more });
const product = (shape) => shape.reduce((a, b) => a * b, 1);
const shuffled = (r, list) =>
  list
    .map((v) => [r.next(), v])
    .sort((a, b) => a[0] - b[0])
    .map(([, v]) => v);

export const kinds = {
  Dense: { always: units, options: kernelAndBias, shape: (shape, c) => [...shape.slice(0, -1), c.units] },
  Embedding: {
    group: "ids",
    always: (r) => ({ input_dim: 7, output_dim: size(r) + 1 }),
    options: {
      mask_zero: yes,
      embeddings_initializer: start,
      embeddings_regularizer: penalty,
      embeddings_constraint: limit,
    },
    shape: (shape, c) => [...shape, c.output_dim],
  },

  LSTM: recurrent({ ...gated, unit_forget_bias: no }),
  GRU: recurrent({ ...gated, reset_after: no }),
  SimpleRNN: recurrent(cell),
  RNN: { group: "recurrent", reads: steps, cells: true, options: run },

  Conv1D: {
    reads: steps,
    always: (r) => ({ filters: 2 * size(r), kernel_size: r.integer(1, 2) }),
    options: { ...kernelAndBias, strides: [2], padding: ["same", "causal"], dilation_rate: [2] },
    shape: convolved,
  },
  SeparableConv1D: {
    reads: steps,
    always: (r) => ({ filters: size(r), kernel_size: r.integer(1, 2) }),
    options: {
      depth_multiplier: [2],
      strides: [2],
      padding: ["same", "causal"],
      use_bias: no,
      activation: activations,
    },
    shape: convolved,
  },
  DepthwiseConv1D: {
    reads: steps,
    always: (r) => ({ kernel_size: r.integer(1, 2) }),
    options: { depth_multiplier: [2], strides: [2], padding: ["same"], use_bias: no, activation: activations },
    shape: ([t, d], c) => convolved([t], { ...c, filters: d * (c.depth_multiplier ?? 1) }),
  },
  Conv1DTranspose: {
    reads: steps,
    always: (r) => ({ filters: size(r), kernel_size: r.integer(1, 3) }),
    options: { strides: [2], padding: ["same"], use_bias: no, activation: activations },
    shape: ([t], { filters, kernel_size: k, strides: s = 1, padding = "valid" }) => [
      padding === "same" ? t * s : t * s + Math.max(k - s, 0),
      filters,
    ],
  },
  EinsumDense: {
    reads: steps,
    always: (r) => ({ equation: "abc,cd->abd", output_shape: [null, size(r)] }),
    options: { bias_axes: ["d"], activation: activations, kernel_regularizer: penalty.slice(0, 2) },
    shape: ([t], c) => [t, c.output_shape[1]],
  },

  Conv2D: {
    image: [4, 3, 2],
    reads: rank(3),
    always: (r) => ({ filters: 2 * size(r), kernel_size: r.pick([1, 2, [2, 1]]) }),
    options: { ...kernelAndBias, strides: [2, [1, 2]], padding: ["same"], dilation_rate: [2, [1, 2]] },
    shape: convolved2d,
  },
  MaxPooling2D: pooling2d,
  AveragePooling2D: pooling2d,
  GlobalMaxPooling2D: global2d,
  GlobalAveragePooling2D: global2d,
  ConvLSTM1D: convolvedSteps([3, 4, 2], 1),
  ConvLSTM2D: convolvedSteps([3, 4, 3, 2], 2),
  SpectralNormalization: { wraps: "Dense", options: { power_iterations: [2] } },

  MultiHeadAttention: {
    group: "attention",
    reads: steps,
    always: (r) => ({ num_heads: r.integer(1, 2), key_dim: size(r) }),
    options: {
      ...{ value_dim: [2], use_bias: no, output_shape: [3], kernel_regularizer: penalty.slice(0, 2), dropout: [0.2] },
      use_causal_mask: yes,
    },
    calls: ["use_causal_mask"],
    shape: (shape, c) => [shape[0], c.output_shape ?? shape[1]],
  },
  Attention: {
    group: "attention",
    reads: steps,
    options: { use_scale: yes, score_mode: ["concat"], dropout: [0.2], use_causal_mask: yes },
    calls: ["use_causal_mask"],
  },
  AdditiveAttention: {
    group: "attention",
    reads: steps,
    options: { use_scale: no, dropout: [0.2], use_causal_mask: yes },
    calls: ["use_causal_mask"],
  },

  LayerNormalization: {
    options: { axis: [-1, 1], epsilon: [0.1], center: no, scale: no, gamma_regularizer: penalty.slice(0, 2) },
  },
  RMSNormalization: { options: { axis: [-1], epsilon: [0.1] } },
  UnitNormalization: { options: { axis: [-1, 1] } },
  GroupNormalization: {
    reads: steps,
    always: () => ({ groups: 1 }),
    options: { epsilon: [0.1], center: no, scale: no, groups: [-1] },
  },
  BatchNormalization: {
    options: {
      ...{ axis: [1], momentum: [0.7], epsilon: [0.1], center: no, scale: no, beta_regularizer: penalty.slice(0, 2) },
      gamma_constraint: limit.slice(0, 2),
    },
  },
  Normalization: { always: () => ({ mean: 0.3, variance: 1.7 }), options: { invert: yes } },
  Rescaling: { always: () => ({ scale: 0.7 }), options: { offset: [0.4] } },

  Activation: { always: (r) => ({ activation: r.pick(activations) }), options: { activation: activations } },
  ReLU: { options: { max_value: [0.5], negative_slope: [0.2], threshold: [0.1] } },
  LeakyReLU: { options: { negative_slope: [0.1] } },
  ELU: { options: { alpha: [0.5] } },
  PReLU: {
    options: {
      alpha_initializer: ["ones"],
      alpha_regularizer: penalty.slice(0, 2),
      alpha_constraint: limit.slice(1, 2),
      shared_axes: [[1]],
    },
  },
  Softmax: { options: { axis: [1, -1] } },
  Identity: { options: {} },
  ActivityRegularization: { options: { l1: [0.01], l2: [0.02] } },

  Dropout: noise("rate", { options: { seed: [3], noise_shape: [[null, 1]] } }),
  SpatialDropout1D: noise("rate", { reads: steps, options: { seed: [3] } }),
  GaussianNoise: noise("stddev", { options: { seed: [3] } }),
  GaussianDropout: noise("rate", { options: { seed: [3] } }),
  AlphaDropout: noise("rate", { options: { seed: [3] } }),
  Masking: { reads: steps, options: { mask_value: [0.5] } },

  Flatten: { options: {}, shape: (shape) => [product(shape)] },
  Reshape: {
    always: (r, shape) => ({
      target_shape: r.pick([[product(shape)], [-1, 1], [1, -1], shuffled(r, shape), [...shape]]),
    }),
    options: {},
    shape: (shape, c) => c.target_shape.map((d) => (d > 0 ? d : product(shape) / Math.abs(product(c.target_shape)))),
  },
  Permute: {
    always: (r, shape) => ({
      dims: shuffled(
        r,
        shape.map((_, k) => k + 1),
      ),
    }),
    options: {},
    shape: (shape, c) => c.dims.map((d) => shape[d - 1]),
  },
  RepeatVector: { reads: rank(1), always: (r) => ({ n: size(r) }), options: {}, shape: ([d], c) => [c.n, d] },
  ZeroPadding1D: {
    reads: steps,
    always: () => ({ padding: 1 }),
    options: {
      padding: [
        [2, 0],
        [0, 1],
      ],
    },
    shape: ([t, d], { padding: p }) => [t + (Array.isArray(p) ? p[0] + p[1] : 2 * p), d],
  },
  Cropping1D: {
    reads: (shape) => steps(shape) && shape[0] > 2,
    always: () => ({ cropping: 1 }),
    options: {
      cropping: [
        [2, 0],
        [0, 1],
      ],
    },
    shape: ([t, d], { cropping: p }) => [t - (Array.isArray(p) ? p[0] + p[1] : 2 * p), d],
  },
  UpSampling1D: {
    reads: steps,
    always: () => ({ size: 2 }),
    options: { size: [1, 3] },
    shape: ([t, d], c) => [t * c.size, d],
  },

  MaxPooling1D: pooling,
  AveragePooling1D: pooling,
  GlobalMaxPooling1D: global,
  GlobalAveragePooling1D: global,

  Add: merge,
  Subtract: merge,
  Multiply: merge,
  Average: merge,
  Maximum: merge,
  Minimum: merge,
  Concatenate: { ...merge, options: { axis: [1] } },
  Dot: {
    ...merge,
    reads: steps,
    always: (r) => ({ axes: r.pick([1, 2, [1, 1], [2, 2]]) }),
    options: { normalize: yes },
  },
};

/** Layers behind which no mask is heard, of those that may stand before the layer under trial. */
export const stopsMasks = ["Conv1D"];
