import type { FeatureReport, UnitReport } from "../explain/index.ts";

/** One step of the input. */
export interface Step {
  readonly text: string;
  /** False for a word that the model does not know. */
  readonly known: boolean;
}

/** The units of a cell over lines of text. */
export interface UnitsSeen {
  readonly cell: string;
  /** The value that is compared: the cell state `c`, or the output `h`. */
  readonly value: string;
  readonly size: number;
  readonly steps: number;
  /** Lines left out, for the model knows no word of them. */
  readonly unread: number;
  readonly units: readonly UnitReport[];
  readonly features: readonly FeatureReport[];
  /** The lines that were read, with the value of every unit, [T * H]. */
  readonly lines: readonly { readonly text: string; readonly steps: readonly Step[]; readonly values: Float32Array }[];
}
