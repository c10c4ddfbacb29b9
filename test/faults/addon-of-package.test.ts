/** The package's addon for this system: found by its name, and what is said where it is missing, damaged or of another version. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { targets } from "../../scripts/prebuild-targets.mjs";
import type * as Addon from "../../src/backends/native/addon.ts";
import { loadNative, nativeBackend } from "../../src/backends/native/index.ts";
import { libraryOf, platformName, prebuilt } from "../../src/backends/native/platform.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "cellstate-addons-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => void vi.unstubAllGlobals());

const present = await loadNative();
const addon = "backend" in present ? present.backend.description.match(/\((.*)\)/)![1] : "";
if (!addon) console.warn("loading a packed addon skipped: there is none to copy");
const name = await platformName();

/** A package in a folder of its own, whose path has a space, with one file for this system. */
let openAddon: typeof Addon.openAddon;
const packed = join(folder, "my app/cellstate");
const place = join(packed, "build/prebuilt", `${name}.node`);
beforeAll(async () => {
  const at = join(packed, "dist/backends/native/addon.mjs");
  const entryPoints = [join(root, "src/backends/native/addon.ts")];
  await build({ entryPoints, outfile: at, bundle: true, platform: "node", format: "esm" });
  mkdirSync(join(packed, "build/prebuilt"), { recursive: true });
  ({ openAddon } = await import(/* @vite-ignore */ pathToFileURL(at).href));
});

test("the names of systems are those that are built for", () => {
  expect(Object.keys(targets)).toEqual([...prebuilt]);
});

test("musl is told from glibc by the interpreter of the running program", async () => {
  const program = (interpreter: string) => {
    const bytes = Buffer.alloc(8192);
    bytes.writeUInt32BE(0x7f454c46, 0); // ELF, 64 bits, little-endian
    bytes.set([2, 1], 4);
    bytes.writeBigUInt64LE(64n, 32); // program headers, two of 56 bytes
    bytes.writeUInt16LE(56, 54);
    bytes.writeUInt16LE(2, 56);
    bytes.writeUInt32LE(6, 64);
    bytes.writeUInt32LE(3, 120); // PT_INTERP
    bytes.writeBigUInt64LE(400n, 128);
    bytes.writeBigUInt64LE(BigInt(interpreter.length), 152);
    bytes.write(interpreter, 400);
    const file = join(folder, "program");
    writeFileSync(file, bytes);
    return file;
  };
  expect(await libraryOf(program("/lib/ld-musl-x86_64.so.1"))).toBe("musl");
  expect(await libraryOf(program("/lib64/ld-linux-x86-64.so.2"))).toBe("glibc");
  writeFileSync(join(folder, "script"), "#!/bin/sh\n# musl");
  expect(await libraryOf(join(folder, "script"))).toBe("glibc");
  expect(await libraryOf(join(folder, "none"))).toBe("glibc");
});

test("a package without its addons names the script that builds one; with the list of them, what may have taken it", async () => {
  await expect(openAddon()).rejects.toThrow(
    /no file .*my app.*cellstate\.node\.\n.*`node .*my app.*build-native\.mjs --force`/,
  );
  writeFileSync(join(packed, "build/prebuilt/addons.json"), '{ "files": {} }');
  await expect(openAddon()).rejects.toThrow(/prebuilt.*\.node\.\n.*antivirus/);
});

test("a system that none is built for is named, beside those that are", async () => {
  vi.stubGlobal("process", { ...process, platform: "freebsd", arch: "x64", versions: process.versions });
  await expect(openAddon()).rejects.toThrow(/linux-x64-glibc, .*received freebsd-x64\.\n.*compiler/s);
});

test.skipIf(!addon)("the packed addon loads, and is refused at another length than it was packed with", async () => {
  copyFileSync(addon, place);
  expect((await openAddon()).file).toBe(place);
  writeFileSync(join(packed, "build/prebuilt/addons.json"), JSON.stringify({ files: { [name]: { bytes: 12 } } }));
  await expect(openAddon()).rejects.toThrow(/truncated/);
});

test.skipIf(!addon)("an addon of other kernels than dist/ speaks to is refused, by their versions", async () => {
  vi.stubGlobal("CELLSTATE_KERNELS", "0123456789abcdef");
  await expect(nativeBackend({ file: addon })).rejects.toThrow(/another version.*[0-9a-f]{16}, not 0123456789abcdef/);
  const found = await loadNative({ file: addon });
  expect("reason" in found && found.reason).toMatch(/wasm backend/);
});

test.skipIf(!addon)(
  "on Windows a program that is not node.exe loads no addon: it would take another node.exe for itself",
  async () => {
    const at = (execPath: string) => ({ ...process, platform: "win32", execPath, versions: process.versions });
    vi.stubGlobal("process", at("C:\\Program Files\\Notes\\electron.exe"));
    await expect(openAddon(addon)).rejects.toThrow(/electron\.exe, which is not the node\.exe.*\n.*wasm backend/);
    vi.stubGlobal("process", at("C:\\Program Files\\nodejs\\Node.EXE"));
    expect((await openAddon(addon)).file).toBe(addon);
  },
);

test("a Deno without the rights is not asked for them: the reason says which", async () => {
  const state = (right: { name: string }) => ({ state: right.name === "ffi" ? "prompt" : "granted" });
  vi.stubGlobal("Deno", { permissions: { querySync: state } });
  await expect(openAddon()).rejects.toThrow(/--allow-read --allow-ffi/);
});
