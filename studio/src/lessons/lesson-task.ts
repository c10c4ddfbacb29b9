/** What is read off each step of a trace. */
export const measures = ["kept", "written", "shown", "left", "moved"] as const;
export type Measure = (typeof measures)[number];

/** What happens when the lesson is revealed, other than reading a sentence. */
export const experiments = ["race", "padding", "overfitting", "forecast"] as const;
export type Experiment = (typeof experiments)[number];

/** What the student predicts. */
export type Task =
  /** The step at which a measure is largest or smallest. */
  | { readonly kind: "step"; readonly measure: Measure; readonly find: "most" | "least" }
  /** A measure at one step, from 1, in percent. */
  | { readonly kind: "percent"; readonly measure: Measure; readonly at: number }
  /** The probability of the outcome, in percent, when a gate is held at a value at one step, of all units. */
  | { readonly kind: "held"; readonly gate: "f" | "i" | "o"; readonly at: number; readonly value: number }
  /** The probability of the likeliest next word, in percent, at another temperature. */
  | { readonly kind: "temperature"; readonly temperature: number }
  /** One of several answers, which an experiment decides. */
  | { readonly kind: "choice"; readonly choices: readonly string[]; readonly experiment: Experiment };
