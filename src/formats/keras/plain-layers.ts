import * as layers from "../../layers/index.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { asObject } from "./object.ts";
import {
  optionsOf,
  type Place,
  penaltyKeys,
  type Reader,
  readActivation,
  readShape,
  refuse,
  single,
  stepsFirst,
} from "./values.ts";

const kernelAndBias = [
  ...["activation", "use_bias", "kernel_initializer", "bias_initializer"],
  ...penaltyKeys("kernel", "bias"),
];
const separable = ["activation", "use_bias", "depthwise_initializer", "bias_initializer"];
const normalization = [
  ...["epsilon", "center", "scale", "beta_initializer", "gamma_initializer"],
  ...penaltyKeys("beta", "gamma"),
];
const averages = ["axis", "momentum", "moving_mean_initializer", "moving_variance_initializer"];
const seen = ["use_causal_mask", "return_attention_scores"]; // arguments of the call

/** Keras's layers that read no state, by class name, from their configs. */
export const plainReaders: Readonly<Record<string, Reader>> = {
  InputLayer: (c, { who, base }) => {
    const shape = readShape(c.batch_shape ?? c.batch_input_shape, who);
    const dtype = String(c.dtype).startsWith("int") ? { dtype: "i32" as const } : {};
    return layers.input(shape.slice(1), { name: base.name, ...dtype });
  },
  Embedding: (c, place) => {
    refuse(c, ["quantization_config", "lora_rank"], place);
    const keys = ["mask_zero", "embeddings_initializer", ...penaltyKeys("embeddings")];
    return layers.embedding(c.input_dim as number, c.output_dim as number, optionsOf(c, keys, place));
  },
  Dense: (c, place) => {
    refuse(c, ["quantization_config", "lora_rank"], place);
    return layers.dense(c.units as number, optionsOf(c, kernelAndBias, place));
  },
  Conv1D: (c, place) => {
    refuse(c, ["lora_rank"], place);
    stepsFirst(c, place);
    return layers.conv1d(c.filters as number, single(c.kernel_size) as number, {
      ...optionsOf(c, ["padding", "groups", ...kernelAndBias], place),
      strides: single(c.strides),
      dilationRate: single(c.dilation_rate),
    });
  },
  Conv1DTranspose: (c, place) => {
    stepsFirst(c, place);
    return layers.conv1dTranspose(c.filters as number, single(c.kernel_size) as number, {
      ...optionsOf(c, ["padding", ...kernelAndBias], place),
      ...strided(c),
      outputPadding: single(c.output_padding) ?? null,
    });
  },
  DepthwiseConv1D: (c, place) => {
    stepsFirst(c, place);
    const keys = ["padding", "depth_multiplier", ...separable, ...penaltyKeys("depthwise", "bias")];
    return layers.depthwiseConv1d(single(c.kernel_size) as number, { ...optionsOf(c, keys, place), ...strided(c) });
  },
  SeparableConv1D: (c, place) => {
    stepsFirst(c, place);
    const keys = ["padding", "depth_multiplier", ...separable, "pointwise_initializer"];
    const options = optionsOf(c, [...keys, ...penaltyKeys("depthwise", "pointwise", "bias")], place);
    return layers.separableConv1d(c.filters as number, single(c.kernel_size) as number, { ...options, ...strided(c) });
  },
  EinsumDense: (c, place) => {
    refuse(c, ["quantization_config", "lora_rank"], place);
    const keys = ["bias_axes", ...kernelAndBias.filter((key) => key !== "use_bias")];
    return layers.einsumDense(String(c.equation), c.output_shape as number[], optionsOf(c, keys, place));
  },
  MultiHeadAttention: (c, place) => {
    refuse(c, ["flash_attention"], place);
    const keys = ["value_dim", "dropout", "seed", "sliding_window", "use_gate", "output_shape", "attention_axes"];
    return layers.multiHeadAttention(c.num_heads as number, c.key_dim as number, {
      ...optionsOf(c, [...keys, ...kernelAndBias.slice(1)], place),
      ...callOf(place),
    });
  },
  Attention: (c, place) =>
    layers.attention({ ...optionsOf(c, ["use_scale", "score_mode", "dropout"], place), ...callOf(place) }),
  AdditiveAttention: (c, place) =>
    layers.additiveAttention({ ...optionsOf(c, ["use_scale", "dropout"], place), ...callOf(place) }),

  LayerNormalization: (c, place) => {
    return layers.layerNormalization(optionsOf(c, ["axis", "rms_scaling", ...normalization], place));
  },
  BatchNormalization: (c, place) => {
    refuse(c, ["renorm", "virtual_batch_size"], place);
    return layers.batchNormalization({
      ...optionsOf({ ...c, axis: single(c.axis) ?? -1 }, [...averages, ...normalization], place),
    });
  },

  GroupNormalization: (c, place) =>
    layers.groupNormalization(optionsOf(c, ["groups", "axis", ...normalization], place)),
  RMSNormalization: (c, place) => layers.rmsNormalization(optionsOf(c, ["axis", "epsilon"], place)),
  SpectralNormalization: (c, place) =>
    layers.spectralNormalization(place.readInner(c.layer), optionsOf(c, ["power_iterations"], place)),
  UnitNormalization: (c, place) => layers.unitNormalization(optionsOf(c, ["axis"], place)),
  Normalization: (c, place) =>
    layers.normalization({
      ...optionsOf(c, ["mean", "variance", "invert"], place),
      axis: c.axis as number[] | null,
    }),
  Rescaling: (c, place) => layers.rescaling(plainNumbers(c.scale), { ...place.base, offset: plainNumbers(c.offset) }),
  Identity: (_, { base }) => layers.identity(base),
  ActivityRegularization: (c, place) => layers.activityRegularization(optionsOf(c, ["l1", "l2"], place)),

  Activation: (c, place) => layers.activation(readActivation(c.activation, place), place.base),
  ReLU: (c, place) => layers.relu(optionsOf(c, ["max_value", "negative_slope", "threshold"], place)),
  LeakyReLU: (c, place) =>
    layers.leakyRelu(
      optionsOf({ ...c, negative_slope: c.negative_slope ?? c.alpha ?? 0.3 }, ["negative_slope"], place),
    ),
  ELU: (c, place) => layers.elu(optionsOf(c, ["alpha"], place)),
  PReLU: (c, place) => layers.prelu(optionsOf(c, ["alpha_initializer", "shared_axes", ...penaltyKeys("alpha")], place)),
  Softmax: (c, place) => layers.softmax(optionsOf(c, ["axis"], place)),

  Dropout: (c, place) => {
    return layers.dropout(c.rate as number, optionsOf(c, ["seed", "noise_shape"], place));
  },
  AlphaDropout: (c, place) => layers.alphaDropout(c.rate as number, optionsOf(c, ["seed", "noise_shape"], place)),
  SpatialDropout1D: (c, place) => layers.spatialDropout1d(c.rate as number, optionsOf(c, ["seed"], place)),
  GaussianNoise: (c, place) => layers.gaussianNoise(c.stddev as number, optionsOf(c, ["seed"], place)),
  GaussianDropout: (c, place) => layers.gaussianDropout(c.rate as number, optionsOf(c, ["seed"], place)),
  Masking: (c, place) => layers.masking(optionsOf(c, ["mask_value"], place)),

  Flatten: (c, place) => {
    stepsFirst(c, place);
    return layers.flatten(place.base);
  },
  Reshape: (c, { base }) => layers.reshape(c.target_shape as number[], base),
  Permute: (c, { base }) => layers.permute(c.dims as number[], base),
  RepeatVector: (c, { base }) => layers.repeatVector(c.n as number, base),
  ZeroPadding1D: (c, place) => {
    stepsFirst(c, place);
    return layers.zeroPadding1d(c.padding as [number, number], place.base);
  },
  Cropping1D: (c, { base }) => layers.cropping1d(c.cropping as [number, number], base),
  UpSampling1D: (c, { base }) => layers.upSampling1d(c.size as number, base),

  MaxPooling1D: (c, place) => layers.maxPooling1d(single(c.pool_size), pooling(c, place)),
  AveragePooling1D: (c, place) => layers.averagePooling1d(single(c.pool_size), pooling(c, place)),
  AdaptiveMaxPooling1D: (c, place) => {
    stepsFirst(c, place);
    return layers.adaptiveMaxPooling1d(single(c.output_size) as number, place.base);
  },
  AdaptiveAveragePooling1D: (c, place) => {
    stepsFirst(c, place);
    return layers.adaptiveAveragePooling1d(single(c.output_size) as number, place.base);
  },
  GlobalMaxPooling1D: (c, place) => {
    stepsFirst(c, place);
    return layers.globalMaxPooling1d(optionsOf(c, ["keepdims"], place));
  },
  GlobalAveragePooling1D: (c, place) => {
    stepsFirst(c, place);
    return layers.globalAveragePooling1d(optionsOf(c, ["keepdims"], place));
  },

  Add: (_, { base }) => layers.add(base),
  Subtract: (_, { base }) => layers.subtract(base),
  Multiply: (_, { base }) => layers.multiply(base),
  Average: (_, { base }) => layers.average(base),
  Maximum: (_, { base }) => layers.maximum(base),
  Minimum: (_, { base }) => layers.minimum(base),
  Concatenate: (c, place) => layers.concatenate(optionsOf(c, ["axis"], place)),
  Dot: (c, { base }) => layers.dot({ ...base, axes: c.axes as number, normalize: c.normalize === true }),
};

/** Numbers as they are, or in Keras's form of a NumPy array. */
function plainNumbers(value: JsonValue | undefined): number {
  const object = asObject(value);
  return (object?.class_name === "__numpy__" ? (asObject(object.config)?.value ?? null) : (value ?? 0)) as number;
}

const strided = (c: JsonObject) => ({ strides: single(c.strides), dilationRate: single(c.dilation_rate) });

function pooling(c: JsonObject, place: Place): layers.Pooling1DOptions {
  stepsFirst(c, place);
  return { ...optionsOf(c, ["padding"], place), strides: single(c.strides) };
}

function callOf(place: Place): { useCausalMask?: never; returnAttentionScores?: never } {
  const { name, trainable, ...call } = optionsOf(place.call, seen, place);
  return call;
}
