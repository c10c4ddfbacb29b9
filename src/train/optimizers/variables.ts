import { type Shape, sizeOf } from "../../tensor/shape.ts";
import { isSchedule } from "../schedules.ts";
import type { Optimizer } from "./optimizer.ts";

/** A variable of an optimizer as files know it: part of a slot. */
export interface OptimizerVariable {
  /** Keras's name of the slot: `momentum`. */
  readonly name: string;
  /** Number of the slot in `optimizer.slots`. */
  readonly slot: number;
  /** Number of the parameter; null where one number stands for the whole slot. */
  readonly parameter: number | null;
  readonly shape: Shape;
}

/** An optimizer's variables in the order of Keras's files, after iteration and learning rate, for parameters of these shapes. */
export function optimizerVariables(optimizer: Optimizer, shapes: readonly Shape[]): OptimizerVariable[] {
  const { rule, slots } = optimizer;
  const shapeOf = (name: string, shape: Shape) => (rule.fileShape ? rule.fileShape(name, shape) : shape);
  return optimizer.groups.flatMap((group) => {
    const whole = group.filter((name) => shapeOf(name, []) === null);
    const parts = group.filter((name) => !whole.includes(name));
    return [
      ...shapes.flatMap((shape, parameter) =>
        parts.map((name) => ({ name, slot: slots.indexOf(name), parameter, shape: shapeOf(name, shape)! })),
      ),
      ...whole.map((name) => ({ name, slot: slots.indexOf(name), parameter: null, shape: [] })),
    ];
  });
}

/** The slots before the first step, one after the other, for `words` trainable words; null where all are 0. */
export function initialSlots(optimizer: Optimizer, words: number): Float32Array | null {
  const { initial } = optimizer.rule;
  if (!initial) return null;
  const all = new Float32Array(optimizer.slots.length * words);
  for (const [name, value] of Object.entries(initial)) {
    const k = optimizer.slots.indexOf(name);
    all.fill(value, k * words, (k + 1) * words);
  }
  return all;
}

/** Number of values an optimizer keeps for parameters of these shapes, as Keras counts them: iteration and learning rate included. */
export function optimizerSize(optimizer: Optimizer, shapes: readonly Shape[]): number {
  const own = optimizerVariables(optimizer, shapes).reduce((n, v) => n + sizeOf(v.shape), 0);
  return own + (isSchedule(optimizer.learningRate) ? 1 : 2);
}
