import { DataError, problem } from "../errors.ts";
import { type RecurrentCell, stateSizes } from "../layers/recurrent/cell.ts";
import type { WholeRun } from "../layers/recurrent/whole-run.ts";
import type { AnyModel } from "../models/model.ts";
import { add, constant, mul } from "../ops/elementwise.ts";
import { sum } from "../ops/reduce.ts";
import { NdArray } from "../tensor/nd-array.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { compiledOf, inputsFor, rowsFor } from "../train/fit/rows.ts";
import { validTargets } from "../train/fit/step.ts";
import type { Arrays } from "../train/fit/trainable-model.ts";
import { reduceLoss } from "../train/losses/reduce.ts";
import { checkNames } from "../train/options.ts";
import type { Change } from "./cell-run.ts";
import { placeOf } from "./layer-trace.ts";
import { type CellPlace, looking, recurrentLayers, type SeenCell } from "./recurrent-layers.ts";
import { outputOf, pickOf, type ScoreOptions, scoresOf } from "./score.ts";

/** Options of `gradientFlow`. */
export interface GradientFlowOptions extends ScoreOptions {
  /** Targets: the gradient is that of the compiled loss of each row. Default: of an output, see `target`. */
  y?: Arrays;
}

/** The gradient that reaches each step of a recurrent layer. */
export interface LayerFlow extends CellPlace {
  /** ‖∂L/∂h_t‖ for each row and step, [B, T], in the order of the input's steps; absent where a cell of your own does not name its h. */
  readonly h?: NdArray;
  /** ‖∂L/∂c_t‖, [B, T], where the cell has a cell state. */
  readonly c?: NdArray;
}

/**
 * The gradient that reaches each step, ‖∂L/∂h_t‖ and ‖∂L/∂c_t‖: the whole gradient, through all later steps and layers. L is the loss of each
 * row with `y`, otherwise one number of the output. Seen on a logarithmic axis it says whether the gradient vanishes on
 * its way to the first steps. Rejects with DataError where the model has no recurrent layer, or is not compiled and `y` is given.
 *
 *   const [{ h, c }] = await gradientFlow(model, x, { y });    // [B, T] each
 */
export async function gradientFlow(
  model: AnyModel,
  x: Arrays,
  options: GradientFlowOptions = {},
): Promise<LayerFlow[]> {
  const who = "gradientFlow";
  checkNames(who, options, ["y", "target", "output"]);
  const inputs = inputsFor(model, who, x);
  const names = recurrentLayers(model, who);
  const output = outputOf(model, options, who);
  const given = options.y === undefined ? await pickArray() : targetArray(options.y);
  const { about, results } = await model.inspect<CellPlace[]>(who, inputs, {
    key: `flow ${output} ${options.y === undefined ? "score" : "loss"}`,
    given,
    formula: (tensors, context, arrays) => {
      const taps: Record<string, Tensor> = {};
      const seen: SeenCell[] = [];
      let cells = 0;
      const changes = (_place: CellPlace, run: WholeRun, cell: RecurrentCell): Change[] =>
        tapsOf(cells++, run, cell, taps);
      const recurrence = looking({ names, changes }, seen);
      const outputs = model.forwardAll(tensors, { ...context, masks: model.masks, recurrence });
      const y = outputs[output];
      const of =
        options.y === undefined ? sum(scoresOf(y, arrays.pick)) : mul(lossOf(model, output, y, arrays.y), y.shape[0]);
      for (const [k, cell] of seen.entries()) for (const { name } of cell.unused) delete taps[`${k} ${name}`];
      if (Object.keys(taps).length === 0) {
        const next = 'Name them in the cell\'s step: context.gate("h", value).';
        throw new DataError(problem(who, "a cell that names h or c", seen.map(({ kind }) => kind).join(", "), next));
      }
      return { about: seen.map(placeOf), results: {}, gradient: { of, wrt: taps } };
    },
  });
  return about.map((place, k) => {
    const [h, c] = ["h", "c"].map((name) => results[`${k} ${name}`]);
    const flow = (d: NdArray) => norms(d, place.direction === "backward");
    return { ...place, ...(h ? { h: flow(h) } : {}), ...(c ? { c: flow(c) } : {}) };
  });

  async function pickArray() {
    const predicted = [await model.predict(x)].flat()[output];
    return { pick: pickOf(predicted, options.target, who).pick };
  }
  function targetArray(y: Arrays) {
    const found = rowsFor(model, who, x, y, {}).targets[output];
    if (found) return { y: found };
    throw new DataError(problem(`${who}: output`, "an output with a loss", String(output)));
  }
}

/** Zeros that are added to h, and to c, at every step: the gradient for them is that for the state. */
function tapsOf(k: number, run: WholeRun, cell: RecurrentCell, taps: Record<string, Tensor>): Change[] {
  const [batch, time] = run.x.shape;
  const sizes = [cell.outputSize, ...stateSizes(cell).slice(1, 2)];
  return sizes.map((size, part) => {
    const name = "hc"[part];
    const tap = constant(0, run.x, [batch, time, size]);
    taps[`${k} ${name}`] = tap;
    return { name, sequences: [tap], apply: (value, [zero]) => add(value, zero) };
  });
}

/** The compiled loss of one output over the batch. */
function lossOf(model: AnyModel, output: number, y: Tensor, target: Tensor): Tensor {
  const { loss } = compiledOf(model, "gradientFlow").objectives[output];
  const mask = y.mask ?? null;
  const valid = mask && !loss!.mixesSteps ? validTargets(target, mask) : target;
  return reduceLoss(loss!.formula(valid, y), null, mask, loss!.reduction);
}

/** The norm over units for each row and step; d is in the order the layer reads. */
function norms({ data, shape: [rows, time, units] }: NdArray, backwards: boolean): NdArray {
  const found = new Float64Array(rows * time);
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < time; k++) {
      let squares = 0;
      for (let j = 0; j < units; j++) squares += data[(row * time + k) * units + j] ** 2;
      found[row * time + (backwards ? time - 1 - k : k)] = Math.sqrt(squares);
    }
  return new NdArray(found, [rows, time]);
}
