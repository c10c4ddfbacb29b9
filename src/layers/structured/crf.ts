import { problem, ShapeError, showShape } from "../../errors.ts";
import { chainScores } from "../../ops/crf.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type CallContext, Layer, type Weight } from "../layer.ts";
import { type ConfigValue, knownOptions, type LayerOptions } from "../options.ts";

/** Weights of a chain of labels, as `crf` layers learn them: scores that are added along a label sequence. */
export interface ChainWeights {
  /** [K, K], of a label (row) followed by another (column). */
  readonly transitions: NdArray;
  /** [K], of the first label. */
  readonly first: NdArray;
  /** [K], of the last label. */
  readonly last: NdArray;
}

/**
 * A linear-chain conditional random field over the scores of each step (Lafferty, McCallum & Pereira 2001; Lample et al. 2016): x [B, T, K]
 * → the same scores. It adds the weights that `crfLoss` needs: transitions [K, K], first [K], last [K]. `viterbi` finds the best labels.
 *
 *   const model = sequential([input([null, 40]), bidirectional(lstm(32, { returnSequences: true })), dense(5), crf()]);
 *   model.compile({ optimizer: "adam", loss: crfLoss() });
 */
export function crf(options: LayerOptions = {}): Crf {
  return new Crf(options);
}

/** A chain of labels over scores, as `crf` makes it. */
export class Crf extends Layer {
  readonly className = "CRF";
  readonly factory = "crf";

  constructor(options: LayerOptions) {
    knownOptions(options, [], "crf");
    super(options);
  }
  override build(input: PartialShape): void {
    const labels = input.at(-1);
    if (input.length !== 3 || !labels) {
      const next = "Put dense(labels) before it, over layers with returnSequences.";
      throw new ShapeError(problem(this.label, "scores [B, T, labels]", showShape(input), next));
    }
    this.addWeight("transitions", [labels, labels], "zeros");
    this.addWeight("first", [labels], "zeros");
    this.addWeight("last", [labels], "zeros");
  }
  override forward(x: Tensor, context: CallContext): Tensor {
    const [transitions, first, last] = this.weights.map((w: Weight) => context.weight(w));
    const y = chainScores(x, { transitions, first, last });
    y.mask = x.mask;
    return y;
  }
  config(): Record<string, ConfigValue> {
    return {};
  }
  /** The numbers learned. Throws DataError while no model has the layer. */
  get chain(): ChainWeights {
    const [transitions, first, last] = this.getWeights();
    return { transitions, first, last };
  }
}
