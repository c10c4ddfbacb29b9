import { FormatError, problem } from "../errors.ts";

const most = 256 * 2 ** 20; // bytes that a packed pickle may come to

/** The bytes behind joblib's compression, which the first bytes tell. Throws FormatError for one that is not read here. */
export async function unpacked(bytes: Uint8Array, who: string): Promise<Uint8Array> {
  const begins = (...codes: number[]) => codes.every((code, i) => bytes[i] === code);
  if (begins(0x1f, 0x8b) || (bytes[0] === 0x78 && ((bytes[0] << 8) | bytes[1]) % 31 === 0)) return inflated(bytes, who);
  const kind = begins(0x42, 0x5a, 0x68)
    ? "bz2"
    : begins(0xfd, 0x37, 0x7a, 0x58)
      ? "xz"
      : begins(4, 0x22, 0x4d, 0x18)
        ? "lz4"
        : null;
  if (!kind) return bytes;
  const next = 'In Python: joblib.dump(joblib.load(path), path, compress="zlib").';
  throw new FormatError(problem(who, "a pickle, plain or packed by zlib or gzip", `one packed by ${kind}`, next));
}

async function inflated(bytes: Uint8Array, who: string): Promise<Uint8Array> {
  const { Decompress } = await import("fflate");
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    const stream = new Decompress((part) => {
      size += part.length;
      if (size > most) throw new FormatError(problem(who, `a pickle of at most ${most} bytes`, "a larger one"));
      parts.push(part);
    });
    const step = 1 << 16;
    for (let at = 0; at < bytes.length; at += step)
      stream.push(bytes.subarray(at, at + step), at + step >= bytes.length);
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new FormatError(problem(who, "a packed pickle", `damaged bytes (${(error as Error).message})`), {
      cause: error,
    });
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
