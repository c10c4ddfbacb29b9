import type { JsonObject, JsonValue } from "../src/formats/json.ts";
import { Random } from "../src/tensor/random.ts";

/** The seeds of a fuzz test: `npm run fuzz -- --count 5000 --seed 17` asks for others than the suite's. */
export function fuzzSeeds(count: number): number[] {
  const { CELLSTATE_FUZZ, CELLSTATE_FUZZ_SEED = "0" } = process.env;
  return Array.from({ length: Number(CELLSTATE_FUZZ ?? count) }, (_, k) => Number(CELLSTATE_FUZZ_SEED) + k);
}

export class Chance extends Random {
  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
}

const strange: readonly JsonValue[] = [
  null, true, -1, 0, 1, 3.5, 1e9, 2 ** 31, 2 ** 53, 1e308, "", "a", "relu", "../../x", "LSTM", "\u0000", [], [[]], {}, [null, -4], [1e9, 1e9, 1e9], { class_name: "Lambda", config: {} },
  "x".repeat(5000),
]; // biome-ignore format: a list

/** A copy with one or a few places changed: another value, a key lost or doubled, two places exchanged, lists longer. */
export function changedJson(source: JsonValue, chance: Chance): JsonValue {
  const copy = structuredClone(source);
  for (let turn = 1 + chance.below(3); turn > 0; turn--) {
    const places: { owner: JsonObject | JsonValue[]; key: string | number }[] = [];
    const walk = (value: JsonValue) => {
      if (value === null || typeof value !== "object") return;
      for (const key of Object.keys(value)) {
        places.push({ owner: value, key });
        walk((value as JsonObject)[key]);
      }
    };
    walk(copy);
    if (places.length === 0) return chance.of(strange);
    const { owner, key } = chance.of(places);
    const other = chance.of(places);
    const at = owner as JsonObject;
    const kind = chance.below(5);
    if (kind === 0) delete at[key];
    else if (kind === 1) at[key] = structuredClone((other.owner as JsonObject)[other.key] ?? null);
    else if (kind === 2 && Array.isArray(owner)) owner.push(...structuredClone(owner));
    else if (kind === 3 && typeof at[key] === "number")
      at[key] = chance.of([0, -1, (at[key] as number) + 1, 1e6, 2 ** 40]);
    else at[key] = structuredClone(chance.of(strange));
  }
  return copy;
}

/** A copy with bits flipped, lengths forged, parts lost, doubled or cut off. */
export function changedBytes(source: Uint8Array, chance: Chance): Uint8Array {
  let bytes = Uint8Array.from(source);
  for (let turn = 1 + chance.below(6); turn > 0; turn--) {
    const at = chance.below(bytes.length);
    const kind = chance.below(6);
    if (kind === 0) bytes[at] ^= 1 << chance.below(8);
    else if (kind === 1) bytes[at] = chance.of([0, 1, 0x7f, 0x80, 0xff]);
    else if (kind === 2 && at + 8 < bytes.length)
      new DataView(bytes.buffer).setBigUint64(at, chance.of([0n, 1n, 2n ** 31n, 2n ** 53n, 2n ** 64n - 1n]), true);
    else if (kind === 3) bytes = bytes.slice(0, Math.max(1, at));
    else if (kind === 4)
      bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1 + chance.below(16))]);
    else bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(Math.max(0, at - 16))]);
    if (bytes.length === 0) return new Uint8Array([0]);
  }
  return bytes;
}
