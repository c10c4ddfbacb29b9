/** What the sweeps over models share: their cases, how near numbers must be, the way through the seeds. */
import { readFileSync } from "node:fs";
import { difference } from "./close.mjs";
import { coverModel, isCover } from "./cover.mjs";
import { randomModel } from "./random-models.mjs";
import { showSmallest } from "./shrink.mjs";

const cases = JSON.parse(readFileSync(new URL("cases.json", import.meta.url), "utf8"));
/** Past failures, and what random models seldom have: a line each in cases.json, as `--only SEED` prints the smallest model that fails. */
export const fixed = Object.keys(cases);

// f32: Keras and ours sum up to 60 products of a gate in another order, 5 steps long, layer behind layer.
export const predictionTolerance = 1e-5;
// The same through 13 updates, each of which divides by roots of small squares.
export const lossTolerance = 1e-4;

/** The model of a seed, or a past failure. */
export function given(seed) {
  if (isCover(seed)) return coverModel(seed);
  return typeof seed === "string" ? cases[seed] : { seed, ...randomModel(seed) };
}

/**
 * Whether our own backends differ by a part of the tolerance: then rounding grows from step to step (gates of relu6 are up to 6), and
 * no number is the right one.
 */
export async function roundingGrows(predict) {
  const { CELLSTATE_BACKEND: before } = process.env;
  const usual = await predict();
  process.env.CELLSTATE_BACKEND = "js";
  const plain = await predict().finally(() => {
    if (before === undefined) delete process.env.CELLSTATE_BACKEND;
    else process.env.CELLSTATE_BACKEND = before;
  });
  return difference(usual, plain, predictionTolerance / 4) !== null;
}
export const grows = { result: "none", why: "rounding grows: our own backends differ as much" };

/** Where ours differs by choice (docs/model-files.md): Keras has no number for a mean over no step, ours is 0. */
const byChoice = (model, { result, why }) =>
  result === "wrong" &&
  /: (null|\S+ wanted, null) /.test(why) && // layers behind it make other numbers of ours, and none of Keras's
  JSON.stringify(model).includes("GlobalAveragePooling1D");

/** The sweep of a way to try one model. */
export const sweepOf = (tried) =>
  async function* ({ seeds, verbose, ...context }) {
    for (const seed of seeds) {
      const model = given(seed);
      context.cover = isCover(seed); // predictions alone
      const results = await tried(model, context);
      for (const result of results)
        yield byChoice(model, result)
          ? { seed, ...result, result: "none", why: "a mean over no step, in which ours differs by choice" }
          : { seed, ...result };
      if (verbose) await showSmallest(model, results, (smaller) => tried(smaller, context));
    }
  };
