import type { PickleValue } from "../containers/pickle-values.ts";
import type { SuggestedLayer } from "../format.ts";
import type { StateDict } from "./fill-tensors.ts";
import type { Unit } from "./modules.ts";
import { unitName, unitsOf } from "./modules.ts";

/**
 * The layers that would take the weights of a state_dict, module by module in the order of the file: guessed from names and shapes, and
 * from the classes where the file holds the modules. What the model does between them, it cannot say.
 *
 *   suggestedLayers({ tensors })[0].code; // "embedding(11, 4)"
 */
export function suggestedLayers({ tensors, modules }: StateDict): SuggestedLayer[] {
  const units = unitsOf(tensors, modules).sort((a, b) => a.at - b.at);
  return units.map((unit) => ({
    module: unitName(unit),
    tensors: [...unit.tensors].map(([name, { shape }]) => `${name} [${shape.join(", ")}]`).join(", "),
    code: codeOf(unit),
  }));
}

function codeOf({ prefix, tensors, module }: Unit): string | null {
  const shape = (name: string) => tensors.get(name)?.shape;
  const [input, state] = [shape("weight_ih_l0"), shape("weight_hh_l0")];
  if (input && state) return recurrent(input, state, { tensors, module });
  const weight = shape("weight");
  const bias = tensors.has("bias");
  const own = /(\w+)$/.exec(module?.className ?? "")?.[1] ?? "";
  const options = (...texts: (string | false)[]) => {
    const said = texts.filter((text) => text);
    return said.length > 0 ? `, { ${said.join(", ")} }` : "";
  };
  if (tensors.has("running_mean")) return `batchNormalization({ epsilon: ${module?.field("eps") ?? 1e-5} })`;
  if (!weight) return null;
  if (own === "GroupNorm")
    return `groupNormalization({ groups: ${module?.field("num_groups") ?? "..."}, epsilon: ${module?.field("eps") ?? 1e-5} })`;
  if (weight.length === 1 && bias) return `layerNormalization({ epsilon: ${module?.field("eps") ?? 1e-5} })`;
  if (weight.length === 2) {
    const [rows, columns] = weight;
    const embedded = own === "Embedding" || (own === "" && !bias && /emb|wte|wpe|lookup|vocab/i.test(prefix));
    return embedded ? `embedding(${rows}, ${columns})` : `dense(${rows}${options(!bias && "useBias: false")})`;
  }
  if (weight.length === 3) {
    const field = (name: string) => numberIn(module?.field(name));
    const more = [
      field("stride") > 1 && `strides: ${field("stride")}`,
      field("dilation") > 1 && `dilationRate: ${field("dilation")}`,
      field("groups") > 1 && `groups: ${field("groups")}`,
      !bias && "useBias: false",
    ];
    const filters = shape("bias")?.[0]; // the first axis of a convolution's weight, the second of a transposed one's
    if (own === "ConvTranspose1d" || (own === "" && filters === weight[1] && filters !== weight[0]))
      return `conv1dTranspose(${weight[1]}, ${weight[2]}${options(...more)})`;
    return `conv1d(${weight[0]}, ${weight[2]}${options(...more)})`;
  }
  return null;
}

function recurrent(
  [rows]: readonly number[],
  [, width]: readonly number[],
  { tensors, module }: Pick<Unit, "tensors" | "module">,
): string | null {
  const projection = tensors.get("weight_hr_l0")?.shape;
  const units = projection ? projection[1] : width;
  const name = { 1: "simpleRnn", 3: "gru", 4: "lstm" }[rows / units];
  if (name === undefined) return null;
  const relu = module?.field("nonlinearity") === "relu" ? ['activation: "relu"'] : [];
  const options = [...(tensors.has("bias_ih_l0") ? [] : ["useBias: false"]), ...relu];
  const whole = `{ ${[...options, "returnSequences: true"].join(", ")} }`;
  const layer = projection
    ? `rnn(projectedLstmCell(${units}, { ${[`projSize: ${projection[0]}`, ...options].join(", ")} }), { returnSequences: true })`
    : `${name}(${units}, ${whole})`;
  return tensors.has("weight_ih_l0_reverse") ? `bidirectional(${layer})` : layer;
}

/** A number, or the one in a tuple of one; 1 for anything else. */
function numberIn(value: PickleValue | undefined): number {
  const one = Array.isArray(value) || value instanceof Int32Array ? value[0] : value;
  return typeof one === "number" ? one : 1;
}
