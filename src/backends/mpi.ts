import { BackendError, problem } from "../errors.ts";
import type { Memory } from "./backend.ts";
import { environment } from "./environment.ts";
import type { Layout, Parallel, Ranks } from "./ranks.ts";

/** The addon's part for MPI (kernels/mpi.cpp). */
interface MpiAddon {
  mpiStart(library: string): { rank: number; size: number; name: string };
  mpiSum(pieces: readonly Numbers[], counts: Int32Array, bounds: Int32Array, sum: Numbers): Promise<void>;
  mpiGather(bytes: Uint8Array, all: Uint8Array): Promise<void>;
  mpiBroadcast(bytes: Uint8Array): Promise<void>;
  mpiStop(): void;
}

/** An array, or the handle of the addon's memory. */
type Numbers = Float32Array | object;

/** Options of `mpi`. */
export interface MpiOptions {
  /**
   * Path or name of the MPI library, of Open MPI or with MPICH's binary interface; `"none"`: this process trains by itself. Default:
   * CELLSTATE_MPI, or the one that belongs to the `mpirun` that started this process.
   */
  library?: string;
}

/**
 * Training by several processes that MPI joins: `mpirun -np 4 node train.js`. The library is loaded when training begins; started
 * without mpirun it is one process that trains alone, and no MPI is needed. Node on Linux and macOS. `start` throws BackendError
 * where mpirun's library cannot be loaded, or is another one than mpirun's.
 *
 *   await model.fit(x, y, { epochs: 5, parallel: mpi(), blocks: 4 });
 */
export function mpi(options: MpiOptions = {}): Parallel {
  return {
    start: () => {
      started ??= join(options);
      return started;
    },
  };
}

let started: Promise<Ranks> | null = null; // a process belongs to one world

async function join({ library = environment("CELLSTATE_MPI") }: MpiOptions): Promise<Ranks> {
  if (library === "none") return alone;
  const launcher = launchers.find(({ variable }) => environment(variable) !== undefined);
  if (!launcher && library === undefined) {
    refuseUnjoined();
    return alone;
  }
  if (process.platform === "win32") {
    const next = "Train in one process, which uses all cores, or under WSL with Open MPI.";
    throw new BackendError(problem("mpi", "Linux or macOS", "Windows", next));
  }
  const { openAddon } = await import("./native/index.ts"); // beside which the addon lies
  const { file, addon } = await openAddon();
  const own = addon as Partial<MpiAddon>;
  if (!own.mpiStart || !own.mpiSum) {
    const next = "Build it again: node scripts/build-native.mjs --force.";
    throw new BackendError(problem("mpi", "an addon with MPI", `${file}, which an earlier version built`, next));
  }
  const names = library === undefined ? launcher!.libraries : [library];
  const world = open(own as MpiAddon, names, launcher?.name);
  const wanted = Number(launcher ? environment(launcher.variable) : 1);
  if (world.size === 1 && wanted > 1) {
    const next = `${world.name} was loaded: set CELLSTATE_MPI to the library that belongs to your mpirun, or use its own mpirun.`;
    throw new BackendError(problem("mpi", `${wanted} ranks, as mpirun started`, "a world of one", next));
  }
  process.once("exit", () => {
    if (!failing) (own as MpiAddon).mpiStop();
  });
  return new MpiRanks(own as MpiAddon, world);
}

/**
 * Throws BackendError for one of several processes that Slurm started and no known MPI joins: each would train the same model by itself, and
 * write the same files.
 */
function refuseUnjoined(): void {
  const tasks = Number(environment("SLURM_STEP_NUM_TASKS") ?? 1);
  if (!(tasks > 1)) return;
  const how = environment("PMIX_RANK") === undefined ? "srun without MPI" : "srun with PMIx";
  const next =
    "Start with mpirun within the allocation; or with srun --mpi=pmix (Open MPI) or --mpi=pmi2 (MPICH), and CELLSTATE_MPI set to the library of that MPI (libmpi.so.40, libmpi.so.12). CELLSTATE_MPI=none where each trains a model of its own.";
  throw new BackendError(problem("mpi", "processes of mpirun", `${tasks} of ${how}`, next));
}

let failing = false;

/** Launchers by the variable in which they say how many they started, and the libraries of their kind. */
const launchers = [
  {
    name: "Open MPI",
    variable: "OMPI_COMM_WORLD_SIZE",
    libraries: ["libmpi.so.40", "libmpi.so.80", "libmpi.so", "libmpi.40.dylib", "libmpi.dylib"],
  },
  {
    name: "MPICH",
    variable: "PMI_SIZE",
    libraries: ["libmpi.so.12", "libmpich.so.12", "libmpi.12.dylib", "libmpich.12.dylib"],
  },
];

function open(addon: MpiAddon, names: readonly string[], launcher = "MPI") {
  const failed: string[] = [];
  for (const name of names) {
    try {
      return addon.mpiStart(name);
    } catch (error) {
      const { message } = error as Error;
      if (message.startsWith("load: ")) failed.push(message.slice(6));
      else if (message.startsWith("kind: ")) {
        const next =
          "Open MPI and libraries with MPICH's binary interface are known. Set CELLSTATE_MPI to one of them.";
        throw new BackendError(problem("mpi", "a library of a known kind", message.slice(6), next));
      } else throw new BackendError(problem("mpi", "a library that starts", message));
    }
  }
  const install = "Install it (Debian, Ubuntu: apt-get install openmpi-bin; macOS: brew install open-mpi)";
  const next = `${install} on every machine, or set CELLSTATE_MPI to the library's path.`;
  throw new BackendError(problem("mpi", `the library of ${launcher}`, failed[0], next));
}

/** One process that trains alone. */
const alone: Ranks = {
  rank: 0,
  size: 1,
  description: "one process",
  sum: async ([piece]) => piece,
  gather: async (bytes) => [bytes],
  broadcast: async (bytes) => bytes,
  leave: () => {},
};

class MpiRanks implements Ranks {
  readonly rank: number;
  readonly size: number;
  readonly description: string;
  readonly #addon: MpiAddon;

  constructor(addon: MpiAddon, { rank, size, name }: ReturnType<MpiAddon["mpiStart"]>) {
    this.#addon = addon;
    this.rank = rank;
    this.size = size;
    this.description = name;
  }

  async sum(pieces: readonly Float32Array[], layout: Layout, words: number): Promise<Float32Array> {
    if (this.size === 1) return pieces[0];
    const sum = new Float32Array(words);
    await this.#sum(pieces, layout, sum);
    return sum;
  }

  sumInPlace(pieces: readonly Memory[], layout: Layout, into: Memory): Promise<void> | null {
    const [sum, ...own] = [into, ...pieces].map((memory) => (memory as { handle?: object }).handle);
    if (!sum || own.includes(undefined)) return null; // of another backend
    if (this.size === 1 && pieces[0] === into) return Promise.resolve();
    return this.#sum(own as object[], layout, sum);
  }

  #sum(pieces: readonly Numbers[], layout: Layout, sum: Numbers): Promise<void> {
    const counts = Int32Array.from(layout, (own) => own.length);
    return this.#addon.mpiSum(pieces, counts, Int32Array.from(layout.flat(2)), sum);
  }

  async gather(bytes: Uint8Array): Promise<Uint8Array[]> {
    if (this.size === 1) return [bytes];
    const all = new Uint8Array(bytes.length * this.size);
    await this.#addon.mpiGather(bytes, all);
    return Array.from({ length: this.size }, (_, k) => all.slice(k * bytes.length, (k + 1) * bytes.length));
  }

  async broadcast(bytes: Uint8Array): Promise<Uint8Array> {
    const [length] = (await this.gather(bytesOf(bytes.length))).map(numberOf);
    const all = this.rank === 0 ? bytes : new Uint8Array(length);
    await this.#addon.mpiBroadcast(all);
    return all;
  }

  readonly leave = (): void => {
    failing = true;
  };
}

const bytesOf = (n: number): Uint8Array => new Uint8Array(Float64Array.of(n).buffer);
const numberOf = (bytes: Uint8Array): number => new Float64Array(bytes.slice().buffer)[0];
