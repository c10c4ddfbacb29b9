/** WASM kernels that are absent or damaged, workers that are lost, memory that cannot be had: errors or a stated fallback. */
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, expect, test, vi } from "vitest";
import { packed } from "../../src/backends/wasm/kernels-simd.ts";
import { type Instance, startTeam } from "../../src/backends/wasm/team.ts";

const builds = ["../../src/backends/wasm/kernels-relaxed.ts", "../../src/backends/wasm/kernels-simd.ts"];
afterEach(() => {
  for (const build of builds) vi.doUnmock(build);
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** The wasm backend, or why there is none, with `kernels` in place of both builds. */
async function withKernels(kernels: () => { packed: string }): Promise<string> {
  vi.resetModules();
  for (const build of builds) vi.doMock(build, kernels);
  const { wasmBackend } = await import("../../src/backends/wasm/index.ts");
  return wasmBackend({ threads: 1 }).then(
    (backend) => backend.description,
    (error) => `${error.name}: ${error.message}`,
  );
}
const gzip = (text: string) => Buffer.from(text).toString("base64");

test("missing, garbled and damaged kernels are a BackendError with the next step", async () => {
  const missing = () => {
    throw new Error("no such module");
  };
  expect(await withKernels(missing)).toMatch(/^BackendError: wasm backend: expected its kernels.*\n.*js backend/);
  expect(await withKernels(() => ({ packed: "%%%" }))).toMatch(/^BackendError.*its kernels/);
  expect(await withKernels(() => ({ packed: gzip("not gzip") }))).toMatch(/^BackendError.*its kernels/);
  const cut = packed.slice(0, Math.floor(packed.length / 8) * 4);
  expect(await withKernels(() => ({ packed: cut }))).toMatch(/^BackendError/);
});

test("where neither native nor wasm loads, js runs and one line gives both reasons", async () => {
  vi.stubEnv("CELLSTATE_ADDON", join(import.meta.dirname, "missing.node"));
  vi.stubEnv("CELLSTATE_BACKEND", undefined);
  vi.resetModules();
  for (const build of builds) vi.doMock(build, () => ({ packed: "" }));
  const said: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((line) => said.push(String(line)) > 0);
  const { chooseBackend } = await import("../../src/backends/choose.ts");
  expect((await chooseBackend()).name).toBe("js");
  expect((await chooseBackend()).name).toBe("js");
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(/^cellstate: js runs .*native backend: .*wasm backend: .*\n$/);
  await expect(chooseBackend("wasm")).rejects.toThrow(/its kernels/);
});

test("a worker that fails ends the run with its reason, and the team with it", async () => {
  const bytes = new Uint8Array(gunzipSync(Buffer.from(packed, "base64")));
  const memory = new WebAssembly.Memory({ initial: 32, maximum: 65536, shared: true });
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory, now: () => performance.now() } });
  const team = (await startTeam(bytes, memory, instance as unknown as Instance, 2))!;
  expect(team.leadable).toBe(true);
  await expect(team.run(0xfffffff0, 0, 1, 1)).rejects.toThrow(/out of bounds/); // no executable lies there
  await expect(team.run(0xfffffff0, 0, 1, 1)).rejects.toThrow(/out of bounds/);
  expect(team.leadable).toBe(false);
});
