import { FormatError, problem } from "../../errors.ts";
import { activation } from "../../layers/core/activation.ts";
import { elu, leakyRelu } from "../../layers/core/activation-layers.ts";
import type { ActivationName } from "../../layers/core/activations.ts";
import { dense } from "../../layers/core/dense.ts";
import { embedding } from "../../layers/core/embedding.ts";
import { input } from "../../layers/input.ts";
import type { AnyLayer } from "../../layers/layer.ts";
import { dropout } from "../../layers/noise/dropout.ts";
import { batchNormalization } from "../../layers/normalization/batch-normalization.ts";
import { layerNormalization } from "../../layers/normalization/layer-normalization.ts";
import { PickledObject, type PickleValue } from "../containers/pickle-values.ts";

/** Activations without options, or with the only value of each that ours has. */
const activations: Readonly<Record<string, { name: ActivationName; fields?: Readonly<Record<string, PickleValue>> }>> =
  {
    ReLU: { name: "relu" },
    ReLU6: { name: "relu6" },
    Sigmoid: { name: "sigmoid" },
    Tanh: { name: "tanh" },
    SiLU: { name: "silu" },
    Mish: { name: "mish" },
    SELU: { name: "selu" },
    Softsign: { name: "softsign" },
    LogSigmoid: { name: "logSigmoid" },
    Hardsigmoid: { name: "hardSigmoid" },
    Hardswish: { name: "hardSwish" },
    GELU: { name: "gelu", fields: { approximate: "none" } },
    Softplus: { name: "softplus", fields: { beta: 1 } },
    Hardtanh: { name: "hardTanh", fields: { min_val: -1, max_val: 1 } },
  };

/**
 * The layers of an `nn.Sequential`, for rows [B, features], or [B, T] of ids where it begins with an Embedding, and the module of each that
 * has weights. Throws FormatError naming a module that has no layer here, or an option of one.
 */
export function sequentialLayers(
  root: PickledObject,
  who: string,
): { layers: AnyLayer[]; map: Record<string, string> } {
  const modules = flat(root, "", 0);
  const sized = modules.find(([, module]) => weighted.test(className(module)));
  const ids = sized !== undefined && className(sized[1]) === "Embedding";
  const map: Record<string, string> = {};
  const layers = modules.flatMap(([path, module], k): AnyLayer[] => {
    const own = className(module);
    const reader = new OptionReader(module, own, `${who}, module ${path}`);
    const layer = layerOf(own, reader, { path, first: k === 0, ids });
    if (layer && weighted.test(own)) map[layer.name] = path;
    return layer ? [layer] : [];
  });
  if (!sized)
    throw new FormatError(
      problem(who, "an nn.Sequential with weights", "one without", "Save a model that has layers with weights."),
    );
  const first = firstInput(className(sized[1]), new OptionReader(sized[1], className(sized[1]), who));
  return { layers: [first, ...layers], map };
}

const weighted = /^(Linear|Embedding|LayerNorm|BatchNorm1d)$/;

const className = (module: PickledObject): string =>
  /^torch\.nn\.modules\.\w+\.(\w+)$/.exec(module.className)?.[1] ?? module.className;

/** The input that the first module says. */
function firstInput(own: string, read: OptionReader): AnyLayer {
  if (own === "Embedding") return input([null], { dtype: "i32" });
  if (own === "LayerNorm") return input([lastSize(read.module)]);
  return input([read.number(own === "Linear" ? "in_features" : "num_features")]);
}

/** Where a module stands: its path, whether it is the first, and whether the first one takes ids. */
interface Place {
  readonly path: string;
  readonly first: boolean;
  readonly ids: boolean;
}

/** The layer that computes what a module does; null for one that does nothing. */
function layerOf(own: string, read: OptionReader, { path, first, ids }: Place): AnyLayer | null {
  const name = `module_${path.replaceAll(".", "_")}`; // a number alone is no name for a layer
  const useBias = read.hasBias;
  read.noHooks();
  if (Object.hasOwn(activations, own)) {
    const { name: called, fields = {} } = activations[own];
    for (const [field, value] of Object.entries(fields)) read.fixed(field, value, undefined);
    return activation(called, { name });
  }
  switch (own) {
    case "Linear":
      return dense(read.number("out_features"), { useBias, name });
    case "Embedding":
      if (!first) read.fail("an Embedding at the beginning", "one behind other modules");
      read.fixed("max_norm", null);
      return embedding(read.number("num_embeddings"), read.number("embedding_dim"), { name });
    case "LayerNorm":
      read.fixed("elementwise_affine", true);
      if (!useBias) read.fail("a LayerNorm with bias", "one without");
      if (lastSize(read.module) === 0) read.fail("a LayerNorm over the last axis", "one over several");
      return layerNormalization({ epsilon: read.number("eps"), name });
    case "BatchNorm1d":
      read.fixed("affine", true);
      read.fixed("track_running_stats", true);
      if (ids)
        read.fail("a BatchNorm1d over rows of features", "one over embeddings, whose features it takes for steps");
      return batchNormalization({ epsilon: read.number("eps"), momentum: 1 - read.number("momentum"), name });
    case "Dropout":
      return dropout(read.number("p"), { name });
    case "Identity":
      return null;
    case "ELU":
      return elu({ alpha: read.number("alpha"), name });
    case "LeakyReLU":
      return leakyRelu({ negativeSlope: read.number("negative_slope"), name });
    case "Softmax":
      read.fixed("dim", -1, ids ? 2 : 1);
      return activation("softmax", { name });
    case "LogSoftmax":
      read.fixed("dim", -1, ids ? 2 : 1);
      return activation("logSoftmax", { name });
    default:
      return read.fail("modules of nn.Sequential that are layers here", own);
  }
}

/** Reads the options of a module, and refuses those that ours has not. */
class OptionReader {
  readonly module: PickledObject;
  readonly #own: string;
  readonly #where: string;

  constructor(module: PickledObject, own: string, where: string) {
    this.module = module;
    this.#own = own;
    this.#where = where;
  }
  get hasBias(): boolean {
    const parameters = this.module.field("_parameters");
    return parameters instanceof Map && (parameters.get("bias") ?? null) !== null;
  }
  /** A hook is a program that the author put before or behind a module. */
  noHooks(): void {
    for (const name of ["_forward_hooks", "_forward_pre_hooks"]) {
      const hooks = this.module.field(name);
      if (hooks instanceof Map && hooks.size > 0) this.fail(`${this.#own} without hooks`, "one with hooks");
    }
  }
  number(name: string): number {
    const value = this.module.field(name);
    return typeof value === "number" ? value : this.fail(`a number as ${name} of ${this.#own}`, `${value}`);
  }
  /** Throws FormatError where an option has none of these values. */
  fixed(name: string, ...values: (PickleValue | undefined)[]): void {
    const value = this.module.field(name);
    if (!values.includes(value)) this.fail(`${this.#own} with ${name} ${values[0]}`, `${value}`);
  }
  fail(expected: string, received: string): never {
    const next = "Build the model here, then: await loadWeights(model, file).";
    throw new FormatError(problem(this.#where, expected, received, next));
  }
}

/** The modules in their order, those of an nn.Sequential inside in its place. */
function flat(sequential: PickledObject, prefix: string, depth: number): [string, PickledObject][] {
  const modules = sequential.field("_modules");
  if (!(modules instanceof Map) || depth > 10) return [];
  return [...modules].flatMap(([name, module]): [string, PickledObject][] => {
    if (!(module instanceof PickledObject)) return [];
    const path = `${prefix}${name}`;
    const inner = module.className === sequential.className;
    return inner ? flat(module, `${path}.`, depth + 1) : [[path, module]];
  });
}

/** The size of the one axis that a LayerNorm is over; 0 for several. */
function lastSize(module: PickledObject): number {
  const shape = module.field("normalized_shape");
  const sizes = shape instanceof Int32Array || Array.isArray(shape) ? Array.from(shape as ArrayLike<PickleValue>) : [];
  return sizes.length === 1 && typeof sizes[0] === "number" ? sizes[0] : 0;
}
