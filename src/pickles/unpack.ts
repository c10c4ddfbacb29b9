import { inflated } from "../data/inflate.ts";
import { FormatError, problem } from "../errors.ts";

const most = 256 * 2 ** 20; // bytes that a packed pickle may come to

/** Packings that are not read, by their first bytes. */
const foreign: readonly [name: string, ...bytes: number[]][] = [
  ["bz2", 0x42, 0x5a, 0x68],
  ["xz", 0xfd, 0x37, 0x7a, 0x58],
  ["lz4", 4, 0x22, 0x4d, 0x18],
  ["zstd", 0x28, 0xb5, 0x2f, 0xfd],
];

/** The bytes behind the compression of joblib and pandas, which the first bytes tell. Throws FormatError for one that is not read here. */
export async function unpacked(bytes: Uint8Array, who: string): Promise<Uint8Array> {
  const begins = (...codes: number[]) => codes.every((code, i) => bytes[i] === code);
  if (begins(0x1f, 0x8b)) return refuseTar(await joined(bytes, "gzip", who), who, "a tar archive packed by gzip");
  if (bytes[0] === 0x78 && ((bytes[0] << 8) | bytes[1]) % 31 === 0) return joined(bytes, "deflate", who);
  if (begins(0x50, 0x4b, 3, 4)) return onlyMember(bytes, who);
  const kind = foreign.find(([, ...codes]) => begins(...codes))?.[0];
  if (kind) return refuse(who, `one packed by ${kind}`);
  return refuseTar(bytes, who, "a tar archive");
}

function refuse(who: string, received: string): never {
  const next =
    'In Python: pd.read_pickle(path).to_pickle("plain.pkl"), or joblib.dump(joblib.load(path), "plain.joblib", compress="zlib").';
  throw new FormatError(problem(who, "a pickle, plain or packed by zlib, gzip or zip", received, next));
}

/** Bytes that are no tar archive, which says "ustar" behind its first file's name. */
function refuseTar(bytes: Uint8Array, who: string, received: string): Uint8Array {
  const name = String.fromCharCode(...bytes.subarray(257, 262));
  return name === "ustar" ? refuse(who, received) : bytes;
}

/** The one file of a zip archive, as pandas writes it. */
async function onlyMember(bytes: Uint8Array, who: string): Promise<Uint8Array> {
  const { unzip } = await import("../formats/containers/zip.ts");
  const members = await unzip(bytes, who, most);
  if (members.length === 1) return members[0].read();
  const names = members.slice(0, 3).map(({ name }) => name);
  const found = `${members.length}: ${names.join(", ")}${members.length > 3 ? ", ..." : ""}`;
  const next = "Weights of PyTorch: loadWeights; a model of Keras: loadModel; arrays of NumPy: readNpz.";
  throw new FormatError(problem(who, "a zip archive of one pickle", found, next));
}

async function joined(bytes: Uint8Array, format: "gzip" | "deflate", who: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const packed = (async function* () {
    yield bytes;
  })();
  for await (const part of inflated(packed, format, () => most, who)) parts.push(part);
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
