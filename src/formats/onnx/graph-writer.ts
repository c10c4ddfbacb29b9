import type { Weight } from "../../layers/layer.ts";
import type { AnyModel } from "../../models/model.ts";
import type { Node, Tensor } from "../../tensor/tensor.ts";
import { weightReader } from "../keras/weights.ts";
import type { OnnxBuilder } from "./builder.ts";
import type { Formula } from "./formula.ts";
import { writeNode } from "./formula-nodes.ts";
import { maskOf, type OnnxMask } from "./masks.ts";
import { SizeValues } from "./size-values.ts";
import { dataTypes } from "./types.ts";
import type { GraphWriter, Layout } from "./writer.ts";

/** Writes a formula's nodes and the weights that they read. */
export function graphWriter(b: OnnxBuilder, formula: Formula, model: AnyModel, who: string): GraphWriter {
  const sizes = new SizeValues(b);
  const values = new Map<Tensor, string>();
  const truths = new Map<Tensor, string>();
  const layouts = new Map<string, string>();
  const masks = new Map<Tensor, OnnxMask>();
  const ids = new Map<Weight, number>();
  const read = weightReader(model);
  const owners = new Map(model.ownedWeights().map(({ weight, layer }) => [weight, layer.name]));
  const weightOf = (t: Tensor): Weight => formula.weights.get(t)!;
  const numbersOf = (t: Tensor) => Float32Array.from(read(weightOf(t)).data);
  const nameOf = (t: Tensor) => `${owners.get(weightOf(t))}/${weightOf(t).name}`;
  const idOf = (t: Tensor) => {
    const weight = weightOf(t);
    if (!ids.has(weight)) ids.set(weight, ids.size);
    return ids.get(weight)!;
  };
  const layout: GraphWriter["layout"] = (weight, kind, dims, make, type) => {
    const key = `${idOf(weight)} ${kind}`;
    const name = kind ? `${nameOf(weight)}/${kind}` : nameOf(weight);
    const made = layouts.get(key) ?? b.tensor(name, make(numbersOf(weight)), dims, type);
    layouts.set(key, made);
    return made;
  };
  const plain: Layout = (numbers) => numbers;
  const whole = (t: Tensor): string => {
    const made = b.node("Cast", [layout(t, "", t.shape, plain, dataTypes.int8)], { to: dataTypes.float });
    values.set(t, made);
    return made;
  };
  const value = (t: Tensor): string =>
    values.get(t) ?? (formula.weights.get(t)?.int8 ? whole(t) : layout(t, "", t.shape, plain));
  const w: GraphWriter = {
    ...{ b, formula, sizes, layout, value },
    compact: new Map(),
    reversed: new Map(),
    isUsed: (t) => formula.used.has(t),
    truth: (t) => truths.get(t) ?? b.node("Cast", [value(t)], { to: dataTypes.bool }),
    give: (t, name, truth) => {
      values.set(t, name);
      if (truth !== undefined) truths.set(t, truth);
      sizes.know(name, formula.sizes(t));
    },
    maskOf: (mask) => {
      const made = masks.get(mask) ?? maskOf(b, w.truth(mask));
      masks.set(mask, made);
      return made;
    },
    write: (nodes: readonly Node[]) => {
      for (const node of nodes) writeNode(w, node, who);
    },
  };
  return w;
}
