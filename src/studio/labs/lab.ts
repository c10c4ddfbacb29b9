import {
  adam,
  gru,
  type Layer,
  type LoadedTask,
  lstm,
  type Model,
  NdArray,
  type Sequential,
  sequential,
  simpleRnn,
} from "../../index.ts";
import type { Baseline, CellName } from "../messages.ts";
import type { DroppedData } from "./dropped.ts";

/** The settings of a training. */
export interface LabSettings {
  readonly cell: CellName;
  readonly units: number;
  readonly rate: number;
  readonly seed: number;
  /** The fraction of the recurrent layer's input and output that training leaves out. */
  readonly dropout: number;
}

/** A network that is ready to be trained, and its rows. */
export interface LabRun {
  readonly model: Model;
  /** The task that reads texts for it, where there is one. */
  readonly task: LoadedTask | null;
  /** The rows of a training step, from 0. */
  batch(step: number): readonly [NdArray, NdArray];
  /** Rows that are not trained on; null where the lab has none. */
  readonly heldOut: readonly [NdArray, NdArray] | null;
  /** Steps of one pass over the rows. */
  readonly epochSteps: number;
  /** The answer to beat. */
  readonly baseline: Baseline;
}

export type MakeLab = (settings: LabSettings, data: DroppedData | null) => LabRun | Promise<LabRun>;

/** Writes a lab's note beside the model, for who opens its file: see open-model.ts. */
export function addNote(model: Model, note: object): void {
  model.assets.set("studio.json", new TextEncoder().encode(JSON.stringify(note)));
}

const layerOf: Record<CellName, (units: number, options: { returnSequences: boolean; dropout?: number }) => Layer> = {
  lstm: (units, options) => lstm(units, options),
  gru: (units, options) => gru(units, options),
  simpleRnn: (units, options) => simpleRnn(units, options),
};

/** A layer of the kind that was asked for. */
export const recurrent = ({ cell, units }: LabSettings, returnSequences = false, dropout = 0): Layer =>
  layerOf[cell](units, dropout > 0 ? { returnSequences, dropout } : { returnSequences });

/** The layers as a model that is ready for training. */
export function compiled(
  layers: readonly Layer[],
  { seed, rate }: LabSettings,
  { name, loss, accuracy = false }: { name: string; loss: string; accuracy?: boolean },
): Sequential {
  const model = sequential([...layers], { seed, name });
  const metrics = accuracy ? { metrics: ["accuracy" as const] } : {};
  model.compile({ optimizer: adam({ learningRate: rate }), loss: loss as "meanSquaredError", ...metrics });
  return model;
}

/** All rows in turn, `size` a step; the last step of an epoch has what remains. */
export function inTurn(x: NdArray, y: NdArray, size: number): Pick<LabRun, "batch" | "epochSteps"> {
  const rows = x.shape[0];
  const epochSteps = Math.ceil(rows / size);
  const batch = (step: number): readonly [NdArray, NdArray] => {
    const from = (step % epochSteps) * size;
    const to = Math.min(rows, from + size);
    return [x.slice(from, to), y.slice(from, to)];
  };
  return { batch, epochSteps };
}

/** Rows in turn with a stride that does not divide their number: no epoch has the batches of the one before. */
export function striding(x: NdArray, y: NdArray, size: number): Pick<LabRun, "batch" | "epochSteps"> {
  const rows = x.shape[0];
  const batch = (step: number): readonly [NdArray, NdArray] => {
    const from = (step * size) % Math.max(1, rows - size + 1);
    return [x.slice(from, from + size), y.slice(from, from + size)];
  };
  return { batch, epochSteps: Math.ceil(rows / size) };
}

/** The `span` values from each start on, or from `shift` after it, [N, span, 1]. */
export const spansOf = (values: Float32Array, starts: readonly number[], span: number, shift = 0): NdArray =>
  new NdArray(Float32Array.from(starts.flatMap((s) => [...values.subarray(s + shift, s + shift + span)])), [
    starts.length,
    span,
    1,
  ]);
