import { BackendError, problem } from "../errors.ts";
import type { Backend } from "./backend.ts";
import { jsBackend } from "./js/index.ts";

export type BackendName = "js" | "native";
export const backendNames: readonly BackendName[] = ["js", "native"];

/** A variable of the process's environment; undefined in a browser. */
export function environment(name: string): string | undefined {
  return typeof process === "undefined" ? undefined : process.env?.[name];
}

/**
 * The backend to use: the one named, `CELLSTATE_BACKEND`, or the fastest that loads here (native, then js).
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
  loading ??= import("./native/index.ts").then(({ loadNative }) => loadNative());
  const native = await loading;
  if ("backend" in native) return native.backend;
  if (asked === "native") throw new BackendError(native.reason);
  return jsBackend();
}

let loading: Promise<{ backend: Backend } | { reason: string }> | null = null;

/** Whether whole-layer kernels are used; CELLSTATE_FUSED=0 runs every op by its reference. */
export const fusedOps = (): boolean => environment("CELLSTATE_FUSED") !== "0";
