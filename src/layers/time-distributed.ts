import { DataError, problem, ShapeError, showShape } from "../errors.ts";
import { reshape } from "../ops/view.ts";
import type { DType, PartialShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type CallContext, Layer, type Layers } from "./layer.ts";
import { type ConfigValue, knownOptions, type LayerOptions, layerObject, show } from "./options.ts";

/**
 * A layer on every step by itself, with the same weights: [B, T, ...] → [B, T, ...what the layer gives]. Steps of all rows
 * run as one batch.
 *
 *   timeDistributed(dense(5, { activation: "softmax" }))
 */
export function timeDistributed(layer: Layer, options: LayerOptions = {}): Layer {
  return new TimeDistributed(layer, options);
}

export class TimeDistributed extends Layer {
  readonly className = "TimeDistributed";
  readonly factory = "timeDistributed";
  readonly layer: Layer;

  constructor(layer: Layer, options: LayerOptions) {
    knownOptions(options, [], "timeDistributed");
    super(options);
    if (!(layer instanceof Layer))
      throw new DataError(problem("timeDistributed", "a layer", show(layer), "timeDistributed(dense(5)), for one."));
    if (layer.arity !== 1)
      throw new DataError(problem("timeDistributed", "a layer of one input and one output", layer.label));
    this.layer = layer;
  }
  override get sublayers(): readonly Layers[] {
    return [this.layer];
  }
  override get inputDtype(): DType {
    return this.layer.inputDtype;
  }
  override get idLimit(): number | undefined {
    return this.layer.idLimit;
  }

  override build(input: PartialShape): void {
    if (input.length < 2 || (input.length === 2 && this.inputDtype === "f32"))
      throw new ShapeError(problem(this.label, "x [B, T, ...]", showShape(input), "There is no step axis."));
    const step = stepShape(input);
    this.layer.buildAll([step]);
    const outputs = this.layer.computeOutputShapes([step]).length;
    if (outputs !== 1)
      throw new DataError(problem(this.label, "a layer of one output", `${outputs} from ${this.layer.label}`));
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    return [input[0], input[1], ...this.layer.computeOutputShape(stepShape(input)).slice(1)];
  }
  override forward(x: Tensor, context: CallContext): Tensor {
    const [batch, time, ...rest] = x.shape;
    const y = this.layer.forward(reshape(x, [batch * time, ...rest]), context);
    const out = reshape(y, [batch, time, ...y.shape.slice(1)]);
    out.mask = x.mask;
    return out;
  }

  config(): Record<string, ConfigValue> {
    return { layer: layerObject(this.layer) };
  }
}

/** [B, T, ...] → [B·T, ...], open where either is. */
function stepShape([batch, time, ...rest]: PartialShape): PartialShape {
  return [batch === null || time === null ? null : batch * time, ...rest];
}
