import type { MaskRules } from "../../layers/masks.ts";
import type { AnyModel } from "../../models/model.ts";
import type { OpenOptions } from "../format.ts";
import { readKerasArchive, writeKerasArchive } from "./archive.ts";
import { compileFrom } from "./compile.ts";
import { modelConfig } from "./config.ts";
import { addEncoderWeights, fillEncoders } from "./encoders.ts";
import { freeNames } from "./free-names.ts";
import { optimizerGroup, restoreOptimizer } from "./optimizer-state.ts";
import { readModel } from "./read-model.ts";
import { fillWeights, weightTree } from "./weights.ts";

/** The bytes of a model's `.keras` file: architecture, weights, compile and optimizer state, assets. */
export async function kerasBytes(
  model: AnyModel,
  assets?: ReadonlyMap<string, Uint8Array>,
  { includeOptimizer = true }: { includeOptimizer?: boolean } = {},
): Promise<Uint8Array> {
  const weights = weightTree(model);
  addEncoderWeights(model, weights);
  if (model.compiled && includeOptimizer) weights.set("optimizer", optimizerGroup(model));
  const metadata = { keras_version: model.masks === "keras-3.16" ? "3.16.0" : "3.15.1", date_saved: now() };
  return writeKerasArchive({
    metadata,
    config: freeNames(modelConfig(model, includeOptimizer)),
    weights,
    assets: new Map(assets ?? model.assets),
  });
}

/** A model from the bytes of a `.keras` file. `who` names the file in messages. */
export async function readKeras(bytes: Uint8Array, who: string, options: OpenOptions = {}): Promise<AnyModel> {
  const archive = await readKerasArchive(bytes, who);
  const model = readModel(archive.config, who, {
    major: Number.parseInt(archive.metadata.keras_version, 10) || 3,
    masks: masksOf(archive.metadata.keras_version),
    numbers: [...archive.weights.values()].reduce((n, g) => g.variables.reduce((m, v) => m + v.data.length, n), 0),
  });
  fillEncoders(model, archive.weights, archive.assets, who);
  fillWeights(model, archive.weights, who);
  for (const [name, asset] of archive.assets) model.assets.set(name, asset);
  if (compileFrom(model, archive.config.compile_config, options))
    await restoreOptimizer(model, archive.weights.get("optimizer"));
  return model;
}

/**
 * Local time as Keras writes it: `2026-11-20@23:30:19`. In its place SOURCE_DATE_EPOCH (reproducible-builds.org), seconds in
 * UTC, so that every time zone writes the same bytes; a value that is no date is ignored.
 */
function now(): string {
  const local = new Date(Date.now() - 60_000 * new Date().getTimezoneOffset());
  const fixed = new Date(1000 * Number(globalThis.process?.env.SOURCE_DATE_EPOCH || Number.NaN));
  return (Number.isNaN(fixed.getTime()) ? local : fixed).toISOString().slice(0, 19).replace("T", "@");
}

/** The mask rules of a Keras version: from 3.16 on recurrent layers pass none on. */
function masksOf(version: string): MaskRules | undefined {
  const [major, minor] = version.split(".").map((part) => Number.parseInt(part, 10));
  return major === 3 && minor >= 16 ? "keras-3.16" : undefined;
}
