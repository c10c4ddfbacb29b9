import { DataError, problem } from "../../errors.ts";
import { add, mul } from "../../ops/elementwise.ts";
import { asNdArray, NdArray, type NestedNumbers } from "../../tensor/nd-array.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Layer } from "../layer.ts";
import { constantArray } from "../operations/constant-array.ts";
import { Elementwise } from "../operations/elementwise-layer.ts";
import { type ConfigValue, knownOptions, type LayerOptions, show } from "../options.ts";

export interface RescalingOptions extends LayerOptions {
  /** Added after scaling: one number, or one for each feature. Default 0. */
  offset?: NestedNumbers;
}

/**
 * x · scale + offset: any shape, unchanged. Scale and offset are one number, or one for each feature.
 *
 *   sequential([input([20, 3]), rescaling(1 / 255), lstm(16)]);
 *   rescaling([0.1, 2, 1], { offset: [-1, 0, 0] })
 */
export function rescaling(scale: NestedNumbers, options: RescalingOptions = {}): Layer {
  return new Rescaling(scale, options);
}

export class Rescaling extends Elementwise {
  readonly className = "Rescaling";
  readonly factory = "rescaling";
  readonly scale: NestedNumbers;
  readonly offset: NestedNumbers;

  constructor(scale: NestedNumbers, options: RescalingOptions) {
    super(options);
    knownOptions(options, ["offset"], "rescaling");
    this.scale = scale;
    this.offset = options.offset ?? 0;
    numbersOf(this.scale, "rescaling", "scale");
    numbersOf(this.offset, "rescaling", "offset");
  }
  protected override formula(x: Tensor): Tensor {
    const scale = constantArray(numbersOf(this.scale, this.label, "scale"), x);
    return add(mul(x, scale), constantArray(numbersOf(this.offset, this.label, "offset"), x));
  }
  config(): Record<string, ConfigValue> {
    return { scale: this.scale, offset: this.offset };
  }
}

/** One number, or nested ones, as an array. Throws DataError for what is neither. */
export function numbersOf(value: NestedNumbers, who: string, what: string): NdArray {
  if (typeof value === "number" && Number.isFinite(value)) return new NdArray(Float64Array.of(value), []);
  if (!Array.isArray(value) || value.length === 0)
    throw new DataError(problem(who, `${what} as a number, or a list of them`, show(value)));
  const a = asNdArray(value, { who: `${who}: ${what}` });
  if (a.data.every((v) => Number.isFinite(v))) return a;
  throw new DataError(problem(who, `${what} of finite numbers`, show(value)));
}
