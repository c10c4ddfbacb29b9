/** Hashes of strings as TensorFlow makes buckets of them: unsigned numbers of 64 bits. */
const whole = (1n << 64n) - 1n;
const k0 = 0xc3a5c85c97cb3127n;
const k1 = 0xb492b66fbe98f273n;
const k2 = 0x9ae16a3b2f90404fn;

const word = (v: bigint): bigint => v & whole;
const right = (v: bigint, by: bigint): bigint => word((v >> by) | (v << (64n - by)));
const mixed = (v: bigint): bigint => v ^ (v >> 47n);

function both(u: bigint, v: bigint, mul: bigint): bigint {
  const a = mixed(word((u ^ v) * mul));
  return word(mixed(word((v ^ a) * mul)) * mul);
}

/**
 * FarmHash's Fingerprint64 of UTF-8 bytes (Pike 2014), which `to_hash_bucket_fast` takes a remainder of.
 *
 *   fingerprint64(new TextEncoder().encode("red")) % 10n;
 */
export function fingerprint64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const n = bytes.length;
  const length = BigInt(n);
  const u64 = (at: number) => view.getBigUint64(at, true);
  const u32 = (at: number) => BigInt(view.getUint32(at, true));
  const mul = k2 + 2n * length;
  if (n === 0) return k2;
  if (n < 4) {
    const y = BigInt(bytes[0] + (bytes[n >> 1] << 8));
    const z = BigInt(n + (bytes[n - 1] << 2));
    return word(mixed(word(y * k2) ^ word(z * k0)) * k2);
  }
  if (n < 8) return both(length + (u32(0) << 3n), u32(n - 4), mul);
  if (n <= 16) {
    const a = word(u64(0) + k2);
    const b = u64(n - 8);
    return both(word(right(b, 37n) * mul + a), word((right(a, 25n) + b) * mul), mul);
  }
  if (n <= 32) {
    const [a, b, c, d] = [word(u64(0) * k1), u64(8), word(u64(n - 8) * mul), word(u64(n - 16) * k2)];
    return both(word(right(word(a + b), 43n) + right(c, 30n) + d), word(a + right(word(b + k2), 18n) + c), mul);
  }
  if (n <= 64) {
    const [a, b, c, d] = [word(u64(0) * k2), u64(8), word(u64(n - 8) * mul), word(u64(n - 16) * k2)];
    const y = word(right(word(a + b), 43n) + right(c, 30n) + d);
    const z = both(y, word(a + right(word(b + k2), 18n) + c), mul);
    const [e, f] = [word(u64(16) * mul), u64(24)];
    const [g, h] = [word((y + u64(n - 32)) * mul), word((z + u64(n - 24)) * mul)];
    return both(word(right(word(e + f), 43n) + right(g, 30n) + h), word(e + right(word(f + a), 18n) + g), mul);
  }
  return longFingerprint(u64, n);
}

/** Of more than 64 bytes: blocks of 64, the last one reaching back into the one before. */
function longFingerprint(u64: (at: number) => bigint, n: number): bigint {
  const weak = (at: number, seedA: bigint, seedB: bigint): [bigint, bigint] => {
    const a = word(seedA + u64(at));
    const z = u64(at + 24);
    const sum = word(a + u64(at + 8) + u64(at + 16));
    return [word(sum + z), word(right(word(seedB + a + z), 21n) + right(sum, 44n) + a)];
  };
  let x = 81n;
  let y = word(81n * k1 + 113n);
  let z = word(mixed(word(y * k2 + 113n)) * k2);
  let v: [bigint, bigint] = [0n, 0n];
  let w: [bigint, bigint] = [0n, 0n];
  x = word(x * k2 + u64(0));
  const round = (at: number, by: bigint, last: boolean) => {
    x = word(right(word(x + y + v[0] + u64(at + 8)), 37n) * by);
    y = word(right(word(y + v[1] + u64(at + 48)), 42n) * by);
    x ^= last ? word(w[1] * 9n) : w[1];
    y = word(y + (last ? v[0] * 9n : v[0]) + u64(at + 40));
    z = word(right(word(z + w[0]), 33n) * by);
    v = weak(at, word(v[1] * by), word(x + w[0]));
    w = weak(at + 32, word(z + w[1]), word(y + u64(at + 16)));
    [x, z] = [z, x];
  };
  const end = 64 * Math.floor((n - 1) / 64);
  for (let at = 0; at < end; at += 64) round(at, k1, false);
  const mul = word(k1 + ((z & 0xffn) << 1n));
  w[0] = word(w[0] + BigInt((n - 1) & 63));
  v[0] = word(v[0] + w[0]);
  w[0] = word(w[0] + v[0]);
  round(end + ((n - 1) & 63) - 63, mul, true);
  const first = word(both(v[0], w[0], mul) + mixed(y) * k0 + z);
  return both(first, word(both(v[1], w[1], mul) + x), mul);
}

/**
 * SipHash-2-4 of UTF-8 bytes under a key of two numbers (Aumasson & Bernstein 2012), which `to_hash_bucket_strong` takes a
 * remainder of.
 */
export function sipHash(bytes: Uint8Array, key: readonly [bigint, bigint]): bigint {
  let v0 = 0x736f6d6570736575n ^ word(key[0]);
  let v1 = 0x646f72616e646f6dn ^ word(key[1]);
  let v2 = 0x6c7967656e657261n ^ word(key[0]);
  let v3 = 0x7465646279746573n ^ word(key[1]);
  const left = (v: bigint, by: bigint) => right(v, 64n - by);
  const rounds = (count: number) => {
    for (let k = 0; k < count; k++) {
      v0 = word(v0 + v1);
      v1 = left(v1, 13n) ^ v0;
      v0 = left(v0, 32n);
      v2 = word(v2 + v3);
      v3 = left(v3, 16n) ^ v2;
      v0 = word(v0 + v3);
      v3 = left(v3, 21n) ^ v0;
      v2 = word(v2 + v1);
      v1 = left(v1, 17n) ^ v2;
      v2 = left(v2, 32n);
    }
  };
  const padded = new Uint8Array(8 * (Math.floor(bytes.length / 8) + 1));
  padded.set(bytes);
  padded[padded.length - 1] = bytes.length & 0xff;
  const view = new DataView(padded.buffer);
  for (let at = 0; at < padded.length; at += 8) {
    const m = view.getBigUint64(at, true);
    v3 ^= m;
    rounds(2);
    v0 ^= m;
  }
  v2 ^= 0xffn;
  rounds(4);
  return v0 ^ v1 ^ v2 ^ v3;
}

/** The bucket of a string, or of a whole number as it is written, among `buckets`; with a salt by a keyed hash. */
export function bucketOf(value: string | number, buckets: number, salt: readonly [number, number] | null): number {
  const bytes = new TextEncoder().encode(String(value));
  const hash = salt ? sipHash(bytes, [BigInt(salt[0]), BigInt(salt[1])]) : fingerprint64(bytes);
  return Number(hash % BigInt(buckets));
}
