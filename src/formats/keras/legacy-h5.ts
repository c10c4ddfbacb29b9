import type { AnyLayer } from "../../layers/layer.ts";
import { nameInFiles } from "../../layers/options.ts";
import { UniqueNames } from "../../layers/unique-names.ts";
import type { AnyModel } from "../../models/model.ts";
import type { SaveOptions } from "../../models/writer.ts";
import type { OpenOptions } from "../format.ts";
import type { JsonObject } from "../json.ts";
import type { WeightGroup, WeightVariable } from "./archive.ts";
import { compileFrom } from "./compile.ts";
import { modelConfig } from "./config.ts";
import { fillEncoders } from "./encoders.ts";
import { freeNames } from "./free-names.ts";
import {
  type LegacyArchive,
  type LegacyGroup,
  readLegacyArchive,
  weightsAlone,
  writeLegacyArchive,
} from "./legacy-archive.ts";
import { modernConfig } from "./legacy-config.ts";
import { fillLegacyWeights, legacyOrder } from "./legacy-weights.ts";
import { headSize, optimizerGroup, restoreOptimizer } from "./optimizer-state.ts";
import { readModel } from "./read-model.ts";
import { variable, weightReader } from "./weights.ts";

/**
 * A model from the bytes of a legacy HDF5 file of Keras 1, 2 or 3, compiled and with its optimizer's state where the file has
 * them. Throws FormatError naming the file, the place and the reason.
 *
 *   const model = await readLegacyH5(bytes, "imdb.h5");
 */
export async function readLegacyH5(bytes: Uint8Array, who: string, options: OpenOptions = {}): Promise<AnyModel> {
  const archive = await readLegacyArchive(bytes, who);
  if (!archive.config) throw weightsAlone(who);
  const model = describedModel(archive.config, archive, who);
  if (compileFrom(model, archive.training ? trainingOf(archive.training) : undefined, options)) {
    const variables = archive.optimizer.map(({ value }) => value);
    // The optimizers that came with Keras 2.11 are those of Keras 3: the learning rate is among their variables.
    const modern = majorOf(archive) >= 3 || archive.optimizer[1]?.name.includes("learning_rate");
    const group = modern ? { variables } : fromKeras2(model, variables);
    await restoreOptimizer(model, group);
  }
  return model;
}

/** The model an architecture of Keras 1, 2 or 3 describes, with the weights of a legacy file. */
export function describedModel(config: JsonObject, archive: LegacyArchive, who: string): AnyModel {
  const numbers = archive.layers.flatMap(({ weights }) => weights).reduce((n, { value }) => n + value.data.length, 0);
  const model = readModel(modernConfig(config, archive.layers), who, { major: majorOf(archive), numbers });
  fillEncoders(model, new Map(), new Map(), who);
  fillLegacyWeights(model, archive.layers, who);
  return model;
}

const majorOf = ({ kerasVersion }: LegacyArchive) => Number.parseInt(kerasVersion, 10) || 1;

/** `training_config` as `compile_config`. */
function trainingOf(training: JsonObject): JsonObject {
  const { optimizer_config = null, ...rest } = training;
  return { ...rest, optimizer: optimizer_config };
}

/**
 * Keras 2 keeps iterations and then all of one slot after all of another; Keras 3 has the learning rate second and, for
 * most optimizers, a parameter's slots beside each other.
 */
function fromKeras2(model: AnyModel, variables: WeightVariable[]): WeightGroup | undefined {
  const parameters = model.weightStore.inOrder.filter((p) => p.trainable).length;
  const slots = (variables.length - 1) / parameters;
  if (!Number.isInteger(slots)) return undefined;
  const { className } = model.compiled!.optimizer;
  const grouped = slots === 1 || className === "RMSprop";
  const order = Array.from({ length: slots * parameters }, (_, k) =>
    grouped ? 1 + k : 1 + (k % slots) * parameters + Math.floor(k / slots),
  );
  const rate = headSize(model) === 2 ? [{ data: Float32Array.of(0), shape: [], dtype: "float32" }] : [];
  return { variables: [variables[0], ...rate, ...order.map((k) => variables[k])] };
}

/** The bytes of a legacy HDF5 file as Keras 3's `model.save("x.h5")` writes it. */
export async function legacyH5Bytes(
  model: AnyModel,
  { includeOptimizer = true }: SaveOptions = {},
): Promise<Uint8Array> {
  const { compile_config, ...config } = freeNames(modelConfig(model, includeOptimizer));
  const { optimizer, ...training } = (compile_config ?? {}) as JsonObject;
  const trained = model.compiled !== null && includeOptimizer;
  const state = trained ? optimizerGroup(model) : { name: "", variables: [] };
  return writeLegacyArchive({
    kerasVersion: "3.15.1",
    config,
    training: trained ? { ...training, optimizer_config: optimizer } : null,
    layers: legacyGroups(model),
    optimizer: state.variables.map((value, k) => ({ name: `${state.name}/variable_${k}`, value })),
  });
}

function legacyGroups(model: AnyModel): LegacyGroup[] {
  const read = weightReader(model);
  const unique = new UniqueNames();
  return model.layers
    .filter((layer) => model.className !== "Sequential" || layer.className !== "InputLayer")
    .map((layer) => {
      const name = unique.of(groupName(layer.name));
      const names = namesIn(layer, name);
      const weights = legacyOrder(layer).map((weight) => ({ name: names.get(weight)!, value: variable(read(weight)) }));
      return { name, weights };
    });
}

/** A layer's name where HDF5 has it for a path, else one like it; layers are found by their places then. */
function groupName(name: string): string {
  const plain = name.split("/").every((part) => part !== "" && part !== "." && part !== "..");
  return plain && name !== "top_level_model_weights" ? name : `layer_${name.replace(/[/.]/g, "_")}`;
}

/** A name of its own for every weight of a layer: `bidirectional/forward_lstm/kernel`. */
function namesIn(layer: AnyLayer, own: string): Map<object, string> {
  const names = new Map<object, string>();
  const unique = new UniqueNames();
  const visit = (at: AnyLayer, path: string) => {
    for (const weight of at.weights) {
      const name = unique.of(`${path}/${weight.name}`);
      if (!names.has(weight)) names.set(weight, name);
    }
    at.sublayers.forEach((inner) => {
      visit(inner, `${path}/${groupName(nameInFiles(inner))}`);
    });
  };
  visit(layer, own);
  return names;
}
