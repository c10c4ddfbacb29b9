/** The part of each step in one of the outputs, by two methods. */
export interface Parts {
  /** The place of the output, and its name. */
  readonly target: number;
  readonly of: string;
  /** Integrated gradients, [T]. */
  readonly integrated: Float64Array;
  /** Occlusion, [T]: the fall of the output where the step is read as the baseline; null for an input too long for it. */
  readonly occlusion: Float64Array | null;
  readonly score: number;
  readonly baselineScore: number;
  /** Integrated gradients have to add up to score − baselineScore: what they miss. */
  readonly gap: number;
  readonly milliseconds: number;
}

/** The gradient of one of the outputs that reaches each step. */
export interface Gradients {
  readonly target: number;
  readonly of: string;
  readonly cells: readonly {
    readonly name: string;
    /** The norms of the gradients for h and c at each step, [T]; null where the cell has none. */
    readonly h: Float64Array | null;
    readonly c: Float64Array | null;
  }[];
}

/** Where attention layers look while the input is read. */
export interface Attention {
  readonly layers: readonly {
    readonly name: string;
    /** 1 for a layer without heads. */
    readonly heads: number;
    /** Steps that ask, and steps that are looked at. */
    readonly queries: number;
    readonly values: number;
    /** [heads * queries * values], row-major; each row adds up to 1. */
    readonly weights: Float32Array;
    /** Whether the steps that are looked at are those of the input. */
    readonly aligned: boolean;
  }[];
}

/** Groups of units that are active together (non-negative matrix factorization). */
export interface Factored {
  readonly cell: string;
  readonly count: number;
  /** [count * T]: activity of each factor at each step. */
  readonly activity: Float32Array;
  /** Units, those of the first factor first. */
  readonly order: readonly number[];
  /** The factor of each unit in that order. */
  readonly factorOf: readonly number[];
  /** The fraction of the sum of squares that the factors explain. */
  readonly explained: number;
}
