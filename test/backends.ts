import type { Backend } from "../src/backends/backend.ts";
import { jsBackend } from "../src/backends/js/index.ts";
import { loadNative } from "../src/backends/native/index.ts";
import { wasmBackend } from "../src/backends/wasm/index.ts";

let present: Promise<Backend[]> | undefined; // files of tests share a worker, and so what it compiled

/** Every backend that runs here; an absent one is named with its reason. */
export const presentBackends = (): Promise<Backend[]> => {
  present ??= look();
  return present;
};

async function look(): Promise<Backend[]> {
  const found: Backend[] = [jsBackend(), await wasmBackend()];
  const native = await loadNative();
  if ("backend" in native) found.push(native.backend);
  else console.warn(`skipped on native: ${native.reason}`);
  return found;
}
