/** The platforms that we publish an addon for, by the name of its file; src/backends/native/platform.ts picks by the same names. */
import { join } from "node:path";
import { root } from "./kernel-sources.mjs";

export const addonsFolder = join(root, "build/prebuilt");

const elf = ["-shared", "-Wl,--gc-sections", "-Wl,--version-script=exports.map", "-Wl,--build-id=none", "-pthread"];
const macho = ["-shared", "-undefined", "dynamic_lookup", "-Wl,-dead_strip"];
const pe = ["-shared", "node.lib"];

export const targets = {
  "linux-x64-glibc": { zig: "x86_64-linux-gnu.2.28", arch: "x64", link: elf },
  "linux-x64-musl": { zig: "x86_64-linux-musl", arch: "x64", link: [...elf, "-dynamic"] },
  "linux-arm64-glibc": { zig: "aarch64-linux-gnu.2.28", arch: "arm64", link: elf },
  "linux-arm64-musl": { zig: "aarch64-linux-musl", arch: "arm64", link: [...elf, "-dynamic"] },
  "darwin-arm64": { zig: "aarch64-macos.11.0", arch: "arm64", link: macho },
  "darwin-x64": { zig: "x86_64-macos.11.0", arch: "x64", link: macho },
  "win32-x64": { zig: "x86_64-windows-gnu", arch: "x64", link: pe, importLibrary: true },
  "win32-arm64": { zig: "aarch64-windows-gnu", arch: "arm64", link: pe, importLibrary: true },
};
