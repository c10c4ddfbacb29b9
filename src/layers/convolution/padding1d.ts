import { DataError, problem, ShapeError, showShape } from "../../errors.ts";
import { broadcastTo, pad, reshape, sliceAxis } from "../../ops/view.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { kerasForm } from "../keras-form.ts";
import { Layer } from "../layer.ts";
import { type ConfigValue, knownOptions, type LayerOptions, positiveInteger, rankOf, wholeNumber } from "../options.ts";

/** Steps before and after; one number means both. */
type Ends = number | readonly [before: number, after: number];

/**
 * Adds steps of zeros before and after: [B, T, D] → [B, before + T + after, D].
 *
 *   zeroPadding1d([2, 0])
 */
export function zeroPadding1d(padding: Ends = 1, options: LayerOptions = {}): Layer {
  return new ZeroPadding1D(padding, options);
}
kerasForm(zeroPadding1d, { className: "ZeroPadding1D", args: ["padding"], featuresLast: true });

/**
 * Leaves out steps at the beginning and the end: [B, T, D] → [B, T − before − after, D].
 *
 *   cropping1d([1, 1])
 */
export function cropping1d(cropping: Ends = 1, options: LayerOptions = {}): Layer {
  return new Cropping1D(cropping, options);
}
kerasForm(cropping1d, { className: "Cropping1D", args: ["cropping"] });

/**
 * Repeats each step `size` times: [B, T, D] → [B, size · T, D].
 *
 *   upSampling1d(2)
 */
export function upSampling1d(size = 2, options: LayerOptions = {}): Layer {
  return new UpSampling1D(size, options);
}
kerasForm(upSampling1d, { className: "UpSampling1D", args: ["size"] });

abstract class Steps extends Layer {
  override build(input: PartialShape): void {
    rankOf(input, 3, this.label, "x [B, T, D]");
    this.computeOutputShape(input);
  }
}

export class ZeroPadding1D extends Steps {
  readonly className = "ZeroPadding1D";
  readonly factory = "zeroPadding1d";
  readonly ends: readonly [number, number];

  constructor(padding: Ends, options: LayerOptions) {
    super(options);
    knownOptions(options, [], "zeroPadding1d");
    this.ends = endsOf(padding, "zeroPadding1d", "padding");
  }
  override computeOutputShape([b, t, d]: PartialShape): PartialShape {
    return [b, t === null ? null : t + this.ends[0] + this.ends[1], d];
  }
  override forward(x: Tensor): Tensor {
    const shape = this.computeOutputShape(x.shape) as number[];
    return pad(x, [0, this.ends[0], 0], shape);
  }
  config(): Record<string, ConfigValue> {
    return { padding: [...this.ends], data_format: "channels_last" };
  }
}

export class Cropping1D extends Steps {
  readonly className = "Cropping1D";
  readonly factory = "cropping1d";
  readonly ends: readonly [number, number];

  constructor(cropping: Ends, options: LayerOptions) {
    super(options);
    knownOptions(options, [], "cropping1d");
    this.ends = endsOf(cropping, "cropping1d", "cropping");
  }
  override computeOutputShape([b, t, d]: PartialShape): PartialShape {
    const gone = this.ends[0] + this.ends[1];
    if (t !== null && t <= gone) {
      const next = "Crop less, or give longer sequences.";
      throw new ShapeError(problem(this.label, `more than ${gone} steps`, showShape([b, t, d]), next));
    }
    return [b, t === null ? null : t - gone, d];
  }
  override forward(x: Tensor): Tensor {
    return sliceAxis(x, 1, this.ends[0], this.computeOutputShape(x.shape)[1]!);
  }
  config(): Record<string, ConfigValue> {
    return { cropping: [...this.ends] };
  }
}

export class UpSampling1D extends Steps {
  readonly className = "UpSampling1D";
  readonly factory = "upSampling1d";
  readonly size: number;

  constructor(size: number, options: LayerOptions) {
    super(options);
    knownOptions(options, [], "upSampling1d");
    this.size = positiveInteger(size, "upSampling1d", "size");
  }
  override computeOutputShape([b, t, d]: PartialShape): PartialShape {
    return [b, t === null ? null : t * this.size, d];
  }
  override forward(x: Tensor): Tensor {
    const [b, t, d] = x.shape;
    return reshape(broadcastTo(reshape(x, [b, t, 1, d]), [b, t, this.size, d]), [b, t * this.size, d]);
  }
  config(): Record<string, ConfigValue> {
    return { size: this.size };
  }
}

function endsOf(value: Ends, who: string, what: string): readonly [number, number] {
  if (typeof value === "number") {
    const both = wholeNumber(value, who, what);
    return [both, both];
  }
  if (!Array.isArray(value) || value.length !== 2) {
    throw new DataError(
      problem(who, `${what} as a number or [before, after]`, String(value), "One number means both ends."),
    );
  }
  return [wholeNumber(value[0], who, `${what} before`), wholeNumber(value[1], who, `${what} after`)];
}
