import { div, maximum, sqrt, square } from "../../ops/elementwise.ts";
import { sum } from "../../ops/reduce.ts";
import { axisOf, type PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm } from "../keras-form.ts";
import { Layer } from "../layer.ts";
import { type ConfigValue, knownOptions, type LayerOptions } from "../options.ts";
import { normalisedAxes } from "./normalised-axes.ts";

export interface UnitNormalizationOptions extends LayerOptions {
  /** The axes that are scaled to length 1 together. Default −1. */
  axis?: number | readonly number[];
}

/**
 * Each entry divided by its Euclidean length, so that it has length 1: any shape, unchanged. Zeros stay zeros.
 *
 *   sequential([input([8]), dense(4), unitNormalization()]);
 */
export function unitNormalization(options: UnitNormalizationOptions = {}): Layer {
  return new UnitNormalization(options);
}
kerasForm(unitNormalization, { className: "UnitNormalization", options: ["axis"] });

export class UnitNormalization extends Layer {
  readonly className = "UnitNormalization";
  readonly factory = "unitNormalization";
  readonly options: UnitNormalizationOptions;
  readonly #axis: readonly number[];

  constructor(options: UnitNormalizationOptions) {
    super(options);
    knownOptions(options, ["axis"], "unitNormalization");
    this.options = options;
    this.#axis = normalisedAxes(options.axis, "unitNormalization");
  }
  override build(input: PartialShape): void {
    for (const axis of this.#axis) axisOf(axis, input.length);
  }
  override forward(x: Tensor): Tensor {
    const axes = this.#axis.map((a) => axisOf(a, x.shape.length));
    const y = div(x, sqrt(maximum(sum(square(x), axes, true), 1e-24))); // Keras: a length of at least 1e-12
    y.mask = x.mask;
    if (!axes.includes(1)) y.prefix = x.prefix; // each step on its own
    return y;
  }
  config(): Record<string, ConfigValue> {
    const { axis = -1 } = this.options;
    return { axis: typeof axis === "number" ? axis : [...axis] };
  }
}
