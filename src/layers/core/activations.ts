import { DataError, problem, ShapeError, showShape, suggest } from "../../errors.ts";
import { gateFormula } from "../../ops/activation.ts";
import {
  abs,
  add,
  clip,
  constant,
  div,
  equal,
  exp,
  greater,
  greaterEqual,
  maximum,
  minimum,
  mul,
  neg,
  relu,
  sigmoid,
  sqrt,
  square,
  sub,
  tanh,
  unary,
  where,
} from "../../ops/elementwise.ts";
import { sum } from "../../ops/reduce.ts";
import { logSoftmax, softmax } from "../../ops/softmax.ts";
import { reshape, split } from "../../ops/view.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type CallContext, Layer } from "../layer.ts";
import { type ConfigValue, kerasName, layerObject, show } from "../options.ts";

/** The error function to 1.5e-7 (Abramowitz & Stegun 1964, 7.1.26). */
function erf(x: Tensor): Tensor {
  const size = abs(x);
  const t = div(1, add(1, mul(size, 0.3275911)));
  const powers = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];
  const series = powers.slice(1).reduce((sum, c) => mul(add(sum, c), t), mul(t, powers[0]));
  const y = sub(1, mul(series, exp(neg(square(size)))));
  return where(greater(x, 0), y, neg(y));
}

/** x where c is not 0, and 0 elsewhere. */
const kept = (c: Tensor, x: Tensor): Tensor => where(c, x, constant(0, x));

/**
 * Of which many are exactly 0, along the last axis (Martins & Astudillo 2016): the support is the k entries that all larger
 * ones together exceed by less than 1; they are moved down by τ. The paper's τ is (Σ z − 1) / k over the support; Keras 3
 * takes the sum of all its running sums for Σ z, on every backend, and so do we: a file must predict what it does there.
 */
function sparsemax(x: Tensor): Tensor {
  const lead = x.shape.slice(0, -1);
  const n = x.shape[x.shape.length - 1];
  const [row, column] = [reshape(x, [...lead, n, 1]), reshape(x, [...lead, 1, n])];
  const support = greater(1, sum(relu(sub(column, row)), [-1])); // [..., n]
  // In how many running sums of the support, largest entry first, an entry is: those of the smaller ones and its own.
  const later = add(greater(row, column), mul(equal(row, column), 0.5)); // [..., n, n], equal ones half each
  const times = add(sum(mul(later, reshape(support, [...lead, 1, n])), [-1]), 0.5);
  const total = sum(mul(mul(x, support), times), [-1], true);
  return relu(sub(x, div(sub(total, 1), sum(support, [-1], true))));
}

const hardSilu = (x: Tensor): Tensor => mul(x, gateFormula.hardSigmoid(x));
const silu = (x: Tensor): Tensor => mul(x, sigmoid(x));

/** Keras's activations by name, each a formula x → y of the same shape; `glu` alone halves the last axis. */
export const activationFormulas = {
  linear: (x: Tensor) => x,
  relu,
  relu6: (x: Tensor) => clip(x, 0, 6),
  leakyRelu: (x: Tensor) => maximum(x, mul(x, 0.2)),
  elu: (x: Tensor) => where(greater(x, 0), x, sub(exp(minimum(x, 0)), 1)),
  celu: (x: Tensor) => add(relu(x), unary("expm1", minimum(x, 0))),
  selu: (x: Tensor) =>
    mul(where(greater(x, 0), x, mul(sub(exp(minimum(x, 0)), 1), 1.6732632423543772)), 1.0507009873554805),
  /** The exact form, as Keras's "gelu". */
  gelu: (x: Tensor) => mul(mul(x, 0.5), add(1, erf(mul(x, Math.SQRT1_2)))),
  silu,
  swish: silu,
  hardSilu,
  hardSwish: hardSilu,
  mish: (x: Tensor) => mul(x, tanh(unary("softplus", x))),
  sigmoid,
  logSigmoid: (x: Tensor) => neg(unary("softplus", neg(x))),
  hardSigmoid: gateFormula.hardSigmoid,
  hardSigmoid2: gateFormula.hardSigmoid2,
  sparseSigmoid: (x: Tensor) => clip(mul(add(x, 1), 0.5), 0, 1),
  tanh,
  hardTanh: (x: Tensor) => clip(x, -1, 1),
  tanhShrink: (x: Tensor) => sub(x, tanh(x)),
  hardShrink: (x: Tensor) => kept(greater(abs(x), 0.5), x),
  softShrink: (x: Tensor) => sub(x, clip(x, -0.5, 0.5)),
  softplus: (x: Tensor) => unary("softplus", x),
  squareplus: (x: Tensor) => div(add(x, sqrt(add(square(x), 4))), 2),
  sparsePlus: (x: Tensor) => where(greaterEqual(x, 1), x, mul(square(relu(add(x, 1))), 0.25)),
  softsign: (x: Tensor) => div(x, add(abs(x), 1)),
  exponential: exp,
  softmax,
  logSoftmax,
  sparsemax,
  glu: (x: Tensor) => {
    const [a, b] = split(x, 2);
    return mul(a, sigmoid(b));
  },
} as const;

/** Names of the activations, Keras's in camelCase. */
export type ActivationName = keyof typeof activationFormulas;
/** An activation by its name, or a layer without weights: `dense(8, { activation: leakyRelu({ negativeSlope: 0.1 }) })`. */
export type ActivationLike = ActivationName | Layer;

/** An activation as its owner uses it. */
export interface UsedActivation {
  formula(x: Tensor, context: CallContext): Tensor;
  /** The shape that comes out of one; throws where it does not suit. */
  outputShape(input: PartialShape): PartialShape;
  /** Its form in Keras's config. */
  readonly config: ConfigValue;
}

/** The activation behind a name or a layer. Throws DataError for what is neither, and for a layer with weights. */
export function activationOf(like: ActivationLike, who: string): UsedActivation {
  if (like instanceof Layer) return layerActivation(like, who);
  const formula = activationFormula(like, who);
  return { formula, outputShape: (input) => (like === "glu" ? halved(input, who) : input), config: kerasName(like) };
}

export function activationFormula(name: ActivationName, who: string): (x: Tensor) => Tensor {
  if (typeof name !== "string") {
    const next = 'Give its name, "relu", or a layer: leakyRelu({ negativeSlope: 0.1 }), lambda((x) => ops.mul(x, 2)).';
    throw new DataError(problem(who, "an activation by its name, or a layer", show(name), next));
  }
  if (name === ("threshold" as string)) {
    const next = "Give a layer with its numbers: relu({ threshold: 0.5 }).";
    throw new DataError(problem(who, "an activation that needs no numbers", '"threshold"', next));
  }
  if (!Object.hasOwn(activationFormulas, name)) {
    throw new DataError(
      problem(who, "a known activation", `"${name}"`, suggest(name, Object.keys(activationFormulas))),
    );
  }
  return activationFormulas[name];
}

function layerActivation(layer: Layer, who: string): UsedActivation {
  if (layer.arity !== 1) throw new DataError(problem(who, "an activation of one input", layer.label));
  const outputShape = (input: PartialShape): PartialShape => {
    if (!layer.built) layer.buildAll([input]);
    if (layer.ownedWeights().length === 0) return layer.computeOutputShape(input);
    const next = "Put it behind this layer: Keras loses the weights of such an activation in .keras files.";
    throw new DataError(problem(who, "an activation without weights", layer.label, next));
  };
  return {
    outputShape,
    formula: (x, context) => {
      outputShape(x.shape);
      return layer.forward(x, context);
    },
    get config() {
      return layerObject(layer);
    },
  };
}

function halved(input: PartialShape, who: string): PartialShape {
  const d = input.at(-1);
  if (typeof d === "number" && d % 2 === 0) return [...input.slice(0, -1), d / 2];
  throw new ShapeError(problem(who, "an even number of features for glu", showShape(input), "It halves them."));
}
