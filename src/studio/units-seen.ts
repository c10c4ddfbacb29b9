import type { FeatureReport, Probe, UnitReport } from "../explain/index.ts";

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
  /** Whether a linear map of the outputs tells a label, beside a control task; `problem` says why that cannot be asked. */
  readonly probes: readonly { readonly label: string; readonly probe: Probe | null; readonly problem: string }[];
  /** Groups of units that are active together, and the words at which each is most active. */
  readonly factors: {
    readonly explained: number;
    readonly groups: readonly {
      readonly units: readonly number[];
      readonly words: readonly { readonly text: string; readonly activity: number }[];
    }[];
  };
  /** The lines that were read, with the value of every unit, [T * H]. */
  readonly lines: readonly { readonly text: string; readonly steps: readonly Step[]; readonly values: Float32Array }[];
}

/** A step of the lines at which a cell was in a state like that of another one. */
export interface NearStep {
  readonly line: number;
  readonly step: number;
  /** 1 minus the cosine of the angle between the two. */
  readonly distance: number;
}
