import { problem, ShapeError, showShape } from "../../errors.ts";
import { concat } from "../../ops/view.ts";
import { axisOf, type PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm } from "../keras-form.ts";
import { Layer } from "../layer.ts";
import { joinedMask } from "../masks.ts";
import { type ConfigValue, knownOptions, type LayerOptions } from "../options.ts";

/**
 * Tensors side by side along an axis, the last one by default: [B, T, D] and [B, T, E] → [B, T, D + E]. Masks are joined:
 * along the steps one after another, along the features per step counts where one input has it.
 *
 *   concatenate()([lstm(16)(words), dense(4)(numbers)])
 */
export function concatenate(options: LayerOptions & { axis?: number } = {}): Layer {
  return new Concatenate(options);
}
kerasForm(concatenate, { className: "Concatenate", options: ["axis"] });

export class Concatenate extends Layer {
  readonly className = "Concatenate";
  readonly factory = "concatenate";
  readonly axis: number;

  constructor(options: LayerOptions & { axis?: number }) {
    super(options);
    knownOptions(options, ["axis"], "concatenate");
    this.axis = options.axis ?? -1;
  }
  override get arity(): readonly [number, number] {
    return [1, Number.POSITIVE_INFINITY];
  }
  override buildAll(inputs: readonly PartialShape[]): void {
    const axis = axisOf(this.axis, inputs[0].length);
    const fits = inputs.every(
      (s) =>
        s.length === inputs[0].length &&
        s.every((d, i) => i === axis || d === null || inputs[0][i] === null || d === inputs[0][i]),
    );
    if (!fits || axis === 0) {
      const expected = axis === 0 ? "an axis other than the batch" : `equal sizes on all axes but ${this.axis}`;
      const next = "Choose another axis, or bring the inputs to one shape: repeatVector, pooling, reshape.";
      throw new ShapeError(problem(this.label, expected, inputs.map((s) => showShape(s)).join(" and "), next));
    }
    this.builtFor = inputs;
  }
  override computeOutputShapes(inputs: readonly PartialShape[]): PartialShape[] {
    const axis = axisOf(this.axis, inputs[0].length);
    const total = inputs.reduce<number | null>((n, s) => (n === null || s[axis] === null ? null : n + s[axis]!), 0);
    return [inputs[0].map((d, i) => (i === axis ? total : (d ?? inputs.find((s) => s[i] !== null)?.[i] ?? null)))];
  }
  override forwardAll(inputs: readonly Tensor[]): Tensor[] {
    if (inputs.length === 1) return [inputs[0]];
    const axis = axisOf(this.axis, inputs[0].shape.length);
    const y = concat(inputs, axis);
    y.mask = joinedMask(inputs, axis);
    return [y];
  }
  config(): Record<string, ConfigValue> {
    return { axis: this.axis };
  }
}
