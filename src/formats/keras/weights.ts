import { FormatError, problem, showShape } from "../../errors.ts";
import type { Weight } from "../../layers/layer.ts";
import type { AnyModel } from "../../models/model.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { sameShape } from "../../tensor/shape.ts";
import type { Parameter } from "../../train/parameters.ts";
import { grouped } from "../grouped.ts";
import type { WeightGroup, WeightTree, WeightVariable } from "./archive.ts";
import { type WeightPath, weightPaths } from "./paths.ts";

/** A model's weights as Keras's tree of variables; what is shared lies at each of its places, for readers that make two of it. */
export function weightTree(model: AnyModel): WeightTree {
  const tree: WeightTree = new Map([["", { name: model.name, variables: [] }]]);
  const read = weightReader(model);
  for (const { path, name, weights } of weightPaths(model.layers, "everywhere")) {
    tree.set(path, { name, variables: weights.map((w) => variableOf(w, read(w))) });
  }
  return tree;
}

/** Called where a layer's weights are missing or do not fit; without it, that is an error. */
export type OnMismatch = (error: FormatError) => void;
const refuse: OnMismatch = (error) => {
  throw error;
};

/** Gives a model the weights in a tree. Throws FormatError naming the layer and the place where they do not fit. */
export function fillWeights(model: AnyModel, tree: WeightTree, who: string, mismatch: OnMismatch = refuse): void {
  const places = weightPaths(model.layers).filter(({ weights }) => weights.length > 0);
  const groups = matchGroups(places, tree);
  const { misfit, fill } = weightWriter(model);
  for (const place of places) {
    const { layer, path, weights } = place;
    const group = groups.get(place);
    if (!group) {
      const next = "The file is incomplete, or of a layout this version does not know: save it again with Keras 3.";
      mismatch(
        new FormatError(problem(`${who}, model.weights.h5`, `the weights of ${layer.label} at ${path}`, "none", next)),
      );
      continue;
    }
    if (group.variables.length !== weights.length) {
      const found = `${group.variables.length}`;
      mismatch(
        new FormatError(problem(`${who}, ${path}`, `${weights.length} arrays for ${layer.label}`, found, damaged)),
      );
      continue;
    }
    for (const [k, weight] of weights.entries()) {
      const error = misfit(weight, group.variables[k], `${who}, ${path}/vars/${k}`);
      if (!error) fill(weight, group.variables[k], who);
      else {
        mismatch(error);
        break; // as Keras: what follows in the layer stays as well
      }
    }
  }
}

/** Reads a weight's numbers by the weight. */
export function weightReader(model: AnyModel): (weight: Weight) => NdArray {
  const parameters = parametersOf(model);
  return (weight) => model.weightStore.read(parameters.get(weight)!);
}

interface WeightWriter {
  /** Describes why numbers do not fit a weight: their shape, or their type. */
  misfit(weight: Weight, v: WeightVariable, who: string): FormatError | null;
  /** Writes a weight's numbers. Throws FormatError where they do not fit. */
  fill(weight: Weight, v: WeightVariable, who: string): void;
}

export function weightWriter(model: AnyModel): WeightWriter {
  const parameters = parametersOf(model);
  const misfit: WeightWriter["misfit"] = (weight, v, who) => {
    const p = parameters.get(weight)!;
    const expected = `${weight.name} ${showShape(p.shape)} of ${p.layer.label}`;
    if (!sameShape(v.shape, p.shape)) return new FormatError(problem(who, expected, showShape(v.shape), damaged));
    if (numbersFor(weight, v)) return null;
    const wanted = weight.int8 ? "numbers of 8 bits, from a quantized model" : "floating-point numbers";
    const next = weight.int8 ? "Load the weights, then quantize." : "Save it unquantized.";
    return new FormatError(problem(who, `${expected} as ${wanted}`, v.dtype, next));
  };
  return {
    misfit,
    fill: (weight, v, who) => {
      const error = misfit(weight, v, who);
      if (error) throw error;
      const p = parameters.get(weight)!;
      model.weightStore.write(p, new NdArray(numbersFor(weight, v)!, p.shape), who);
    },
  };
}

const parametersOf = (model: AnyModel): Map<Weight, Parameter> =>
  new Map(model.weightStore.list.map((p) => [p.weight, p]));

const damaged = "The weights are not those of this architecture: save it again.";

/** Numbers of a variable as float32; null where they are whole numbers. */
export const floatsOf = ({ data }: Pick<WeightVariable, "data">): Float32Array | null =>
  data instanceof Float32Array ? data : data instanceof Float64Array ? Float32Array.from(data) : null;

/** Numbers of a variable as a weight holds them; null where they are of another kind. */
const numbersFor = (weight: Weight, v: WeightVariable): Float32Array | null => {
  if (weight.int8) return v.data instanceof Int8Array ? Float32Array.from(v.data) : null;
  return weight.integer ? Float32Array.from(v.data as ArrayLike<number>, Number) : floatsOf(v);
};

/** A weight's numbers as Keras stores them. */
const variableOf = (weight: Weight, a: NdArray): WeightVariable => {
  if (weight.int8) return { data: Int8Array.from(a.data), shape: [...a.shape], dtype: "int8" };
  return weight.integer ? { data: Int32Array.from(a.data), shape: [...a.shape], dtype: "int32" } : variable(a);
};

export const variable = (a: NdArray): WeightVariable => ({
  data: Float32Array.from(a.data),
  shape: [...a.shape],
  dtype: "float32",
});

/**
 * Each layer's variables: by path; then by the name Keras wrote beside them; then by shape, in counting order, where as
 * many groups are left as layers of those shapes.
 */
function matchGroups(places: readonly WeightPath[], tree: WeightTree): Map<WeightPath, WeightGroup> {
  const found = new Map<WeightPath, WeightGroup>();
  const free = new Map([...tree].filter(([path]) => path !== "" && path !== "optimizer"));
  const claim = (place: WeightPath, path: string | undefined): boolean => {
    const group = path === undefined ? undefined : free.get(path);
    if (!group) return false;
    free.delete(path!);
    found.set(place, group);
    return true;
  };
  for (const place of places) {
    const early = place.path.replace(/(^|\/)layers\//g, "$1_layer_checkpoint_dependencies/"); // TensorFlow 2.12
    if (!claim(place, place.path)) claim(place, early);
  }
  const byName = new Map<string, string>();
  for (const [path, { name }] of tree) if (name !== undefined && !byName.has(name)) byName.set(name, path);
  for (const place of places) {
    if (found.has(place)) continue;
    const named = byName.get(place.layer.name);
    if (!(place.path.endsWith("/cell") && claim(place, `${named}/cell`))) claim(place, named);
  }
  const shapes = (list: readonly { shape: readonly number[] }[]) => list.map((v) => v.shape.join("x")).join(" ");
  const missing = grouped(
    places.filter((place) => !found.has(place)),
    ({ weights }) => shapes(weights),
  );
  const fitting = grouped([...free.keys()], (path) => shapes(free.get(path)!.variables));
  for (const [wanted, rivals] of missing) {
    const paths = fitting.get(wanted) ?? [];
    if (paths.length === rivals.length) for (const [k, place] of rivals.entries()) claim(place, paths[k]);
  }
  return found;
}
