import type { LayerCall, SymbolicTensor } from "../layers/layer.ts";
import { Operation } from "../layers/operations/operation.ts";

/** One call of an operation in Keras's graph: a layer, or a step in the computation of a mask. */
export interface Node {
  readonly operation: object;
  /** The calls it reads from, in the order of Keras's arguments. */
  readonly inputs: readonly Node[];
}

/** A mask that Keras computes beside a tensor, while it connects layers. */
interface Mask {
  readonly node: Node;
  readonly rank: number;
}

/**
 * Keras 3.15's graph of these calls. A layer that reads a mask has it among its arguments, but where it is called with more
 * than one tensor; what computes a mask is an operation as a layer is.
 */
export const kerasNodes = (uses: readonly LayerCall[]): Map<LayerCall, Node> => connected(uses).nodes;

/**
 * Inputs that a concatenation reads without their mask: Keras computes the mask of a concatenation while it connects layers,
 * where one of its inputs has a mask then, and the result of a model, or the input of this one, has none yet.
 */
export function unusedMasks(uses: readonly LayerCall[]): Map<LayerCall, readonly SymbolicTensor[]> {
  const { masks } = connected(uses);
  const unused = new Map<LayerCall, readonly SymbolicTensor[]>();
  for (const use of uses) {
    if (use.layer.className !== "Concatenate" || use.layer instanceof Operation || use.masks.length > 0) continue;
    const without = use.inputs.filter((t) => !masks.get(t));
    if (without.length > 0 && without.length < use.inputs.length) unused.set(use, without);
  }
  return unused;
}

function connected(uses: readonly LayerCall[]) {
  const nodes = new Map<LayerCall, Node>();
  const masks = new Map<SymbolicTensor, Mask | null>();
  for (const use of uses) {
    const { layer, inputs, outputs } = use;
    const read = inputs.map((t) => nodes.get(t.call)!);
    const given = (t: SymbolicTensor): Mask => ({ node: nodes.get(t.call)!, rank: t.shape.length });
    const own = inputs.map((t, k) => {
      const mask = use.masks[k];
      return mask === undefined ? (masks.get(t) ?? null) : mask && given(mask);
    });
    const said = use.masks.flatMap((mask) => (mask ? [given(mask).node] : []));
    const maskNodes = readsMasks(use) ? own.flatMap((mask) => (mask ? [mask.node] : [])) : said;
    const seen = use.attentionMask ? [given(use.attentionMask).node] : [];
    nodes.set(use, { operation: layer, inputs: [...read, ...maskNodes, ...seen] });
    const left = layer instanceof Operation ? [] : masksLeft(use, own, read);
    outputs.forEach((t, k) => {
      masks.set(t, left[k] ?? null);
    });
  }
  return { nodes, masks };
}

const models = ["Functional", "Sequential"];
const maskUsers = [
  ..."LSTM GRU SimpleRNN RNN ConvLSTM1D ConvLSTM2D ConvLSTM3D Bidirectional TimeDistributed".split(" "),
  ..."Softmax BatchNormalization GlobalAveragePooling1D".split(" "),
];

/** Whether Keras hands the masks of the inputs to the layer by itself, as arguments. */
function readsMasks({ layer, inputs, states, masks, training }: LayerCall): boolean {
  if (layer instanceof Operation || masks.length > 0 || training !== null) return false; // it sees to that itself then
  if (models.includes(layer.className)) return true;
  return maskUsers.includes(layer.className) && inputs.length === 1 && states === 0;
}

/** Layers that pass on the mask of their first input. */
const passing = [
  ..."Dense Activation ReLU LeakyReLU ELU PReLU Softmax Dropout SpatialDropout1D GaussianNoise GaussianDropout".split(
    " ",
  ),
  ..."AlphaDropout LayerNormalization BatchNormalization UnitNormalization GroupNormalization Identity".split(" "),
  ..."Rescaling Normalization ActivityRegularization MultiHeadAttention TimeDistributed".split(" "),
];
const recurrent = "LSTM GRU SimpleRNN RNN ConvLSTM1D ConvLSTM2D ConvLSTM3D Bidirectional".split(" ");
const merging = "Add Subtract Multiply Average Maximum Minimum".split(" ");

/** The masks of a call's results, with the operations that compute them. */
function masksLeft(use: LayerCall, masks: readonly (Mask | null)[], read: readonly Node[]) {
  const { layer, inputs, outputs } = use;
  const { className } = layer;
  const step = (...from: Node[]): Node => ({ operation: {}, inputs: from });
  const rank = inputs[0]?.shape.length;
  const [first] = masks;
  if (className === "Embedding") return layer.config().mask_zero ? [{ node: step(read[0]), rank }] : [];
  if (className === "Masking") return [{ node: step(step(read[0])), rank: rank - 1 }];
  if (passing.includes(className)) return [first];
  if (recurrent.includes(className)) {
    const sequences = outputs.filter((t) => t.shape.length === rank);
    return outputs.map((t) => (sequences.includes(t) ? first : null));
  }
  if (className === "Attention" || className === "AdditiveAttention")
    return first ? [{ node: step(first.node), rank: first.rank }] : [];
  if (merging.includes(className)) {
    if (masks.some((mask) => !mask)) return [];
    const all = masks as readonly Mask[];
    return [all.slice(1).reduce((a, b) => ({ node: step(a.node, b.node), rank: a.rank }), all[0])];
  }
  if (className === "Concatenate") {
    if (masks.every((mask) => !mask)) return [];
    const parts = masks.map((mask, k) => {
      if (!mask) return step(read[k]);
      return mask.rank < inputs[k].shape.length ? step(step(mask.node), step(read[k])) : mask.node;
    });
    return [{ node: step(step(...parts)), rank: rank - 1 }];
  }
  return [];
}
