/** What is done with the specs of random-models.mjs, and data for them. */
import { random } from "./random.mjs";

const rows = 3;

/** Takes away nodes and inputs that no output needs. */
export function prune(spec) {
  const needed = new Set(spec.outputs.map((ref) => ref.split(":")[0]));
  for (const node of [...spec.nodes].reverse()) {
    if (!needed.has(node.id)) continue;
    for (const ref of [...node.inputs, ...refsIn(node.args)]) needed.add(ref.split(":")[0]);
  }
  spec.nodes = spec.nodes.filter(({ id }) => needed.has(id));
  spec.inputs = spec.inputs.filter(({ id }) => needed.has(id));
  return spec;
}

/** Stateful layers keep a state for each row: the batch is said wherever a model begins. */
export function fixBatch(spec) {
  for (const place of spec.inputs) place.batch = rows;
  for (const { layer } of spec.nodes) for (let at = layer; at; at = at.layer) if (at.model) fixBatch(at.model);
}

/** The refs anywhere inside arguments. */
function refsIn(value) {
  if (Array.isArray(value)) return value.flatMap(refsIn);
  return value && typeof value === "object" ? (value.ref ? [value.ref] : Object.values(value).flatMap(refsIn)) : [];
}

/** The same as a Sequential, where it is a plain chain. */
export function sequentially(spec) {
  const chain =
    spec.inputs.length === 1 &&
    spec.outputs.length === 1 &&
    spec.nodes.every((node, k) => {
      const before = k === 0 ? spec.inputs[0].id : `${spec.nodes[k - 1].id}:0`;
      return (
        !node.op &&
        !node.args &&
        !node.list &&
        node.inputs.length === 1 &&
        node.inputs[0] === before &&
        !node.layer.config?.return_state &&
        !node.layer.layer?.config?.return_state &&
        node.layer.config?.merge_mode !== null
      );
    });
  if (chain && spec.outputs[0] === `${spec.nodes.at(-1).id}:0` && !repeated(spec)) spec.kind = "sequential";
}
/** Whether a layer is used again under its id. */
const repeated = ({ nodes }) => nodes.some(({ layer }) => layer.id && !layer.config);

/** Numbers for the inputs of a spec, [rows, ...shape] each: sequences end early, ids have zeros, a row may be padding alone. */
export function dataFor(spec, seed, count = rows) {
  const r = random(seed + 1);
  return spec.inputs.map(({ shape, dtype }) => {
    const part = ([d, ...rest], whole) =>
      d === undefined
        ? one(r, dtype, whole)
        : Array.from({ length: d }, () =>
            part(rest, whole ?? (rest.length === 1 && r.chance(0.3) ? r.pick([0, 0.5]) : undefined)),
          );
    return part([count, ...shape]);
  });
}

function one(r, dtype, whole) {
  if (dtype === "bool") return r.chance(0.7) ? 1 : 0;
  if (dtype === "int32") return r.chance(0.3) ? 0 : r.integer(1, 6);
  return whole ?? Math.fround(2 * r.next() - 1);
}
