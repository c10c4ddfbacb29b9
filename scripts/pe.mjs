/** Reads a Windows addon as its loader would: processor, protections, what it asks of which libraries, and what it offers. */

const machines = { x64: 0x8664, arm64: 0xaa64 };
/** DllCharacteristics: placed anywhere, above 4 GiB too, and no data that runs. Windows on arm64 loads nothing that has a fixed place. */
const protections = { "high addresses": 0x20, "any address": 0x40, "no data that runs": 0x100 };
/** What Windows 10 has of itself; Visual C++'s redistributable is not among it. */
const ofWindows = /^(kernel32|ntdll|advapi32|api-ms-win-(crt|core)-[a-z0-9-]+)\.dll$/i;

/** What is wrong with the file for this processor, in sentences; none when all is as it should be. */
export function peProblems(bytes, arch) {
  const header = bytes.length > 64 && bytes.readUInt16LE(0) === 0x5a4d ? bytes.readUInt32LE(60) : bytes.length;
  if (header + 24 > bytes.length || bytes.readUInt32LE(header) !== 0x4550) return ["not a PE file"];
  const optional = header + 24;
  if (bytes.readUInt16LE(optional) !== 0x20b) return ["not a 64-bit PE file"];
  const problems = [];
  const check = (holds, sentence) => void (holds || problems.push(sentence));
  const machine = bytes.readUInt16LE(header + 4);
  check(machine === machines[arch], `made for processor ${machine.toString(16)}`);
  check((bytes.readUInt16LE(header + 22) & 0x2000) !== 0, "not a DLL");
  const flags = bytes.readUInt16LE(optional + 70);
  const without = Object.keys(protections).filter((name) => (flags & protections[name]) === 0);
  check(without.length === 0, `does not allow ${without.join(", ")}`);

  const sections = sectionsOf(bytes, header);
  const at = (address) => offsetOf(sections, address);
  const directory = (k) => bytes.readUInt32LE(optional + 112 + 8 * k);
  check(directory(5) !== 0, "cannot be moved: no relocations");
  const exported = directory(0) === 0 ? [] : exportsOf(bytes, at(directory(0)), at);
  for (const name of ["napi_register_module_v1", "node_api_module_get_api_version_v1"])
    check(exported.includes(name), `exports no ${name}`);
  const imported = directory(1) === 0 ? [] : importsOf(bytes, at(directory(1)), at);
  const strange = imported
    .map(({ library }) => library)
    .filter((name) => !ofWindows.test(name) && !/^node\.exe$/i.test(name));
  check(strange.length === 0, `needs ${strange.join(", ")}`);
  const napi = imported.filter(({ library }) => /^node\.exe$/i.test(library)).flatMap(({ names }) => names);
  check(napi.filter((name) => /^napi_/.test(name)).length > 20, `asks node.exe for ${napi.length} functions only`);
  return problems;
}

function sectionsOf(bytes, header) {
  const first = header + 24 + bytes.readUInt16LE(header + 20);
  return Array.from({ length: bytes.readUInt16LE(header + 6) }, (_, k) => first + 40 * k).map((at) => ({
    address: bytes.readUInt32LE(at + 12),
    size: bytes.readUInt32LE(at + 16), // in the file
    offset: bytes.readUInt32LE(at + 20),
  }));
}

/** Where in the file an address lies. Throws where no section holds it. */
function offsetOf(sections, address) {
  const of = sections.find((one) => address >= one.address && address < one.address + one.size);
  if (!of) throw new Error(`no section holds ${address}`);
  return of.offset + address - of.address;
}

function exportsOf(bytes, table, at) {
  const names = at(bytes.readUInt32LE(table + 32));
  return Array.from({ length: bytes.readUInt32LE(table + 24) }, (_, k) =>
    text(bytes, at(bytes.readUInt32LE(names + 4 * k))),
  );
}

function importsOf(bytes, table, at) {
  const found = [];
  for (let entry = table; bytes.readUInt32LE(entry + 12) !== 0; entry += 20) {
    const names = [];
    for (let one = at(bytes.readUInt32LE(entry)); ; one += 8) {
      const address = bytes.readBigUInt64LE(one);
      if (address === 0n) break;
      if (address >> 63n === 0n) names.push(text(bytes, at(Number(address)) + 2)); // else by number
    }
    found.push({ library: text(bytes, at(bytes.readUInt32LE(entry + 12))), names });
  }
  return found;
}

const text = (bytes, at) => bytes.toString("latin1", at, bytes.indexOf(0, at));
