import { PickledObject, type PickleValue } from "../containers/pickle-values.ts";
import type { FileDescription } from "../format.ts";
import { readTorch } from "./state-dict.ts";
import { suggestedLayers } from "./suggested-layers.ts";

/** The contents of a PyTorch file in lines; of a pickle without tensors, that it is one. */
export async function describeTorch(bytes: Uint8Array, who: string): Promise<FileDescription> {
  const contents = await readTorch(bytes, who);
  const { kind, saved, tensors, modules, others } = contents;
  if (tensors.size === 0 && kind === "pickle") return { kind, writer: "Python" };
  const root = modules.get("");
  const what = {
    state_dict: "a state_dict: names and numbers",
    model: `a whole model${root ? `, of the class ${root.className}` : ""}`,
    checkpoint: "a checkpoint: weights, and what lies beside them",
    tensor: "one tensor",
    nothing: "no tensors",
  }[saved];
  const beside = [...others].map(([name, value]) => `${name}: ${shown(value)}`);
  const more = beside.length > 12 ? [...beside.slice(0, 12), `and ${beside.length - 12} more`] : beside;
  return { kind, writer: "PyTorch", modules: suggestedLayers(contents), notes: [what, ...more] };
}

function shown(value: PickleValue): string {
  if (value === null || typeof value === "boolean" || typeof value === "number") return String(value);
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  if (value instanceof PickledObject && value.className === "builtins.int") return "a large integer";
  if (value instanceof PickledObject) return `a ${value.className}`;
  if (value instanceof Map) return value.has("param_groups") ? "the state of an optimizer" : `a dict of ${value.size}`;
  return ArrayBuffer.isView(value) || Array.isArray(value) ? `a list of ${value.length}` : "an array";
}
