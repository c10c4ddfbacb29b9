import { DataError, problem } from "../errors.ts";
import { type AnyLayer, buildOnce, type CallContext, Layer, runLayer, type SymbolicTensor } from "../layers/layer.ts";
import type { PartialShape } from "../tensor/shape.ts";
import { type Tensor, Trace } from "../tensor/tensor.ts";
import type { ModelOptions } from "../train/fit/fit-options.ts";
import type { InputPlace, OutputPlace } from "../train/fit/trainable-model.ts";
import { Model } from "./model.ts";
import { nameLayers } from "./sequential.ts";

/** Runs a layer on tensors inside a model's formula: its first result. */
export type RunLayer = (layer: AnyLayer, ...inputs: Tensor[]) => Tensor;

/**
 * A custom model, as a subclass of keras.Model: layers are fields, `formula` computes the outputs from the inputs. It is
 * built by the first data it sees, or by `build`.
 *
 *   class Twice extends CustomModel {
 *     readonly reader = lstm(8);
 *     readonly head = dense(1);
 *     formula(x: Tensor, run: RunLayer): Tensor {
 *       return run(this.head, ops.mul(run(this.reader, x), 2));
 *     }
 *   }
 *   const model = new Twice();
 */
export abstract class CustomModel extends Model<SymbolicTensor> {
  /** True, since a formula may do anything. */
  override get mixesRows(): boolean {
    return true;
  }
  readonly severalOutputs = false;
  #outputShape: PartialShape | null = null;

  constructor(options: ModelOptions = {}) {
    super(options, "custom_model");
  }

  /** x [B, ...] → the model's output. Traced, not run: it must do the same for the same shapes. */
  abstract formula(x: Tensor, run: RunLayer, context: CallContext): Tensor;

  get className(): string {
    return this.constructor.name;
  }
  get factory(): string {
    return this.constructor.name;
  }
  /** The layers among the fields, in their order. */
  get layers(): readonly AnyLayer[] {
    const fields = Object.values(this).flatMap((value) => (Array.isArray(value) ? value : [value])) as unknown[];
    const found = fields.filter((value): value is AnyLayer => value instanceof Layer);
    nameLayers(found, this.factory);
    return found;
  }
  get inputs(): readonly InputPlace[] | null {
    if (!this.builtFor) return null;
    const [reader] = this.layers;
    return [{ name: "input_layer", shape: this.builtFor[0], dtype: reader?.inputDtype ?? "f32", reader }];
  }
  /** The output, once the model is built; null before. */
  get outputs(): readonly OutputPlace[] | null {
    return this.#outputShape && [{ name: this.outputNames[0], shape: this.#outputShape }];
  }
  get outputNames(): readonly string[] {
    return ["output"];
  }

  /** Runs the formula once over shapes alone, which builds each layer when it is reached. */
  override build(input: PartialShape): void {
    const trace = new Trace();
    const dtype = this.layers[0]?.inputDtype ?? "f32";
    const x = trace.leaf(
      "data",
      input.map((d) => d ?? 1),
      { dtype },
    );
    const y = this.forward(x, {
      training: false,
      weight: (w) => trace.leaf("weights", w.shape),
      stream: () => 0,
      update: () => {},
      addLoss: () => {},
    });
    if (!y?.shape) throw new DataError(problem(this.label, "a formula that returns a tensor", String(y)));
    this.#outputShape = y.shape.map((d, axis) => (axis === 0 ? input[0] : d));
    this.builtFor = [input];
    this.keepWeights();
  }
  /** The shape of the output, which the formula gave when the model was built. */
  override computeOutputShape(): PartialShape {
    return this.#outputShape!;
  }
  /** Runs the formula on a tensor: as a layer inside another model. */
  override forward(x: Tensor, context: CallContext): Tensor {
    const run: RunLayer = (layer, ...inputs) => {
      buildOnce(
        layer,
        inputs.map((t) => [null, ...t.shape.slice(1)]),
      );
      x.trace.from = layer.label;
      return runLayer(layer, inputs, context)[0];
    };
    return this.formula(x, run, context);
  }
}
