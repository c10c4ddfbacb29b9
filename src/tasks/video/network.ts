import {
  type AnyLayer,
  conv2d,
  convLstm2d,
  dropout,
  flatten,
  input,
  maxPooling2d,
  timeDistributed,
} from "../../layers/index.ts";
import { recurrentStack } from "../shared/recurrent-stack.ts";
import type { FrameSize } from "./clips.ts";
import type { readVideo } from "./options.ts";

type Read = ReturnType<typeof readVideo>;

/**
 * Layers over clips [B, T, H, W, C] → [B, features]: convolutions over each frame, then a recurrent layer over the frames (Donahue et al.
 * 2015), or a convolutional one, whose state is an image (Shi et al. 2015).
 */
export function videoLayers(length: number, [rows, columns, channels]: FrameSize, options: Read): AnyLayer[] {
  const { cell, kernelSize } = options;
  const layers: AnyLayer[] = [input([length, rows, columns, channels], { name: "frames" })];
  let size = [rows, columns];
  for (const filters of options.convolution) {
    layers.push(timeDistributed(conv2d(filters, kernelSize, { padding: "same", activation: "relu" })));
    if (!size.every((n) => n >= 2)) continue;
    layers.push(timeDistributed(maxPooling2d(2)));
    size = size.map((n) => Math.floor(n / 2));
  }
  if (cell !== "convLstm2d") return [...layers, timeDistributed(flatten()), ...recurrentStack({ ...options, cell })];
  const units = [options.units].flat();
  for (const [k, filters] of units.entries()) {
    const { dropout, recurrentDropout } = options;
    const returnSequences = k < units.length - 1;
    layers.push(convLstm2d(filters, kernelSize, { padding: "same", returnSequences, dropout, recurrentDropout }));
  }
  layers.push(flatten());
  if (options.outputDropout > 0) layers.push(dropout(options.outputDropout));
  return layers;
}
