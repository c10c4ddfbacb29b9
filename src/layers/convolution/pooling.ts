import { add, constant, div, maximum, where } from "../../ops/elementwise.ts";
import type { PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Layer } from "../layer.ts";
import { unmasked } from "../masks.ts";
import { type ConfigValue, knownOptions, type LayerOptions } from "../options.ts";
import {
  checkGrid,
  gridCounts,
  gridEntries,
  gridOf,
  gridReachesOut,
  type PerAxis,
  type WindowGrid,
} from "./window-grid.ts";

interface PoolingOptions extends LayerOptions {
  strides?: PerAxis | null;
  padding?: "valid" | "same";
}

/** Windows along each axis between batch and features, each feature by itself: what pooling of sequences and images share. */
export abstract class Pooling extends Layer {
  readonly grid: WindowGrid;

  constructor(who: string, axes: number, poolSize: PerAxis, options: PoolingOptions) {
    super(options);
    knownOptions(options, ["strides", "padding"], who);
    const { padding } = options;
    const strides = options.strides ?? poolSize;
    this.grid = gridOf(poolSize, { strides, padding }, axes, who, ["valid", "same"], "poolSize");
  }
  override build(input: PartialShape): void {
    checkGrid(input, this.grid, this.label);
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    return [input[0], ...gridCounts(input, this.grid, this.label), input[input.length - 1]];
  }
  /** 1 where an entry lies inside, [1, ...counts, 1] each; null where all do. */
  protected inside(x: Tensor): Tensor[] | null {
    if (!gridReachesOut(x, this.grid)) return null;
    return gridEntries(constant(1, x, [1, ...x.shape.slice(1, -1), 1]), this.grid, this.label);
  }
  config(): Record<string, ConfigValue> {
    return {
      pool_size: this.grid.map((w) => w.size),
      padding: this.grid[0].padding,
      strides: this.grid.map((w) => w.stride),
      data_format: "channels_last",
    };
  }
}

/** The largest number of each window. */
export abstract class MaxPooling extends Pooling {
  override forward(x: Tensor): Tensor {
    const inside = this.inside(x);
    const least = inside && constant(-3.4e38, x);
    const entries = gridEntries(x, this.grid, this.label);
    return unmasked(entries.map((e, k) => (inside ? where(inside[k], e, least!) : e)).reduce((a, b) => maximum(a, b)));
  }
}

/** The mean of each window, padding not counted. */
export abstract class AveragePooling extends Pooling {
  override forward(x: Tensor): Tensor {
    const entries = gridEntries(x, this.grid, this.label);
    const total = entries.reduce((a, b) => add(a, b));
    return unmasked(div(total, this.inside(x)?.reduce((a, b) => add(a, b)) ?? entries.length));
  }
}
