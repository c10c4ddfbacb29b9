import { DataError, problem, ShapeError, showShape } from "../../errors.ts";
import { sameNumbers } from "../../ops/view.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import type { PartialShape, Shape } from "../../tensor/shape.ts";
import { inTrace, type Tensor, Trace } from "../../tensor/tensor.ts";
import { isSymbolic, Layer, type Symbolic, type SymbolicTensor } from "../layer.ts";
import type { ConfigValue } from "../options.ts";
import { type ArrayConstant, arrayConstant, constantTensor, isArrayConstant } from "./operation-constants.ts";
import { isTensor, type OperationKind, operationKinds, type Value } from "./operation-kinds.ts";

/** Stands for a tensor among the arguments of an operation: the index of the input it reads. */
export interface InputIndex {
  readonly input: number;
}
/** An argument of an operation: a tensor's place, a number, a slice, a list of them. */
export type Argument = InputIndex | ConfigValue | ArrayConstant | readonly Argument[];

/**
 * An operation of Keras in a functional model, between its layers: `x.mul(2)`, `x.slice(":", -1)`. It has no weights and
 * passes no mask on. Its arguments beside tensors are part of it.
 */
export class Operation extends Layer<never> {
  readonly className: string;
  readonly factory: string;
  readonly kind: OperationKind;
  readonly attributes: Readonly<Record<string, ConfigValue>>;
  readonly args: readonly Argument[];

  constructor(className: string, args: readonly Argument[], attributes: Record<string, ConfigValue>, name?: string) {
    super({ name });
    this.className = className;
    this.factory = className[0].toLowerCase() + className.slice(1);
    this.kind = operationKinds[className];
    this.args = args;
    this.attributes = { ...this.kind.attributes, ...attributes };
  }
  override get arity(): number {
    return countPlaces(this.args);
  }
  override buildAll(inputs: readonly PartialShape[]): void {
    this.builtFor = inputs;
  }
  /** Traced with two sizes in each open place: what differs in the result is open there. */
  override computeOutputShapes(inputs: readonly PartialShape[]): PartialShape[] {
    const [a, b] = [10_007, 20_011].map((open) => {
      const trace = new Trace();
      const leaves = inputs.map((shape) =>
        trace.leaf(
          "data",
          shape.map((d, i) => d ?? open + i),
        ),
      );
      return inTrace(trace, () => this.forwardAll(leaves));
    });
    return a.map(({ shape }, k) => openShape(shape, b[k].shape, this.label));
  }

  override forwardAll(inputs: readonly Tensor[]): Tensor[] {
    const value = (arg: Argument): Value => {
      if (Array.isArray(arg)) return arg.map(value);
      if (isInputIndex(arg)) return inputs[arg.input];
      if (isArrayConstant(arg)) return constantTensor(arg, inputs[0], this.label);
      return arg as ConfigValue;
    };
    const found = this.kind.formula(this.args.map(value), this.attributes, this.label);
    const results = isTensor(found as Value) ? [found as Tensor] : (found as Tensor[]);
    return results.map((y) => (inputs.includes(y) ? sameNumbers(y) : y));
  }
  config(): Record<string, ConfigValue> {
    return { ...this.attributes };
  }
}

/** The sizes that are the same for any size of what is open. */
function openShape(a: Shape, b: Shape, who: string): PartialShape {
  if (a.length === b.length) return a.map((d, i) => (d === b[i] ? d : null));
  throw new ShapeError(problem(who, "a shape of one rank", `${showShape(a)} and ${showShape(b)}`));
}

export const isInputIndex = (arg: Argument): arg is InputIndex =>
  typeof arg === "object" && arg !== null && "input" in arg;

function countPlaces(arg: Argument): number {
  if (Array.isArray(arg)) return arg.reduce((n: number, a: Argument) => n + countPlaces(a), 0);
  return isInputIndex(arg) ? 1 : 0;
}

/** An argument of an operation as a user writes it: tensors of a functional model, numbers, lists, slices. */
export type Operand = Symbolic | NdArray | ConfigValue | readonly Operand[];

/** Records an operation on tensors of a functional model; the results. */
export function operate(
  className: string,
  operands: readonly Operand[],
  attributes: Record<string, ConfigValue> = {},
): SymbolicTensor | SymbolicTensor[] {
  const tensors: Symbolic[] = [];
  const argument = (operand: Operand): Argument => {
    if (isSymbolic(operand)) return { input: tensors.push(operand) - 1 };
    if (Array.isArray(operand)) return operand.map(argument);
    if (operand instanceof NdArray) return arrayConstant(operand);
    if (operand === undefined || (typeof operand === "number" && !Number.isFinite(operand))) {
      const next = "Give a finite number, or a tensor of the same model.";
      throw new DataError(problem(className, "tensors and numbers", String(operand), next));
    }
    return operand as ConfigValue;
  };
  const args = operands.map(argument);
  return new Operation(className, args, attributes)(tensors) as SymbolicTensor | SymbolicTensor[];
}
