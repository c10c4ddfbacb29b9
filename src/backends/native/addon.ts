import { BackendError, problem } from "../../errors.ts";
import { environment, granted } from "../environment.ts";

/** The addon's functions (kernels/node.cpp). Handles are opaque. */
export interface Addon {
  allocate(words: number): object;
  write(memory: object, offset: number, values: Float32Array | Int32Array): void;
  read(memory: object, offset: number, into: Float32Array | Int32Array): void;
  exchange(memory: object, other: object): void;
  add(memory: object, other: object): void;
  load(
    tape: Int32Array,
    memories: object[],
    isa: string,
    threads: number,
    sharePadding: boolean,
    profile: boolean,
    tiles: boolean,
  ): object;
  run(executable: object, firstStep: number, times: number, seed: number): Promise<void>;
  free(handle: object): void;
  /** Bytes of all memories and executables. */
  held(): number;
  /** `tiles`: whether this process may use those of bfloat16 (AMX); `refusal`: why not, where the processor has them, else "". */
  info(): { instructionSets: string[]; kernels?: string; cores: number; tiles: boolean; refusal: string };
  info(executable: object): { op: number; milliseconds: number; flops: number; runs: number; peak: number }[];
}

/** Put in by scripts/bundle.mjs: which kernels dist/ speaks to. Source files run with whatever was built last. */
declare const CELLSTATE_KERNELS: string;

const who = "native backend";

/**
 * Opens the addon: the file given, or CELLSTATE_ADDON; else the one that `npm run native` built, or the one that the package has for
 * this system. Throws BackendError with the reason why the best of them does not load, or why there is none, and the next step.
 */
export async function openAddon(given?: string): Promise<{ addon: Addon; file: string }> {
  if (typeof process === "undefined" || !process.versions?.node) {
    throw new BackendError(problem(who, "Node.js", "another runtime", "Use the wasm backend."));
  }
  if (!granted({ name: "read" }) || !granted({ name: "ffi" })) {
    const next = "deno run --allow-read --allow-ffi gives them. Or use the wasm backend.";
    throw new BackendError(problem(who, "the rights to read files and to load libraries", "a Deno without", next));
  }
  const asked = environment("CELLSTATE_ADDON");
  if (!given && !asked) return openedOfPackage();
  const unset = async () => "Unset CELLSTATE_ADDON, or name an addon of this version by it.";
  return given ? opened(given, async () => buildAdvice(await buildFolder())) : opened(asked!, unset);
}

async function openedOfPackage(): Promise<{ addon: Addon; file: string }> {
  const [{ existsSync }, { join }, { platformName, prebuilt }] = await Promise.all([
    import("node:fs"),
    import("node:path"),
    import("./platform.ts"),
  ]);
  const folder = await buildFolder();
  const name = await platformName();
  if (folder === null) {
    const next = `Set CELLSTATE_ADDON to the path of build/prebuilt/${name}.node of the package, shipped beside the bundle.`;
    throw new BackendError(problem(who, "its addon beside it", "a bundle that does not know its own place", next));
  }
  const own = join(folder, "cellstate.node");
  const file = join(folder, "prebuilt", `${name}.node`);
  const build = () => buildAdvice(folder);
  let failed: BackendError | null = null;
  for (const path of [own, file].filter(existsSync)) {
    try {
      return await opened(path, path === own ? build : async () => `Install the package again. Or: ${await build()}`);
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      failed = error;
    }
  }
  if (failed) throw failed;
  const next = await build();
  if (!(prebuilt as readonly string[]).includes(name)) {
    throw new BackendError(problem(who, `a system that has an addon (${prebuilt.join(", ")})`, name, next));
  }
  const packed = existsSync(join(folder, "prebuilt/addons.json"));
  const lost = `Install the package again, and let it be where an antivirus program took it away. Or: ${next}`;
  throw new BackendError(problem(who, "its addon", `no file ${packed ? file : own}`, packed ? lost : next));
}

/** One file, checked before and after the system loads it. `advice`: what to do where it is not as it should be. */
async function opened(file: string, advice: () => Promise<string>): Promise<{ addon: Addon; file: string }> {
  const [{ existsSync }, { readFile }, { createRequire }, { resolve }] = await Promise.all([
    import("node:fs"),
    import("node:fs/promises"),
    import("node:module"),
    import("node:path"),
  ]);
  const refused = async (received: string) => new BackendError(problem(who, "its addon", received, await advice()));
  if (!existsSync(file)) throw await refused(`no file ${file}`);
  const bytes = await readFile(file);
  const host = strangeHost();
  if (host) {
    const received = `${host}, which is not the node.exe that the addon looks for`;
    throw new BackendError(problem(who, "its addon", received, await buildAdvice(null)));
  }
  if (isTruncated(bytes) || (await isOtherLength(file, bytes.length))) throw await refused(`a truncated file ${file}`);
  let addon: Addon;
  try {
    addon = createRequire(resolve(file))(resolve(file)) as Addon;
  } catch (error) {
    const cause = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw await refused(`a file that does not load: ${cause}`);
  }
  const functions = ["allocate", "write", "read", "load", "run", "free", "info", "held", "exchange", "add"] as const;
  if (functions.some((name) => typeof addon[name] !== "function"))
    throw await refused(`${file}, which is another addon`);
  const { kernels } = addon.info();
  if (typeof CELLSTATE_KERNELS === "string" && kernels !== CELLSTATE_KERNELS) {
    const versions = `kernels ${kernels ?? "unknown"}, not ${CELLSTATE_KERNELS}`;
    throw await refused(`${file}, which belongs to another version of Cellstate (${versions})`);
  }
  return { addon, file };
}

/**
 * The program on Windows, where it is not node.exe: Electron, Bun. There the system would find some other node.exe by the PATH, load it
 * as a library, and the addon's first call would end the process. Null where the addon may be loaded.
 */
function strangeHost(): string | null {
  if (process.platform !== "win32") return null;
  const name = process.execPath.split(/[\\/]/).at(-1) ?? "";
  return name.toLowerCase() === "node.exe" ? null : name;
}

/** The package's folder build/: src/backends/native and dist/backends/native lie equally deep. Null in a bundle that has no place. */
async function buildFolder(): Promise<string | null> {
  const here: string | undefined = import.meta.url;
  if (!here?.startsWith("file:")) return null;
  const [{ fileURLToPath }, { join }] = await Promise.all([import("node:url"), import("node:path")]);
  return join(fileURLToPath(here), "../../../../build"); // `new URL(…, here)` would have Next look for the folder when it bundles
}

/** The command that builds an addon for this system: script and kernels lie in the package. Windows has none. */
async function buildAdvice(folder: string | null): Promise<string> {
  if (process.platform === "win32") return "Use the wasm backend: there is no build of one's own for Windows yet.";
  const { join } = await import("node:path");
  const script = folder === null ? "scripts/build-native.mjs" : join(folder, "../scripts/build-native.mjs");
  return `\`node ${script} --force\` builds it with this system's C++ compiler. Or use the wasm backend.`;
}

/** Whether a prebuilt addon has lost or gained bytes since it was packed. */
async function isOtherLength(file: string, length: number): Promise<boolean> {
  const [{ readFile }, { basename, dirname, join }] = await Promise.all([
    import("node:fs/promises"),
    import("node:path"),
  ]);
  const list = await readFile(join(dirname(file), "addons.json"), "utf8").catch(() => "");
  const entry = /^\{/.test(list) ? JSON.parse(list).files?.[basename(file, ".node")] : undefined;
  return entry !== undefined && entry.bytes !== length;
}

/** Whether an ELF file ends before its section table does: the system's loader would crash on it, not complain. */
function isTruncated(file: Uint8Array): boolean {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const elf64 = file.length >= 64 && view.getUint32(0) === 0x7f454c46 && file[4] === 2 && file[5] === 1;
  if (!elf64) return false;
  const tableAt = Number(view.getBigUint64(40, true)); // bytes
  return tableAt + view.getUint16(58, true) * view.getUint16(60, true) > file.length;
}
