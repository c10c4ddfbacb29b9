/** Our models from the specs of random-models.mjs. */
import { random } from "./random.mjs";

/** What our functions take before their options, by class. */
const positional = {
  Embedding: ["input_dim", "output_dim"],
  Conv1D: ["filters", "kernel_size"],
  SeparableConv1D: ["filters", "kernel_size"],
  DepthwiseConv1D: ["kernel_size"],
  Conv2D: ["filters", "kernel_size"],
  ConvLSTM1D: ["filters", "kernel_size"],
  ConvLSTM2D: ["filters", "kernel_size"],
  MaxPooling2D: ["pool_size"],
  AveragePooling2D: ["pool_size"],
  Conv1DTranspose: ["filters", "kernel_size"],
  MultiHeadAttention: ["num_heads", "key_dim"],
  EinsumDense: ["equation", "output_shape"],
  Activation: ["activation"],
  GaussianNoise: ["stddev"],
  Reshape: ["target_shape"],
  Permute: ["dims"],
  RepeatVector: ["n"],
  ZeroPadding1D: ["padding"],
  Cropping1D: ["cropping"],
  UpSampling1D: ["size"],
  MaxPooling1D: ["pool_size"],
  AveragePooling1D: ["pool_size"],
  Rescaling: ["scale"],
};
const first = ["units", "rate"];
const words = ["activation", "recurrent_activation", "mode", "distribution"]; // options whose values are names of ours

/** What this version has no word for: the case has no verdict. */
export class NotHere extends Error {}

export function ourModel(spec, cellstate, made = new Map()) {
  const values = new Map();
  for (const { id, shape, dtype, batch } of spec.inputs) {
    const options = { ...(dtype === "float32" ? {} : { dtype: "i32" }), ...(batch ? { batchSize: batch } : {}) };
    values.set(id, cellstate.input(shape, options));
  }
  const layers = spec.kind === "sequential" && spec.nodes.map((node) => ourLayer(node.layer, cellstate, made));
  if (layers) return cellstate.sequential([values.get(spec.inputs[0].id), ...layers]);
  for (const node of spec.nodes) {
    const results = node.op ? operation(node, values, cellstate) : call(node, values, cellstate, made);
    [results].flat().forEach((result, k) => {
      values.set(`${node.id}:${k}`, result);
    });
  }
  const inputs = spec.inputs.map(({ id }) => values.get(id));
  const outputs = spec.outputs.map((ref) => values.get(ref));
  return cellstate.functional(inputs.length > 1 ? inputs : inputs[0], outputs.length > 1 ? outputs : outputs[0]);
}

function call({ layer, inputs, args = {} }, values, cellstate, made) {
  const { mask, initial_state, attention_mask, ...options } = args; // the others are options of our layers
  const given = inputs.map((ref) => values.get(ref));
  const refs = (value) => (Array.isArray(value) ? value.map(refs) : value && values.get(value.ref));
  const own = {
    ...(mask ? { mask: refs(mask) } : {}),
    ...(attention_mask ? { attentionMask: refs(attention_mask) } : {}),
    ...(initial_state ? { initialState: refs(initial_state) } : {}),
  };
  const config = layer.config && { ...layer.config, ...options };
  return ourLayer({ ...layer, config }, cellstate, made)(given.length > 1 ? given : given[0], own);
}

/** The operations of keras_specs.py as methods of our tensors. */
const asOurs = {
  mul: (x, { by }) => x.mul(by),
  plus: (x, { by }) => x.add(by),
  minus: (x, { by }, { operations: { subtract } }) => subtract(by, x), // one layer: their count orders Keras's names
  over: (x, { by }) => x.div(by),
  negative: (x) => x.neg(),
  mean: (x, { axis, keepdims }) => x.mean(axis, { keepdims }),
  sum: (x, { axis, keepdims }) => x.sum(axis, { keepdims }),
  max: (x, { axis, keepdims }) => x.max(axis, { keepdims }),
  expandDims: (x, { axis }) => x.expandDims(axis),
  squeeze: (x, { axis }) => x.squeeze(axis),
  transpose: (x, { axes }) => x.transpose(axes),
  reshape: (x, { shape }) => x.reshape(shape),
  slice: (x, { from, to }) => x.slice(":", [from, to], ":"),
  step: (x, { at }) => x.slice(":", at, ":"),
  notEqual: (x, { to }) => x.notEqual(to),
};

function operation({ op, inputs: [ref], args }, values, cellstate) {
  const of = asOurs[op];
  if (!of) throw new NotHere(`no word here for the operation ${op}`);
  return of(values.get(ref), args, cellstate);
}

function ourLayer(layer, cellstate, made) {
  if (made.has(layer.id)) return made.get(layer.id);
  const built = build(layer, cellstate, made);
  if (layer.id) made.set(layer.id, built);
  return built;
}

function build({ class: kind, config = {}, ...parts }, cellstate, made) {
  const inner = (part) => ourLayer(part, cellstate, made);
  if (parts.model) return ourModel(parts.model, cellstate, made);
  const make = named(cellstate, kind);
  const options = { ...config };
  if (kind === "SimpleRNN") delete options.activity_regularizer; // Keras forgets it (docs/model-files.md)
  if (kind === "RNN")
    return make(parts.one ? inner(parts.cells[0]) : parts.cells.map(inner), camelCased(options, cellstate));
  if (parts.backward) options.backward_layer = inner(parts.backward);
  const given = parts.layer ? [inner(parts.layer)] : [];
  for (const key of positional[kind] ?? first.filter((name) => name in config)) {
    given.push(readValue(key, options[key], cellstate));
    delete options[key];
  }
  return make(...given, camelCased(options, cellstate));
}

/** The function of ours for a class of Keras's: LSTM → lstm, LeakyReLU → leakyRelu. */
function named(home, kind) {
  const name = Object.keys(home).find(
    (key) => key.toLowerCase() === kind.toLowerCase() && typeof home[key] === "function",
  );
  if (name === undefined) throw new NotHere(`no word here for ${kind}`);
  return home[name];
}

const camelCased = (config, cellstate) =>
  Object.fromEntries(Object.entries(config).map(([key, value]) => [camel(key), readValue(key, value, cellstate)]));

function readValue(key, value, cellstate) {
  if (typeof value === "string") return words.includes(key) || key.endsWith("_initializer") ? ourWord(value) : value;
  if (value?.$ === undefined) return value;
  const { $: kind, ...rest } = value;
  if (key === "learning_rate") {
    const { initial_learning_rate: begin, ...decay } = rest;
    return cellstate.exponentialDecay(begin, camelCased(decay, cellstate));
  }
  if (key === "activation") return named(cellstate, kind)(camelCased(rest, cellstate));
  const home = ["regularizers", "constraints", "initializers"].find((plural) => key.endsWith(plural.slice(0, -1)));
  const make = named(cellstate[home], kind);
  return kind === "L2" ? make(rest.l2) : make(camelCased(rest, cellstate));
}

const camel = (name) => name.replace(/_([a-z0-9])/g, (_, c) => c.toUpperCase());
const ourWord = (name) => (name === "swish" ? "silu" : camel(name));

export const ourOptimizer = ({ class: kind, config }, cellstate) =>
  named(cellstate, kind)(camelCased(config, cellstate));
export const ourLoss = camel;

/** Distinct weights; those that begin as ones may be variances and stay positive. */
export function randomise(model, seed, cellstate) {
  const r = random(seed + 3);
  const drawn = (w) =>
    w.data.every((v) => v === 1) ? r.floats(w.data.length, 0.3, 1.1) : r.floats(w.data.length, -0.8, 0.8);
  model.setWeights(model.getWeights().map((w) => new cellstate.NdArray(Float32Array.from(drawn(w)), w.shape)));
}
