import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { labelsNpy, listsNpy } from "../../test/imdb-file.ts";
import { oneOfEach, thorough } from "../../test/thorough.ts";
import { DataError, FormatError } from "../errors.ts";
import { zip } from "../formats/containers/zip.ts";
import { RandomState } from "../tensor/random-state.ts";
import { decodeReview, type ImdbOptions, imdb, imdbWordIndex, type Reviews } from "./index.ts";

const trainRows = [[1, 5, 9], [2, 2], [7, 3, 1, 200], []];
const testRows = [[4], [8, 1, 201]];
let folder: string;
const write = async (changes: Record<string, Uint8Array | undefined> = {}): Promise<string> => {
  const all: Record<string, Uint8Array | undefined> = {
    "x_train.npy": listsNpy(trainRows),
    "y_train.npy": labelsNpy(10, 11, 12, 13),
    "x_test.npy": listsNpy(testRows),
    "y_test.npy": labelsNpy(20, 21),
    ...changes,
  };
  const path = join(folder, `${Math.random().toString(36).slice(2)}.npz`);
  const members = Object.entries(all).filter((m): m is [string, Uint8Array] => m[1] !== undefined);
  await writeFile(path, await zip(members));
  return path;
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "imdb-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("load_data on six reviews", () => {
  /** Reviews back in the file's order, found by their labels: 10, 11, … and 20, 21. */
  const load = async (options: ImdbOptions): Promise<(number[] | undefined)[]> => {
    const { train, test } = await imdb({ path: await write(), ...options });
    const find = ({ x, y }: Reviews, label: number): number[] | undefined => {
      const ids = x[y.indexOf(label)];
      return ids && [...ids];
    };
    return [...[10, 11, 12, 13].map((l) => find(train, l)), ...[20, 21].map((l) => find(test, l))];
  };

  test("start mark 1, ranks moved by 3, and the highest id lost without numWords", async () => {
    expect(await load({})).toEqual([[1, 4, 8, 12], [1, 5, 5], [1, 10, 6, 4, 203], [1], [1, 7], [1, 11, 4, 2]]);
  });

  test("numWords keeps ids strictly below it, so that the known words are numWords - 3", async () => {
    const ids = await load({ numWords: 12 });
    expect(ids).toEqual([[1, 4, 8, 2], [1, 5, 5], [1, 10, 6, 4, 2], [1], [1, 7], [1, 11, 4, 2]]);
  });

  test("skipTop replaces the start mark too", async () => {
    expect((await load({ skipTop: 5 }))[0]).toEqual([2, 2, 8, 12]);
  });

  test("oovChar null drops words, and the start mark if skipTop says so", async () => {
    expect((await load({ skipTop: 5, numWords: 12, oovChar: null }))[0]).toEqual([8]);
  });

  test("without start mark ranks are moved only, and not at all by indexFrom 0", async () => {
    expect((await load({ startChar: null }))[0]).toEqual([4, 8, 12]);
    expect((await load({ startChar: null, indexFrom: 0 }))[0]).toEqual([1, 5, 9]);
    expect((await load({ startChar: 0, indexFrom: 10 }))[0]).toEqual([0, 11, 15, 19]);
  });

  test("maxLen leaves out reviews that long, start mark included, with their labels", async () => {
    expect(await load({ maxLen: 4 })).toEqual([undefined, [1, 5, 5], undefined, [1], [1, 2], undefined]);
  });

  test("the highest id is looked for after maxLen", async () => {
    expect((await load({ maxLen: 5 }))[5]).toEqual([1, 11, 4, 2]); // 204 is still there and still lost
    expect((await load({ maxLen: 4 }))[4]).toEqual([1, 2]); // now 7 is the highest
  });

  test("0 for numWords or maxLen means none, as in Keras", async () => {
    expect(await load({ numWords: 0, maxLen: 0 })).toEqual(await load({}));
  });

  test("maxLen that leaves nothing is an error", async () => {
    await expect(load({ maxLen: 1 })).rejects.toThrow(/none shorter than 1/);
  });

  test("rows come in RandomState(seed)'s order, the test rows by the same generator", async () => {
    for (const seed of [113, 5]) {
      const { train, test } = await imdb({ path: await write(), seed });
      const rng = new RandomState(seed);
      expect([...train.y]).toEqual(rng.shuffle([10, 11, 12, 13]));
      expect([...test.y]).toEqual(rng.shuffle([20, 21]));
    }
  });

  test.each([{ numWords: -1 }, { maxLen: 1.5 }, { seed: -1 }, { indexFrom: Number.NaN }, { oovChar: 2 ** 31 }])(
    "%o is refused before any file is looked for",
    async (options) => {
      await expect(imdb({ path: join(folder, "nowhere"), ...options })).rejects.toThrow(DataError);
      await expect(imdb({ path: join(folder, "nowhere"), ...options })).rejects.not.toThrow(/nowhere/);
    },
  );
});

describe("files that are not the IMDb file", () => {
  test.each<[string, Record<string, Uint8Array | undefined>, RegExp]>([
    ["without labels", { "y_test.npy": undefined }, /test: expected the members/],
    ["with too few labels", { "y_train.npy": labelsNpy(1) }, /expected 4 labels, received 1/],
    ["with numbers for reviews", { "x_test.npy": labelsNpy(1, 2) }, /x_test, row 0: expected a list/],
    ["with a huge label", { "y_test.npy": labelsNpy(1, 2 ** 40) }, /y_test, row 1: .*1099511627776/],
    ["with a broken member", { "x_test.npy": listsNpy(testRows).subarray(0, 150) }, /imdb\.npz: x_test\.npy, byte/],
  ])("%s are refused", async (_, changes, reason) => {
    const error = await imdb({ path: await write(changes) }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as Error).message).toMatch(reason);
  });

  test("a path that is not there is a DataError with a next step", async () => {
    await expect(imdb({ path: join(folder, "nowhere") })).rejects.toThrow(/pass \{ path: "imdb\.npz" \}/);
  });

  test.each(["[1, 2]", "{", '{"the": 1.5}', '{"the": "1"}', "null"])("the word index %s is refused", async (json) => {
    const path = join(folder, "imdb_word_index.json");
    await writeFile(path, json);
    await expect(imdbWordIndex({ path })).rejects.toThrow(FormatError);
  });

  test("words such as __proto__ and 10 are ordinary words", async () => {
    const path = join(folder, "imdb_word_index.json");
    await writeFile(path, '{"__proto__": 3, "constructor": 2, "10": 1}');
    const wordIndex = await imdbWordIndex({ path: folder });
    expect([...wordIndex].sort((a, b) => a[1] - b[1])).toEqual([
      ["10", 1],
      ["constructor", 2],
      ["__proto__", 3],
    ]);
  });
});

test("a review is decoded with its marks, without its padding, and with any indexFrom", () => {
  const wordIndex = new Map([
    ["the", 1],
    ["film", 2],
  ]);
  expect(decodeReview([0, 0, 1, 4, 2, 5, 3, 99], wordIndex)).toBe("[START] the [OOV] film [OOV] [OOV]");
  expect(decodeReview(Int32Array.of(1, 2, 0), wordIndex, { indexFrom: 0 })).toBe("the film");
});

const shared = fileURLToPath(new URL("../../../shared/data", import.meta.url));
const absent = !existsSync(join(shared, "imdb", "imdb.npz"));
if (absent) console.log("skipped: the whole IMDb set, because ../shared/data/imdb is not here");

describe.skipIf(absent)("the whole set", () => {
  const mean = (x: Int32Array[]): number => x.reduce((sum, ids) => sum + ids.length, 0) / x.length;
  /** sha256 over lengths, ids and labels as little-endian int32, first 16 digits. */
  const digest = ({ x, y }: Reviews): string => {
    const hash = createHash("sha256").update(Int32Array.from(x, (ids) => ids.length));
    for (const ids of x) hash.update(ids);
    return hash.update(y).digest("hex").slice(0, 16);
  };

  test.skipIf(!thorough)("gives the numbers everybody knows", async () => {
    const { train, test } = await imdb({ numWords: 10_000, path: shared });
    expect(train.x.slice(0, 5).map((ids) => ids.length)).toEqual([218, 189, 141, 550, 147]);
    expect([...train.x[0].subarray(0, 5)]).toEqual([1, 14, 22, 16, 43]);
    expect([...train.y.subarray(0, 10)]).toEqual([1, 0, 0, 1, 0, 0, 1, 0, 1, 0]);
    expect([...test.y.subarray(0, 10)]).toEqual([0, 1, 1, 0, 1, 1, 1, 0, 0, 1]);
    expect([train.x.length, test.x.length]).toEqual([25_000, 25_000]);
    expect([mean(train.x), mean(test.x)]).toEqual([238.71364, 230.8042]);
    expect([digest(train), digest(test)]).toEqual(["7c3f45391ddab88e", "c6649fd486ce597a"]); // made as below
    expect(train.y.reduce((a, b) => a + b)).toBe(12_500);
    const wordIndex = await imdbWordIndex({ path: shared });
    expect(wordIndex.size).toBe(88_584);
    expect(decodeReview(train.x[0].subarray(0, 7), wordIndex)).toBe("[START] this film was just brilliant casting");
  });

  // numpy 2.4: Keras's load_data written out in Python, on the same file
  const digests: [ImdbOptions, string, string][] = [
    [{ startChar: null, seed: 7, skipTop: 10, indexFrom: 4, maxLen: 300 }, "e5f6018454023a3c", "3225592289473bda"],
    [{}, "3c83c2efa07584c3", "13d674a6dcd28298"],
    [{ numWords: 20_000, maxLen: 100 }, "f9e236f2072a2bf8", "e3cdb8aa915ffaea"],
    [{ numWords: 5000, skipTop: 20, oovChar: null }, "000da11d10362203", "d1f0d7fff7321c1d"],
  ];
  test.each(oneOfEach(digests, () => ""))("%o gives every id and label of NumPy's", async (options, train, test) => {
    const found = await imdb({ ...options, path: shared });
    expect([digest(found.train), digest(found.test)]).toEqual([train, test]);
  });
});
