/** The systems that an addon is built for; scripts/prebuild-targets.mjs says with what. */
export const prebuilt = [
  "linux-x64-glibc",
  "linux-x64-musl",
  "linux-arm64-glibc",
  "linux-arm64-musl",
  "darwin-arm64",
  "darwin-x64",
  "win32-x64",
  "win32-arm64",
] as const;

/** This system's name among `prebuilt`, or one of the same form that is not there: `freebsd-x64`. */
export async function platformName(): Promise<string> {
  const { platform, arch } = process;
  return platform === "linux" ? `linux-${arch}-${await libraryOf(process.execPath)}` : `${platform}-${arch}`;
}

/**
 * The C library that a Linux program runs on, by its interpreter: musl's is called ld-musl-x86_64.so.1. The system's `ldd` would
 * speak of the system, which may hold both.
 */
export async function libraryOf(program: string): Promise<"glibc" | "musl"> {
  const { open } = await import("node:fs/promises"); // bundlers for pages follow this file, and have none
  const file = await open(program).catch(() => null);
  if (!file) return "glibc";
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8192), 0, 8192, 0);
    return interpreterOf(buffer.subarray(0, bytesRead)).includes("musl") ? "musl" : "glibc";
  } catch {
    return "glibc";
  } finally {
    await file.close();
  }
}

/** The interpreter that an ELF file's first bytes name; "" where there is none in them. */
function interpreterOf(bytes: Buffer): string {
  if (bytes.length < 64 || bytes.readUInt32BE(0) !== 0x7f454c46 || bytes[4] !== 2 || bytes[5] !== 1) return "";
  const headers = Number(bytes.readBigUInt64LE(32));
  for (let k = 0; k < bytes.readUInt16LE(56); k++) {
    const at = headers + k * bytes.readUInt16LE(54);
    if (at + 56 > bytes.length) return "";
    if (bytes.readUInt32LE(at) !== 3) continue; // PT_INTERP
    const start = Number(bytes.readBigUInt64LE(at + 8));
    return bytes.toString("latin1", start, start + Number(bytes.readBigUInt64LE(at + 32)));
  }
  return "";
}
