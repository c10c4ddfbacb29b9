import { deflateSync, zipSync } from "fflate";
import { describe, expect, test, vi } from "vitest";
import { FormatError } from "../../errors.ts";
import { crc32 } from "../../files/crc.ts";
import { unzip, zip } from "./zip.ts";

const text = (value: string) => new TextEncoder().encode(value);
const latin1 = (value: string) => Uint8Array.from(value, (c) => c.charCodeAt(0));

/** Every place where `bytes` holds the text `find`. */
function places(bytes: Uint8Array, find: string): number[] {
  const all: number[] = [];
  const wanted = latin1(find);
  for (let i = 0; i + wanted.length <= bytes.length; i++) if (wanted.every((b, j) => bytes[i + j] === b)) all.push(i);
  return all;
}

function replaced(bytes: Uint8Array, find: string, by: string): Uint8Array {
  const out = bytes.slice();
  for (const at of places(bytes, find)) out.set(latin1(by), at);
  return out;
}

/** A copy with u32 `value` at `offset` of the directory entry number `entry`. */
function withDirectoryField(bytes: Uint8Array, entry: number, offset: number, value: number): Uint8Array {
  const out = bytes.slice();
  new DataView(out.buffer).setUint32(places(bytes, "PK\x01\x02")[entry] + offset, value, true);
  return out;
}

async function messageOf(work: () => Promise<unknown>): Promise<string> {
  const error = await work().then(
    () => undefined,
    (e) => e,
  );
  expect(error).toBeInstanceOf(FormatError);
  return error.message;
}
const readAll = async (bytes: Uint8Array, maxBytes?: number) =>
  (await unzip(bytes, "x.zip", maxBytes)).map((member) => [member.name, member.read()] as const);

/** Runs `work` without Node's own tools. */
async function inBrowser<T>(work: () => Promise<T>): Promise<T> {
  vi.stubGlobal("process", Object.create(process, { versions: { value: {} } }));
  try {
    return await work();
  } finally {
    vi.unstubAllGlobals();
  }
}

describe("zip", () => {
  test("members come back in order with their bytes, and equal members give equal archives", async () => {
    const members = [
      ["b.txt", text("second letter first")],
      ["a/empty", new Uint8Array(0)],
      ["a/ключ ☃", Uint8Array.from({ length: 3000 }, (_, i) => i % 251)],
    ] as const;
    const archive = await zip(members);
    expect(await readAll(archive)).toEqual(members.map(([name, bytes]) => [name, bytes]));
    expect(await zip(members)).toEqual(archive);
  });

  test("deflated members written by another tool are read", async () => {
    const bytes = Uint8Array.from({ length: 20_000 }, (_, i) => (i * i) % 17);
    const archive = zipSync({ "x.bin": [bytes, { level: 9 }] });
    expect(await readAll(archive)).toEqual([["x.bin", bytes]]);
    expect(await inBrowser(() => readAll(archive))).toEqual([["x.bin", bytes]]);
  });

  test("the checksum is the one of the specification's test value", () => {
    expect(crc32(text("123456789"))).toBe(0xcbf43926);
  });

  test("names that cannot be members are refused on writing", async () => {
    for (const name of ["", "/a", "a/../b", "a//b", "C:x", "a\\b", "a\0b", "./a"]) {
      expect(await messageOf(() => zip([[name, text("")]]))).toContain(JSON.stringify(name));
    }
    expect(await messageOf(() => zip([["a", text("1")], ["a", text("2")]]))).toContain("twice"); // biome-ignore format: one line
  });
});

describe("a hostile zip", () => {
  test("is refused when a name leaves the folder", async () => {
    const archive = await zip([["assets/ab/x", text("1")]]);
    for (const name of ["assets/../x", "/ssets/ab/x", "assets\\ab/x", "c:sets/ab/x", "assets//b/x", "assets/\0b/x"]) {
      const message = await messageOf(() => readAll(replaced(archive, "assets/ab/x", name)));
      expect(message).toContain("x.zip: expected member names inside the archive's own folder");
    }
  });

  test("is refused when two members have one name", async () => {
    const archive = await zip([["aaa1", text("1")], ["aaa2", text("2")]]); // biome-ignore format: one line
    expect(await messageOf(() => readAll(replaced(archive, "aaa2", "aaa1")))).toContain('received "aaa1" twice');
  });

  test("is refused when directory and member disagree on a name", async () => {
    const archive = await zip([["aaa1", text("1")]]);
    archive.set(latin1("bbb1"), places(archive, "aaa1")[0]);
    expect(await messageOf(() => readAll(archive))).toContain("the same name in the member's own header");
  });

  test("is refused when members overlap", async () => {
    const archive = await zip([["aaa1", text("1")], ["aaa2", text("2")], ["aaa3", text("3")]]); // biome-ignore format: one line
    const longer = withDirectoryField(withDirectoryField(archive, 0, 20, 40), 0, 24, 40);
    expect(await messageOf(() => readAll(longer))).toContain('"aaa2" inside "aaa1"');
  });

  test("is refused before anything is unpacked when it declares too much", async () => {
    const archive = zipSync({ "x.bin": [new Uint8Array(1000), { level: 9 }] });
    expect(await messageOf(() => unzip(withDirectoryField(archive, 0, 24, 2 ** 31), "x.zip"))).toContain("zip bomb");
    expect(await messageOf(() => unzip(archive, "x.zip", 999))).toContain("at most 999 bytes unpacked, received 1000");
  });

  test("is stopped early when a member unpacks to more than it declares", async () => {
    const archive = zipSync({ "x.bin": [new Uint8Array(5e6), { level: 1 }] });
    const lying = withDirectoryField(archive, 0, 24, 1000);
    // "more" comes from the first step that exceeds it; unpacked to its end it would fail by its checksum instead.
    const more = "expected 1000 bytes unpacked, as declared, received more";
    expect(await messageOf(() => readAll(lying))).toContain(more);
    expect(await inBrowser(() => messageOf(() => readAll(lying)))).toContain(more);
  });

  test("is refused before memory is taken for a member that declares more than deflate can hold", async () => {
    const archive = zipSync({ "x.bin": [new Uint8Array(1000), { level: 9 }] });
    const lying = withDirectoryField(archive, 0, 24, 60_000_000);
    expect(await messageOf(() => readAll(lying))).toContain("received 60000000");
  });

  test("is refused when a member is damaged, encrypted or packed by an unknown method", async () => {
    const archive = await zip([["x.bin", text("hello, hello")]]);
    expect(await messageOf(() => readAll(replaced(archive, "hello,", "jello,")))).toContain("checksum");
    expect(await messageOf(() => readAll(withDirectoryField(archive, 0, 8, 1)))).toContain("encrypted");
    expect(await messageOf(() => readAll(withDirectoryField(archive, 0, 10, 12)))).toContain("compression method 12");
    const packed = deflateSync(text("hello, hello"));
    const deflated = zipSync({ "x.bin": [text("hello, hello"), { level: 9 }] });
    const broken = deflated.slice();
    broken.fill(0xff, places(deflated, "x.bin")[0] + 5, places(deflated, "x.bin")[0] + 5 + packed.length);
    expect(await messageOf(() => readAll(broken))).toContain('"x.bin"');
  });

  test("gives FormatError or the true members for every truncation", async () => {
    const archive = await zip([["a.txt", text("abc")], ["b.txt", text("defg")]]); // biome-ignore format: one line
    for (let length = 0; length < archive.length; length++) {
      expect(await messageOf(() => readAll(archive.slice(0, length)))).toContain("x.zip");
    }
  });
});
