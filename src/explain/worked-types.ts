/** One product of a gate's sum. */
export interface WorkedTerm {
  /** The input of the step, or the state before it. */
  readonly from: "x" | "h";
  /** The feature, or the unit. */
  readonly index: number;
  /** Its value. */
  readonly value: number;
  /** The weight it is multiplied by. */
  readonly weight: number;
  /** The product; for the candidate of a GRU times the reset gate where that stands behind the product. */
  readonly product: number;
}

/** A gate of one unit with its sum. */
export interface WorkedGate {
  /** `i`, `f`, `g`, `o` of an LSTM, `z`, `r`, `g` of a GRU, `h` of a simple recurrent layer. */
  readonly name: string;
  /** The function of the sum, by its name. */
  readonly activation: string;
  /** All products, the largest first. */
  readonly terms: readonly WorkedTerm[];
  /** The bias. */
  readonly bias: number;
  /** Products and bias together. */
  readonly sum: number;
  /** The gate: the activation of the sum, as the model computed it. */
  readonly value: number;
}

/** One step of one unit with all its numbers. */
export interface WorkedStep {
  /** Name of the layer. */
  readonly layer: string;
  /** `lstm`, `gru` or `simpleRnn`. */
  readonly kind: string;
  /** The row. */
  readonly row: number;
  /** The step. */
  readonly step: number;
  /** The unit. */
  readonly unit: number;
  /** The gates in Keras's order: i f g o (g is Keras's c), z r g. */
  readonly gates: readonly WorkedGate[];
  /** The state before the step: h, and c of an LSTM. */
  readonly before: { readonly h: number; readonly c?: number };
  /** The state after it. */
  readonly after: { readonly h: number; readonly c?: number };
  /** The whole step in plain text. */
  readonly text: string;
  /** The whole step as LaTeX: an `aligned` environment. */
  readonly latex: string;
}
