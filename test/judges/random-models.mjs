/**
 * Random models as plain specs, from which keras_specs.py builds Keras's model and our-specs.mjs ours. The same seed gives the
 * same spec; consecutive seeds walk through every combination of layer, option, wrapper and origin of the mask.
 *
 *   spec    { kind: "functional" | "sequential", inputs: [{ id, shape, dtype, batch? }], nodes, outputs: [ref] }
 *   node    { id, layer, inputs: [ref], list?, args? }, or an operation { id, op, inputs: [ref], args }
 *   layer   { class, config, id?, layer?, backward?, cells?, model? }; { id, class } alone is the layer of that id again
 *   ref     the id of an input, or "n3:0", the first result of node n3; within args: { ref }
 * Objects such as { $: "L2", l2: 0.1 } in a config are regularizers, constraints and initializers.
 */
import { combinations } from "./combinations.mjs";
import { Draft } from "./draft.mjs";
import { random } from "./random.mjs";
import { losses, optimizers } from "./random-training.mjs";
import { fixBatch, sequentially } from "./specs.mjs";

/** → { spec, cells, draws (whether training draws random numbers), stateful, optimizer, loss }. */
export function randomModel(seed) {
  const r = random(seed);
  const first = (seed * 7919) % combinations.length; // a large prime: neighbours differ in everything
  const draft = new Draft(r);
  draft.about.operations = r.chance(0.2);
  const branches = r.pick([1, 1, 2, 2, 3]);
  const single = branches === 1 && r.chance(0.5);
  const ends = [];
  for (let k = 0; k < branches; k++) {
    let at = first + k * 1009;
    const focusAt = () => combinations[at % combinations.length];
    while (k > 0 && !draft.about.operations && focusAt().origin === "operation") at++; // Keras's .h5 cannot hold them
    draft.about.operations ||= focusAt().origin === "operation";
    ends.push(draft.branch(focusAt()));
  }
  draft.end(ends, single);
  const { about } = draft;
  if (about.stateful) fixBatch(draft.spec);
  if (single) sequentially(draft.spec);
  return {
    spec: draft.spec,
    ...about,
    cells: [...about.cells],
    optimizer: r.pick(optimizers)(r),
    loss: r.pick(losses),
  };
}

/**
 * One model of several branches, each about one combination and drawn by a seed of its own: [{ about, seed }], as cover.mjs
 * wants them; many more options are set at once than in randomModel.
 */
export function packedModel(branches) {
  const draft = new Draft(random(branches[0].seed));
  draft.about.operations = branches.some(({ about }) => about.origin === "operation");
  draft.packed = true;
  const ends = branches.map(({ about, seed }) => {
    draft.r = random(seed);
    draft.cell = about.cell ?? null;
    return draft.branch(about);
  });
  draft.end(ends, true);
  const { about } = draft;
  if (about.stateful) fixBatch(draft.spec);
  if (branches.length === 1) sequentially(draft.spec);
  return { spec: draft.spec, ...about, cells: [...about.cells] };
}
