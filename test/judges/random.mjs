/** Random numbers of a sweep, the same for the same seed (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (from, to) => from + Math.floor(next() * (to - from + 1)); // both included
  return {
    next,
    integer,
    /** True in this fraction of the calls. */
    chance: (p) => next() < p,
    pick: (list) => list[integer(0, list.length - 1)],
    /** Numbers as a float32 holds them. */
    floats: (count, low = -1, high = 1) =>
      Array.from({ length: count }, () => Math.fround(low + (high - low) * next())),
  };
}

/** A seed from any text, such as a commit's hash; a number stays itself. */
export function seedOf(text) {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  let hash = 2166136261;
  for (const c of text) hash = Math.imul(hash ^ c.charCodeAt(0), 16777619) >>> 0;
  return hash % 1_000_000_000;
}
