import type * as cellstate from "../../src/index.ts";

/** A model of a spec of random-models.mjs. */
export function ourModel(spec: unknown, library: typeof cellstate): cellstate.AnyModel;
/** Draws all weights by a seed. */
export function randomise(model: cellstate.AnyModel, seed: number, library: typeof cellstate): void;
