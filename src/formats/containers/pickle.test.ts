import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { thorough } from "../../../test/thorough.ts";
import { FormatError } from "../../errors.ts";
import { readNpy } from "./npy.ts";
import { unpickle } from "./pickle.ts";

/** Opcodes and text in order: `asm(0x80, 2, "cos\nsystem\n")`. */
function asm(...parts: (number | string | Iterable<number>)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === "number" ? [part] : typeof part === "string" ? [...part].map((c) => c.charCodeAt(0)) : [...part],
    ),
  );
}

/** `before`, the same opcode `count` times, `after`: without an array of numbers in between. */
function many(count: number, opcode: number, before = "", after = ""): Uint8Array {
  const bytes = new Uint8Array(before.length + count + after.length).fill(opcode);
  bytes.set(asm(before));
  bytes.set(asm(after), before.length + count);
  return bytes;
}

function u32(value: number): number[] {
  return [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24];
}

function base64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

function message(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return (error as Error).message;
  }
  throw new Error("nothing was thrown");
}

// numpy 2.4, Python 3.11: base64 of pickle.dumps(o, protocol=2, 3 and 4) of an object array of
// [1, 300, 70000, -5], [], [1.0, 2.5, None, True, "é", b"\x00\xff", 2**40, (1, [2])], {"a": [1, 2]}
const objects = {
  2: `\
gAJjbnVtcHkuX2NvcmUubXVsdGlhcnJheQpfcmVjb25zdHJ1Y3QKcQBjbnVtcHkKbmRhcnJheQpxAUsAhXECY19jb2RlY3MKZW5jb2RlCnEDWAEAAABi\
cQRYBgAAAGxhdGluMXEFhnEGUnEHh3EIUnEJKEsBSwSFcQpjbnVtcHkKZHR5cGUKcQtYAgAAAE84cQyJiIdxDVJxDihLA1gBAAAAfHEPTk5OSv////9K\
/////0s/dHEQYoldcREoXXESKEsBTSwBSnARAQBK+////2VdcRNdcRQoRz/wAAAAAAAAR0AEAAAAAAAATohYAgAAAMOpcRVoA1gDAAAAAMO/cRZoBYZx\
F1JxGIoGAAAAAAABSwFdcRlLAmGGcRplfXEbWAEAAABhcRxdcR0oSwFLAmVzZXRxHmIu`,
  3: `\
gANjbnVtcHkuX2NvcmUubXVsdGlhcnJheQpfcmVjb25zdHJ1Y3QKcQBjbnVtcHkKbmRhcnJheQpxAUsAhXECQwFicQOHcQRScQUoSwFLBIVxBmNudW1w\
eQpkdHlwZQpxB1gCAAAATzhxCImIh3EJUnEKKEsDWAEAAAB8cQtOTk5K/////0r/////Sz90cQxiiV1xDShdcQ4oSwFNLAFKcBEBAEr7////ZV1xD11x\
EChHP/AAAAAAAABHQAQAAAAAAABOiFgCAAAAw6lxEUMCAP9xEooGAAAAAAABSwFdcRNLAmGGcRRlfXEVWAEAAABhcRZdcRcoSwFLAmVzZXRxGGIu`,
  4: `\
gASV4QAAAAAAAACMFm51bXB5Ll9jb3JlLm11bHRpYXJyYXmUjAxfcmVjb25zdHJ1Y3SUk5SMBW51bXB5lIwHbmRhcnJheZSTlEsAhZRDAWKUh5RSlChL\
AUsEhZRoA4wFZHR5cGWUk5SMAk84lImIh5RSlChLA4wBfJROTk5K/////0r/////Sz90lGKJXZQoXZQoSwFNLAFKcBEBAEr7////ZV2UXZQoRz/wAAAA\
AAAAR0AEAAAAAAAAToiMAsOplEMCAP+UigYAAAAAAAFLAV2USwJhhpRlfZSMAWGUXZQoSwFLAmVzZXSUYi4=`,
};
// the same way, protocol 4, in Fortran order: [[float32 [1.5, 2], [1]], [["ab", "c"], int16 big-endian Fortran 2 x 3]]
const nested = `\
gASVdQEAAAAAAACMFm51bXB5Ll9jb3JlLm11bHRpYXJyYXmUjAxfcmVjb25zdHJ1Y3SUk5SMBW51bXB5lIwHbmRhcnJheZSTlEsAhZRDAWKUh5RSlChL\
AUsCSwKGlGgDjAVkdHlwZZSTlIwCTziUiYiHlFKUKEsDjAF8lE5OTkr/////Sv////9LP3SUYohdlChoAmgFSwCFlGgHh5RSlChLAUsChZRoDIwCZjSU\
iYiHlFKUKEsDjAE8lE5OTkr/////Sv////9LAHSUYolDCAAAwD8AAABAlHSUYl2USwFhaAJoBUsAhZRoB4eUUpQoSwFLAoWUaAyMAlUylImIh5RSlChL\
A2gaTk5OSwhLBEsIdJRiiUMQYQAAAGIAAABjAAAAAAAAAJR0lGJoAmgFSwCFlGgHh5RSlChLAUsCSwOGlGgMjAJpMpSJiIeUUpQoSwOMAT6UTk5OSv//\
//9K/////0sAdJRiiEMMAAAAAwABAAQAAgAFlHSUYmV0lGIu`;

/** An npy file of objects: the header as NumPy writes it and the pickle. */
function npy(shape: string, pickle: string, fortran = "False"): Uint8Array {
  const text = `{'descr': '|O', 'fortran_order': ${fortran}, 'shape': ${shape}, }`.padEnd(117);
  return asm(0x93, "NUMPY", 1, 0, 118, 0, text, "\n", base64(pickle));
}
const files = [...Object.values(objects).map((pickle) => npy("(4,)", pickle)), npy("(2, 2)", nested, "True")];

describe("object arrays that NumPy wrote", () => {
  test.each([2, 3, 4] as const)("protocol %i", (protocol) => {
    const { shape, descr, data } = readNpy(npy("(4,)", objects[protocol]), "o.npy");
    expect([shape, descr]).toEqual([[4], "|O"]);
    expect(data).toEqual([
      Int32Array.of(1, 300, 70000, -5),
      new Int32Array(0),
      [1, 2.5, null, true, "é", Uint8Array.of(0, 255), 2 ** 40, [1, Int32Array.of(2)]],
      new Map([["a", Int32Array.of(1, 2)]]),
    ]);
  });

  test("arrays inside, in Fortran order inside and outside", () => {
    expect(readNpy(npy("(2, 2)", nested, "True"), "o.npy")).toEqual({
      shape: [2, 2],
      descr: "|O",
      data: [
        { shape: [2], descr: "<f4", data: Float32Array.of(1.5, 2) },
        Int32Array.of(1),
        { shape: [2], descr: "<U2", data: ["ab", "c"] },
        { shape: [2, 3], descr: ">i2", data: Int16Array.of(0, 1, 2, 3, 4, 5) },
      ],
    });
  });

  test("a header that tells another shape than the pickle is refused", () => {
    expect(message(() => readNpy(npy("(5,)", objects[4]), "o.npy"))).toMatch(
      /shape \[5\] as in the header, received \[4\]/,
    );
  });
});

/** A list of whole numbers as Python's pickler writes it: batches of 1,000, each number as short as it goes. */
function pickledInts(values: number[]): Uint8Array {
  const one = (v: number): number[] =>
    v >= 0 && v < 256 ? [0x4b, v] : v >= 0 && v < 65536 ? [0x4d, v & 255, v >> 8] : [0x4a, ...u32(v)];
  const parts: number[][] = [[0x80, 2, 0x5d, 0x71, 0]];
  for (let at = 0; at < values.length; at += 1000) {
    const batch = values.slice(at, at + 1000).flatMap(one);
    parts.push(values.length - at === 1 ? [...batch, 0x61] : [0x28, ...batch, 0x65]);
  }
  return asm(...parts, ".");
}

describe("lists", () => {
  test("of any 32-bit integers come back as an Int32Array", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer(), fc.nat(300)), { maxLength: 2500, size: "max" }), (values) => {
        expect(unpickle(pickledInts(values), "a.pkl")).toEqual(Int32Array.from(values));
      }),
      { numRuns: 30, seed: 4 },
    );
  });

  test("of integers and something else, in either order, come back as an array", () => {
    expect(unpickle(asm("](K\x01NK\x02e."), "a.pkl")).toEqual([1, null, 2]);
    expect(unpickle(asm("](K\x01K\x02eNa(K\x03K\x04e."), "a.pkl")).toEqual([1, 2, null, 3, 4]);
    expect(unpickle(asm("(K\x01K\x02l."), "a.pkl")).toEqual(Int32Array.of(1, 2)); // LIST
    expect(unpickle(asm("]", 0x8a, 5, 0, 0, 0, 0, 1, "a."), "a.pkl")).toEqual([2 ** 32]);
  });

  test("of whole floats stay an array, as other floats do", () => {
    expect(unpickle(asm("]G", [0x3f, 0xf0, 0, 0, 0, 0, 0, 0], "a."), "a.pkl")).toEqual([1]);
  });

  test("the same list twice is one array", () => {
    const both = unpickle(asm("]q\x00](K\x01K\x02eq\x01ah\x01a."), "a.pkl") as Int32Array[];
    expect(both).toEqual([Int32Array.of(1, 2), Int32Array.of(1, 2)]);
    expect(both[0]).toBe(both[1]);
  });
});

test("integers as text, as bytes of two's complement, and negative", () => {
  expect(unpickle(asm("(I-12\nI01\nL-34L\n", 0x8a, 1, 0xff, 0x8a, 0, "t."), "a.pkl")).toEqual([-12, true, -34, -1, 0]);
});

test("bytes are copied out of the file, also out of a Node Buffer, whose slice() is a view", () => {
  const file = Buffer.from(asm("(C\x02\x01\x02B", u32(1), "\x03t."));
  const values = unpickle(file, "a.pkl");
  file.fill(0);
  expect(values).toEqual([Uint8Array.of(1, 2), Uint8Array.of(3)]);
});

test("a name such as __proto__ is only a key of a Map", () => {
  const map = unpickle(asm("}(X", u32(9), "__proto__K\x01u."), "a.pkl");
  expect(map).toEqual(new Map([["__proto__", 1]]));
});

describe("hostile pickles", () => {
  // seconds of work before their size is seen: the long form only
  const huge: [string, Uint8Array, RegExp][] = thorough
    ? [
        ["five million lists", many(5_000_000, 0x5d, "(", "l."), /at most \d+ bytes of lists/],
        ["five million marks", many(5_000_000, 0x28), /marks/],
        ["forty million values", many(40_000_000, 0x4e), /at most 32000000 values/],
      ]
    : [];
  test.each([
    ["os.system by GLOBAL", asm(0x80, 2, "cos\nsystem\nU\x02lstR."), /os\.system/],
    ["posix.system by STACK_GLOBAL", asm(0x80, 4, 0x8c, 5, "posix", 0x8c, 6, "system", 0x93, "."), /posix\.system/],
    ["eval", asm("c__builtin__\neval\n."), /eval/],
    ["numpy's own loader", asm("cnumpy\nload\n."), /numpy\.load/],
    ["a global that begins like a good one", asm("cnumpy\nndarray.__class__\n."), /ndarray\.__class__/],
    ["INST", asm("(ios\nsystem\n."), /0x69/],
    ["OBJ", asm("(o."), /0x6f/],
    ["NEWOBJ", asm(0x81, "."), /0x81/],
    ["a persistent id", asm("Px\n."), /0x50/],
    ["an extension code", asm(0x82, 1, "."), /0x82/],
    ["a call of something that is no global", asm("NK\x01", 0x85, "R."), /a call of a global/],
    ["a global by itself", asm("cnumpy\nndarray\n."), /the global numpy\.ndarray/],
    ["protocol 9", asm(0x80, 9, "N."), /protocol/],
    ["an empty file", asm(), /end of the file/],
    ["no end", asm("N"), /end of the file/],
    ["STOP without a value", asm("."), /empty stack/],
    ["two values at the end", asm("NN."), /one value/],
    ["POP below a mark", asm("N(0."), /empty stack/],
    ["APPENDS without a mark", asm("]Ne."), /a mark/],
    ["APPEND to a number", asm("K\x01Na."), /a list/],
    ["SETITEMS on a list", asm("](NNu."), /a dict/],
    ["a key without a value", asm("}(Nu."), /pairs/],
    ["BUILD on a list", asm("]Nb."), /an array or dtype/],
    ["a value never remembered", asm("h\x07."), /number 7/],
    ["bytes of 4 GB", asm("B", u32(0xffffffff), "abc"), /4294967295 bytes/],
    ["text of 4 GB", asm("X", u32(0xffffffff), "abc"), /4294967295 bytes/],
    ["a frame beyond the end", asm(0x95, u32(0xffffffff)), /8 bytes/],
    ["a number line without end", many(1_000_000, 0x31, "I"), /24 characters/],
    ["an integer beyond 2^53", asm(0x8a, 8, 255, 255, 255, 255, 255, 255, 255, 127, "."), /2\^53/],
    ["an integer of 255 bytes", asm(0x8a, 255, new Uint8Array(255).fill(1), "."), /2\^53/],
    ["a number that is none", asm("I0x10\n."), /integer/],
    ["broken UTF-8", asm("X", u32(2), 0xc3, 0x28, "."), /UTF-8/],
    ["a list inside itself", asm("]q\x00h\x00a."), /inside itself/],
    ["a hundred thousand lists in each other", asm("]".repeat(100_000), "a".repeat(99_999), "."), /100 deep/],
    ["a hundred thousand tuples in each other", many(100_000, 0x85, ")", "."), /100 deep/],
    ...huge,
  ])("%s is refused", (_, bytes, reason) => {
    const text = message(() => unpickle(bytes, "evil.pkl"));
    expect(text).toMatch(reason);
    expect(text).toMatch(/^evil\.pkl/);
  });

  const numpyArray = (letters: string, order: string, shape: number[][], data: Iterable<number>): Uint8Array =>
    asm(
      "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00",
      [0x85],
      "U\x01b",
      [0x87],
      "R(K\x01(",
      ...shape,
      "tcnumpy\ndtype\nU",
      letters.length,
      letters,
      "K\x00K\x01",
      [0x87],
      "R(K\x03U",
      order.length,
      order,
      "NNNJ",
      u32(-1),
      "J",
      u32(-1),
      "K\x00tb",
      [0x89],
      data,
      "tb",
    );
  const raw = (text: string): Uint8Array => asm("T", u32(text.length), text);

  test.each([
    [
      "a shape larger than its bytes",
      numpyArray("f4", "<", [[0x4a, ...u32(1 << 30)]], raw("abcd")),
      /4294967296 bytes/,
    ],
    ["a negative size", numpyArray("f4", "<", [[0x4a, ...u32(-1)]], raw("abcd")), /a shape/],
    ["an unknown dtype", numpyArray("c16", "<", [[0x4b, 1]], raw("a".repeat(16))), /<c16/],
    ["zero-width text without end", numpyArray("U0", "<", [[0x4a, ...u32(1 << 30)]], raw("")), /U0/],
    ["an unknown byte order", numpyArray("f4", "?", [[0x4b, 1]], raw("abcd")), /byte order/],
    ["objects in place of bytes", numpyArray("f4", "<", [[0x4b, 1]], asm("]")), /no bytes/],
    ["bytes in place of objects", numpyArray("O8", "|", [[0x4b, 1]], raw("abcdefgh")), /a list as content/],
    ["fewer objects than the shape", numpyArray("O8", "|", [[0x4b, 2]], asm("]Na")), /2 objects .* received 1/],
  ])("an array with %s is refused", (_, bytes, reason) => {
    expect(message(() => unpickle(asm(bytes, "."), "evil.pkl"))).toMatch(reason);
  });

  test("an honest array made the same way is read", () => {
    const bytes = asm(numpyArray("f4", "<", [[0x4b, 1]], raw("\x00\x00\xc0\x3f")), ".");
    expect(unpickle(bytes, "a.pkl")).toEqual({ shape: [1], descr: "<f4", data: Float32Array.of(1.5) });
  });

  test("hundreds of arrays that share 100 kB are refused before they fill the memory", () => {
    const shared = asm("]", raw("x".repeat(100_000)), "q\x07", "0");
    const one = numpyArray("i1", "|", [[0x4a, ...u32(100_000)]], asm("h\x07"));
    const all = asm(shared, ...Array.from({ length: 300 }, () => asm(one, "a")), ".");
    expect(message(() => unpickle(all, "evil.pkl"))).toMatch(/in proportion/);
  });

  test("a text encoded thousands of times is refused", () => {
    const shared = asm(
      "c_codecs\nencode\nq\x01",
      "0X",
      u32(100_000),
      "x".repeat(100_000),
      "U\x06latin1",
      0x86,
      "q\x02",
      "0(",
    );
    const calls = asm("h\x01h\x02R".repeat(5000));
    expect(message(() => unpickle(asm(shared, calls, "t."), "evil.pkl"))).toMatch(/encoded once/);
  });

  test.each([
    ["lists", asm("]", ...Array.from({ length: 90 }, (_, i) => asm("q", i, "]h", i, "ah", i, "a")), ".")],
    ["tuples", asm(")", ...Array.from({ length: 90 }, (_, i) => asm("q", i, "h", i, 0x86)), ".")],
    ["dicts", asm("}", ...Array.from({ length: 90 }, (_, i) => asm("q", i, "}(K\x01h", i, "K\x02h", i, "u")), ".")],
  ])("%s that double 90 times are read once each, in no time", (_, bytes) => {
    // Each round leaves the older value below the new one: take the last, drop the rest.
    const clean = bytes[0] === 0x29 ? bytes : asm("(", bytes.subarray(0, -1), "t.");
    let depth = 0;
    let value = unpickle(clean, "a.pkl") as unknown;
    if (bytes[0] !== 0x29) value = (value as unknown[]).at(-1);
    for (; value instanceof Map || (Array.isArray(value) && value.length > 0); depth++) {
      if (value instanceof Map && value.size === 0) break;
      const [a, b] = value instanceof Map ? value.values() : value;
      expect(a).toBe(b);
      value = a;
    }
    expect(depth).toBe(90);
  });

  test("every truncation is refused", () => {
    for (const bytes of files) {
      for (let n = 0; n < bytes.length; n += thorough ? 1 : 7) message(() => readNpy(bytes.subarray(0, n), "cut.npy"));
    }
  });

  test("flipped bits give values or a FormatError, never anything else", () => {
    const flip = fc.record({ at: fc.nat(), bit: fc.nat(7) });
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.array(flip, { minLength: 1, maxLength: 5 }), (good, flips) => {
        const bytes = good.slice(128);
        for (const { at, bit } of flips) bytes[at % bytes.length] ^= 1 << bit;
        onlyFormatErrors(bytes);
      }),
      { numRuns: thorough ? 5000 : 100, seed: 5 },
    );
  });

  test("random opcodes give values or a FormatError, never anything else", () => {
    const opcodes = "\x80\x95(0c\x93)\x85\x86\x87t]lae}suRbKMJ\x8aILGN\x88\x89TUBCX\x8cqr\x94hj.";
    const byte = fc.oneof(fc.constantFrom(...asm(opcodes)), fc.nat(3), fc.nat(255));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 200, size: "max" }), (bytes) => {
        onlyFormatErrors(Uint8Array.from([...bytes, 0x2e]));
      }),
      { numRuns: thorough ? 5000 : 100, seed: 6 },
    );
  });

  function onlyFormatErrors(bytes: Uint8Array): void {
    try {
      unpickle(bytes, "random.pkl");
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }
});
