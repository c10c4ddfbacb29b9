import type { AnyLayer } from "../../layers/layer.ts";
import { sameShape } from "../../tensor/shape.ts";
import { Budget, workFor } from "../budget.ts";
import type { PickledObject } from "../containers/pickle-values.ts";
import type { SafeTensor } from "../containers/safetensors.ts";
import { grouped } from "../grouped.ts";
import type { TorchNames } from "./names.ts";

/** A layer with weights, and how PyTorch calls them. */
export interface Named {
  layer: AnyLayer;
  names: TorchNames;
}

/** A source of a layer's weights: the tensors of one module, or of one layer of a stacked recurrent module. */
export interface Unit {
  prefix: string;
  stack: number;
  /** Place of its first tensor in the file. */
  at: number;
  tensors: Map<string, SafeTensor>;
  /** The module itself where the file holds it, inert. */
  module?: PickledObject;
}

export const unitKey = (prefix: string, stack: number) => `${stack} ${prefix}`;

/** A module as `map` names it: `"encoder"`, and the second layer of a stacked `nn.LSTM` `"encoder.l1"`. */
export const unitName = ({ prefix, stack }: Unit): string =>
  stack === 0 ? prefix : prefix === "" ? `l${stack}` : `${prefix}.l${stack}`;

/** Whether a module has a layer's tensors, and no other weight or bias. */
export function fits({ names }: Named, unit: Unit): boolean {
  if (unit.module && otherKind(names.kind, unit.module.className)) return false;
  const all = names.names.every((name, k) => {
    const tensor = unit.tensors.get(name);
    return tensor !== undefined && sameShape(tensor.shape, names.shapes[k]);
  });
  return all && ![...unit.tensors.keys()].some((name) => ofWeights.test(name) && !names.names.includes(name));
}

const ofWeights = /^(weight|bias)(_|$)|^running_(mean|var)$/;

/** Whether a class of `torch.nn` is known to be of another kind: an Embedding and a Linear without bias have the same tensors. */
function otherKind(kind: TorchNames["kind"], className: string): boolean {
  const own = /^(?:__torch__\.)?torch\.nn\.modules\.\w+\.(?:\w+\.)*(\w+)$/.exec(className)?.[1];
  if (own === undefined || kind === "other") return false;
  const classes = {
    recurrent: /^(LSTM|GRU|RNN)/,
    embedding: /^Embedding/,
    linear: /Linear$/,
    conv: /^Conv/,
    norm: /Norm/,
  };
  const known = Object.values(classes).some((pattern) => pattern.test(own));
  return known && !classes[kind].test(own);
}

/** The modules of a file, by name and place in their stack. */
export function unitsOf(
  tensors: ReadonlyMap<string, SafeTensor>,
  modules: ReadonlyMap<string, PickledObject> = new Map(),
): Unit[] {
  const units = new Map<string, Unit>();
  let at = 0;
  for (const [name, tensor] of tensors) {
    // An nn.LSTMCell's names are those of an nn.LSTM without "_l0".
    const stacked = name.match(/^(?:(.*)\.)?((?:weight|bias)_(?:ih|hh|hr)(?:_l)?)(\d*)((?:_reverse)?)$/);
    const dot = name.lastIndexOf(".");
    const prefix = stacked ? (stacked[1] ?? "") : name.slice(0, Math.max(dot, 0));
    const stack = stacked ? Number(stacked[3]) : 0;
    const own = stacked ? `${stacked[2].replace(/_l$/, "")}_l0${stacked[4]}` : name.slice(dot + 1);
    const key = unitKey(prefix, stack);
    if (!units.has(key)) units.set(key, { prefix, stack, at, tensors: new Map(), module: modules.get(prefix) });
    units.get(key)!.tensors.set(own, tensor);
    at++;
  }
  const byName = (a: Unit, b: Unit) => (a.prefix < b.prefix ? -1 : a.prefix > b.prefix ? 1 : a.stack - b.stack);
  return [...units.values()].sort(byName);
}

/** Layers that the same modules suit, for their tensors have the same names and shapes. */
export interface Kind {
  readonly open: Set<Named>; // layers without a module
  readonly fitting: Set<Unit>; // modules that no layer has
}

/** The kinds among layers, each with the free modules that suit it. */
export function kindsOf(open: readonly Named[], free: ReadonlySet<Unit>, who: string): Kind[] {
  const work = new Budget(who, workFor(64 * (open.length + free.size)), "comparisons of modules");
  const tensorKey = (name: string, shape: readonly number[]) => `${name} ${shape.join("x")}`;
  const having = new Map<string, Unit[]>(); // modules by each tensor they have
  for (const unit of free)
    for (const [name, { shape }] of unit.tensors) {
      const key = tensorKey(name, shape);
      if (!having.get(key)?.push(unit)) having.set(key, [unit]);
    }
  const keysOf = ({ names }: Named) => names.names.map((name, k) => tensorKey(name, names.shapes[k]));
  return [...grouped(open, (named) => keysOf(named).join()).values()].map((list) => {
    const lists = keysOf(list[0]).map((key) => having.get(key) ?? []);
    const fewest = lists.reduce((a, b) => (b.length < a.length ? b : a));
    work.take(fewest.length * lists.length);
    return { open: new Set(list), fitting: new Set(fewest.filter((unit) => fits(list[0], unit))) };
  });
}

/**
 * Gives modules to layers where there is but one way: a module that suits one layer alone, or the layers of one stacked
 * module in their order. What is taken leaves fewer ways for the others, so that they are looked at again.
 */
export function matchedByKind(kinds: readonly Kind[], who: string): [Named, Unit][] {
  const pairs: [Named, Unit][] = [];
  const suiting = new Map<Unit, Kind[]>();
  for (const kind of kinds)
    for (const unit of kind.fitting) if (!suiting.get(unit)?.push(kind)) suiting.set(unit, [kind]);
  const size = kinds.reduce((n, { open, fitting }) => n + open.size + fitting.size, 0);
  const work = new Budget(who, workFor(64 * size), "comparisons of modules");
  for (let before = -1; before !== pairs.length; ) {
    before = pairs.length;
    for (const kind of kinds) {
      const { open, fitting } = kind;
      if (open.size === 0 || fitting.size === 0) continue;
      const rivals = new Set([...fitting].flatMap((unit) => suiting.get(unit)!));
      work.take(fitting.size + rivals.size);
      const layers = [...rivals].reduce((n, rival) => n + rival.open.size, 0);
      const oneStack = fitting.size === layers && new Set([...fitting].map(({ prefix }) => prefix)).size === 1;
      if (!(oneStack || (fitting.size === 1 && layers === 1))) continue;
      const turns = rivals.size === 1 ? open.size : 1;
      for (let turn = 0; turn < turns; turn++) {
        const [named] = open;
        const [unit] = fitting;
        pairs.push([named, unit]);
        open.delete(named);
        for (const other of suiting.get(unit)!) other.fitting.delete(unit);
      }
    }
  }
  return pairs;
}
