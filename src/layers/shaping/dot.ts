import { DataError, problem, ShapeError, showShape } from "../../errors.ts";
import { div, maximum, sqrt, square } from "../../ops/elementwise.ts";
import { matmul } from "../../ops/matmul.ts";
import { sum } from "../../ops/reduce.ts";
import { reshape, transpose } from "../../ops/view.ts";
import { axisOf, type PartialShape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm } from "../keras-form.ts";
import { Layer } from "../layer.ts";
import { type ConfigValue, knownOptions, type LayerOptions } from "../options.ts";

export interface DotOptions extends LayerOptions {
  /** The axis of both, or of each, that is summed over. */
  axes: number | readonly [number, number];
  /** Scales both to length 1 along that axis first, which gives the cosine similarity. Default false. */
  normalize?: boolean;
}

/**
 * Products summed over one axis of each, row by row: [B, T, D] and [B, S, D] with axes 2 → [B, T, S].
 *
 *   dot({ axes: [2, 2] })([queries, keys])
 */
export function dot(options: DotOptions): Layer {
  return new Dot(options);
}
kerasForm(dot, { className: "Dot", options: ["axes", "normalize"] });

export class Dot extends Layer {
  readonly className = "Dot";
  readonly factory = "dot";
  readonly axes: number | readonly [number, number];
  readonly normalize: boolean;

  constructor(options: DotOptions) {
    super(options);
    knownOptions(options, ["axes", "normalize"], "dot");
    const { axes } = options;
    const both = typeof axes === "number" ? [axes, axes] : axes;
    if (!Array.isArray(both) || both.length !== 2 || both.some((a) => !Number.isInteger(a) || a === 0)) {
      const next = "Axis 0 is the batch; dot({ axes: -1 }) sums over the features of both.";
      throw new DataError(problem("dot", "axes as a whole number or two of them", String(axes), next));
    }
    this.axes = axes;
    this.normalize = options.normalize ?? false;
  }
  override get arity(): number {
    return 2;
  }
  override buildAll(inputs: readonly PartialShape[]): void {
    const [i, j] = this.#axesOf(inputs);
    const [a, b] = [inputs[0][i], inputs[1][j]];
    if (a !== null && b !== null && a !== b) {
      const next = `Axis ${i} of the first has ${a} entries, axis ${j} of the second ${b}.`;
      throw new ShapeError(
        problem(this.label, "equal sizes along the axes", inputs.map((s) => showShape(s)).join(" and "), next),
      );
    }
    this.builtFor = inputs;
  }
  override computeOutputShapes(inputs: readonly PartialShape[]): PartialShape[] {
    const [i, j] = this.#axesOf(inputs);
    const shape = [...inputs[0].filter((_, k) => k !== i), ...inputs[1].filter((_, k) => k !== 0 && k !== j)];
    return [shape.length === 1 ? [shape[0], 1] : shape];
  }
  override forwardAll([x, y]: readonly Tensor[]): Tensor[] {
    const [i, j] = this.#axesOf([x.shape, y.shape]);
    const unit = (t: Tensor, axis: number) =>
      this.normalize ? div(t, sqrt(maximum(sum(square(t), [axis], true), 1e-12))) : t;
    const [b, n] = [x.shape[0], x.shape[i]];
    const rows = lastAxis(unit(x, i), i); // [B, ..., n]
    const columns = lastAxis(unit(y, j), j);
    const [m, k] = [rows, columns].map((t) => sizeOf(t.shape.slice(1, -1)));
    const product = matmul(reshape(rows, [b, m, n]), reshape(columns, [b, k, n]), false, true); // [B, m, k]
    const [shape] = this.computeOutputShapes([x.shape, y.shape]);
    return [reshape(product, shape as number[])];
  }
  #axesOf([a, b]: readonly PartialShape[]): [number, number] {
    const [i, j] = typeof this.axes === "number" ? [this.axes, this.axes] : this.axes;
    return [axisOf(i, a.length), axisOf(j, b.length)];
  }
  config(): Record<string, ConfigValue> {
    return { axes: typeof this.axes === "number" ? this.axes : [...this.axes], normalize: this.normalize };
  }
}

function lastAxis(t: Tensor, axis: number): Tensor {
  const order = t.shape.flatMap((_, i) => (i === axis ? [] : [i]));
  return axis === t.shape.length - 1 ? t : transpose(t, [...order, axis]);
}
