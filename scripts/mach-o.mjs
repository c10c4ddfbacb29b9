/**
 * Reads a macOS addon as its loader would: header, load commands, symbols, signature. There is no Mac among our machines, so this
 * is what can be said: dyld refuses what is listed here, and arm64 kills a process whose pages do not have the hashes of the signature.
 */
import { createHash } from "node:crypto";

const processors = { arm64: 0x0100000c, x64: 0x01000007 };
const commands = { symbols: 0x2, dylib: 0xc, signature: 0x1d, version: 0x32, bindings: 0x80000022 };
const anyImage = -2; // the number of no library: looked for in all that is loaded

/** What is wrong with the file for this processor, in sentences; none when all is as it should be. */
export function machOProblems(bytes, arch) {
  if (bytes.readUInt32LE(0) !== 0xfeedfacf) return ["not a 64-bit Mach-O file"];
  const problems = [];
  const check = (holds, sentence) => void (holds || problems.push(sentence));
  check(bytes.readUInt32LE(4) === processors[arch], `made for processor ${bytes.readUInt32LE(4).toString(16)}`);
  check([6, 8].includes(bytes.readUInt32LE(12)), "neither a bundle nor a library");
  const found = loadCommands(bytes);
  const one = (kind) => found.find(({ type }) => type === commands[kind])?.at;

  const libraries = found
    .filter(({ type }) => type === commands.dylib)
    .map(({ at }) => text(bytes, at + bytes.readUInt32LE(at + 8)));
  check(libraries.join() === "/usr/lib/libSystem.B.dylib", `needs ${libraries.join(", ")}`);

  const version = one("version");
  check(version !== undefined && bytes.readUInt32LE(version + 8) === 1, "not marked as made for macOS");
  const oldest = version === undefined ? 0 : bytes.readUInt16LE(version + 14); // major version
  check(oldest <= 13, `asks for macOS ${oldest}, newer than Node 20 does`);

  const symbols = one("symbols") === undefined ? [] : readSymbols(bytes, one("symbols"));
  for (const name of ["_napi_register_module_v1", "_node_api_module_get_api_version_v1"])
    check(
      symbols.some((symbol) => symbol.name === name && symbol.external && symbol.defined),
      `exports no ${name}`,
    );
  const bindings = one("bindings") === undefined ? [] : readBindings(bytes, one("bindings"));
  const napi = bindings.filter(({ name }) => /^_napi_/.test(name));
  check(napi.length > 20, `asks Node for ${napi.length} functions only`);
  const elsewhere = napi.filter(({ from }) => from !== anyImage).map(({ name }) => name);
  check(elsewhere.length === 0, `looks for ${elsewhere.join(", ")} in a library, not in the running program`);

  const signature = one("signature");
  if (signature !== undefined) problems.push(...signatureProblems(bytes, bytes.readUInt32LE(signature + 8)));
  else check(arch !== "arm64", "no signature, without which arm64 runs nothing");
  return problems;
}

function loadCommands(bytes) {
  const found = [];
  for (let k = 0, at = 32; k < bytes.readUInt32LE(16); k++) {
    found.push({ type: bytes.readUInt32LE(at), at });
    at += bytes.readUInt32LE(at + 4);
  }
  return found;
}

function readSymbols(bytes, at) {
  const [first, count, strings] = [8, 12, 16].map((offset) => bytes.readUInt32LE(at + offset));
  return Array.from({ length: count }, (_, k) => {
    const entry = first + 16 * k;
    const type = bytes[entry + 4];
    return {
      name: text(bytes, strings + bytes.readUInt32LE(entry)),
      external: (type & 1) === 1,
      defined: (type & 0xe) !== 0,
    };
  });
}

/**
 * The names that the loader binds, at once and when they are first called, each with the number of the library it is looked for in: the
 * program of opcodes that Apple's mach-o/loader.h describes. It is what dyld reads; the numbers beside the symbols it does not.
 */
function readBindings(bytes, at) {
  return [16, 32].flatMap((offset) => {
    const from = bytes.readUInt32LE(at + offset);
    return bindingsOf(bytes.subarray(from, from + bytes.readUInt32LE(at + offset + 4)));
  });
}

function bindingsOf(program) {
  const found = [];
  const state = { name: "", from: 0 };
  let i = 0;
  const uleb = () => {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = program[i++] ?? 0; // a program that is cut off ends here
      value += (byte & 127) * scale;
      scale *= 128;
      if (byte < 128) return value;
    }
  };
  const lookIn = (library) => {
    state.from = library;
  };
  const bound = () => void found.push({ ...state });
  const operations = {
    16: lookIn,
    32: () => lookIn(uleb()),
    48: (low) => lookIn(low && low - 16),
    64: () => {
      state.name = text(program, i);
      i += state.name.length + 1;
    },
    96: uleb, // an addend, of which only the length matters here
    112: uleb, // a segment's place
    128: uleb, // bytes to go on
    144: bound,
    160: () => {
      bound();
      uleb();
    },
    176: bound,
    192: () => {
      bound();
      uleb();
      uleb();
    },
  };
  while (i < program.length) {
    const byte = program[i++];
    operations[byte & 0xf0]?.(byte & 15);
  }
  return found;
}

/** An ad-hoc signature is a list of hashes of the file's pages; big-endian. */
function signatureProblems(bytes, at) {
  if (bytes.readUInt32BE(at) !== 0xfade0cc0) return ["the signature is no list of blobs"];
  const blobs = Array.from({ length: bytes.readUInt32BE(at + 8) }, (_, k) => at + bytes.readUInt32BE(at + 16 + 8 * k));
  const directory = blobs.find((blob) => bytes.readUInt32BE(blob) === 0xfade0c02);
  if (directory === undefined) return ["the signature has no directory of hashes"];
  const word = (offset) => bytes.readUInt32BE(directory + offset);
  const [flags, hashesAt, pages, limit] = [word(12), word(16), word(28), word(32)];
  if ((flags & 2) === 0) return ["the signature is not ad hoc"];
  if (bytes[directory + 36] !== 32 || bytes[directory + 37] !== 2) return ["the signature's hashes are not SHA-256"];
  const size = 2 ** bytes[directory + 39];
  if (pages !== Math.ceil(limit / size)) return ["the signature does not cover the file"];
  for (let k = 0; k < pages; k++) {
    const page = bytes.subarray(k * size, Math.min((k + 1) * size, limit));
    const wanted = bytes.subarray(directory + hashesAt + 32 * k, directory + hashesAt + 32 * (k + 1));
    if (!createHash("sha256").update(page).digest().equals(wanted)) return [`page ${k} is not what was signed`];
  }
  return [];
}

const text = (bytes, at) => bytes.toString("latin1", at, bytes.indexOf(0, at));
