import type { Models } from "../models/model.ts";
import type { Parameter } from "../models/parameters.ts";
import { snakeCase } from "../models/sequential.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { sameShape, sizeOf } from "../tensor/shape.ts";
import type { WeightGroup } from "./keras-archive.ts";
import { learningRateNow } from "./keras-compile.ts";
import { floatsOf, variable } from "./keras-weights.ts";

/** A compiled model's optimizer as Keras 3 keeps it: iterations, learning rate, and after training the slots. */
export function optimizerGroup(model: Models): WeightGroup & { name: string } {
  const { optimizer } = model.compiled!;
  const state = model.optimizerState; // null before training: then, as Keras, no slots
  return {
    name: snakeCase(optimizer.className),
    variables: [
      { data: Int32Array.of(state?.iterations ?? 0), shape: [], dtype: "int32" },
      { data: Float32Array.of(learningRateNow(model, optimizer)), shape: [], dtype: "float32" },
      ...(state ? slotOrder(model) : []).map(({ p, slot }) =>
        variable(new NdArray(state!.slots[slot].slice(p.offset, p.offset + sizeOf(p.shape)), p.shape)),
      ),
    ],
  };
}

/** Optimizer variables in Keras's order: m v of each parameter in turn, or all of one slot after all of another. */
function slotOrder(model: Models): { p: Parameter; slot: number }[] {
  const { optimizer } = model.compiled!;
  const parameters = model.weightStore.inOrder.filter((p) => p.trainable);
  const slots = optimizer.slots.map((_, slot) => slot);
  return optimizer.slotOrder === "interleaved"
    ? parameters.flatMap((p) => slots.map((slot) => ({ p, slot })))
    : slots.flatMap((slot) => parameters.map((p) => ({ p, slot })));
}

/** Fewer or other variables than expected: as Keras, the model loads and its optimizer begins anew. */
export async function restoreOptimizer(model: Models, group: WeightGroup | undefined): Promise<void> {
  const order = slotOrder(model);
  const variables = group?.variables;
  if (!variables || variables.length !== order.length + 2) return;
  const iterations = Number(variables[0].data[0]);
  const values = variables.slice(2).map((v) => ({ shape: v.shape, floats: floatsOf(v) }));
  if (!Number.isSafeInteger(iterations) || iterations < 0) return;
  if (order.some(({ p }, k) => !values[k].floats || !sameShape(values[k].shape, p.shape))) return;
  const slots = model.compiled!.optimizer.slots.map(() => new Float32Array(model.weightStore.trainableWords));
  for (const [k, { p, slot }] of order.entries()) slots[slot].set(values[k].floats!, p.offset);
  await model.restoreOptimizer({ iterations, slots });
}
