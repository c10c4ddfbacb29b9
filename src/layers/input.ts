import { DataError, problem, ShapeError, unknownOption } from "../errors.ts";
import type { NdArray } from "../tensor/nd-array.ts";
import type { DType, PartialShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Layer, type LayerCall, type Symbolic, type SymbolicSource, type SymbolicTensor } from "./layer.ts";
import { symbolicMethods } from "./operations/symbolic-methods.ts";
import type { SymbolicOperations } from "./operations/symbolic-operations.ts";
import { type ConfigValue, show } from "./options.ts";

export interface InputOptions {
  /** Name of the input, by which arrays may be given. Default: `input_layer`, counted. */
  name?: string;
  /** `"i32"` for ids, `"string"` for texts that a layer such as stringLookup reads. Default: what the next layer reads. */
  dtype?: DType | "string";
  /** Fixes the number of rows in a batch, as stateful layers need. Default null: any number. */
  batchSize?: number;
}

/**
 * Declares the shape of one sample, without the batch: first in `sequential`, so that the model is built at once and
 * `summary()` has numbers; or the beginning of a functional model. `null` leaves a size open: `input([null, 12])` takes any
 * number of steps of 12 features.
 *
 *   const model = sequential([input([null, 12]), lstm(32), dense(1)]);
 */
export function input(shape: PartialShape, options: InputOptions = {}): Input {
  return new Input(shape, options);
}

/** The beginning of a model; made by `input`. */
export interface Input extends SymbolicOperations<SymbolicTensor, Symbolic | NdArray> {}
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the operations are given to its prototype below
export class Input extends Layer implements SymbolicSource {
  readonly className = "InputLayer";
  readonly factory = "input";
  /** The shape of one sample, without the batch. */
  readonly shape: PartialShape;
  /** Whether it takes texts. */
  readonly texts: boolean;
  readonly #dtype: DType | undefined;
  #tensor: SymbolicTensor | null = null;

  constructor(shape: PartialShape, options: InputOptions) {
    checkShape(shape);
    checkNames(options);
    super({ name: options.name, batchShape: [options.batchSize ?? null, ...shape] });
    this.shape = shape;
    this.texts = options.dtype === "string";
    this.#dtype = options.dtype === "string" ? "i32" : options.dtype;
  }
  override get inputDtype(): DType {
    return this.#dtype ?? "f32";
  }
  /** Whether the user gave a dtype; otherwise the next layer decides. */
  get dtypeGiven(): boolean {
    return this.#dtype !== undefined;
  }
  /** The symbolic tensor that a functional model begins with. */
  get tensor(): SymbolicTensor {
    if (!this.#tensor) {
      const outputs: SymbolicTensor[] = [];
      const call: LayerCall = {
        layer: this,
        inputs: [],
        states: 0,
        masks: [],
        attentionMask: null,
        training: null,
        outputs,
      };
      const own = { call, index: 0, shape: this.givenShape!, dtype: this.inputDtype };
      outputs.push(Object.assign(Object.create(symbolicMethods), own) as SymbolicTensor);
      this.#tensor = outputs[0];
    }
    return this.#tensor;
  }
  /** Gives x as it is. */
  override forward(x: Tensor): Tensor {
    return x;
  }
  config(): Record<string, ConfigValue> {
    return { batch_shape: [...this.givenShape!], sparse: false, ragged: false, optional: false };
  }
}

Object.assign(Input.prototype, symbolicMethods); // x.mul(2) where x = input([3])

function checkShape(shape: unknown): void {
  const size = (d: unknown) => d === null || (Number.isInteger(d) && (d as number) > 0);
  if (Array.isArray(shape) && shape.every(size)) return;
  const next =
    "input([200]) for 200 ids a row, input([null, 12]) for any number of steps of 12 features; no batch in it.";
  const found = typeof shape === "object" ? JSON.stringify(shape) : show(shape);
  throw new ShapeError(problem("input", "the shape of one sample in brackets", found, next));
}

function checkNames(options: InputOptions): void {
  const known = ["name", "dtype", "batchSize"];
  const wrong = Object.keys(options).find((key) => !known.includes(key));
  if (wrong) throw new DataError(unknownOption("input", wrong, known));
}
