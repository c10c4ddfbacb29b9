import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { thorough } from "../../test/thorough.ts";
import { encoderFromJson, type LabelEncoder, type OneHotEncoder } from "../data/encoders.ts";
import { type Scaler, scalerFromJson } from "../data/scalers.ts";
import type { NdArray } from "../tensor/nd-array.ts";
import { Random } from "../tensor/random.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { readPickle } from "./read-pickle.ts";

/** Written by test/judges/make-pickles.py with scikit-learn, joblib and Keras, with what their objects give. */
const folder = join(import.meta.dirname, "../../test/fixtures/pickles");
const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
const files = readdirSync(folder);
const of = (name: string) => files.filter((file) => file.replace(/(-\d|-zlib|-gzip)?(\.\w+)+$/, "") === name);

const clipped = ["minmax-clip", "pipeline-clip"]; // their inverse is not clipped, in scikit-learn too

describe("scalers give scikit-learn's numbers", () => {
  for (const name of ["minmax", "standard", "robust", "standard-without-mean", "pipeline", ...clipped])
    test.for(of(name))("%s", async (file) => {
      const scaler = await readPickle<Scaler>(join(folder, file));
      const { x, y } = expected[name];
      const found = scaler.transform(x).toArray<number[][]>();
      // Computed in float64, given as float32: 24 bits.
      for (const [i, row] of found.entries())
        for (const [k, v] of row.entries()) expect(v === y[i][k] ? 1 : v / y[i][k]).toBeCloseTo(1, 6);
      if (clipped.includes(name)) {
        expect(
          scalerFromJson(JSON.parse(JSON.stringify(scaler)))
            .transform(x)
            .toArray(),
        ).toEqual(found);
        return;
      }
      const back = scaler.inverse(y).toArray<number[][]>();
      for (const [i, row] of back.entries()) for (const [k, v] of row.entries()) expect(v / x[i][k]).toBeCloseTo(1, 6);
    });
});

test.for(["labels.pkl", "labels.joblib", "numbers.pkl"])("%s gives scikit-learn's numbers", async (file) => {
  const encoder = await readPickle<LabelEncoder>(join(folder, file));
  const { x, y } = expected[file.split(".")[0]];
  expect(Array.from(encoder.transform(x))).toEqual(y);
});

test.for(["onehot", "binarizer", "onehot-drop-first", "onehot-drop-binary", "onehot-drop-named"].flatMap(of))(
  "%s gives scikit-learn's rows",
  async (file) => {
    const encoder = await readPickle<OneHotEncoder>(join(folder, file));
    const { x, y } = expected[file.split(".")[0]];
    expect(encoder.transform(x).toArray()).toEqual(y);
    expect(encoderFromJson(JSON.parse(JSON.stringify(encoder))).transform(x)).toEqual(encoder.transform(x));
  },
);

test.for(of("sets"))("%s: sets are lists", async (file) => {
  const found = await readPickle<Map<string, never>>(join(folder, file));
  expect([found.get("set"), found.get("frozen"), found.get("none")]).toEqual([[7], ["é"], []]);
});

test("what is packed or archived another way is refused by name, with what to do", async () => {
  for (const [file, received] of [
    ["numbers.pkl.bz2", "one packed by bz2"],
    ["numbers.pkl.xz", "one packed by xz"],
    ["numbers.pkl.tar", "a tar archive"],
    ["numbers.pkl.tar.gz", "a tar archive packed by gzip"],
  ])
    expect(await told(join(folder, file))).toMatch(
      new RegExp(`received ${received}\\.\\n {2}In Python: pd\\.read_pickle.*joblib`),
    );
  expect(await told(join(folder, "two.pkl.zip"))).toMatch(
    /a zip archive of one pickle, received 2: numbers\.pkl, plain\.pkl\.\n.*loadWeights/,
  );
  expect(await told(join(folder, "clip-before.pkl"))).toMatch(/a pipeline without clip=True before another scaler/);
});

test.for(of("tokenizer"))("%s gives Keras's sequences", async (file) => {
  const tokenizer = await readPickle<Tokenizer>(join(folder, file));
  expect(tokenizer.textsToSequences(expected.tokenizer.x)).toEqual(expected.tokenizer.y);
  expect(Object.fromEntries(tokenizer.wordIndex)).toEqual(expected.tokenizer.index);
});

test("lists, dicts, numbers and arrays are what they were", async () => {
  const found = await readPickle<Map<string, never>>(join(folder, "plain.pkl"));
  expect(found.get("classes")).toEqual(["a", "b"]);
  expect([found.get("steps"), found.get("rate"), found.get("ids"), found.get("none"), found.get("one")]).toEqual([
    3,
    0.5,
    [1, 2],
    null,
    1.5,
  ]);
  expect((found.get("x")! as NdArray).toArray()).toEqual(expected.plain.x);
});

const told = (source: Uint8Array | string) =>
  readPickle(source).then(
    () => "read",
    (error: Error) => `${error.name}: ${error.message}`,
  );

test("a class of the author's own is refused by its name, and bz2 with what to do", async () => {
  expect(await told(join(folder, "own-class.pkl"))).toMatch(/objects of known classes, received a __main__\.Net/);
  expect(await told(join(folder, "minmax-bz2.joblib"))).toMatch(/one packed by bz2\.\n {2}In Python: .*joblib\.dump/);
  expect(await told(join(folder, "absent.pkl"))).toMatch(/DataError: .*absent\.pkl/);
});

test("nothing that a hostile pickle names is called", async () => {
  const system = (tail: string) => new TextEncoder().encode(`cos\nsystem\n${tail}`);
  expect(await told(system("(S'echo hacked'\ntR."))).toMatch(/received a call of os\.system/);
  const reduce = new TextEncoder().encode("cbuiltins\neval\n(S'1+1'\ntR.");
  expect(await told(reduce)).toMatch(/received a call of builtins\.eval/);
  const deep = new Uint8Array([...Array(50_000).fill(0x5d), ...Array(49_999).fill(0x61), 0x2e]);
  expect(await told(deep)).toMatch(/FormatError/);
  // Lists of the same list twice, thirty deep: a billion entries in a hundred bytes.
  const doubled = Array.from({ length: 30 }, () => [0x5d, 0x28, 0x68, 0, 0x68, 0, 0x65, 0x71, 0, 0x30]).flat();
  expect(await told(new Uint8Array([0x5d, 0x71, 0, 0x30, ...doubled, 0x68, 0, 0x2e]))).toBe("read");
});

test.skipIf(!thorough)("damaged pickles end in an error of ours, each of several hundred", async () => {
  const r = new Random(8);
  for (const file of files.filter((name) => name !== "expected.json")) {
    const bytes = readFileSync(join(folder, file));
    for (let k = 0; k < 30; k++) {
      const damaged = Uint8Array.from(bytes);
      for (let j = 0; j < 3; j++) damaged[r.below(damaged.length)] = r.below(256);
      const cut = k % 3 === 0 ? damaged.subarray(0, r.below(damaged.length)) : damaged;
      expect(await told(cut), file).toMatch(/^read|^FormatError|^DataError|^ShapeError/);
    }
  }
});
