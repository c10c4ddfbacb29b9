import { FormatError, problem } from "../../errors.ts";
import type { AnyLayer, CallContext } from "../../layers/layer.ts";
import { runCell, stateSizes } from "../../layers/recurrent/cell.ts";
import { RecurrentLayer } from "../../layers/recurrent/recurrent.ts";
import { where } from "../../ops/elementwise.ts";
import { reshape } from "../../ops/view.ts";
import { type Shape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type CarriedState, partName } from "./formula.ts";

/** Layers whose output at a step depends on other steps than those before it, or on those before it without a state. */
const beyondOneStep = new Set([
  ..."Bidirectional Attention AdditiveAttention MultiHeadAttention".split(" "),
  ..."Conv1D DepthwiseConv1D SeparableConv1D Conv1DTranspose ZeroPadding1D Cropping1D UpSampling1D".split(" "),
  ..."MaxPooling1D AveragePooling1D GlobalMaxPooling1D GlobalAveragePooling1D".split(" "),
  ..."AdaptiveMaxPooling1D AdaptiveAveragePooling1D".split(" "),
]);

/**
 * A recurrent layer of a step model: its state comes from outside, and goes there. A masked step leaves the state alone, and has the
 * output before it, which is h where the cell is an op of its own. Throws FormatError for what no single step can compute.
 */
export function carriedOutside(
  layer: AnyLayer,
  [x]: readonly Tensor[],
  context: CallContext,
  states: CarriedState[],
  who: string,
): Tensor[] | null {
  const refused = (found: string) =>
    new FormatError(problem(`${who}, ${layer.label}`, "layers that need one step and a state in a step model", found));
  if (beyondOneStep.has(layer.className)) throw refused("one that reads other steps");
  if (!(layer instanceof RecurrentLayer)) return null;
  if (layer.options.goBackwards) throw refused("goBackwards");
  const sizes = stateSizes(layer.cell);
  const begin = sizes.map((size) => x.trace.leaf("state", [x.shape[0], size]));
  const { returnSequences, returnState, zeroOutputForMask = false } = layer.options;
  const [rows, steps, ...frame] = x.shape;
  const flat = reshape(x, [rows, steps, sizeOf(frame)]); // a step may be an image
  const run = { x: flat, state: begin, mask: x.mask ?? null, reverse: false, zeroOutput: zeroOutputForMask };
  const ran = runCell(layer.cell, run, context);
  for (const [k, end] of ran.state.entries())
    states.push({ layer, part: partName(k, sizes.length), begin: begin[k], end });
  const held = x.mask !== undefined && !zeroOutputForMask;
  const isState = "whole" in layer.cell && layer.cell.whole !== undefined;
  if (held && !isState) throw refused("a mask, under which this cell repeats an output that is no part of its state");
  const last = held ? where(reshape(x.mask!, [rows, 1]), ran.last, begin[0]) : ran.last; // [B, H]
  const results = [returnSequences && !held ? ran.y : last, ...(returnState ? ran.state : [])];
  const shapes = layer.computeOutputShapes([x.shape]) as Shape[];
  const outputs = results.map((t, k) => reshape(t, shapes[k]));
  if (returnSequences && context.masks !== "keras-3.16") outputs[0].mask = x.mask;
  return outputs;
}
