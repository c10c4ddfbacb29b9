import { problem, ShapeError, showShape } from "../../errors.ts";
import { reshape } from "../../ops/view.ts";
import { type PartialShape, type Shape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { RowsAndColumns } from "../convolution/conv2d.ts";
import { gridOf, type PerAxis } from "../convolution/window-grid.ts";
import { gatedCellKeys, kerasForm, recurrentKeys } from "../keras-form.ts";
import type { CallContext, Layer, SymbolicTensor } from "../layer.ts";
import { ConvLstmCell } from "./conv-lstm-cell.ts";
import { gatedCellOptions } from "./gate-cell.ts";
import type { LstmOptions } from "./lstm.ts";
import { checkStateShapes, type RecurrentChanges, RecurrentLayer, splitOptions } from "./recurrent.ts";

interface Windowed<Size> {
  /** Distance from one window of the input to the next. Default 1. */
  strides?: Size;
  /** Of the input: `"valid"`, whole windows only; `"same"`, zeros at all edges. The state always keeps its size. Default `"valid"`. */
  padding?: "valid" | "same";
  /** Distance between neighbouring entries of a window of the input. Default 1: none are skipped. */
  dilationRate?: Size;
}
export interface ConvLstm1DOptions extends LstmOptions, Windowed<number> {}
export interface ConvLstm2DOptions extends LstmOptions, Windowed<RowsAndColumns> {}

/**
 * Convolutional LSTM (Shi et al. 2015) over steps that are sequences themselves: [B, T, W, C] → [B, width, filters], or
 * [B, T, width, filters] with `returnSequences`. Weights: kernel [kernelSize, C, 4 · filters], recurrent_kernel
 * [kernelSize, filters, 4 · filters], bias [4 · filters], gates i f c o.
 *
 *   sequential([input([null, 32, 1]), convLstm1d(8, 3, { padding: "same" }), flatten(), dense(1)]);
 */
export function convLstm1d(
  filters: number,
  kernelSize: number,
  options: ConvLstm1DOptions & { returnState: true },
): Layer<[y: SymbolicTensor, h: SymbolicTensor, c: SymbolicTensor]>;
export function convLstm1d(filters: number, kernelSize: number, options?: ConvLstm1DOptions): Layer;
export function convLstm1d(filters: number, kernelSize: number, options: ConvLstm1DOptions = {}): RecurrentLayer {
  return make("ConvLSTM1D", "convLstm1d", 1, filters, kernelSize, options);
}

/**
 * Convolutional LSTM (Shi et al. 2015) over the frames of a video: [B, T, H, W, C] → [B, rows, columns, filters], or
 * [B, T, rows, columns, filters] with `returnSequences`; with `returnState` also the last h and c. Weights: kernel
 * [kernelSize, kernelSize, C, 4 · filters], recurrent_kernel [kernelSize, kernelSize, filters, 4 · filters], bias
 * [4 · filters], gates i f c o. A mask says which frames count, [B, T].
 *
 *   sequential([input([null, 16, 16, 1]), convLstm2d(8, 3, { padding: "same" }), globalMaxPooling2d(), dense(2)]);
 */
export function convLstm2d(
  filters: number,
  kernelSize: RowsAndColumns,
  options: ConvLstm2DOptions & { returnState: true },
): Layer<[y: SymbolicTensor, h: SymbolicTensor, c: SymbolicTensor]>;
export function convLstm2d(filters: number, kernelSize: RowsAndColumns, options?: ConvLstm2DOptions): Layer;
export function convLstm2d(
  filters: number,
  kernelSize: RowsAndColumns,
  options: ConvLstm2DOptions = {},
): RecurrentLayer {
  return make("ConvLSTM2D", "convLstm2d", 2, filters, kernelSize, options);
}

const windowKeys = ["strides", "padding", "dilation_rate"];
const form = {
  args: ["filters", "kernel_size"],
  options: [...windowKeys, ...gatedCellKeys, "unit_forget_bias", ...recurrentKeys],
  featuresLast: true,
};
kerasForm(convLstm1d, { className: "ConvLSTM1D", single: ["kernel_size", "strides", "dilation_rate"], ...form });
kerasForm(convLstm2d, { className: "ConvLSTM2D", ...form });

const windowNames = ["strides", "padding", "dilationRate"];

function make(
  className: string,
  factory: string,
  axes: number,
  filters: number,
  kernelSize: PerAxis,
  options: LstmOptions & Windowed<PerAxis>,
): ConvLstm {
  const { own, flags } = splitOptions(options, [...gatedCellOptions, "unitForgetBias", ...windowNames], factory);
  const { strides, padding, dilationRate, ...ofCell } = own;
  const grid = gridOf(kernelSize, { strides, padding, dilationRate }, axes, factory, ["valid", "same"]);
  const cell = new ConvLstmCell(filters, grid, ofCell, factory);
  const again = (changes: RecurrentChanges) =>
    make(className, factory, axes, filters, kernelSize, { ...options, ...changes });
  return new ConvLstm(className, factory, cell, flags, again);
}

/** A recurrent layer whose steps and states are images; made by `convLstm1d` and `convLstm2d`. */
class ConvLstm extends RecurrentLayer {
  declare readonly cell: ConvLstmCell;

  override buildAll(inputs: readonly PartialShape[]): void {
    const [x, ...states] = inputs;
    const state = this.cell.setFrame(this.#frameOf(x));
    if (states.length > 0) {
      const next = "Use the state of a convolutional LSTM with the same number of filters.";
      checkStateShapes(
        this.label,
        [0, 1].map(() => [x[0], ...state]),
        states,
        next,
      );
    }
    super.buildAll(inputs.map((shape, k) => flatShape(shape, k === 0 ? 2 : 1)));
    this.builtFor = inputs;
  }
  override weightsSuit(now: PartialShape, before: PartialShape): boolean {
    return now.slice(2).every((d, i) => d === before[i + 2]) && now.length === before.length;
  }

  /** The sizes of one step, [H, W, C]. */
  #frameOf(x: PartialShape): Shape {
    const frame = x.slice(2);
    const expected = this.cell.grid.length === 1 ? "x [B, T, W, C]" : "x [B, T, H, W, C]";
    if (x.length === this.cell.grid.length + 3 && !frame.includes(null)) return frame as number[];
    const next = "All sizes but the batch and the number of steps are fixed: input([null, 16, 16, 1]) for two axes.";
    throw new ShapeError(problem(this.label, expected, showShape(x), next));
  }

  override computeOutputShapes([x]: readonly PartialShape[]): PartialShape[] {
    const state = this.cell.setFrame(this.#frameOf(x));
    const y = this.options.returnSequences ? [x[0], x[1], ...state] : [x[0], ...state];
    return [y, ...(this.options.returnState ? [0, 1].map(() => [x[0], ...state]) : [])];
  }

  override forwardAll(inputs: readonly Tensor[], context: CallContext): Tensor[] {
    const [x] = inputs;
    if (x.mask && x.mask.shape.length !== 2) {
      const next = "Give the layer a mask of the steps: convLstm2d(8, 3)(x, { mask }); or none.";
      throw new ShapeError(problem(this.label, "a mask [B, T]", showShape(x.mask.shape), next));
    }
    const flat = inputs.map((t, k) => reshape(t, flatShape(t.shape, k === 0 ? 2 : 1) as Shape));
    if (x.mask) flat[0].mask = x.mask;
    const shapes = this.computeOutputShapes([x.shape]) as Shape[];
    return super.forwardAll(flat, context).map((t, k) => {
      const y = reshape(t, shapes[k]);
      if (t.mask) y.mask = t.mask;
      return y;
    });
  }
}

/** Axes from `kept` on as one. */
function flatShape(shape: PartialShape, kept: number): PartialShape {
  return [...shape.slice(0, kept), sizeOf(shape.slice(kept) as Shape)];
}
