/** The smallest model that still fails: outputs, layers and options are taken away as long as it does. */
import { prune } from "./specs.mjs";

/** Prints it for the first failure among the results, as a line of test/judges/cases. */
export async function showSmallest(model, results, tried) {
  const failed = results.find(({ result }) => result === "wrong" || result === "refused");
  if (!failed) return;
  const same = ({ kind, result }) => kind === failed.kind && result === failed.result;
  console.log(JSON.stringify(await shrink(model, async (smaller) => (await tried(smaller)).some(same))));
}

async function shrink(model, fails) {
  let best = model;
  for (let found = true; found; ) {
    found = false;
    for (const smaller of smallerThan(best)) {
      if (!(await fails(smaller))) continue;
      best = smaller;
      found = true;
      break;
    }
  }
  return { ...best, cells: [] };
}

function* smallerThan(model) {
  for (const spec of smallerSpecs(model.spec)) yield { ...model, spec };
  const { optimizer } = model;
  for (const key of Object.keys(optimizer?.config ?? {})) {
    if (key !== "learning_rate")
      yield { ...model, optimizer: { ...optimizer, config: without(optimizer.config, key) } };
  }
}

function* smallerSpecs(spec) {
  const copy = () => structuredClone(spec);
  if (spec.outputs.length > 1) for (const output of spec.outputs) yield prune({ ...copy(), outputs: [output] });
  for (const [k, node] of spec.nodes.entries()) {
    const [input] = node.inputs;
    if (spec.kind === "functional" && node.layer?.config?.return_state !== true) yield skipped(copy(), k, input);
    for (const key of Object.keys(node.args ?? {})) {
      const smaller = copy();
      delete smaller.nodes[k].args[key];
      yield prune(smaller);
    }
    for (const layer of smallerLayers(node.layer)) {
      const smaller = copy();
      smaller.nodes[k].layer = layer;
      yield smaller;
    }
  }
}

/** Without the node: what read its first result reads its input. */
function skipped(spec, k, input) {
  const [{ id }] = spec.nodes.splice(k, 1);
  const text = JSON.stringify(spec).replaceAll(`"${id}:0"`, `"${input}"`);
  const smaller = JSON.parse(text);
  const inputs = smaller.inputs.map((place) => place.id);
  smaller.outputs = smaller.outputs.filter((ref) => !inputs.includes(ref));
  return smaller.outputs.length > 0 && smaller.nodes.length > 0 ? prune(smaller) : spec;
}

function* smallerLayers(layer) {
  if (!layer) return;
  if (layer.layer) {
    if (layer.layer.class !== "Functional" && layer.layer.class !== "Sequential" && layer.class === "Bidirectional")
      yield layer.layer;
    for (const inner of smallerLayers(layer.layer)) yield { ...layer, layer: inner };
  }
  if (layer.backward) yield without(layer, "backward");
  if (layer.model) for (const model of smallerSpecs(layer.model)) yield { ...layer, model };
  if (layer.cells) {
    if (layer.cells.length > 1) yield { ...layer, cells: layer.cells.slice(0, 1), one: true };
    for (const [k, cell] of layer.cells.entries())
      for (const smaller of smallerLayers(cell)) yield { ...layer, cells: layer.cells.with(k, smaller) };
  }
  for (const key of Object.keys(layer.config ?? {})) {
    if (!needed.includes(key)) yield { ...layer, config: without(layer.config, key) };
  }
}

const needed = [
  "units",
  "filters",
  "kernel_size",
  "input_dim",
  "output_dim",
  "rate",
  "stddev",
  "num_heads",
  "key_dim",
  "target_shape",
  "dims",
  "n",
  "axes",
  "equation",
  "groups",
];
const without = (object, key) => Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
