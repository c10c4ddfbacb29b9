/** Hostile files of PyTorch: each is read as data or refused by an error of ours, in time and memory that follow its size; nothing is run. */
import { readFileSync } from "node:fs";
import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { Chance, changedBytes, fuzzSeeds } from "../../../test/hostile.ts";
import { thorough } from "../../../test/thorough.ts";
import { archive, bytesOf, call, dict, global, int, list, moduleOf, object, storage, tensor, text } from "../../../test/torch-pickle.ts"; // biome-ignore format: one import
import { FormatError } from "../../errors.ts";
import * as l from "../../layers/index.ts";
import { sequential } from "../../models/sequential.ts";
import { unzip, zip } from "../containers/zip.ts";
import { loadModel, loadWeights } from "../load-model.ts";
import { readTorch } from "./state-dict.ts";

const model = () => sequential([l.input([2]), l.dense(3)]);
const floats = (n: number) => new Uint8Array(new Float32Array(n).map((_, k) => k + 1).buffer);
const weight = (stored = storage("0", 6)) => tensor(stored, 0, [3, 2], [2, 1]);
const bias = tensor(storage("1", 3), 0, [3], [1]);
const good = (extra: readonly (readonly [string, string])[] = []) =>
  dict([["fc.weight", weight()], ["fc.bias", bias], ...extra]); // biome-ignore format: a list
const storages = { 0: floats(6), 1: floats(3) };

/** What loading such a pickle says; "read" where the weights arrive. */
async function told(pickle: string, stored: Record<string, Uint8Array> = storages): Promise<string> {
  const before = performance.now();
  const said = await loadWeights(model(), await archive(pickle, stored)).then(
    () => "read",
    (error: Error) => `${error.name}: ${error.message}`,
  );
  expect(performance.now() - before).toBeLessThan(10_000); // ms
  return said;
}

test("a good one is read", async () => {
  expect(await told(good())).toBe("read");
});

describe("programs in a pickle", () => {
  test.for([
    ["os", "system"],
    ["posix", "system"],
    ["nt", "system"],
    ["subprocess", "check_output"],
    ["builtins", "eval"],
    ["__builtin__", "exec"],
    ["builtins", "__import__"],
    ["runpy", "run_path"],
  ])("a call of %s.%s is named and refused", async ([module, name]) => {
    const said = await told(good([["x", call(global(module, name), text("touch /tmp/never"))]]));
    expect(said).toMatch(new RegExp(`^FormatError: .*received a call of ${module}\\.${name}`));
  });

  test("classes and functions of any other name are inert", async () => {
    const own = object(global("__main__", "Payload"), dict([["run", call(global("builtins", "getattr"), text("a"))]]));
    expect(await told(good([["x", own], ["y", call(global("numpy.random", "seed"), int(1))]]))).toBe("read"); // biome-ignore format: a list
  });
});

describe("views that leave their storage", () => {
  test.for<[string, number, number[], number[]]>([
    ["a far offset", 2 ** 50, [3, 2], [2, 1]],
    ["an offset before it", -1, [3, 2], [2, 1]],
    ["a far stride", 0, [3, 2], [2 ** 40, 1]],
    ["a stride back", 0, [3, 2], [-2, 1]],
    ["one number too many", 1, [3, 2], [2, 1]],
    ["more strides than axes", 0, [3, 2], [2, 1, 1]],
  ])("%s", async ([, offset, shape, strides]) => {
    const made = tensor(storage("0", 6), offset, shape, strides);
    expect(await told(dict([["fc.weight", made], ["fc.bias", bias]]))).toMatch(/^FormatError: .*expected/); // biome-ignore format: a list
  });

  test("a shape of more numbers than memory holds, all of them one number", async () => {
    const wide = tensor(storage("0", 6), 0, [2 ** 40, 2 ** 40], [0, 0]);
    expect(await told(dict([["fc.weight", wide]]))).toMatch(/one module for dense/);
    const { tensors } = await readTorch(await archive(dict([["fc.weight", wide]]), storages), "x.pt");
    expect(() => tensors.get("fc.weight")!.data).toThrow(/x\.pt: expected at most \d+ bytes of tensors/);
  });

  test("a storage that is not there, and one of no known type", async () => {
    expect(await told(dict([["a", weight(storage("9", 6))]]))).toMatch(/expected storage 9, received none/);
    expect(await told(dict([["a", weight(storage("0", 6, "MyStorage"))]]))).toMatch(/storage of numbers/);
    expect(await told(dict([["a", tensor(int(3), 0, [1], [1])]]))).toMatch(/storage of numbers/);
  });
});

describe("structures without end", () => {
  test("nesting", async () => {
    expect(await told(good([["x", `${"]".repeat(50_000)}${"a".repeat(49_999)}`]]))).toMatch(/nested at most 100 deep/);
    expect(await told(good([["x", `${"(".repeat(50_000)}${"t".repeat(50_000)}`]]))).toMatch(/nested at most 100 deep/);
  });

  test("a list in itself, a module in itself, as one has that knows its trainer", async () => {
    expect(await told(good([["x", "]q\x01h\x01a"]]))).toBe("read");
    const inner = `${global("__main__", "Net")})\x81q\x02}(${text("_parameters")}}${text("_buffers")}}${text("_modules")}}(${text("a")}h\x02uub`;
    expect(await told(inner)).toMatch(/expected weights of PyTorch/);
    const layer = moduleOf(global("torch.nn.modules.linear", "Linear"), [["weight", weight()], ["bias", bias]]); // biome-ignore format: a list
    const own = `${global("__main__", "Net")})\x81q\x02}(${text("_parameters")}}${text("_buffers")}}${text("_modules")}}(${text("fc")}${layer}u${text("trainer")}}(${text("model")}h\x02uub`;
    expect(await told(own)).toBe("read");
  });

  test("modules that hold each other twice, 25 levels deep", async () => {
    let made = moduleOf(global("__main__", "Leaf"), [["weight", weight()]]);
    for (let k = 0; k < 25; k++)
      made = `${object(
        global("__main__", "Net"),
        `}(${text("_parameters")}}${text("_buffers")}}${text("_modules")}}(${text("a")}${made}q${String.fromCharCode(k)}${text("b")}h${String.fromCharCode(k)}uu`,
      )}`;
    expect(await told(made)).toMatch(/letters of names|nested at most 100 deep/);
  });

  test("dicts that hold each other twice", async () => {
    let made = dict([["weight", weight()]]);
    for (let k = 0; k < 60; k++)
      made = `${made}q${String.fromCharCode(k)}0}(${text("a")}h${String.fromCharCode(k)}${text("b")}h${String.fromCharCode(k)}u`;
    expect(await told(made)).toMatch(/^FormatError|^read/);
  });

  test("three thousand tensors of one storage are listed, and cost no memory", async () => {
    const shared = storage("0", 2 ** 18);
    const many = Array.from({ length: 3000 }, (_, k) => [`t${k}`, tensor(shared, 0, [2 ** 18], [1])] as const);
    const { tensors } = await readTorch(await archive(dict(many), { 0: floats(2 ** 18) }), "x.pt");
    expect(tensors.size).toBe(3000);
    expect(() => [...tensors.values()].map(({ data }) => data)).toThrow(/bytes of tensors/);
  });
});

describe("archives", () => {
  test("a storage that unpacks to a thousand times its size", async () => {
    const bomb = zipSync({
      "net/data.pkl": bytesOf(good()),
      "net/data/0": new Uint8Array(80 * 2 ** 20),
      "net/data/1": floats(3),
    });
    expect(bomb.length).toBeLessThan(2 ** 20);
    await expect(loadWeights(model(), bomb)).rejects.toThrow(/weights: expected at most \d+ bytes unpacked/);
  });

  test("a pickle of zeros, members over each other, no pickle", async () => {
    const zeros = zipSync({ "net/data.pkl": new Uint8Array(30 * 2 ** 20) });
    await expect(loadWeights(model(), zeros)).rejects.toThrow(
      /^weights, net\/data\.pkl, byte 0: expected a pickle opcode/,
    );
    const two = await archive(good(), storages);
    const at = new TextDecoder("latin1").decode(two).lastIndexOf("PK\x01\x02");
    two.set(two.subarray(at - 56, at - 56 + 4), at + 42); // another member's offset
    await expect(loadWeights(model(), two)).rejects.toThrow(FormatError);
    const none = await zip([["net/version", floats(1)], ["net/data/0", floats(6)]]); // biome-ignore format: a list
    await expect(loadWeights(model(), none)).rejects.toThrow(/a member data\.pkl, received none/);
  });

  test("a pickle of thirty million dicts in a hundred thousand bytes", async () => {
    const many = new Uint8Array(30 * 2 ** 20).fill("}".charCodeAt(0));
    many.set([0x80, 2, "]".charCodeAt(0), "(".charCodeAt(0)]);
    const bomb = zipSync({ "net/data.pkl": many });
    expect(bomb.length).toBeLessThan(100_000);
    await expect(loadWeights(model(), bomb)).rejects.toThrow(/bytes of lists and objects/);
  });

  test("the tar form of before 0.1.10 is named, and a pickle without tensors says what reads it", async () => {
    const tar = new Uint8Array(1024);
    tar.set(new TextEncoder().encode("sys_info"));
    tar.set(new TextEncoder().encode("ustar"), 257);
    for (const open of [loadModel(tar), loadWeights(model(), tar)])
      await expect(open).rejects.toThrow(/PyTorch 0\.1\.10 or newer, received the tar archive/);
    await expect(loadWeights(model(), bytesOf(list(text("a"))))).rejects.toThrow(
      /without tensors[\s\S]*readPickle\(file\)/,
    );
  });
});

test("the older form: lengths that lie", async () => {
  const file = new Uint8Array(readFileSync("test/fixtures/torch/words-older.pt"));
  const long = new TextDecoder("latin1").decode(file).indexOf("\x2c\0\0\0\0\0\0\0"); // 44 numbers of the embedding
  expect(long).toBeGreaterThan(0);
  for (const count of [-1n, 2n ** 40n, 2n ** 62n, -(2n ** 63n)]) {
    const forged = Uint8Array.from(file);
    new DataView(forged.buffer).setBigInt64(long, count, true);
    await expect(readTorch(forged, "x.pt")).rejects.toThrow(/x\.pt, byte \d+: expected .* bytes of storage/);
  }
});

const files = [
  "signals-model.pt",
  "words-checkpoint.pt",
  "words-older.pt",
  "words-pickle.pkl",
  "sequential.pth",
  "values.pt",
];
const seeds = fuzzSeeds(thorough ? 200 : 25);

test.for(files)(`%s changed in its pickle, and byte by byte: ${seeds.length} seeds`, async (name) => {
  const file = new Uint8Array(readFileSync(`test/fixtures/torch/${name}`));
  const zipped = file[0] === 0x50;
  let refused = 0;
  for (const seed of seeds) {
    const chance = new Chance(seed, 9);
    let bytes = changedBytes(file, chance);
    if (zipped && seed % 3 > 0) {
      const members = (await unzip(file, name)).map((member) => {
        const same = member.read();
        return [member.name, member.name.endsWith("data.pkl") ? changedBytes(same, chance) : same] as const;
      });
      bytes = await zip(members);
    }
    for (const open of [
      () => loadModel(bytes),
      async () => [...(await readTorch(bytes, "model")).tensors.values()].map(({ data }) => data),
    ])
      await open().catch((error: Error) => {
        refused++;
        if (!(error instanceof FormatError)) throw new Error(`seed ${seed}: ${error.stack}`, { cause: error });
      });
  }
  expect(refused).toBeGreaterThan(seeds.length / 4);
});
