import type { Zippable } from "fflate";
import { FormatError, problem } from "../../errors.ts";
import { crc32 } from "../../files/crc.ts";

/** One member of a zip archive: its name, its unpacked size as declared, and a function that unpacks and checks it. */
export interface ZipMember {
  name: string;
  size: number; // bytes, unpacked
  read(): Uint8Array;
}

type Crc32 = (bytes: Uint8Array) => number;
/** Unpacks to at most `size` bytes; fewer, more, or no deflate stream at all is an error of its own words. */
type Inflate = (packed: Uint8Array, size: number) => Uint8Array;
interface Tools {
  inflate: Inflate;
  checksum: Crc32;
}

/** Largest unpacked size of an archive; a zip bomb exceeds it. */
const unpackedLimit = (archiveBytes: number) => Math.min(2 ** 31, 2 ** 26 + 16 * archiveBytes);

/**
 * The members of a zip archive in the order of its directory, nothing unpacked yet (PKWARE APPNOTE 6.3.3).
 * The file is hostile until checked: sizes are bounded before anything is allocated; names that leave the folder,
 * duplicates, overlaps, encryption and ZIP64 throw FormatError. A stored member shares memory with `bytes`.
 *
 *   const members = await unzip(bytes, "model.keras");
 *   members[0].read();                              // Uint8Array, or FormatError where the checksum differs
 */
export async function unzip(
  bytes: Uint8Array,
  who: string,
  maxBytes = unpackedLimit(bytes.length),
  next = bomb,
): Promise<ZipMember[]> {
  const tools = await loadTools();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { end, count, start } = findDirectory(view, who);
  const names = new Set<string>();
  const spans: { from: number; to: number; name: string }[] = [];
  const members: ZipMember[] = [];
  let at = start;
  let unpacked = 0; // bytes, as declared
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== 0x02014b50) {
      throw broken(who, `directory entry ${i + 1} of ${count} at byte ${at}`, "bytes that are not one", damaged);
    }
    const entry = readEntry(bytes, view, at, end, who);
    const { name, size } = entry;
    if (names.has(name)) throw broken(who, "every member once", `"${name}" twice`, forged);
    names.add(name);
    unpacked += size;
    if (unpacked > maxBytes) {
      throw broken(who, `at most ${maxBytes} bytes unpacked`, `${unpacked} bytes declared up to "${name}"`, next);
    }
    spans.push({ from: entry.header, to: entry.to, name });
    members.push({ name, size, read: () => unpack(bytes.subarray(entry.from, entry.to), entry, who, tools) });
    at = entry.next;
  }
  spans.sort((a, b) => a.from - b.from);
  spans.forEach(({ from, name }, i) => {
    const before = spans[i - 1];
    if (before && from < before.to) {
      throw broken(who, "members side by side", `"${name}" inside "${before.name}" at byte ${from}`, forged);
    }
  });
  return members;
}

/**
 * A zip archive of stored (uncompressed) members in the order given, dated 1980-01-01 so that equal members give equal bytes.
 *
 *   await zip([["config.json", new TextEncoder().encode("{}")]]);
 */
export async function zip(members: Iterable<readonly [name: string, bytes: Uint8Array]>): Promise<Uint8Array> {
  const { zipSync } = await import("./fflate.ts");
  const mtime = new Date(1980, 0, 1); // local time, as the zip format stores it
  const files: Zippable = {};
  for (const [name, bytes] of members) {
    const reason = unsafeName(name) ?? (Object.hasOwn(files, name) ? "which is there twice" : undefined);
    if (reason)
      throw new FormatError(problem("zip", "distinct relative member names", `${JSON.stringify(name)}, ${reason}`));
    files[name] = [bytes, { level: 0, mtime }];
  }
  return zipSync(files);
}

const damaged = "The file is damaged or cut short: download or copy it again.";
const forged = "No zip tool writes this: do not trust this file.";
const bomb = "This looks like a zip bomb: do not trust this file.";

function broken(who: string, expected: string, received: string, next: string): FormatError {
  return new FormatError(problem(who, expected, received, next));
}

/** The end record: where the directory starts and ends and how many members it lists. */
function findDirectory(view: DataView, who: string): { end: number; count: number; start: number } {
  let end = view.byteLength - 22;
  const lowest = Math.max(0, end - 0xffff); // the comment after the record is at most 65,535 bytes
  const isRecord = (at: number) =>
    view.getUint32(at, true) === 0x06054b50 && at + 22 + view.getUint16(at + 20, true) === view.byteLength;
  while (end >= lowest && !isRecord(end)) end--;
  if (end < lowest) throw broken(who, "a zip directory at the end of the file", "none", damaged);
  const count = view.getUint16(end + 10, true);
  const size = view.getUint32(end + 12, true);
  const start = view.getUint32(end + 16, true);
  if (count === 0xffff || size === 0xffffffff || start === 0xffffffff) {
    throw broken(who, "a zip below 4 GB", "a ZIP64 directory", "Files this large are not supported.");
  }
  const records = zip64Records(view, end, { count, size, start });
  if (start + size !== end - records) {
    const found = `${size} bytes from byte ${start}, the end record at byte ${end}`;
    throw broken(who, "a zip directory that ends at its end record", found, damaged);
  }
  return { end: end - records, count, start };
}

/** Bytes of the ZIP64 end record and its locator, which some writers (PyTorch) add where nothing needs them; 0 where they say other numbers. */
function zip64Records(view: DataView, end: number, said: { count: number; size: number; start: number }): number {
  const at = end - 76;
  if (at < 0 || view.getUint32(at, true) !== 0x06064b50 || view.getUint32(end - 20, true) !== 0x07064b50) return 0;
  const number = (from: number) => Number(view.getBigUint64(from, true));
  const same = number(at + 32) === said.count && number(at + 40) === said.size && number(at + 48) === said.start;
  return same && number(end - 12) === at ? 76 : 0;
}

interface ZipEntry {
  name: string;
  method: 0 | 8;
  crc: number;
  size: number; // bytes unpacked
  header: number; // where the local header starts
  from: number; // where the packed bytes start
  to: number; // where they end
  next: number; // where the next directory entry starts
}

function readEntry(bytes: Uint8Array, view: DataView, at: number, end: number, who: string): ZipEntry {
  const flags = view.getUint16(at + 8, true);
  const method = view.getUint16(at + 10, true);
  const crc = view.getUint32(at + 16, true);
  const packed = view.getUint32(at + 20, true);
  const size = view.getUint32(at + 24, true);
  const nameLength = view.getUint16(at + 28, true);
  const next = at + 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  const header = view.getUint32(at + 42, true);
  if (next > end) throw broken(who, `a directory entry at byte ${at} that ends before byte ${end}`, `${next}`, damaged);
  const nameBytes = bytes.subarray(at + 46, at + 46 + nameLength);
  const name = new TextDecoder().decode(nameBytes);
  const reason = unsafeName(name);
  if (reason)
    throw broken(who, "member names inside the archive's own folder", `${JSON.stringify(name)}, ${reason}`, forged);
  const where = `${who}, "${name}"`;
  if (flags & 1)
    throw broken(where, "a plain member", "an encrypted one", "Unpack it with its password and zip it again.");
  if (method !== 0 && method !== 8) {
    throw broken(where, "a stored or deflated member", `compression method ${method}`, "Zip it again with deflate.");
  }
  if (method === 0 && packed !== size) throw broken(where, `${size} stored bytes`, `${packed}`, damaged);
  if (packed === 0xffffffff || header === 0xffffffff) {
    throw broken(where, "a member below 4 GB", "a ZIP64 one", "Files this large are not supported.");
  }
  if (header + 30 > bytes.length || view.getUint32(header, true) !== 0x04034b50) {
    throw broken(where, `a member header at byte ${header}`, "other bytes", damaged);
  }
  const from = header + 30 + view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
  if (from + packed > at)
    throw broken(where, `${packed} bytes from byte ${from}`, "an earlier end of the members", damaged);
  const localName = bytes.subarray(header + 30, header + 30 + view.getUint16(header + 26, true));
  if (localName.length !== nameLength || localName.some((byte, i) => byte !== nameBytes[i])) {
    throw broken(where, "the same name in the member's own header", new TextDecoder().decode(localName), forged);
  }
  return { name, method, crc, size, header, from, to: from + packed, next };
}

/** The reason a member's name must not be used as a path, or undefined if it may. */
function unsafeName(name: string): string | undefined {
  if (name === "") return "which is empty";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  if (/[\u0000-\u001f\u007f\\\ufffd]/.test(name)) return "which holds a backslash, a control character or broken UTF-8";
  if (name.startsWith("/") || /^[a-z]:/i.test(name)) return "which is an absolute path";
  const parts = name.replace(/\/$/, "").split("/"); // a folder's own entry ends in a slash
  return parts.some((part) => part === "" || part === "." || part === "..")
    ? "which leaves or repeats a folder"
    : undefined;
}

function unpack(packed: Uint8Array, entry: ZipEntry, who: string, tools: Tools): Uint8Array {
  const where = `${who}, "${entry.name}"`;
  const bytes = entry.method === 0 ? packed : inflate(packed, entry.size, where, tools.inflate);
  const sum = tools.checksum(bytes);
  if (sum !== entry.crc) throw broken(where, `checksum ${hex(entry.crc)}`, hex(sum), damaged);
  return bytes;
}

function inflate(packed: Uint8Array, size: number, where: string, unpacked: Inflate): Uint8Array {
  const most = 1032 * packed.length + 64; // bytes: deflate expands no further, so a lie about the size costs no memory
  if (size > most) throw broken(where, `at most ${most} bytes from ${packed.length} packed ones`, `${size}`, bomb);
  let bytes: Uint8Array;
  try {
    bytes = unpacked(packed, size);
  } catch (error) {
    if (error instanceof RangeError) throw broken(where, `${size} bytes unpacked, as declared`, "more", bomb);
    throw broken(where, "a deflate stream", `one that breaks (${(error as Error).message})`, damaged);
  }
  if (bytes.length !== size) throw broken(where, `${size} bytes unpacked`, `${bytes.length}`, damaged);
  return bytes;
}

const hex = (n: number) => `0x${n.toString(16).padStart(8, "0")}`;

/** Node's own tools where there are any, several times faster; else fflate, and a table for the checksum. */
async function loadTools(): Promise<Tools> {
  const zlib = globalThis.process?.versions?.node ? await import("node:zlib") : undefined;
  if (!zlib) return { inflate: await loadInflate(), checksum: crc32 };
  // One chunk with a byte to spare: the result needs no second copy. Over `maxOutputLength` Node throws a RangeError.
  const inflate: Inflate = (packed, size) => {
    const limits = { chunkSize: Math.max(64, size + 1), maxOutputLength: Math.max(1, size) };
    const { buffer, byteOffset, length } = zlib.inflateRawSync(packed, limits);
    return new Uint8Array(buffer, byteOffset, length); // a Buffer's slice() would share memory
  };
  return { inflate, checksum: zlib.crc32 ?? crc32 }; // crc32 since Node 20.15
}

async function loadInflate(): Promise<Inflate> {
  const { Inflate } = await import("./fflate.ts");
  return (packed, size) => {
    const out = new Uint8Array(size);
    let filled = 0;
    let finished = false;
    const stream = new Inflate((chunk, final) => {
      if (filled + chunk.length > size) throw new RangeError("more than declared");
      out.set(chunk, filled);
      filled += chunk.length;
      finished = final;
    });
    const step = 16_384; // bytes; deflate expands at most 1,032 times, so at most 17 MB a step
    for (let at = 0; at < packed.length; at += step)
      stream.push(packed.subarray(at, at + step), at + step >= packed.length);
    if (!finished) throw new Error("unexpected end");
    return out.subarray(0, filled);
  };
}
