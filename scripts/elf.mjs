/** Reads a Linux addon as its loader would: processor, libraries, versions of their symbols, what it asks Node for and what it offers. */

const machines = { x64: 62, arm64: 183 };
const tags = {
  needed: 1,
  strings: 5,
  symbols: 6,
  textRelocations: 22,
  flags: 30,
  versions: 0x6ffffffe,
  versionCount: 0x6fffffff,
};
/** Libraries that a system with this C library has; musl's loader takes "libc.so" for itself. */
const libraries = {
  glibc: /^(lib(c|m)\.so\.6|lib(pthread|rt)\.so\.[01]|libdl\.so\.2|ld-linux-.*\.so\.\d)$/,
  musl: /^libc\.(so|musl-.*\.so\.1)$/,
};
const offered = ["napi_register_module_v1", "node_api_module_get_api_version_v1"];

/** What is wrong with the file for this processor and C library, in sentences; none when all is as it should be. */
export function elfProblems(bytes, arch, library, newestGlibc = "2.28") {
  if (bytes.length < 64 || bytes.readUInt32BE(0) !== 0x7f454c46 || bytes[4] !== 2 || bytes[5] !== 1)
    return ["not a 64-bit little-endian ELF file"];
  const problems = [];
  const check = (holds, sentence) => void (holds || problems.push(sentence));
  const machine = bytes.readUInt16LE(18);
  check(machine === machines[arch], `made for processor ${machine}, not ${machines[arch]}`);
  check(bytes.readUInt16LE(16) === 3, "not a shared library");

  const segments = programHeaders(bytes);
  check(segments.find(({ type }) => type === 0x6474e551)?.executable === false, "its stack would be executable");
  const dynamic = dynamicTable(bytes, segments);
  const all = (tag) => dynamic.filter((entry) => entry.tag === tag).map(({ value }) => value);
  const place = (tag) => offsetOf(segments, all(tag)[0] ?? -1);
  const strings = place(tags.strings);
  if (strings === null || place(tags.symbols) === null) return [...problems, "no dynamic symbols"];
  const name = (at) => text(bytes, strings + at);

  const strange = all(tags.needed)
    .map(name)
    .filter((one) => !libraries[library].test(one));
  check(strange.length === 0, `needs ${strange.join(", ")}`);
  const relocated = all(tags.textRelocations).length > 0 || ((all(tags.flags)[0] ?? 0) & 4) !== 0;
  check(!relocated, "its code would be written to when it is loaded");

  const versions =
    all(tags.versions).length > 0 ? wantedVersions(bytes, place(tags.versions), all(tags.versionCount)[0], name) : [];
  const newer = versions.filter((version) => !/^GLIBC_[\d.]+$/.test(version) || isNewer(version.slice(6), newestGlibc));
  check(library === "glibc" || versions.length === 0, `asks for ${versions.join(", ")}`);
  check(library !== "glibc" || newer.length === 0, `asks for ${newer.join(", ")}, newer than GLIBC_${newestGlibc}`);

  const symbols = readSymbols(bytes, place(tags.symbols), strings, name);
  const given = symbols.filter(({ defined }) => defined).map((one) => one.name);
  check(given.sort().join() === offered.join(), `offers ${given.join(", ") || "nothing"}, not ${offered.join(", ")}`);
  const asked = symbols.filter((one) => !one.defined && /^napi_/.test(one.name));
  check(asked.length > 20, `asks Node for ${asked.length} functions only`);
  return problems;
}

const text = (bytes, at) => bytes.toString("latin1", at, bytes.indexOf(0, at));
const long = (bytes, at) => Number(bytes.readBigUInt64LE(at));

function programHeaders(bytes) {
  const [first, size, count] = [long(bytes, 32), bytes.readUInt16LE(54), bytes.readUInt16LE(56)];
  return Array.from({ length: count }, (_, k) => first + k * size).map((at) => ({
    type: bytes.readUInt32LE(at),
    executable: (bytes.readUInt32LE(at + 4) & 1) !== 0,
    offset: long(bytes, at + 8),
    address: long(bytes, at + 16),
    size: long(bytes, at + 32), // in the file
  }));
}

/** Where in the file an address lies; null where in no segment of it. */
function offsetOf(segments, address) {
  const of = segments.find(
    ({ type, ...one }) => type === 1 && address >= one.address && address < one.address + one.size,
  );
  return of ? of.offset + address - of.address : null;
}

function dynamicTable(bytes, segments) {
  const of = segments.find(({ type }) => type === 2);
  const found = [];
  for (let at = of?.offset ?? 0; of && at < of.offset + of.size; at += 16) {
    const tag = long(bytes, at);
    if (tag === 0) break;
    found.push({ tag, value: long(bytes, at + 8) });
  }
  return found;
}

/** The versions that are asked of libraries: `GLIBC_2.17`. */
function wantedVersions(bytes, first, count, name) {
  const found = [];
  for (let k = 0, at = first; k < count; k++, at += bytes.readUInt32LE(at + 12)) {
    let one = at + bytes.readUInt32LE(at + 8);
    for (let j = 0; j < bytes.readUInt16LE(at + 2); j++, one += bytes.readUInt32LE(one + 12))
      found.push(name(bytes.readUInt32LE(one + 8)));
  }
  return found;
}

function isNewer(version, than) {
  const [a, b] = [version, than].map((one) => one.split(".").map(Number));
  return a[0] > b[0] || (a[0] === b[0] && (a[1] ?? 0) > (b[1] ?? 0));
}

/** Global symbols. The table's length stands nowhere: it ends where the strings or other sections begin, at a name that is none. */
function readSymbols(bytes, first, strings, name) {
  const sections = long(bytes, 40);
  const heading = Array.from({ length: bytes.readUInt16LE(60) }, (_, k) => sections + k * bytes.readUInt16LE(58));
  const table = heading.find((at) => bytes.readUInt32LE(at + 4) === 11); // SHT_DYNSYM
  const end = table === undefined ? strings : first + long(bytes, table + 32);
  const found = [];
  for (let at = first + 24; at + 24 <= end; at += 24) {
    if (bytes[at + 4] >> 4 === 0) continue; // local
    found.push({ name: name(bytes.readUInt32LE(at)), defined: bytes.readUInt16LE(at + 6) !== 0 });
  }
  return found;
}
