import { broadcastTo, reshape } from "../../ops/view.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm } from "../keras-form.ts";
import { Layer } from "../layer.ts";
import { type ConfigValue, knownOptions, type LayerOptions, positiveInteger, rankOf } from "../options.ts";

/**
 * The same vector at each of n steps: [B, D] → [B, n, D]. It stands between an encoder and a decoder.
 *
 *   sequential([input([10, 3]), lstm(32), repeatVector(5), lstm(32, { returnSequences: true }), timeDistributed(dense(3))]);
 */
export function repeatVector(n: number, options: LayerOptions = {}): Layer {
  return new RepeatVector(n, options);
}
kerasForm(repeatVector, { className: "RepeatVector", args: ["n"] });

export class RepeatVector extends Layer {
  readonly className = "RepeatVector";
  readonly factory = "repeatVector";
  readonly n: number;

  constructor(n: number, options: LayerOptions) {
    super(options);
    knownOptions(options, [], "repeatVector");
    this.n = positiveInteger(n, "repeatVector", "n");
  }
  override build(input: PartialShape): void {
    rankOf(input, 2, this.label, "x [B, D]");
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    return [input[0], this.n, input[1]];
  }
  override forward(x: Tensor): Tensor {
    const [b, d] = x.shape;
    return broadcastTo(reshape(x, [b, 1, d]), [b, this.n, d]);
  }
  config(): Record<string, ConfigValue> {
    return { n: this.n };
  }
}
