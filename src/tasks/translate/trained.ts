import type { TranslatorNetwork } from "./network.ts";
import type { Pieces } from "./pieces.ts";

/** A network with the pieces of both sides. */
export interface Trained {
  readonly network: TranslatorNetwork;
  readonly source: Pieces;
  readonly target: Pieces;
  /** Most pieces of a translation, whatever its text. */
  readonly longest: number;
}
