import type { AnyLayer, LayerCall, OwnedWeight, SymbolicTensor } from "../layers/layer.ts";
import type { PartialShape } from "../tensor/shape.ts";
import { sizeOf } from "../tensor/shape.ts";
import { isCarried } from "../train/parameters.ts";
import { summaryTable } from "./summary-table.ts";
import type { SummaryRow } from "./summary-types.ts";

export interface SummaryOptions {
  /** Width in characters. Default: that of the terminal, or 80. */
  columns?: number;
  /** Style of the table: that of Keras 3, or the one of older class hand-outs (Keras 2). Default `"keras3"`. */
  style?: "keras3" | "keras2";
  /** A column that says which layers learn. Default false. */
  showTrainable?: boolean;
  /** Receives the text; `console.log` by default. */
  print?: (text: string) => void;
}

/** The parts of a model that a summary shows. */
interface Summarised {
  readonly name: string;
  readonly layers: readonly AnyLayer[];
  readonly inputShape: PartialShape | null;
  readonly built: boolean;
  readonly uses?: readonly LayerCall[];
  ownedWeights(): OwnedWeight[];
}

/** The summary of a model as text. */
export function summaryOf(model: Summarised, optimizerNumbers: number | null, options: SummaryOptions): string {
  const rows = model.uses ? functionalRows(model.uses, model.layers) : stackRows(model);
  const counted = model.built ? [...new Map(learned(model).map((w) => [w.weight, w])).values()] : [];
  const count = (list: readonly OwnedWeight[]) => list.reduce((n, { weight }) => n + sizeOf(weight.shape), 0);
  const trainable = count(counted.filter((w) => w.trainable));
  const optimizer = optimizerNumbers ?? undefined;
  const columns = options.columns ?? (typeof process === "undefined" ? 80 : (process.stdout?.columns ?? 80));
  return summaryTable({
    name: model.name,
    rows,
    totals: { trainable, nonTrainable: count(counted) - trainable, optimizer },
    columns,
    style: options.style,
    showTrainable: options.showTrainable,
  });
}

function stackRows(model: Summarised): SummaryRow[] {
  let shapes: PartialShape[] | null = model.inputShape && model.built ? [model.inputShape] : null;
  return model.layers
    .filter((layer) => layer.className !== "InputLayer")
    .map((layer) => {
      shapes = shapes && layer.computeOutputShapes(shapes);
      const row = layerRow(layer, shapes);
      const unbuilt = !model.built && (layer.weights.length > 0 || mayHaveWeights(layer.className));
      return unbuilt ? { ...row, params: "0 (unbuilt)" as const } : row;
    });
}

/** A functional model shows its inputs too, and what each layer reads when it is not a straight line. */
function functionalRows(uses: readonly LayerCall[], layers: readonly AnyLayer[]): SummaryRow[] {
  const of = (layer: AnyLayer) => uses.filter((use) => use.layer === layer);
  const reads = uses.flatMap((use) => use.inputs);
  const straight =
    uses.every((use) => use.inputs.length < 2 && use.outputs.length === 1) &&
    layers.length === uses.length &&
    new Set(reads).size === reads.length &&
    uses.filter((use) => use.inputs.length === 0).length === 1;
  const place = (t: SymbolicTensor) => `${t.call.layer.name}[${of(t.call.layer).indexOf(t.call)}][${t.index}]`;
  return layers.map((layer) => {
    const calls = of(layer);
    const row = layerRow(
      layer,
      calls[0].outputs.map((t) => t.shape),
    );
    const from = calls.flatMap((use) => use.inputs.map(place)).join(", ");
    return straight ? row : { ...row, connectedTo: from || "-" };
  });
}

function layerRow(layer: AnyLayer, shapes: readonly PartialShape[] | null): SummaryRow {
  const weights = learned(layer);
  const shown = shapes?.map(showKeras) ?? ["?"];
  return {
    name: layer.name,
    className: layer.className,
    outputShape: shown.length === 1 ? shown[0] : `[${shown.join(", ")}]`,
    params: weights.reduce((n, { weight }) => n + sizeOf(weight.shape), 0),
    trainable: weights.length > 0 ? weights.some((w) => w.trainable) : undefined,
  };
}

const learned = (of: Pick<Summarised, "ownedWeights">) => of.ownedWeights().filter(({ weight }) => !isCarried(weight));

const mayHaveWeights = (className: string) => !["Dropout", "Activation", "Flatten"].includes(className);

/** `[null, 10, 8]` → `(None, 10, 8)`, `[null]` → `(None,)`, as Python prints tuples. */
export function showKeras(shape: PartialShape): string {
  return `(${shape.map((d) => d ?? "None").join(", ")}${shape.length === 1 ? "," : ""})`;
}
