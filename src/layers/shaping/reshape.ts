import { DataError, problem, ShapeError, showShape } from "../../errors.ts";
import { reshape as reshapeOp, transpose } from "../../ops/view.ts";
import { type PartialShape, type Shape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm } from "../keras-form.ts";
import { Layer } from "../layer.ts";
import { unmasked } from "../masks.ts";
import { type ConfigValue, knownOptions, type LayerOptions } from "../options.ts";

/**
 * The numbers of each row under another shape, without the batch; one size may be −1, which takes what is left. A mask ends
 * here, as in Keras.
 *
 *   reshape([-1, 4])   // [B, 12] → [B, 3, 4]
 */
export function reshape(targetShape: Shape, options: LayerOptions = {}): Layer {
  return new Reshape(targetShape, options);
}
kerasForm(reshape, { className: "Reshape", args: ["target_shape"] });

/**
 * The axes of each row in another order, counted from 1; the batch stays first.
 *
 *   permute([2, 1])    // [B, T, D] → [B, D, T]
 */
export function permute(dims: readonly number[], options: LayerOptions = {}): Layer {
  return new Permute(dims, options);
}
kerasForm(permute, { className: "Permute", args: ["dims"] });

export class Reshape extends Layer {
  readonly className = "Reshape";
  readonly factory = "reshape";
  readonly targetShape: Shape;

  constructor(targetShape: Shape, options: LayerOptions) {
    super(options);
    knownOptions(options, [], "reshape");
    const sound =
      Array.isArray(targetShape) &&
      targetShape.every((d) => Number.isInteger(d) && (d > 0 || d === -1)) &&
      targetShape.filter((d) => d === -1).length <= 1;
    if (!sound) {
      const next = "The batch is left out; one size may be -1 and takes what is left.";
      throw new DataError(problem("reshape", "sizes such as [3, 4] or [-1, 4]", `[${targetShape}]`, next));
    }
    this.targetShape = targetShape;
  }
  override build(input: PartialShape): void {
    this.computeOutputShape(input);
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    const rest = input.slice(1);
    const target = [...this.targetShape];
    const open = target.indexOf(-1);
    const given = sizeOf(target.filter((d) => d !== -1));
    if (rest.includes(null)) return [input[0], ...target.map((d) => (d === -1 ? null : d))];
    const numbers = sizeOf(rest as number[]);
    if (open < 0 ? given !== numbers : numbers % given !== 0) {
      throw new ShapeError(
        problem(
          this.label,
          `rows of ${open < 0 ? given : `a multiple of ${given}`} numbers`,
          `${showShape(input)}, which has ${numbers}`,
          "The sizes must multiply to as many numbers as come in.",
        ),
      );
    }
    if (open >= 0) target[open] = numbers / given;
    return [input[0], ...target];
  }
  override forward(x: Tensor): Tensor {
    return unmasked(reshapeOp(x, this.computeOutputShape(x.shape) as number[]));
  }
  config(): Record<string, ConfigValue> {
    return { target_shape: [...this.targetShape] };
  }
}

export class Permute extends Layer {
  readonly className = "Permute";
  readonly factory = "permute";
  readonly dims: readonly number[];

  constructor(dims: readonly number[], options: LayerOptions) {
    super(options);
    knownOptions(options, [], "permute");
    if (!Array.isArray(dims) || [...dims].sort((a, b) => a - b).some((d, i) => d !== i + 1)) {
      const next = "Axes are counted from 1, the batch is left out, and each stands once.";
      throw new DataError(problem("permute", "an order of axes such as [2, 1]", `[${dims}]`, next));
    }
    this.dims = dims;
  }
  override build(input: PartialShape): void {
    if (input.length === this.dims.length + 1) return;
    const next = `Give ${input.length - 1} axes: every one but the batch.`;
    throw new ShapeError(problem(this.label, `rank ${this.dims.length + 1}`, showShape(input), next));
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    return [input[0], ...this.dims.map((d) => input[d])];
  }
  override forward(x: Tensor): Tensor {
    return transpose(x, [0, ...this.dims]);
  }
  config(): Record<string, ConfigValue> {
    return { dims: [...this.dims] };
  }
}
