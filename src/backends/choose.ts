import { BackendError, problem } from "../errors.ts";
import type { Backend } from "./backend.ts";
import { jsBackend } from "./js/index.ts";

export type BackendName = "js" | "wasm" | "native";
export const backendNames: readonly BackendName[] = ["js", "wasm", "native"];

/** A variable of the process's environment; undefined in a browser. */
export function environment(name: string): string | undefined {
  return typeof process === "undefined" ? undefined : process.env?.[name];
}

/**
 * The backend to use: the one named, `CELLSTATE_BACKEND`, or the fastest that loads here (native, then wasm, then js).
 * With `CELLSTATE_CHECK=1`, or `checkNumbers`, the js backend looks at every number and names the instruction that made a bad one.
 * Throws BackendError for a name nobody knows, or a named backend that does not load.
 */
export async function chooseBackend(name?: string, options: { checkNumbers?: boolean } = {}): Promise<Backend> {
  const check = options.checkNumbers === true || environment("CELLSTATE_CHECK") === "1";
  const asked = name ?? environment("CELLSTATE_BACKEND");
  if (asked !== undefined && !backendNames.includes(asked as BackendName)) {
    throw new BackendError(
      problem("backend", `one of ${backendNames.join(", ")}`, `"${asked}"`, "Leave it out to let Cellstate choose."),
    );
  }
  if (asked === "js" || check) return jsBackend({ check });
  if (asked !== "wasm") {
    native ??= import("./native/index.ts").then(({ loadNative }) => loadNative());
    const found = await native;
    if ("backend" in found) return found.backend;
    if (asked === "native") throw new BackendError(found.reason);
  }
  wasm ??= import("./wasm/index.ts").then(({ wasmBackend }) => wasmBackend());
  try {
    return await wasm;
  } catch (error) {
    if (asked === "wasm" || !(error instanceof BackendError)) throw error;
    return jsBackend(); // no WebAssembly here, or not the kind the kernels need
  }
}

let native: Promise<{ backend: Backend } | { reason: string }> | null = null;
let wasm: Promise<Backend> | null = null;

/** Whether whole-layer kernels are used; CELLSTATE_FUSED=0 runs every op by its reference. */
export const fusedOps = (): boolean => environment("CELLSTATE_FUSED") !== "0";
