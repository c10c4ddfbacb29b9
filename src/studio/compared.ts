/** A layer of the open model, for its table. */
export interface LayerRow {
  readonly name: string;
  readonly className: string;
  readonly shape: string;
  readonly parameters: number;
}

/** Two models side by side: the open one on the left, another one on the right. */
export interface Compared {
  /** Name of the other model, its parameters and its layers. */
  readonly name: string;
  readonly parameters: number;
  /** Layers of both in their order; those of the same class stand beside each other, null where one has none. */
  readonly layers: readonly { readonly left: LayerRow | null; readonly right: LayerRow | null }[];
  /** Arrays of weights of layers that stand beside each other. */
  readonly weights: readonly {
    readonly name: string;
    readonly other: string;
    readonly shape: readonly number[];
    /** Root mean square of the left, of the right, and of their difference; null where their shapes differ. */
    readonly left: number;
    readonly right: number;
    readonly difference: number | null;
  }[];
  /** Outputs of both for the same input, [name, value]; null where one cannot read it. */
  readonly outputs: { readonly left: Outputs | null; readonly right: Outputs | null; readonly problem: string };
}

/** Names and numbers of the outputs after all of an input, the largest first where they are many. */
export type Outputs = readonly (readonly [name: string, value: number])[];
