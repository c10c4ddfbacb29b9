import type { Backend } from "../src/backends/backend.ts";
import { jsBackend } from "../src/backends/js/index.ts";
import { loadNative } from "../src/backends/native/index.ts";
import { wasmBackend } from "../src/backends/wasm/index.ts";

/** Every backend that runs here; an absent one is named with its reason. */
export async function presentBackends(): Promise<Backend[]> {
  const found: Backend[] = [jsBackend(), await wasmBackend()];
  const native = await loadNative();
  if ("backend" in native) found.push(native.backend);
  else console.warn(`skipped on native: ${native.reason}`);
  return found;
}
