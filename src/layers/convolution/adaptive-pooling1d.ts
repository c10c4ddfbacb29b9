import { problem, ShapeError, showShape } from "../../errors.ts";
import { max, mean } from "../../ops/reduce.ts";
import { concat, sliceAxis } from "../../ops/view.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm } from "../keras-form.ts";
import { Layer } from "../layer.ts";
import { type ConfigValue, knownOptions, type LayerOptions, positiveInteger, rankOf } from "../options.ts";

/**
 * The largest number of each feature in outputSize windows that cover all steps: [B, T, D] → [B, outputSize, D]. Window i
 * goes from ⌊i · T / outputSize⌋ to ⌈(i + 1) · T / outputSize⌉. The number of steps must be fixed; a mask ends here.
 *
 *   sequential([input([30, 3]), adaptiveMaxPooling1d(10), lstm(16)]);
 */
export function adaptiveMaxPooling1d(outputSize: number, options: LayerOptions = {}): Layer {
  return new AdaptiveMaxPooling1D(outputSize, options);
}
kerasForm(adaptiveMaxPooling1d, {
  className: "AdaptiveMaxPooling1D",
  args: ["output_size"],
  single: ["output_size"],
  featuresLast: true,
});

/**
 * The mean of each feature in outputSize windows that cover all steps: [B, T, D] → [B, outputSize, D]; windows as in `adaptiveMaxPooling1d`.
 *
 *   adaptiveAveragePooling1d(10)
 */
export function adaptiveAveragePooling1d(outputSize: number, options: LayerOptions = {}): Layer {
  return new AdaptiveAveragePooling1D(outputSize, options);
}
kerasForm(adaptiveAveragePooling1d, {
  className: "AdaptiveAveragePooling1D",
  args: ["output_size"],
  single: ["output_size"],
  featuresLast: true,
});

abstract class AdaptivePooling extends Layer {
  readonly outputSize: number;

  constructor(outputSize: number, options: LayerOptions, who: string) {
    super(options);
    knownOptions(options, [], who);
    this.outputSize = positiveInteger(outputSize, who, "outputSize");
  }
  protected abstract pooled(window: Tensor): Tensor;

  override build(input: PartialShape): void {
    rankOf(input, 3, this.label, "x [B, T, D]");
    if (input[1] !== null) return;
    const next = "Windows depend on the number of steps: input([30, 3]), not input([null, 3]).";
    throw new ShapeError(problem(this.label, "a known number of steps", showShape(input), next));
  }
  override computeOutputShape([b, , d]: PartialShape): PartialShape {
    return [b, this.outputSize, d];
  }
  override forward(x: Tensor): Tensor {
    const t = x.shape[1];
    const windows = Array.from({ length: this.outputSize }, (_, i) => {
      const from = Math.floor((i * t) / this.outputSize);
      return this.pooled(sliceAxis(x, 1, from, Math.ceil(((i + 1) * t) / this.outputSize) - from));
    });
    return concat(windows, 1);
  }
  config(): Record<string, ConfigValue> {
    return { output_size: [this.outputSize], data_format: "channels_last" };
  }
}

export class AdaptiveMaxPooling1D extends AdaptivePooling {
  readonly className = "AdaptiveMaxPooling1D";
  readonly factory = "adaptiveMaxPooling1d";

  constructor(outputSize: number, options: LayerOptions) {
    super(outputSize, options, "adaptiveMaxPooling1d");
  }
  protected override pooled(window: Tensor): Tensor {
    return max(window, [1], true);
  }
}

export class AdaptiveAveragePooling1D extends AdaptivePooling {
  readonly className = "AdaptiveAveragePooling1D";
  readonly factory = "adaptiveAveragePooling1d";

  constructor(outputSize: number, options: LayerOptions) {
    super(outputSize, options, "adaptiveAveragePooling1d");
  }
  protected override pooled(window: Tensor): Tensor {
    return mean(window, [1], true);
  }
}
