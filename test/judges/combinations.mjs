/** What the random models are counted by: layer x option x wrapper x origin of the mask. */
import { cells, kinds } from "./layer-kinds.mjs";

const takesMask = ["recurrent", "attention"]; // with an argument of its call
const maskArgument = ["Softmax", "BatchNormalization", "GlobalAveragePooling1D"];

/** What a random model is about: { kind, option, wrapper, origin }. */
export const combinations = Object.entries(kinds).flatMap(([kind, of]) =>
  wrappersOf(of).flatMap((wrapper) =>
    originsOf(kind, of, wrapper).flatMap((origin) =>
      ["default", ...Object.keys(of.options ?? {})].map((option) => ({ kind, option, wrapper, origin })),
    ),
  ),
);

function wrappersOf({ group, random, video }) {
  if (group === "merge" || group === "attention") return ["plain", "model"];
  const wrappers = ["plain", "TimeDistributed", "model", "TimeDistributed(model)", "shared"];
  return group === "recurrent" || video
    ? [...wrappers, "Bidirectional", "TimeDistributed(Bidirectional)"]
    : random
      ? ["plain"]
      : wrappers;
}

function originsOf(kind, of, wrapper) {
  if (of.video && !wrapper.startsWith("TimeDistributed")) return ["none", "argument"];
  if (of.group === "ids" || of.image || of.reads?.([1])) return ["none"];
  const given = takesMask.includes(of.group) || maskArgument.includes(kind) || wrapper.startsWith("TimeDistributed");
  const origins = ["none", "embedding", "masking"];
  return given && kind !== "MultiHeadAttention" ? [...origins, "argument", "operation"] : origins;
}

/** What `--cover` counts: those above, each option of the cells of an RNN, and layers that begin with another's state. */
export const everyCombination = [
  ...combinations,
  ...Object.keys(cells).flatMap((kind) =>
    combinations
      .filter((about) => about.kind === "RNN" && about.option === "default")
      .flatMap((about) =>
        ["default", ...Object.keys(cells[kind])].map((option) => ({ ...about, cell: { kind, option } })),
      ),
  ),
  ...["LSTM", "GRU"].flatMap((kind) =>
    ["none", "embedding", "masking"].map((origin) => ({ kind, option: "initial_state", wrapper: "plain", origin })),
  ),
];

/** Why no model has it; null where some may. */
export const impossible = ({ option, wrapper }) =>
  option === "return_state" && wrapper.startsWith("TimeDistributed")
    ? "TimeDistributed is for layers of one result, Keras's and ours"
    : null;

/** As a model's `cells` name it. */
export function nameOf({ kind, option, wrapper, origin, cell }) {
  return `${cell?.kind ?? kind} / ${cell?.option ?? option} / ${wrapper} / ${origin}`;
}
