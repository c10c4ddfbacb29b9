/** No compiler, no addon, a broken or a foreign one: a line or a BackendError that says so, and the next best backend. */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import type * as Choose from "../../src/backends/choose.ts";
import { loadNative, nativeBackend } from "../../src/backends/native/index.ts";
import { BackendError } from "../../src/errors.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "cellstate-faults-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const present = await loadNative();
const addon = "backend" in present ? present.backend.description.match(/\((.*)\)/)![1] : "";
if (!addon) console.warn("damaged copies of the addon skipped: there is none to copy");

/** choose.ts as a new process would load it, with what it writes to stderr. */
async function fresh(): Promise<{ choose: typeof Choose; said: string[] }> {
  vi.resetModules();
  const said: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((line) => said.push(String(line)) > 0);
  return { choose: await import("../../src/backends/choose.ts"), said };
}
beforeEach(() => vi.stubEnv("CELLSTATE_BACKEND", undefined));
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test("without a compiler the build says so in one line and succeeds", () => {
  const env = { PATH: folder, CXX: "", CELLSTATE_NO_NATIVE: "" };
  const built = spawnSync(process.execPath, [join(root, "scripts/build-native.mjs")], { env, encoding: "utf8" });
  expect(built.status).toBe(0);
  expect(built.stderr).toBe("");
  expect(built.stdout).toBe(
    "cellstate: no native addon was built (there is no C++ compiler); the WASM kernels run in its place.\n",
  );
});

test.skipIf(process.platform === "win32")(
  "a compiler that fails is named, with its first complaint, and the build succeeds",
  () => {
    const broken = join(folder, "broken-compiler");
    writeFileSync(
      broken,
      '#!/bin/sh\n[ "$1" = --version ] && exit 0\necho "x.cpp:1: error: this compiler is broken" >&2\nexit 1\n',
      { mode: 0o755 },
    );
    // a copy of the sources, so that the addon in use stays as it is
    const copy = join(folder, "package");
    execFileSync("mkdir", ["-p", copy]);
    for (const part of ["kernels", "scripts"]) execFileSync("cp", ["-R", join(root, part), copy]);
    const env = { ...process.env, CXX: broken, CELLSTATE_NO_NATIVE: "" };
    const built = spawnSync(process.execPath, [join(copy, "scripts/build-native.mjs")], { env, encoding: "utf8" });
    expect(built.status).toBe(0);
    expect(built.stdout).toMatch(
      /^cellstate: no native addon was built \(.*this compiler is broken.*\); the WASM kernels run in its place\.\n$/,
    );
    expect(existsSync(join(copy, "build/cellstate.node"))).toBe(false);
  },
);

test("without an addon wasm runs, and one line on stderr says so once", async () => {
  vi.stubEnv("CELLSTATE_ADDON", join(folder, "missing.node"));
  const { choose, said } = await fresh();
  expect((await choose.chooseBackend()).name).toBe("wasm");
  expect((await choose.chooseBackend()).name).toBe("wasm");
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(
    /^cellstate: wasm runs instead of something faster\. native backend: .*no file .*missing\.node\..*\n$/,
  );
  await expect(choose.chooseBackend("native")).rejects.toThrow(/native backend: .*missing\.node/);
});

test("nothing is said of a backend that was asked for", async () => {
  vi.stubEnv("CELLSTATE_ADDON", join(folder, "missing.node"));
  vi.stubEnv("CELLSTATE_BACKEND", "wasm");
  const { choose, said } = await fresh();
  expect((await choose.chooseBackend()).name).toBe("wasm");
  expect((await choose.chooseBackend("js")).name).toBe("js");
  expect(said).toEqual([]);
});

test("a file that is no addon does not load, and the message says what to do", async () => {
  const file = join(folder, "text.node");
  writeFileSync(file, "not an addon");
  await expect(nativeBackend({ file })).rejects.toThrow(/does not load[\s\S]*build-native/);
});

test.skipIf(!addon)("an addon cut short is refused before the system's loader trips over it", async () => {
  const whole = readFileSync(addon);
  for (const part of [0.1, 0.5, 0.99]) {
    const file = join(folder, `cut-${part}.node`);
    writeFileSync(file, whole.subarray(0, Math.floor(whole.length * part)));
    await expect(nativeBackend({ file })).rejects.toThrow(BackendError);
  }
});

test.skipIf(!addon || process.platform !== "linux")("an addon for another processor does not load", async () => {
  const file = join(folder, "foreign-processor.node");
  copyFileSync(addon, file);
  const bytes = readFileSync(file);
  bytes.writeUInt16LE(bytes.readUInt16LE(18) === 0xf3 ? 0x3e : 0xf3, 18); // e_machine: RISC-V
  writeFileSync(file, bytes);
  await expect(nativeBackend({ file })).rejects.toThrow(/does not load/);
});

const other = ["@rolldown/binding-linux-x64-gnu/rolldown-binding.linux-x64-gnu.node"]
  .map((name) => join(root, "node_modules", name))
  .find(existsSync);
if (!other) console.warn("a foreign addon skipped: vitest's own, used for it, is not there on this platform");
test.skipIf(!other)("an addon of another package is recognised", async () => {
  await expect(nativeBackend({ file: other })).rejects.toThrow(/which is another addon/);
});

test.skipIf(!addon)(
  "a processor without AVX2 runs the generic kernels, as CELLSTATE_ISA shows; an unknown one is refused",
  async () => {
    const native = await import("../../src/backends/native/index.ts");
    vi.stubEnv("CELLSTATE_ISA", "generic");
    if (process.arch === "x64") expect((await native.nativeBackend()).description).toContain("generic");
    vi.stubEnv("CELLSTATE_ISA", "abacus");
    const { choose, said } = await fresh();
    expect((await choose.chooseBackend()).name).toBe("wasm");
    expect(said.join("")).toContain('"abacus"');
  },
);
