import type { AnyModel } from "../../models/model.ts";
import { snakeCase } from "../../models/sequential.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { sameShape, sizeOf } from "../../tensor/shape.ts";
import { initialSlots, optimizerVariables } from "../../train/optimizers/variables.ts";
import { isSchedule } from "../../train/schedules.ts";
import type { WeightGroup, WeightVariable } from "./archive.ts";
import { learningRateNow } from "./optimizer.ts";
import { floatsOf, variable } from "./weights.ts";

/** A compiled model's optimizer as Keras 3 keeps it: iterations, learning rate, and after training the slots. */
export function optimizerGroup(model: AnyModel): WeightGroup & { name: string } {
  const { optimizer } = model.compiled!;
  const state = model.optimizerState; // null before training: then, as Keras, no slots
  return {
    name: snakeCase(optimizer.className),
    variables: [
      { data: Int32Array.of(state?.iterations ?? 0), shape: [], dtype: "int32" },
      ...(headSize(model) === 2 ? [variable(new NdArray(Float32Array.of(learningRateNow(model, optimizer)), []))] : []),
      ...(state ? slotParts(model) : []).map(({ slot, offset, shape }) =>
        variable(new NdArray(state!.slots[slot].slice(offset, offset + sizeOf(shape)), shape)),
      ),
    ],
  };
}

/** The ranges of an optimizer's variables in the slots, in the order of Keras's files. */
function slotParts(model: AnyModel) {
  const parameters = model.weightStore.inOrder.filter((p) => p.trainable);
  const { optimizer } = model.compiled!;
  const variables = optimizerVariables(
    optimizer,
    parameters.map((p) => p.shape),
  );
  // One number for a whole slot is any of the slot's.
  return variables.map((v) => ({ ...v, offset: v.parameter === null ? 0 : parameters[v.parameter].offset }));
}

/** Iteration and learning rate stand first; a schedule has no variable. */
export const headSize = (model: AnyModel) => (isSchedule(model.compiled!.optimizer.learningRate) ? 1 : 2);

/** Keras writes what Adafactor does not use of a vector as whole zeros. */
const zerosOf = ({ data }: WeightVariable): Float32Array | null =>
  Array.from(data, Number).every((v) => v === 0) ? new Float32Array(data.length) : null;

/** Fewer or other variables than expected: as Keras, the model loads and its optimizer starts over. */
export async function restoreOptimizer(model: AnyModel, group: WeightGroup | undefined): Promise<void> {
  const parts = slotParts(model);
  const head = headSize(model);
  const variables = group?.variables;
  if (!variables || variables.length !== parts.length + head) return;
  const iterations = Number(variables[0].data[0]);
  const values = variables.slice(head).map((v) => ({ shape: v.shape, floats: floatsOf(v) ?? zerosOf(v) }));
  if (!Number.isSafeInteger(iterations) || iterations < 0) return;
  if (parts.some((part, k) => !values[k].floats || !sameShape(values[k].shape, part.shape))) return;
  const { optimizer } = model.compiled!;
  const words = model.weightStore.trainableWords;
  const all = initialSlots(optimizer, words) ?? new Float32Array(optimizer.slots.length * words);
  for (const [k, { slot, offset, parameter }] of parts.entries()) {
    if (parameter === null) all.fill(values[k].floats![0], slot * words, (slot + 1) * words);
    else all.set(values[k].floats!, slot * words + offset);
  }
  const slots = optimizer.slots.map((_, k) => all.subarray(k * words, (k + 1) * words));
  await model.restoreOptimizer({ iterations, slots });
}
