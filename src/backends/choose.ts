import { BackendError, problem } from "../errors.ts";
import type { Backend, BackendName } from "./backend.ts";
import { environment } from "./environment.ts";

export { environment, sharesPadding } from "./environment.ts";
export { withRoom } from "./room.ts";
export type { BackendName };

export const backendNames: readonly BackendName[] = ["js", "wasm", "native"];

/**
 * The backend to use: the one named, `CELLSTATE_BACKEND`, or the fastest that loads here (native, then wasm, then js). When the
 * fastest does not load outside a browser, one line on stderr says so, once, with the reason and what runs instead.
 * With `CELLSTATE_CHECK=1`, or `checkNumbers`, the js backend looks at every number and names the instruction that made a bad one.
 * Throws BackendError for an unknown name, or a named backend that does not load.
 *
 *   (await chooseBackend("js")).name; // "js"
 */
export async function chooseBackend(name?: BackendName, options: { checkNumbers?: boolean } = {}): Promise<Backend> {
  const check = options.checkNumbers === true || environment("CELLSTATE_CHECK") === "1";
  const asked: string | undefined = name ?? environment("CELLSTATE_BACKEND");
  if (asked !== undefined && !backendNames.includes(asked as BackendName)) {
    throw new BackendError(
      problem("backend", `one of ${backendNames.join(", ")}`, `"${asked}"`, "Leave it out to let Cellstate choose."),
    );
  }
  if (asked === "js" || check) return plain(check);
  const failed: string[] = [];
  if (asked !== "wasm") {
    native ??= import("./native/index.ts").then(({ loadNative }) => loadNative());
    const found = await native;
    if ("backend" in found) return found.backend;
    if (asked === "native") throw new BackendError(found.reason);
    failed.push(found.reason);
  }
  wasm ??= import("./wasm/index.ts").then(({ wasmBackend }) => wasmBackend());
  try {
    return announce(failed, await wasm);
  } catch (error) {
    if (asked === "wasm" || !(error instanceof BackendError)) throw error;
    failed.push(error.message);
    return announce(failed, await plain()); // no WebAssembly here, or not the kind the kernels need
  }
}

const plain = async (check = false): Promise<Backend> => (await import("./js/index.ts")).jsBackend({ check });

let native: Promise<{ backend: Backend } | { reason: string }> | null = null;
let wasm: Promise<Backend> | null = null;
let announced = false;

/** Tells once what runs in place of something faster. A browser never had native kernels: there it is no news. */
function announce(failed: readonly string[], backend: Backend): Backend {
  if (failed.length === 0 || announced || typeof process === "undefined" || !process.stderr) return backend;
  announced = true;
  const reasons = failed.map((reason) => reason.split("\n")[0]).join(" ");
  const named = `cellstate doctor says what helps; CELLSTATE_BACKEND=${backend.name} chooses it without this line.`;
  process.stderr.write(`cellstate: ${backend.name} runs instead of something faster. ${reasons} ${named}\n`);
  return backend;
}

/** Whether whole-layer kernels are used; CELLSTATE_FUSED=0 runs every op by its reference. */
export const fusedOps = (): boolean => environment("CELLSTATE_FUSED") !== "0";
