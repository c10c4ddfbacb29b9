import { BackendError, problem } from "../errors.ts";
import type { Backend } from "./backend.ts";
import { jsBackend } from "./js/index.ts";

export type BackendName = "js";
export const backendNames: readonly BackendName[] = ["js"];

/** A variable of the process's environment; undefined in a browser. */
export function environment(name: string): string | undefined {
  return typeof process === "undefined" ? undefined : process.env?.[name];
}

/**
 * The backend to use: the one named, `CELLSTATE_BACKEND`, or the fastest that loads here.
 * With `CELLSTATE_CHECK=1`, or `checkNumbers`, the js backend looks at every number and names the instruction that made a bad one.
 */
export async function chooseBackend(name?: string, options: { checkNumbers?: boolean } = {}): Promise<Backend> {
  const asked = name ?? environment("CELLSTATE_BACKEND");
  if (asked !== undefined && !backendNames.includes(asked as BackendName)) {
    throw new BackendError(problem("backend", `one of ${backendNames.join(", ")}`, `"${asked}"`, "Unset CELLSTATE_BACKEND to let Cellstate choose."));
  }
  return jsBackend({ check: options.checkNumbers === true || environment("CELLSTATE_CHECK") === "1" });
}

/** Whether whole-layer kernels are used; CELLSTATE_FUSED=0 runs every op by its reference. */
export const fusedOps = (): boolean => environment("CELLSTATE_FUSED") !== "0";
