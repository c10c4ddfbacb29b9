import { type Problem, problem } from "../../errors.ts";
import type { AnyLayer } from "../../layers/layer.ts";
import type { PickledObject, PickleValue } from "../containers/pickle-values.ts";

/** Options that a module of `torch.nn` has as fields, and how the layer that gets its weights must be set to compute the same. */
interface Rule {
  readonly className: RegExp;
  readonly field: string;
  readonly key: string; // in the layer's config
  readonly option: string; // in ours
}

const rules: readonly Rule[] = [
  { className: /^(Batch|Layer|Group)Normalization$/, field: "eps", key: "epsilon", option: "epsilon" },
  { className: /^SimpleRNN$/, field: "nonlinearity", key: "activation", option: "activation" },
  { className: /^Conv[12]D(Transpose)?$/, field: "stride", key: "strides", option: "strides" },
  { className: /^Conv[12]D(Transpose)?$/, field: "dilation", key: "dilation_rate", option: "dilationRate" },
  { className: /^Conv[12]D$/, field: "groups", key: "groups", option: "groups" },
];

/**
 * An option in which a layer differs from the module in the file, so that the same weights would give other numbers; null where there
 * is none. Keras's normalization has an epsilon of 1e-3, PyTorch's of 1e-5.
 */
export function disagreement(layer: AnyLayer, module: PickledObject, place: string): Problem | null {
  const parts = [layer, ...layer.sublayers]; // a bidirectional layer's, a timeDistributed one's
  for (const part of parts)
    for (const { className, field, key, option } of rules) {
      if (!className.test(part.className)) continue;
      const [theirs, ours] = [plain(module.field(field)), plain(part.config()[key] as PickleValue)];
      if (theirs === null || ours === null || same(theirs, ours)) continue;
      const next = `Make the layer with { ${option}: ${shown(theirs)} }.`;
      const expected = `${part.label} with ${option} ${shown(theirs)}, as the module has it`;
      return problem(place, expected, shown(ours), next);
    }
  return null;
}

const shown = (list: readonly unknown[]): string => JSON.stringify(list.length === 1 ? list[0] : list);

/** A number, a text, or several, as a list; null for another value. */
function plain(value: PickleValue | undefined): (number | string)[] | null {
  const list = value instanceof Int32Array ? Array.from(value) : Array.isArray(value) ? value : [value];
  const simple = list.every((item) => typeof item === "number" || typeof item === "string");
  return list.length > 0 && simple ? (list as (number | string)[]) : null;
}

/** Equal item by item; one number stands for as many as the other has. */
const same = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  Array.from({ length: Math.max(a.length, b.length) }, (_, k) => k).every(
    (k) => (a.length === 1 ? a[0] : a[k]) === (b.length === 1 ? b[0] : b[k]),
  );
