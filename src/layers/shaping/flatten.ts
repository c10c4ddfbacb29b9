import { problem, ShapeError, showShape } from "../../errors.ts";
import { reshape } from "../../ops/view.ts";
import { type PartialShape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm } from "../keras-form.ts";
import { Layer } from "../layer.ts";
import { unmasked } from "../masks.ts";
import { type ConfigValue, knownOptions, type LayerOptions } from "../options.ts";

/**
 * Everything but the batch in one axis: [B, T, D] → [B, T·D]. A mask ends here, as in Keras.
 *
 *   flatten()
 */
export function flatten(options: LayerOptions = {}): Layer {
  return new Flatten(options);
}
kerasForm(flatten, { className: "Flatten", featuresLast: true });

export class Flatten extends Layer {
  readonly className = "Flatten";
  readonly factory = "flatten";

  constructor(options: LayerOptions) {
    super(options);
    knownOptions(options, [], "flatten");
  }

  override build(input: PartialShape): void {
    if (input.slice(1).includes(null)) {
      throw new ShapeError(
        problem(
          this.label,
          "every size but the batch known",
          showShape(input),
          "Give the steps a fixed length: padSequences(rows, { maxLen }).",
        ),
      );
    }
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    return [input[0], sizeOf(input.slice(1) as number[])];
  }
  override forward(x: Tensor): Tensor {
    return unmasked(reshape(x, [x.shape[0], sizeOf(x.shape.slice(1))]));
  }
  config(): Record<string, ConfigValue> {
    return { data_format: "channels_last" };
  }
}
