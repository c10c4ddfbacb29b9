import { DataError, FormatError, option, problem, sentence, showShape } from "../../errors.ts";
import type { AnyLayer } from "../../layers/layer.ts";
import type { AnyModel } from "../../models/model.ts";
import type { PickledObject } from "../containers/pickle-values.ts";
import type { SafeTensor } from "../containers/safetensors.ts";
import type { TakenModules, WeightOptions } from "../format.ts";
import { grouped } from "../grouped.ts";
import { weightWriter } from "../keras/weights.ts";
import type { Numbers } from "./axes.ts";
import { disagreement } from "./module-options.ts";
import { fits, kindsOf, matchedByKind, type Named, type Unit, unitKey, unitName, unitsOf } from "./modules.ts";
import { formerNames, torchNames } from "./names.ts";

/** The weights of a state_dict by name, and the modules they belong to where the file holds those. */
export interface StateDict {
  readonly tensors: ReadonlyMap<string, SafeTensor>;
  readonly modules?: ReadonlyMap<string, PickledObject>;
}

/** A layer, the module whose weights it gets, and by which names. */
interface Match extends Named {
  readonly unit: Unit;
}

/**
 * Gives a model the weights of a state_dict: modules are found by `map`, by the layers' names, else by kind and shape, a stacked
 * `nn.LSTM`'s layers one after another. Returns the module of each layer, and those that no layer took. Throws FormatError naming the layer that finds no
 * module, or more than one, DataError for a map that does not fit.
 */
export function fillTensors(model: AnyModel, dict: StateDict, who: string, options: WeightOptions = {}): TakenModules {
  const { fill: write } = weightWriter(model);
  const matches = matched(namedLayers(model), dict, who, options);
  for (const { layer, names, unit } of matches) {
    const place = `${who}, "${unitName(unit)}"`;
    const refused = unit.module && disagreement(layer, unit.module, place);
    if (refused) throw new FormatError(refused);
    const found = names.names.map((name) => floats(unit.tensors.get(name)!, `${who}, "${unit.prefix}.${name}"`));
    names.read(found).forEach((numbers, k) => {
      const value = { data: numbers.data, shape: [...numbers.shape], dtype: "float32" };
      write(names.weights[k], value, place);
    });
  }
  const map = new Map(matches.map(({ layer, unit }) => [layer.name, unitName(unit)]));
  const taken = new Set(map.values());
  const inside = [...taken].map((name) => `${name}.`); // of a model inside
  const names = unitsOf(dict.tensors).map(unitName);
  return {
    map,
    unused: names.filter((name) => !taken.has(name) && !inside.some((prefix) => name.startsWith(prefix))),
  };
}

/** The layers with weights, those of models inside too. Names inside a model follow its own: `part.dense`. */
export function namedLayers(model: AnyModel): Named[] {
  return [...new Set<AnyLayer>(model.layers)].flatMap((layer) => {
    const names = torchNames(layer);
    return names ? [{ layer, names }] : [];
  });
}

function matched(
  layers: readonly Named[],
  { tensors, modules }: StateDict,
  who: string,
  { mismatch, map }: WeightOptions,
): Match[] {
  const units = new Map(unitsOf(tensors, modules).map((unit) => [unitKey(unit.prefix, unit.stack), unit]));
  const free = new Set(units.values());
  const chosen = new Map<AnyLayer, Match>();
  const choose = (named: Named, unit: Unit) => {
    chosen.set(named.layer, { ...named, unit });
    free.delete(unit);
  };
  const open = () => layers.filter(({ layer }) => !chosen.has(layer));
  if (map) for (const [named, unit] of mapped(layers, free, map, who)) choose(named, unit);
  for (const named of open()) {
    const unit = units.get(unitKey(named.layer.name, 0));
    if (unit && free.has(unit) && fits(named, unit)) choose(named, unit);
    else {
      const whole = wholeUnit(named, tensors);
      if (!whole) continue;
      choose(whole, whole.unit);
      if (unit) free.delete(unit);
    }
  }
  for (const [named, unit] of byLastName(open(), free)) choose(named, unit);
  if (open().length === 0) return [...chosen.values()];
  const kinds = kindsOf(open(), free, who);
  for (const [named, unit] of matchedByKind(kinds, who)) choose(named, unit);
  for (const { open, fitting } of kinds) {
    for (const named of open) {
      const error = unmatched(named, fitting, free, who);
      if (!mismatch) throw error;
      mismatch(error);
    }
  }
  return [...chosen.values()];
}

/** A layer's tensors all below its name: those of a model inside, and those that have Keras's names. */
function wholeUnit(named: Named, tensors: ReadonlyMap<string, SafeTensor>): Match | null {
  const { layer } = named;
  for (const names of [named.names, formerNames(layer)]) {
    const inside = names.names.flatMap((name) => {
      const tensor = tensors.get(`${layer.name}.${name}`);
      return tensor ? [[name, tensor] as const] : [];
    });
    const unit = { prefix: layer.name, stack: 0, at: 0, tensors: new Map(inside) };
    if (fits({ layer, names }, unit)) return { layer, names, unit };
  }
  return null;
}

/** Layers whose name is the last part of one module's, where that one fits: `fc` is `module.fc`. */
function byLastName(open: readonly Named[], free: ReadonlySet<Unit>): [Named, Unit][] {
  const units = grouped(free, ({ prefix }) => prefix.slice(prefix.lastIndexOf(".") + 1));
  const layers = grouped(open, ({ layer }) => layer.name);
  return open.flatMap((named): [Named, Unit][] => {
    const { name } = named.layer;
    const [unit, ...others] = (units.get(name) ?? []).filter((unit) => unit.stack === 0 && fits(named, unit));
    return unit && others.length === 0 && layers.get(name)!.length === 1 ? [[named, unit]] : [];
  });
}

/** The layers that `map` gives a module. Throws DataError where it names none of the model or the file, or one that does not fit. */
function mapped(
  layers: readonly Named[],
  units: ReadonlySet<Unit>,
  map: Readonly<Record<string, string>>,
  who: string,
): [Named, Unit][] {
  const byName = new Map(layers.map((named) => [named.layer.name, named]));
  const byModule = new Map([...units].map((unit) => [unitName(unit), unit]));
  return Object.entries(map).map(([layer, module]) => {
    const fail = (expected: string, received: string) => {
      const next = `The model has ${few(layers.map(shownLayer))}; the file has ${few([...units].map(shownUnit))}.`;
      return new DataError(problem(who, expected, received, next).with({ option: "map" }));
    };
    const named = byName.get(layer);
    if (!named) throw fail("layers with weights as keys of map", `"${layer}"`);
    const unit = byModule.get(module);
    if (!unit) throw fail(`a module of the file for ${named.layer.label}`, JSON.stringify(module));
    if (!fits(named, unit)) throw fail(`a module that fits ${shownLayer(named)}`, shownUnit(unit));
    return [named, unit];
  });
}

function unmatched(named: Named, fitting: ReadonlySet<Unit>, free: ReadonlySet<Unit>, who: string): FormatError {
  const several = few(
    [...fitting].map((unit) => `"${unitName(unit)}"`),
    ", ",
  );
  const received = fitting.size > 1 ? `several: ${several}` : few([...free].map(shownUnit)) || "none left";
  const [first] = fitting;
  const name = (unit: Unit) => JSON.stringify(unitName(unit));
  const next = first
    ? sentence`Say which is which: ${option("map", `${named.layer.name}=${unitName(first)}`, `{ map: { ${JSON.stringify(named.layer.name)}: ${name(first)} } }`)}, or give the layers the names of the modules.`
    : "Change the layer, or leave it out: a module goes to a layer of its kind and shapes.";
  return new FormatError(problem(who, `one module for ${shownLayer(named)}`, received, next));
}

const few = (list: readonly string[], between = "; ") =>
  list.length > 12 ? `${list.slice(0, 12).join(between)}${between}…` : list.join(between);

const shownLayer = ({ layer, names }: Named): string =>
  `${layer.label} with ${names.names.map((name, k) => `${name} ${showShape(names.shapes[k])}`).join(", ")}`;

const shownUnit = (unit: Unit): string =>
  `"${unitName(unit)}" (${[...unit.tensors].map(([name, { shape }]) => `${name} ${showShape(shape)}`).join(", ")})`;

function floats({ data, shape, dtype }: SafeTensor, where: string): Numbers {
  if (data instanceof Float32Array) return { data, shape };
  if (data instanceof Float64Array) return { data: Float32Array.from(data), shape };
  throw new FormatError(problem(where, "floating-point numbers", dtype, "Save it unquantized."));
}
