import { FormatError, problem } from "../../errors.ts";
import type { AnyLayer } from "../../layers/layer.ts";
import { Operation } from "../../layers/operations/operation.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { savedWeights } from "../keras/paths.ts";
import { onnxActivation, onnxActivationLayer } from "./activations.ts";
import { exportAttention } from "./attention.ts";
import { type OnnxBuilder, type OnnxMask, once, stepwise, type Traced, unmasked } from "./builder.ts";
import { compactIds, compactSteps, maskOf } from "./masks.ts";
import { exportRecurrent, type OnnxContext } from "./recurrent.ts";

/** A layer as ONNX's operators: its results, from its inputs with an initial state after them. */
type Exporter = (layer: AnyLayer, inputs: readonly Traced[], context: OnnxContext) => Traced[];

/** Writes a layer's nodes. Throws FormatError naming the layer where ONNX has no operators for it. */
export function exportLayer(layer: AnyLayer, inputs: readonly Traced[], context: OnnxContext): Traced[] {
  const who = `${context.who}, ${layer.label}`;
  if (layer instanceof Operation) {
    const next =
      "Write model.keras or model.safetensors instead, or say it with a layer: multiply, flatten, permute, reshape.";
    throw new FormatError(problem(who, "layers", `the operation ${layer.className}`, next));
  }
  if (Object.hasOwn(exporters, layer.className)) return exporters[layer.className](layer, inputs, { ...context, who });
  const known = Object.keys(exporters).join(", ");
  const next = "Leave it out of the exported model, or write model.keras instead.";
  throw new FormatError(problem(who, `layers that ONNX supports: ${known}`, layer.className, next));
}

const configOf = (layer: AnyLayer) => layer.config() as JsonObject;
const shapeOf = (layer: AnyLayer, inputs: readonly Traced[]): PartialShape =>
  layer.computeOutputShapes(inputs.map(({ shape }) => shape))[0];

/** Layers that do nothing at inference. */
const nothing: Exporter = (_, [x]) => [x];

/** A formula for each step alone. */
const each =
  (formula: (layer: AnyLayer, context: OnnxContext, x: string) => string): Exporter =>
  (layer, inputs, context) => [stepwise(inputs[0], shapeOf(layer, inputs), (x) => formula(layer, context, x))];

/** Something over steps, of the sequence as Keras has it; no mask comes out. */
const whole =
  (formula: (layer: AnyLayer, context: OnnxContext, x: string, input: Traced) => string): Exporter =>
  (layer, inputs, context) => [
    unmasked(shapeOf(layer, inputs), () => formula(layer, context, inputs[0].full(), inputs[0])),
  ];

function weightsOf(
  layer: AnyLayer,
  { b, read }: OnnxContext,
  reshape?: (shape: readonly number[]) => readonly number[],
): string[] {
  return savedWeights(layer.weights).map((weight) => {
    const { data, shape } = read(weight);
    return b.tensor(`${layer.name}/${weight.name}`, Float32Array.from(data), reshape ? reshape(shape) : shape);
  });
}

const dense: Exporter = (layer, inputs, context) => {
  const { b, who } = context;
  const weights = once(() => weightsOf(layer, context));
  return each((_, __, x) => {
    const [kernel, bias] = weights();
    const sum = b.node("MatMul", [x, kernel]);
    return onnxActivation(b, bias ? b.node("Add", [sum, bias]) : sum, configOf(layer).activation, who);
  })(layer, inputs, context);
};

const embedding: Exporter = (layer, inputs, context) => {
  const { b, who } = context;
  const [ids] = inputs;
  const shape = shapeOf(layer, inputs);
  const whole = once(() => (ids.type === "int32" ? ids.full() : b.node("Cast", [ids.full()], { to: 6 })));
  const table = once(() => weightsOf(layer, context)[0]);
  const rows = (of: string) => b.node("Gather", [table(), of], { axis: 0 });
  if (configOf(layer).mask_zero !== true) return [unmasked(shape, () => rows(whole()))];
  if (ids.shape.length !== 2)
    throw new FormatError(problem(who, "ids [B, T] under a mask", `rank ${ids.shape.length}`));
  const mask = maskOf(b, () => b.node("Not", [b.node("Equal", [whole(), b.number(0, "int32")])]));
  const compact = once(() => rows(compactIds(b, whole(), mask)));
  return [{ shape, type: "float", mask, full: once(() => rows(whole())), compact }];
};

const masking: Exporter = (layer, [x], { b }) => {
  const value = configOf(layer).mask_value as number;
  const other = once(() => b.node("Cast", [b.node("Not", [b.node("Equal", [x.full(), b.number(value)])])], { to: 1 }));
  const valid = () => b.node("Greater", [b.node("ReduceMax", [other()], { axes: [2], keepdims: 0 }), b.number(0)]);
  const mask: OnnxMask = maskOf(b, valid);
  const full = once(() => {
    const kept = b.node("Unsqueeze", [b.node("Cast", [mask.valid()], { to: 1 }), b.ints([2])]);
    return b.node("Mul", [x.full(), kept]);
  });
  return [{ shape: x.shape, type: "float", mask, full, compact: once(() => compactSteps(b, x.full(), mask)) }];
};

/**
 * Elementwise over all inputs, in their order, or side by side. A step counts where one of the masks says so, and all of it
 * where an input has none. `where` says what the result is at steps that one common mask hides.
 */
const merged =
  (
    formula: (context: OnnxContext, values: string[], layer: AnyLayer) => string,
    where?: (context: OnnxContext, inputs: readonly Traced[]) => string,
  ): Exporter =>
  (layer, inputs, context) => {
    const { b } = context;
    const shape = shapeOf(layer, inputs);
    const valued = (values: string[]) => formula(context, values, layer);
    const masks = new Set(inputs.map(({ mask }) => mask));
    const all = once(() => valued(inputs.map((x) => x.full())));
    if (along(layer, shape) === 1 && [...masks].some((mask) => mask)) {
      if (masks.has(null)) refuseMasks(layer, context, "sequences with masks beside others without");
      const valid = () =>
        b.node(
          "Concat",
          inputs.map((x) => x.mask!.valid()),
          { axis: 1 },
        );
      return [masked(b, shape, all, maskOf(b, valid))];
    }
    if (masks.size > 1) {
      if (where) refuseMasks(layer, context, "inputs with different masks");
      if (masks.has(null)) return [{ shape, type: "float", mask: null, full: all, compact: all }];
      const valid = () => [...masks].map((mask) => mask!.valid()).reduce((a, m) => b.node("Or", [a, m]));
      return [masked(b, shape, all, maskOf(b, valid))];
    }
    const [{ mask }] = inputs;
    const compact = once(() => valued(inputs.map((x) => x.compact())));
    if (!mask || !where) return [{ shape, type: "float", mask, full: all, compact }];
    const full = once(() => {
      const valid = b.node("Unsqueeze", [mask.valid(), b.ints([2])]);
      return b.node("Where", [valid, all(), where(context, inputs)]);
    });
    return [{ shape, type: "float", mask, full, compact }];
  };

/** A sequence as it is, under a mask. */
const masked = (b: OnnxBuilder, shape: PartialShape, full: () => string, mask: OnnxMask): Traced => ({
  ...{ shape, type: "float", mask, full },
  compact: once(() => compactSteps(b, full(), mask)),
});

/** The axis along which a concatenate layer joins, counted from 0; null for other layers. */
function along(layer: AnyLayer, shape: PartialShape): number | null {
  if (layer.className !== "Concatenate") return null;
  const axis = configOf(layer).axis as number;
  return axis < 0 ? axis + shape.length : axis;
}

function refuseMasks(layer: AnyLayer, { who }: OnnxContext, found: string): never {
  const next = "Write model.keras instead.";
  throw new FormatError(problem(`${who}, ${layer.label}`, "inputs of one mask", found, next));
}

const zero = ({ b }: OnnxContext): string => b.number(0);
const firstOf = (_: OnnxContext, [x]: readonly Traced[]): string => x.full();
const folded = (op: string, where?: (context: OnnxContext, inputs: readonly Traced[]) => string) =>
  merged(({ b }, values) => values.reduce((sum, x) => b.node(op, [sum, x])), where);

/** Reshapes to the sizes behind the batch; open ones are found from the rest. */
const reshaped = whole((layer, { b, who }, x, input) => {
  const shape = layer.computeOutputShapes([input.shape])[0];
  const open = shape.slice(1).filter((d) => d === null).length;
  if (open > 1) throw new FormatError(problem(who, "at most one open size", `${open}`));
  return b.node("Reshape", [x, b.ints(shape.map((d, k) => (k === 0 ? 0 : (d ?? -1))))]);
});

/** [B, T, C] → [B, C, T] for a formula, and back. */
function channelsFirst({ b }: OnnxContext, x: string, formula: (x: string) => string): string {
  const turned = formula(b.node("Transpose", [x], { perm: [0, 2, 1] }));
  return b.node("Transpose", [turned], { perm: [0, 2, 1] });
}

const one = (value: JsonValue): number => (Array.isArray(value) ? (value[0] as number) : (value as number));

const conv1d = whole((layer, context, x) => {
  const { b, who, read } = context;
  const c = configOf(layer);
  const [kernel, bias] = savedWeights(layer.weights).map((weight) => read(weight));
  const [width, n, filters] = kernel.shape;
  const turned = new Float32Array(kernel.data.length); // [filters, n, width]
  for (let k = 0; k < width; k++)
    for (let i = 0; i < n; i++)
      for (let f = 0; f < filters; f++) turned[(f * n + i) * width + k] = kernel.data[(k * n + i) * filters + f];
  const dilation = one(c.dilation_rate);
  const causal = c.padding === "causal";
  const inputs = [b.tensor(`${layer.name}/kernel`, turned, [filters, n, width])];
  if (bias) inputs.push(b.tensor(`${layer.name}/bias`, Float32Array.from(bias.data), bias.shape));
  const attributes = {
    kernel_shape: [width],
    strides: [one(c.strides)],
    dilations: [dilation],
    group: (c.groups as number) ?? 1,
    ...(causal ? { pads: [(width - 1) * dilation, 0] } : { auto_pad: c.padding === "same" ? "SAME_UPPER" : "VALID" }),
  };
  const y = channelsFirst(context, x, (turned) => b.node("Conv", [turned, ...inputs], attributes));
  return onnxActivation(b, y, c.activation, who);
});

const pooling = (op: string) =>
  whole((layer, context, x) => {
    const c = configOf(layer);
    const size = one(c.pool_size);
    const attributes = {
      kernel_shape: [size],
      strides: [c.strides === null ? size : one(c.strides)],
      auto_pad: c.padding === "same" ? "SAME_UPPER" : "VALID",
    };
    return channelsFirst(context, x, (turned) => context.b.node(op, [turned], attributes));
  });

/** Statistics of training folded into a factor and a shift for each feature. */
const batchNormalization: Exporter = (layer, inputs, context) => {
  const { b, who, read } = context;
  const c = configOf(layer);
  const last = inputs[0].shape.length - 1;
  if (one(c.axis) !== -1 && one(c.axis) !== last) {
    throw new FormatError(problem(who, "axis -1", String(c.axis)));
  }
  const folded = once(() => {
    const of = (name: string) => layer.weights.filter((w) => w.name === name).map((w) => read(w).data)[0];
    const [mean, variance] = [of("moving_mean"), of("moving_variance")];
    const gamma = of("gamma") ?? mean.map(() => 1);
    const beta = of("beta") ?? mean.map(() => 0);
    const factor = Float32Array.from(gamma, (g, k) => g / Math.sqrt(variance[k] + (c.epsilon as number)));
    const shift = Float32Array.from(beta, (v, k) => v - mean[k] * factor[k]);
    return [
      b.tensor(`${layer.name}/factor`, factor, [factor.length]),
      b.tensor(`${layer.name}/shift`, shift, [shift.length]),
    ];
  });
  const formula = (x: string) => b.node("Add", [b.node("Mul", [x, folded()[0]]), folded()[1]]);
  return [stepwise(inputs[0], inputs[0].shape, formula)];
};

const layerNormalization: Exporter = (layer, inputs, context) => {
  const { b, who, read } = context;
  const c = configOf(layer);
  const last = inputs[0].shape.length - 1;
  if (one(c.axis) !== -1 && one(c.axis) !== last) throw new FormatError(problem(who, "axis -1", String(c.axis)));
  if (c.rms_scaling) throw new FormatError(problem(who, "no rmsScaling", "true"));
  const weights = once(() => {
    const size = inputs[0].shape[last]!;
    const of = (name: string) =>
      layer.weights.filter((w) => w.name === name).map((w) => Float32Array.from(read(w).data))[0];
    const gamma = b.tensor(`${layer.name}/gamma`, of("gamma") ?? new Float32Array(size).fill(1), [size]);
    const beta = of("beta");
    return beta ? [gamma, b.tensor(`${layer.name}/beta`, beta, [size])] : [gamma];
  });
  const attributes = { axis: -1, epsilon: c.epsilon as number };
  return [stepwise(inputs[0], inputs[0].shape, (x) => b.node("LayerNormalization", [x, ...weights()], attributes))];
};

const globalAverage = whole((layer, { b }, x, input) => {
  const keepdims = configOf(layer).keepdims === true ? 1 : 0;
  if (!input.mask) return b.node("ReduceMean", [x], { axes: [1], keepdims });
  const valid = b.node("Unsqueeze", [b.node("Cast", [input.mask.valid()], { to: 1 }), b.ints([2])]);
  const sum = (value: string) => b.node("ReduceSum", [value, b.ints([1])], { keepdims });
  return b.node("Div", [sum(b.node("Mul", [x, valid])), sum(valid)]);
});

const activationLayer: Exporter = each((layer, { b, who }, x) =>
  onnxActivationLayer(b, x, { class_name: layer.className, config: configOf(layer) }, who),
);

/** The layer inside, for each step alone: only what is a formula of the last axis. */
const timeDistributed: Exporter = (layer, inputs, context) => {
  const [inner] = layer.sublayers;
  const plain = [
    "Dense",
    "Activation",
    "Dropout",
    "LayerNormalization",
    "BatchNormalization",
    "ReLU",
    "LeakyReLU",
    "ELU",
  ];
  if (plain.includes(inner.className)) {
    const results = exportLayer(inner, inputs, context);
    return context.masks === "keras-3.16" ? results.map((y) => unmasked(y.shape, y.full)) : results;
  }
  throw new FormatError(problem(context.who, `one of ${plain.join(", ")} inside`, inner.className));
};

/** With an initial state, Keras 3 ignores the mask and passes it on all the same; Keras 3.16 passes none on. */
const recurrent: Exporter = (layer, inputs, context) => {
  const [x, ...given] = inputs;
  const { mask } = x;
  const deaf = mask !== null && given.length > 0 && context.masks !== "keras-2";
  const results = exportRecurrent(layer, deaf ? [unmasked(x.shape, x.full), ...given] : inputs, context);
  return results.map((y) => {
    if (context.masks === "keras-3.16") return unmasked(y.shape, y.full);
    return deaf && y.shape.length === 3 ? masked(context.b, y.shape, y.full, mask) : y;
  });
};

const exporters: Readonly<Record<string, Exporter>> = {
  InputLayer: nothing,
  Embedding: embedding,
  LSTM: recurrent,
  GRU: recurrent,
  SimpleRNN: recurrent,
  Bidirectional: recurrent,
  Attention: exportAttention,
  AdditiveAttention: exportAttention,
  MultiHeadAttention: exportAttention,
  Dense: dense,
  Masking: masking,
  TimeDistributed: timeDistributed,
  Dropout: nothing,
  AlphaDropout: nothing,
  ActivityRegularization: nothing,
  Identity: nothing,
  SpatialDropout1D: nothing,
  GaussianNoise: nothing,
  GaussianDropout: nothing,
  Activation: each((layer, { b, who }, x) => onnxActivation(b, x, configOf(layer).activation, who)),
  ReLU: activationLayer,
  LeakyReLU: activationLayer,
  ELU: activationLayer,
  Softmax: (layer, inputs, context) => {
    const axes = [configOf(layer).axis].flat();
    const next = "Write model.keras instead.";
    if (axes.length > 1) throw new FormatError(problem(context.who, "softmax over one axis", `axes ${axes}`, next));
    if (inputs[0].mask)
      throw new FormatError(problem(context.who, "softmax without a mask", "one that uses a mask", next));
    const shape = inputs[0].shape;
    return [unmasked(shape, () => context.b.node("Softmax", [inputs[0].full()], { axis: one(axes) }))];
  },
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  Flatten: reshaped,
  Reshape: reshaped,
  Permute: whole((layer, { b }, x) => b.node("Transpose", [x], { perm: [0, ...(configOf(layer).dims as number[])] })),
  RepeatVector: whole((layer, { b }, x) => {
    const row = b.node("Unsqueeze", [x, b.ints([1])]);
    return b.node("Tile", [row, b.ints([1, configOf(layer).n as number, 1])]);
  }),
  Concatenate: merged(({ b }, values, layer) => b.node("Concat", values, { axis: configOf(layer).axis as number })),
  Add: folded("Add"),
  Subtract: folded("Sub"),
  Multiply: folded("Mul", zero),
  Maximum: folded("Max", firstOf),
  Minimum: folded("Min", firstOf),
  Average: merged(({ b }, values) => b.node("Mean", values)),
  Conv1D: conv1d,
  MaxPooling1D: pooling("MaxPool"),
  AveragePooling1D: pooling("AveragePool"),
  GlobalAveragePooling1D: globalAverage,
  GlobalMaxPooling1D: whole((layer, { b }, x) =>
    b.node("ReduceMax", [x], { axes: [1], keepdims: configOf(layer).keepdims === true ? 1 : 0 }),
  ),
};
