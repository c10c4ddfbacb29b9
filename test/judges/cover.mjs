/**
 * `--cover 5`: models about one combination after the other until each was tried so often. Several branches make one model, for
 * that is what a model costs; where Keras has no answer to it, or ours is not right, each branch is a model of its own.
 */
import { everyCombination, impossible, nameOf } from "./combinations.mjs";
import { random } from "./random.mjs";
import { packedModel } from "./random-models.mjs";

const branches = 4; // of one model
const refusals = { never: 6, seldom: 24 }; // of Keras's in a row, after which it is believed: where it never answered, where it did
const choice = 6; // models looked at for one that is tried
const most = 60 * choice; // ... for one combination, whatever came of them
const prefix = "cover:";

export const isCover = (seed) => typeof seed === "string" && seed.startsWith(prefix);

/** "cover:12+7400": branches about everyCombination[seed % count], each drawn by its seed. */
export function coverModel(name) {
  const seeds = name.slice(prefix.length).split("+").map(Number);
  const about = (seed) => everyCombination[seed % everyCombination.length];
  return { seed: seeds[0], ...packedModel(seeds.map((seed) => ({ seed, about: about(seed) }))) };
}

/**
 * @param wanted how often each combination is tried
 * @param times Map of combination -> how often it was so far; grows while the sweep runs
 * @param answers Map of model -> its results, [{ kind, result, why }], as the sweep counts them
 */
export function covering(wanted, times, answers) {
  const all = everyCombination.map((about, index) => ({
    index,
    name: nameOf(about),
    apart: about.origin === "operation", // Keras's .h5 cannot hold operations
    drawn: 0,
    refused: 0,
    why: impossible(about),
  }));
  const missing = (one) => (times.get(one.name) ?? 0) < wanted && one.why === null;

  /** The seed, of the next few, whose model has the combination and most others that are missing. */
  function nextSeed(one) {
    let best = { gain: 0 };
    for (let k = 0; (k < choice || best.gain === 0) && one.drawn < most; k++, one.drawn++) {
      const seed = one.index + one.drawn * all.length;
      const { cells } = coverModel(prefix + seed);
      const gain = cells.filter((name) => (times.get(name) ?? 0) < wanted).length;
      if (cells.includes(one.name) && gain > best.gain) best = { seed, gain };
    }
    if (best.seed === undefined) one.why = one.said ?? "no random model has it";
    return best.seed ?? null;
  }

  function* seeds() {
    for (let round = 0; all.some(missing); round++) {
      for (const apart of [false, true]) {
        const pack = [];
        for (const one of shuffled(
          all.filter((c) => c.apart === apart && missing(c)),
          round,
        )) {
          const seed = missing(one) ? nextSeed(one) : null; // others may have covered it by now
          if (seed !== null && one.refused > 0) yield* tried([[one, seed]]);
          else if (seed !== null) pack.push([one, seed]);
          if (pack.length === branches) yield* tried(pack.splice(0));
        }
        if (pack.length > 0) yield* tried(pack);
      }
    }
  }

  function* tried(pack) {
    const name = prefix + pack.map(([, seed]) => seed).join("+");
    yield name;
    const results = answers.get(name) ?? [];
    if (pack.length > 1) {
      const apart = results.some(
        ({ kind, result }) => ["wrong", "refused"].includes(result) || (result === "none" && kind !== ".h5"),
      );
      if (apart) for (const one of pack) yield* tried([one]);
      return;
    }
    const [[one]] = pack;
    const none = results.find(({ kind, result }) => kind === "models" && result === "none");
    one.refused = none ? one.refused + 1 : 0;
    one.said = none?.why ?? one.said;
    if (one.refused >= (times.has(one.name) ? refusals.seldom : refusals.never)) one.why = one.said;
  }

  /** Combinations by how often they were tried, and why some were less often. */
  function report() {
    const few = all.filter(({ name }) => (times.get(name) ?? 0) < wanted);
    const reasons = new Map();
    for (const one of few) {
      const why = plain(one.why ?? "the sweep ended before");
      reasons.set(why, [...(reasons.get(why) ?? []), one]);
    }
    return [
      `${all.length} combinations, ${all.length - few.length} tried ${wanted} times or more, ${few.length} fewer:`,
      ...[...reasons]
        .sort((a, b) => b[1].length - a[1].length)
        .map(([why, of]) => `${String(of.length).padStart(5)} x ${why}, such as ${of[0].name}`),
    ];
  }

  const lines = () =>
    all.map(({ name, why }) => `${String(times.get(name) ?? 0).padStart(5)}  ${name}${why ? `  (${plain(why)})` : ""}`);

  return { seeds, report, lines };
}

/** A message without what differs from model to model. */
const plain = (why) =>
  why
    .replace(/\s+/g, " ")
    .replace(/"[^"]*"|'[^']*'/g, "…")
    .replace(/\d+/g, "#")
    .slice(0, 120);

function shuffled(list, seed) {
  const r = random(seed);
  return list
    .map((one) => [r.next(), one])
    .sort((a, b) => a[0] - b[0])
    .map(([, one]) => one);
}
