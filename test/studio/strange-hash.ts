import { Chance } from "../hostile.ts";

const names = [
  "v", "view", "lab", "input", "step", "unit", "cell", "hold", "instead", "task", "equal", "length", "units", "seeds", "steps", "seed", "lesson", "question", "measure", "find", "at", "answer", "shown", "train", "layer", "rate", "dropout",
  "__proto__", "constructor", "", "V", "lab[]", "onload",
]; // biome-ignore format: a list
const values = [
  "1", "0", "-1", "2", "99", "1e9", "NaN", "Infinity", "0x10", "1.5", " 3", "９", "999999", "1000000", "read", "start", "race", "train", "write",
  "units", "model", "lessons", "own", "forget", "kept", "least", "value", "four-lines", "0.5", "gru", "1.f.4.all.0.95", "2.h.all.1.0", "1.f.0.0.9", "4.good", "0.good", "4.", "sentiment", "next-word", "airline", "adding", "recall", "parameters", "toString", "__proto__", "", "%00", "%E0%A4%A",
  "<script>globalThis.hacked=1</script>", "<img src=x onerror=globalThis.hacked=1>", "javascript:globalThis.hacked=1", "the film was not good",
  "\u202Egood", "👩‍👩‍👧 film", "х".repeat(300), "not ".repeat(2000),
]; // biome-ignore format: a list

/** The hash of an address as a stranger may write it, by a seed: known parts with odd values, odd parts, cut off or doubled. */
export function strangeHash(seed: number): string {
  const chance = new Chance(seed);
  const parts = Array.from({ length: chance.below(9) }, () => {
    const value = chance.of(values);
    return `${chance.of(names)}=${chance.below(2) === 0 ? value : encodeURIComponent(value)}`;
  });
  const hash = `#${chance.below(3) === 0 ? "" : "v=1&"}${parts.join(chance.below(9) === 0 ? "&&" : "&")}`;
  return chance.below(9) === 0 ? hash.slice(0, chance.below(hash.length + 1)) : hash;
}
