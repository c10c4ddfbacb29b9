import type { Evaluation } from "./evaluate.ts";
import type { Trainer } from "./loop.ts";

/** A training over arrays or over a stream: what the loop steps through, without what is the same for both. */
export interface Training<B> extends Omit<Trainer<B>, "model" | "validate"> {
  readonly evaluation: Evaluation | null;
  free(): void;
}
