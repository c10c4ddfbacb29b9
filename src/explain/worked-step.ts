import { DataError, problem } from "../errors.ts";
import type { AnyLayer } from "../layers/layer.ts";
import { GateCell } from "../layers/recurrent/gate-cell.ts";
import { GruCell } from "../layers/recurrent/gru.ts";
import { StackedRnnCells } from "../layers/recurrent/stacked-rnn-cells.ts";
import type { AnyModel } from "../models/model.ts";
import type { NdArray } from "../tensor/nd-array.ts";
import type { Arrays } from "../train/fit/trainable-model.ts";
import { checkNames } from "../train/options.ts";
import { bareCell } from "./cell-run.ts";
import type { LayerTrace } from "./layer-trace.ts";
import { recurrentLayers } from "./recurrent-layers.ts";
import { indexIn, isCellOf, layerNamed, stepsOf } from "./steps.ts";
import { trace } from "./trace.ts";
import { latexOf, textOf } from "./worked-text.ts";
import type { WorkedGate, WorkedStep } from "./worked-types.ts";

/** The step and the unit that `workedStep` works out. */
export interface WorkedStepOptions {
  /** Name of the layer in `trace`. Default: the only one. */
  layer?: string;
  /** The row; negative ones count from the end. Default 0. */
  row?: number;
  /** The step; negative ones count from the end. */
  step: number;
  /** The unit. */
  unit: number;
  /** Products that are written out in text and LaTeX, the largest; the others are one sum. Default 5. */
  most?: number;
}

/**
 * One step of one unit of an LSTM, a GRU or a simple recurrent layer, worked out with its real numbers: every product of every
 * gate's sum, the gates, the state before and after; as data, as text and as LaTeX. Sums are in float64 over the model's weights. Rejects
 * with DataError for another cell, for a masked step, and for a step or unit that is not there.
 *
 *   const { text, gates } = await workedStep(model, x, { step: 3, unit: 7 });
 *   console.log(text);
 */
export async function workedStep(model: AnyModel, x: Arrays, options: WorkedStepOptions): Promise<WorkedStep> {
  const who = "workedStep";
  checkNames(who, options, ["layer", "row", "step", "unit", "most"]);
  const { layers } = await trace(model, x, { inputs: true, ...(options.layer ? { layers: [options.layer] } : {}) });
  const layer = layerNamed(layers, options.layer, who);
  const { cell, weights } = cellAndWeights(model, layer, who);
  const [rows, time, units] = layer.h.shape;
  const row = indexIn(rows, options.row ?? 0, who, "row");
  const step = indexIn(time, options.step, who, "step");
  const unit = indexIn(units, options.unit, who, "unit");
  const order = stepsOf(layer, row);
  const at = order.indexOf(step);
  if (at < 0) throw new DataError(problem(`${who}: step`, "a step that counts", `${step}, which is masked`));
  const previous = at > 0 ? order[at - 1] : null;
  const stateBefore = (part: "h" | "c", k: number) =>
    previous === null ? (layer.initial?.[part]?.at(row, k) ?? 0) : layer[part]!.at(row, previous, k);
  const parts = { layer, cell, weights, row, step, unit, h: (k: number) => stateBefore("h", k) };
  const gates = gateNames[layer.kind].map((name, k) => workedGate(parts, name, k));
  const [before, after] = [{ h: stateBefore("h", unit) }, { h: layer.h.at(row, step, unit) }];
  const c = layer.c;
  const worked = {
    ...{ layer: layer.name, kind: layer.kind, row, step, unit, gates },
    before: c ? { ...before, c: stateBefore("c", unit) } : before,
    after: c ? { ...after, c: c.at(row, step, unit) } : after,
  };
  const phi = activationsOf(cell).phi;
  const most = options.most ?? 5;
  return { ...worked, text: textOf(worked, phi, most), latex: latexOf(worked, phi, most) };
}

/** The gates of each kind in the order of the packed weights. */
const gateNames: Readonly<Record<string, readonly string[]>> = {
  lstm: ["i", "f", "g", "o"],
  gru: ["z", "r", "g"],
  simpleRnn: ["h"],
};

interface Parts {
  readonly layer: LayerTrace;
  readonly cell: GateCell;
  readonly weights: readonly NdArray[]; // kernel, recurrent kernel, bias
  readonly row: number;
  readonly step: number;
  readonly unit: number;
  h(k: number): number;
}

function workedGate({ layer, cell, weights, row, step, unit, h }: Parts, name: string, gate: number): WorkedGate {
  const [kernel, recurrent, bias] = weights;
  const column = gate * cell.units + unit;
  const candidate = layer.kind === "gru" && name === "g";
  const resetAfter = cell instanceof GruCell && cell.options.resetAfter !== false;
  const r = (k: number) => layer.r!.at(row, step, k);
  const products = (from: "x" | "h", w: NdArray, numberOf: (k: number) => number, factor: number) =>
    Array.from({ length: w.shape[0] }, (_, index) => {
      const [value, weight] = [numberOf(index), w.at(index, column)];
      return { from, index, value, weight, product: value * weight * factor };
    });
  const state = candidate && !resetAfter ? (k: number) => r(k) * h(k) : h;
  const behind = candidate && resetAfter ? r(unit) : 1; // the reset gate stands behind the state's product
  const terms = [
    ...products("x", kernel, (k) => layer.x!.at(row, step, k), 1),
    ...products("h", recurrent, state, behind),
  ].sort((a, b) => Math.abs(b.product) - Math.abs(a.product));
  const two = bias?.rank === 2; // of the input and of the state
  const added = !bias ? 0 : two ? bias.at(0, column) + behind * bias.at(1, column) : bias.at(column);
  const sum = terms.reduce((total, { product }) => total + product, added);
  const { phi, sigma } = activationsOf(cell);
  const activation = name === "g" || name === "h" ? phi : sigma;
  return { name, activation, terms, bias: added, sum, value: layer.values[name].at(row, step, unit) };
}

/** The names of a cell's activations. */
function activationsOf(cell: GateCell): { phi: string; sigma: string } {
  const { activation = "tanh", recurrentActivation = "sigmoid" } = cell.options;
  const named = (given: unknown) => (typeof given === "string" ? given : "φ");
  return { phi: named(activation), sigma: named(recurrentActivation) };
}

/** The cell that a trace is of, and its weights: kernel, recurrent kernel, bias. */
function cellAndWeights(model: AnyModel, { name, kind }: LayerTrace, who: string) {
  const found = [...recurrentLayers(model, who)].find(([, path]) => name === path || isCellOf(name, path));
  const [layer, path] = found!;
  const index = name === path ? null : Number(name.slice(path.length + 1));
  const given = index !== null && layer.cell instanceof StackedRnnCells ? layer.cell.cells[index] : layer.cell;
  const cell = bareCell(given);
  if (gateNames[kind] === undefined || !(cell instanceof GateCell)) {
    const next = "trace shows the gates of every cell.";
    throw new DataError(problem(`${who}: ${name}`, "an lstm, a gru or a simpleRnn", kind, next));
  }
  const all = (layer as AnyLayer).getWeights();
  if (index === null) return { cell, weights: all };
  const { cellWeights } = layer.cell as StackedRnnCells;
  const from = cellWeights.slice(0, index).reduce((n, own) => n + own.length, 0);
  return { cell, weights: all.slice(from, from + cellWeights[index].length) };
}
