import { DataError, problem, ShapeError, showShape } from "../../errors.ts";
import { mul } from "../../ops/elementwise.ts";
import { max } from "../../ops/reduce.ts";
import { concat, reshape, sliceAxis, withoutGradient } from "../../ops/view.ts";
import type { DType, PartialShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type AnyLayer, buildOnce, type CallContext, Layer, runLayer, type Weight } from "../layer.ts";
import { BatchNormalization } from "../normalization/batch-normalization.ts";
import { type ConfigValue, knownOptions, type LayerOptions, layerObject, show } from "../options.ts";

/**
 * A layer or a model on every step by itself, with the same weights: [B, T, ...] → [B, T, ...the layer's result]. The
 * layer reads the mask of its own step: [B, T, W] → [B, W]. What comes out is masked as the input was; where the layer has
 * read an axis of the mask away, a step counts if anything in it does.
 *
 *   timeDistributed(dense(5, { activation: "softmax" }))
 *   timeDistributed(sequential([embedding(10_000, 64, { maskZero: true }), lstm(32)])) // sentences of words [B, S, W]
 *
 * Steps of all rows run as one batch. Step follows step where a layer keeps something from one to the next: a state that is
 * carried, and while training the averages of batchNormalization.
 */
export function timeDistributed(layer: AnyLayer, options: LayerOptions = {}): Layer {
  return new TimeDistributed(layer, options);
}

export class TimeDistributed extends Layer {
  readonly className = "TimeDistributed";
  readonly factory = "timeDistributed";
  readonly layer: AnyLayer;

  constructor(layer: AnyLayer, options: LayerOptions) {
    knownOptions(options, [], "timeDistributed");
    super(options);
    if (!(layer instanceof Layer))
      throw new DataError(
        problem("timeDistributed", "a layer", show(layer), "timeDistributed(dense(5)), for example."),
      );
    if (typeof layer.arity === "number" ? layer.arity !== 1 : layer.arity[0] > 1)
      throw new DataError(problem("timeDistributed", "a layer of one input and one output", layer.label));
    this.layer = layer;
  }
  override get sublayers(): readonly AnyLayer[] {
    return [this.layer];
  }
  override get callNames(): readonly string[] {
    return ["mask"];
  }
  override get inputDtype(): DType {
    return this.layer.inputDtype;
  }
  override get idLimit(): number | undefined {
    return this.layer.idLimit;
  }
  override weightsSuit(now: PartialShape, before: PartialShape): boolean {
    return now.length === before.length && this.layer.weightsSuit(stepShape(now), stepShape(before));
  }

  override build(input: PartialShape): void {
    if (input.length < 2 || (input.length === 2 && this.inputDtype === "f32"))
      throw new ShapeError(problem(this.label, "x [B, T, ...]", showShape(input), "There is no step axis."));
    const step = stepShape(input);
    buildOnce(this.layer, [step]);
    const outputs = this.layer.computeOutputShapes([step]).length;
    if (outputs !== 1)
      throw new DataError(problem(this.label, "a layer of one output", `${outputs} from ${this.layer.label}`));
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    return [input[0], input[1], ...this.layer.computeOutputShapes([stepShape(input)])[0].slice(1)];
  }
  override forward(x: Tensor, context: CallContext): Tensor {
    const y = keepsFromStepToStep(this.layer, context.training)
      ? this.#stepByStep(x, context)
      : this.#atOnce(x, context);
    y.mask = context.masks === "keras-3.16" ? undefined : outerMask(x.mask, y);
    return y;
  }

  /** All steps of all rows as one batch [B·T, ...]. */
  #atOnce(x: Tensor, context: CallContext): Tensor {
    const [batch, time, ...rest] = x.shape;
    const steps = reshape(x, [batch * time, ...rest]);
    if (x.mask) steps.mask = this.#innerMask(reshape(x.mask, [batch * time, ...x.mask.shape.slice(2)]));
    // A loss is a mean over the rows of its step, and there are `time` steps.
    const addLoss: CallContext["addLoss"] = (value) => context.addLoss(mul(value, time));
    const y = this.#run(steps, { ...context, addLoss });
    return reshape(y, [batch, time, ...y.shape.slice(1)]);
  }

  /** One step [B, ...] after another; each finds the weights as the one before left them. */
  #stepByStep(x: Tensor, context: CallContext): Tensor {
    const newest = new Map<Weight, Tensor>();
    const within: CallContext = {
      ...context,
      // What a step leaves is a number to the next; a kernel that a step replaces is learned from at each.
      weight: (w) => {
        const left = newest.get(w);
        return left === undefined ? context.weight(w) : w.trainable ? left : withoutGradient(left);
      },
      update: (w, value) => {
        newest.set(w, value);
        context.update(w, value);
      },
    };
    const at = (t: Tensor, k: number) => {
      const [batch, , ...rest] = t.shape;
      return reshape(sliceAxis(t, 1, k, 1), [batch, ...rest]);
    };
    const steps = Array.from({ length: x.shape[1] }, (_, k) => {
      const step = at(x, k);
      if (x.mask) step.mask = this.#innerMask(at(x.mask, k));
      const y = this.#run(step, within);
      return reshape(y, [y.shape[0], 1, ...y.shape.slice(1)]);
    });
    return steps.length === 1 ? steps[0] : concat(steps, 1);
  }

  #run(step: Tensor, context: CallContext): Tensor {
    // As in Keras, an activity regularizer of the layer itself is ignored here; those of layers inside it are not.
    const { options } = this.layer as { options?: { activityRegularizer?: unknown } };
    const quiet = options?.activityRegularizer ? { ...context, addLoss: () => {} } : context;
    return runLayer(this.layer, [step], quiet)[0];
  }

  /** The step's own part of a mask. One flag for the whole step says something to batchNormalization alone. */
  #innerMask(mask: Tensor): Tensor | undefined {
    return mask.shape.length > 1 || this.layer instanceof BatchNormalization ? mask : undefined;
  }

  config(): Record<string, ConfigValue> {
    return { layer: layerObject(this.layer) };
  }
}

/** [B, T, ...] → [B, ...] */
function stepShape([batch, , ...rest]: PartialShape): PartialShape {
  return [batch, ...rest];
}

/** Whether a layer's second step depends on its first: it updates weights itself. */
function keepsFromStepToStep(layer: AnyLayer, training: boolean): boolean {
  const updated = layer.weights.some(({ name, trainable }) => name === "rnn_state" || (training && !trainable));
  return updated || layer.sublayers.some((inner) => keepsFromStepToStep(inner, training));
}

/** The mask [B, T, ...] as far as its axes are still there in y [B, T, ...]: a step counts if anything in it does. */
function outerMask(mask: Tensor | undefined, y: Tensor): Tensor | undefined {
  if (!mask) return undefined;
  let kept = mask.shape.findIndex((size, axis) => size !== y.shape[axis] || axis >= y.shape.length - 1);
  if (kept < 0) kept = mask.shape.length;
  kept = Math.max(kept, 2);
  const away = mask.shape.slice(kept).map((_, k) => kept + k);
  return away.length > 0 ? max(mask, away) : mask;
}
