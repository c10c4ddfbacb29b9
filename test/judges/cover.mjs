/** Seeds of random models in such an order that every combination is tried a number of times with as few models as possible. */
import { given } from "./sweep-models.mjs";

const mostHomes = 400; // models that are looked at for a combination
const tooOften = 60; // models tried for one combination that Keras never answers

/**
 * @param wanted how often each combination is tried
 * @param covered Map of combination → how often it was so far; grows while the sweep runs
 * @param pool how many seeds to choose from
 */
export function* covering(wanted, covered, first, pool = 500_000) {
  const models = Array.from({ length: pool }, (_, k) => [...new Set(given(first + k).cells)]);
  const homes = new Map();
  for (const [k, cells] of models.entries())
    for (const cell of cells) {
      const home = homes.get(cell) ?? [];
      if (home.length < mostHomes) home.push(k);
      homes.set(cell, home);
    }
  const missing = (cell) => wanted - (covered.get(cell) ?? 0);
  const used = new Set();
  const rarestFirst = [...homes.keys()].sort((a, b) => homes.get(a).length - homes.get(b).length);
  for (const cell of rarestFirst) {
    for (let tries = 0; missing(cell) > 0 && tries < tooOften; tries++) {
      const free = homes.get(cell).filter((k) => !used.has(k));
      if (free.length === 0) break;
      const gain = (k) => models[k].filter((c) => missing(c) > 0).length;
      const best = free.reduce((a, b) => (gain(b) > gain(a) ? b : a));
      used.add(best);
      yield first + best;
    }
    if (missing(cell) > 0) console.log(`covered ${covered.get(cell) ?? 0} times only: ${cell}`);
  }
}
