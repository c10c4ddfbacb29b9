/**
 * A cyclic redundancy check of 32 bits (Peterson & Brown 1961), by the byte, from its reflected polynomial: a uint32. CRC-32 is that of zip,
 * gzip and PNG; CRC-32C (Castagnoli 1993) that of TFRecord files and checkpoints.
 *
 *   crc32(new TextEncoder().encode("123456789")); // 3421780262
 *   crc32c(new TextEncoder().encode("123456789")); // 3808858755
 */
function crcOf(polynomial: number): (bytes: Uint8Array) => number {
  const table = Int32Array.from({ length: 256 }, (_, byte) => {
    let c = byte;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? polynomial ^ (c >>> 1) : c >>> 1;
    return c;
  });
  return (bytes) => {
    let c = -1;
    for (let i = 0; i < bytes.length; i++) c = table[(c ^ bytes[i]) & 255] ^ (c >>> 8);
    return ~c >>> 0;
  };
}

export const crc32 = crcOf(0xedb88320);
export const crc32c = crcOf(0x82f63b78);
