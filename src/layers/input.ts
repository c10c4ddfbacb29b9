import type { DType, PartialShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Layer } from "./layer.ts";
import type { ConfigValue } from "./options.ts";

/**
 * Says the shape of one sample, without the batch, so that the model is built at once and `summary()` has numbers.
 * `null` leaves a size open: `input([null, 12])` takes any number of steps of 12 features.
 */
export function input(shape: PartialShape, options: { name?: string; dtype?: DType } = {}): Layer {
  return new Input(shape, options);
}

export class Input extends Layer {
  readonly className = "InputLayer";
  readonly factory = "input";
  readonly shape: PartialShape;
  readonly #dtype: DType | undefined;

  constructor(shape: PartialShape, options: { name?: string; dtype?: DType }) {
    super({ name: options.name, inputShape: shape });
    this.shape = shape;
    this.#dtype = options.dtype;
  }
  override get inputDtype(): DType {
    return this.#dtype ?? "f32";
  }
  /** Whether the user said what comes in; otherwise the next layer decides. */
  get dtypeGiven(): boolean {
    return this.#dtype !== undefined;
  }
  override computeOutputShape(input: PartialShape): PartialShape {
    return input;
  }
  override forward(x: Tensor): Tensor {
    return x;
  }
  config(): Record<string, ConfigValue> {
    return { batch_shape: [null, ...this.shape], sparse: false, ragged: false, optional: false };
  }
}
