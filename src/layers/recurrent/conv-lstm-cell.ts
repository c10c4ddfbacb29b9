import { add } from "../../ops/elementwise.ts";
import { lstmStep } from "../../ops/lstm.ts";
import { dropped } from "../../ops/recurrent.ts";
import { concat, reshape, sliceAxis } from "../../ops/view.ts";
import { type Shape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { convolve } from "../convolution/convolution.ts";
import { gridConfig, gridCounts, type WindowGrid } from "../convolution/window-grid.ts";
import type { CallContext } from "../layer.ts";
import { type ConfigValue, positiveInteger } from "../options.ts";
import { type CellFormula, type CellStart, namedIn } from "./cell.ts";
import type { WholeLayerOptions } from "./gate-cell.ts";
import { LstmCell, type LstmCellOptions } from "./lstm.ts";

/**
 * One step of an LSTM whose products are convolutions. Images are rows of numbers here, [B, H · W · C], so that masks,
 * carried states and the order of steps are those of every recurrent layer.
 */
export class ConvLstmCell extends LstmCell {
  override readonly className = "ConvLSTMCell";
  override readonly whole = undefined;
  readonly grid: WindowGrid;
  /** Sizes of one frame of the input, and of the state: [H, W, C]. */
  #frame: Shape = [];
  #state: Shape = [];

  constructor(filters: number, grid: WindowGrid, options: LstmCellOptions, factory: string) {
    super(positiveInteger(filters, factory, "filters"), options, factory);
    this.grid = grid;
  }
  override again(): ConvLstmCell {
    return new ConvLstmCell(this.units, this.grid, this.options, this.factory);
  }

  /** Takes the sizes of a frame, [H, W, C]; before `build`. Returns those of the state, [H, W, filters]. */
  setFrame(frame: Shape): Shape {
    this.#frame = frame;
    this.#state = [...(gridCounts([null, ...frame], this.grid, this.factory) as number[]), this.units];
    return this.#state;
  }
  override get outputSize(): number {
    return sizeOf(this.#state);
  }
  override get stateSize(): readonly number[] {
    return [this.outputSize, this.outputSize];
  }

  protected override kernelShapes(_inputSize: number, width: number): { kernel: Shape; recurrent: Shape } {
    const window = this.grid.map((w) => w.size);
    return { kernel: [...window, this.#frame.at(-1)!, width], recurrent: [...window, this.units, width] };
  }
  /** Always one for each gate, unlike an LSTM. */
  protected override get inputMasks(): number {
    return this.gates;
  }

  override begin(start: CellStart, context: CallContext): CellFormula {
    const w = this.tensors(start, context);
    const x = start.x!; // [B, T, H · W · C]
    // The state keeps its size: windows of the recurrent kernel lie side by side and reach over the edges.
    const along: WindowGrid = this.grid.map(({ size }) => ({ size, stride: 1, dilation: 1, padding: "same" }));
    const steps = start.batch * start.time;
    const z = this.#sums(x, w.wx, w.b, w.xDrop, this.grid, [steps, ...this.#frame]);
    const rows = [start.batch, sizeOf(this.#state) / this.units]; // of the state: places of an image
    return {
      sequences: [reshape(z, [start.batch, start.time, rows[1], 4 * this.units])],
      step: (_x, [h, c], [zx]) => {
        const zh = this.#sums(h, w.wh, null, w.hDrop, along, [start.batch, ...this.#state]);
        const sums = add(zx, reshape(zh, zx.shape)); // [B, H · W, 4F]
        const state = lstmStep(sums, reshape(c, [...rows, this.units]), this.activations, namedIn(context));
        const flat = state.map((t) => reshape(t, [start.batch, this.outputSize]));
        return { output: flat[0], state: flat };
      },
    };
  }

  /** Convolution for all gates; with dropout each gate sees x through its own mask. */
  #sums(x: Tensor, kernel: Tensor, bias: Tensor | null, masks: Tensor | null, grid: WindowGrid, shape: Shape): Tensor {
    const run = (t: Tensor, k: Tensor, b: Tensor | null) => convolve(reshape(t, shape), k, b, grid, this.factory);
    if (!masks) return run(x, kernel, bias);
    const part = (t: Tensor, g: number) => sliceAxis(t, -1, g * this.units, this.units);
    const gates = Array.from({ length: 4 }, (_, g) =>
      run(dropped(x, masks, g), part(kernel, g), bias && part(bias, g)),
    );
    return concat(gates, -1);
  }

  override config(layer?: WholeLayerOptions): Record<string, ConfigValue> {
    const { units, ...own } = super.config(layer);
    return { filters: units, ...gridConfig(this.grid), ...own };
  }
}
