/** One layer of a summary. */
export interface SummaryRow {
  name: string;
  className: string;
  /** `(None, 10, 8)`, `[(None, 4), (None, 4)]`, or `?` before the model is built. */
  outputShape: string;
  params: number | "0 (unbuilt)";
  /** Left out for a layer without weights. */
  trainable?: boolean;
  /** Nesting depth of the layer inside other models; 0 by default. */
  depth?: number;
  /** `lstm[0][0], dense[0][0]`, or `-` for an input; given for every layer of a model that branches, for none otherwise. */
  connectedTo?: string;
}

/** The rows that `summaryTable` prints. Parameters are counted, four bytes each. */
export interface Summary {
  name: string;
  rows: readonly SummaryRow[];
  /** `optimizer` only once the optimizer has variables; the total then includes them. */
  totals: { trainable: number; nonTrainable: number; optimizer?: number };
  /** Width of the terminal, 80 by default. */
  columns?: number;
  /** `keras2` is the ruled table of older class hand-outs, of fixed width. */
  style?: "keras3" | "keras2";
  /** Adds the column Trainable: Y, N, or - without weights. */
  showTrainable?: boolean;
}
