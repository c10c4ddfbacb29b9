import type { Models } from "../models/model.ts";
import type { Parameter } from "../models/parameters.ts";
import { snakeCase } from "../models/sequential.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { sameShape, sizeOf } from "../tensor/shape.ts";
import { writeFileAtomic } from "./atomic-write.ts";
import { readKerasArchive, type WeightGroup, writeKerasArchive } from "./keras-archive.ts";
import { learningRateNow, readCompile } from "./keras-compile.ts";
import { modelConfig } from "./keras-config.ts";
import { readModel } from "./keras-read-model.ts";
import { fillWeights, floatsOf, variable, weightTree } from "./keras-weights.ts";

/** Writes a model as `.keras`; a crash leaves the old file. */
export async function saveKeras(model: Models, path: string, assets?: ReadonlyMap<string, Uint8Array>): Promise<void> {
  await writeFileAtomic(path, await kerasBytes(model, assets));
}

/** The bytes of a model's `.keras` file: architecture, weights, compile and optimizer state, assets. */
export async function kerasBytes(model: Models, assets?: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  const weights = weightTree(model);
  if (model.compiled) {
    const { optimizer } = model.compiled;
    const state = model.optimizerState; // null before training: then, as Keras, no slots
    weights.set("optimizer", {
      name: snakeCase(optimizer.className),
      variables: [
        { data: Int32Array.of(state?.iterations ?? 0), shape: [], dtype: "int32" },
        { data: Float32Array.of(learningRateNow(model, optimizer)), shape: [], dtype: "float32" },
        ...(state ? slotOrder(model) : []).map(({ p, slot }) =>
          variable(new NdArray(state!.slots[slot].slice(p.offset, p.offset + sizeOf(p.shape)), p.shape)),
        ),
      ],
    });
  }
  const metadata = { keras_version: "3.15.1", date_saved: now() };
  return writeKerasArchive({ metadata, config: modelConfig(model), weights, assets: new Map(assets ?? model.assets) });
}

/** A model from the bytes of a `.keras` file. `who` names the file in messages. */
export async function readKeras(bytes: Uint8Array, who: string, options: { backend?: string } = {}): Promise<Models> {
  const archive = await readKerasArchive(bytes, who);
  const model = readModel(archive.config, who, {
    major: Number.parseInt(archive.metadata.keras_version, 10) || 3,
    numbers: [...archive.weights.values()].reduce((n, g) => g.variables.reduce((m, v) => m + v.data.length, n), 0),
  });
  fillWeights(model, archive.weights, who);
  for (const [name, asset] of archive.assets) model.assets.set(name, asset);
  const compile = readCompile(archive.config.compile_config);
  if (compile) {
    model.compile({ ...compile, backend: options.backend });
    await restoreOptimizer(model, archive.weights.get("optimizer"));
  }
  return model;
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
async function restoreOptimizer(model: Models, group: WeightGroup | undefined): Promise<void> {
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

/** Local time as Keras writes it: `2026-11-20@23:30:19`. */
function now(): string {
  const d = new Date();
  const two = (n: number) => String(n).padStart(2, "0");
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}@${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}
