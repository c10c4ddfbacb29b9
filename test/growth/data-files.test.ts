/** Hostile data files, changed byte by byte: each is read, or refused in the library's own words. `npm run fuzz` runs longer. */
import { describe, expect, test } from "vitest";
import { columnNumbers, parseCsv, parseTs, readIdx, readWav } from "../../src/data/index.ts";
import { wavBytes } from "../../src/data/testing/wav-bytes.ts";
import { CellstateError } from "../../src/errors.ts";
import { crc32c } from "../../src/files/crc.ts";
import { readNpy, readNpz, readSafetensors, writeNpy, writeNpz, writeSafetensors } from "../../src/formats/index.ts";
import { decodeSnapshot, encodeSnapshot } from "../../src/models/snapshot.ts";
import { TextVectorization, Tokenizer } from "../../src/text/index.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/train/fit/checkpoint.ts";
import { Chance, changedBytes, changedJson, fuzzSeeds } from "../hostile.ts";
import { thorough } from "../thorough.ts";

const seeds = fuzzSeeds(thorough ? 400 : 60);
const encoded = (text: string) => new TextEncoder().encode(text);
const decoded = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const head = encoded("{'descr': '|O', 'fortran_order': False, 'shape': (3,), }".padEnd(117));
/** [[1, 2], "ab", 1.5] as Python pickles it. */
const opcodes = [
  0x5d, 0x28, 0x5d, 0x28, 0x4b, 1, 0x4b, 2, 0x65, 0x58, 2, 0, 0, 0, 97, 98, 0x47, 63, 248, 0, 0, 0, 0, 0, 0, 0x65, 0x2e,
];
const pickle = Uint8Array.from([0x93, ...encoded("NUMPY"), 1, 0, 118, 0, ...head, 10, 0x80, 3, ...opcodes]);

const tokenizer = new Tokenizer();
tokenizer.fitOnTexts(["the cat sat", "the dog 42"]);
const vectors = { kind: "textVectorization", options: { vocabulary: ["a", "b"], outputMode: "int", ngrams: 2 } };

/** A checkpoint whose header is changed, under a right checksum. */
function checkpoint(chance: Chance): Uint8Array {
  const good = encodeCheckpoint({ place: { $: 1 }, weights: Float32Array.of(1, 2), list: [1, -0, "x"] });
  const length = new DataView(good.buffer).getUint32(12, true);
  const json = JSON.parse(decoded(good.subarray(16, 16 + length)));
  const header = encoded(JSON.stringify(changedJson(json, chance)));
  const bytes = Uint8Array.from([...good.subarray(0, 16), ...header, ...good.subarray(16 + length)]);
  const view = new DataView(bytes.buffer);
  view.setUint32(12, chance.below(8) === 0 ? chance.below(2 ** 31) : header.length, true);
  view.setUint32(8, crc32c(bytes.subarray(12)), true);
  return bytes;
}

type Attack = {
  good(chance: Chance): Uint8Array | Promise<Uint8Array>;
  read(bytes: Uint8Array): unknown;
  as?: "it is";
};
const attacks: Record<string, Attack> = {
  npy: { good: () => writeNpy({ data: new Float32Array(6), shape: [2, 3] }), read: (b) => readNpy(b, "x.npy") },
  npz: {
    good: () =>
      writeNpz({ a: { data: new Int16Array(6), shape: [2, 3] }, b: { data: new BigInt64Array(2), shape: [2] } }),
    read: (b) => readNpz(b, "x.npz"),
  },
  pickle: { good: () => pickle, read: (b) => readNpy(b, "x.npy") },
  safetensors: {
    good: () => writeSafetensors(new Map([["a", { shape: [2], data: new Float32Array(2) }]])),
    read: (b) => readSafetensors(b, "x.safetensors"),
  },
  wav: { good: () => wavBytes([[0, 0.5, -0.5]]), read: (b) => readWav(b) },
  idx: { good: () => Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6), read: (b) => readIdx(b) },
  ts: { good: () => encoded("@data\n1,2,3:4,5,6:walk\n"), read: (b) => parseTs(decoded(b)) },
  csv: {
    good: () => encoded('a,"b ""c""",d\n1,2.5,3\n-1e3,,7\n'),
    read: async (b) => columnNumbers(await parseCsv(decoded(b)), undefined, { missing: "nan" }),
  },
  "tokenizer JSON": { good: () => encoded(tokenizer.toJson()), read: (b) => Tokenizer.fromJson(decoded(b)) },
  "textVectorization JSON": {
    good: (chance) => encoded(JSON.stringify(changedJson(vectors, chance))),
    read: (b) => TextVectorization.fromJSON(JSON.parse(decoded(b))),
    as: "it is",
  },
  checkpoint: { good: checkpoint, read: decodeCheckpoint, as: "it is" },
  snapshot: { good: () => encodeSnapshot({ iterations: 3, arrays: [Float32Array.of(1, 2)] }), read: decodeSnapshot },
};

describe("a hostile data file is read or refused, and nothing else", () => {
  for (const [name, { good, read, as }] of Object.entries(attacks))
    test(
      `${name}: ${seeds.length} seeds`,
      async () => {
        for (const seed of seeds) {
          const chance = new Chance(seed, 7);
          const source = await good(chance);
          const bytes = as === "it is" ? source : changedBytes(source, chance);
          const error = await Promise.resolve(bytes)
            .then(read)
            .then(
              () => null,
              (e: unknown) => e,
            );
          if (error && !(error instanceof CellstateError))
            throw new Error(`seed ${seed}: ${(error as Error).stack}`, { cause: error });
        }
        expect(seeds.length).toBeGreaterThan(0);
      },
      120_000 + seeds.length * 20,
    ); // ms
});
