import { DataError, option, problem, sentence } from "../../errors.ts";
import {
  type AnyLayer,
  bidirectional,
  dropout,
  globalAveragePooling1d,
  globalMaxPooling1d,
  gru,
  type Layer,
  lstm,
  simpleRnn,
} from "../../layers/index.ts";
import { below1, type Field, flag, oneOf } from "../../train/options.ts";

type Cell = (units: number, options: { returnSequences: boolean; dropout: number; recurrentDropout: number }) => Layer;
const cells: Readonly<Record<"lstm" | "gru" | "simpleRnn", Cell>> = { lstm, gru, simpleRnn };

/** The recurrent layers of a task. */
export interface StackOptions {
  /** Kind of the recurrent layers. Default `"lstm"`. */
  cell?: keyof typeof cells;
  /** Hidden units: one number, or one for each of several layers, first to last. Default: by data size, 16 to 128. */
  units?: number | readonly number[];
  /** Whether each layer reads the sequence both ways. Default false. */
  bidirectional?: boolean;
  /**
   * Pooling of the last layer's steps: the last step, their mean, or the maximum of each feature. Default: `"average"` for
   * classifiers (`"max"` for many texts), `"last"` for forecasts.
   */
  pooling?: "last" | "average" | "max";
  /** Fraction of each recurrent layer's input dropped while training. Default 0. */
  dropout?: number;
  /** Fraction of the recurrent state dropped while training. Default 0. */
  recurrentDropout?: number;
  /** Fraction dropped before the last dense layer while training. Default 0; 0.7 for many texts. */
  outputDropout?: number;
}

/** Rules of `readOptions` for a stack. */
export const stackFields = (units: number, pooling: "last" | "average" | "max") => ({
  cell: oneOf(["lstm", "gru", "simpleRnn"], "lstm"),
  units: unitsField(units),
  bidirectional: flag(false),
  pooling: oneOf(["last", "average", "max"], pooling),
  dropout: below1(0),
  recurrentDropout: below1(0),
  outputDropout: below1(0),
});

/** Recurrent layers and pooling over x [B, T, D] → [B, features]. */
export function recurrentStack(options: Required<StackOptions>): AnyLayer[] {
  const { pooling, outputDropout } = options;
  const layers = recurrentLayers(options, pooling !== "last");
  if (pooling === "average") layers.push(globalAveragePooling1d());
  if (pooling === "max") layers.push(globalMaxPooling1d());
  if (outputDropout > 0) layers.push(dropout(outputDropout));
  return layers;
}

/** Recurrent layers over x [B, T, D] → [B, T, features] with `sequences`, else the last step [B, features]. */
export function recurrentLayers(
  options: Required<Pick<StackOptions, "cell" | "units" | "bidirectional" | "dropout" | "recurrentDropout">>,
  sequences: boolean,
): AnyLayer[] {
  const { cell, units, dropout: inputs, recurrentDropout } = options;
  const sizes = typeof units === "number" ? [units] : units;
  return sizes.map((size, k) => {
    const returnSequences = k < sizes.length - 1 || sequences;
    const layer = cells[cell](size, { returnSequences, dropout: inputs, recurrentDropout });
    return options.bidirectional ? bidirectional(layer) : layer;
  });
}

/** The layers a user's own function gave. Throws DataError for anything else. */
export function ownLayers<Sizes>(make: (sizes: Sizes) => readonly AnyLayer[], sizes: Sizes, who: string): AnyLayer[] {
  const layers: unknown = make(sizes);
  if (Array.isArray(layers) && layers.length > 0) return layers as AnyLayer[];
  const found = Array.isArray(layers) ? "none" : typeof layers;
  throw new DataError(problem(who, "layers to give a list of layers", found, "layers: () => [lstm(32)]"));
}

/** The options of recurrent layers. */
export const stackNames = Object.keys(stackFields(1, "last"));

/** Throws DataError for an option that has no effect on custom layers. */
export function onlyLayers(who: string, options: object, others: readonly string[]): void {
  const other = Object.entries(options).find(([name, value]) => value !== undefined && others.includes(name));
  if (!other) return;
  const next = "Set it in those layers.";
  throw new DataError(problem(who, "layers only", sentence`${option(other[0])} as well`, next));
}

function unitsField(otherwise: number): Field<number | readonly number[]> {
  const isSize = (v: unknown) => Number.isInteger(v) && Number(v) >= 1;
  const fits = (v: unknown) => isSize(v) || (Array.isArray(v) && v.length > 0 && v.every(isSize));
  return { otherwise, expected: "a whole number of 1 or more, or a list of them", fits };
}
