import type * as H5wasm from "h5wasm";
import { FormatError, problem } from "../../errors.ts";
import { hdf5Library } from "./hdf5-library.ts";

/** The part of h5wasm's virtual file system that this file uses; its types leave some of it out. */
interface VirtualFiles {
  writeFile(path: string, bytes: Uint8Array, options: { canOwn: boolean }): void;
  readFile(path: string): Uint8Array;
  unlink(path: string): void;
  analyzePath(path: string): { exists: boolean };
  open(path: string, flags: string): { position: number };
  close(stream: { position: number }): void;
  streams: unknown[]; // open files by descriptor; 2 is where the HDF5 library writes its complaints
}

let sessions = 0;

/** Loads h5wasm; loading it twice costs nothing. A FormatError on a page that did not import `cellstate/hdf5`; `who` is the file. */
export async function loadHdf5(who = "HDF5"): Promise<typeof H5wasm> {
  const h5 = await hdf5Library();
  if (!h5) throw new FormatError(problem(who, wanted, "a page without it", next));
  await h5.ready;
  return h5;
}

const wanted =
  "the HDF5 library, which writes .h5 files and reads the forms that Keras and h5py do not write by default";
const next =
  'Put import "cellstate/hdf5" into the page\'s program: 4 MB, loaded for such files. A damaged file needs it to say what is wrong.';

/**
 * One HDF5 file open in h5wasm's memory. Every call into the library goes through `call`, because the library mostly
 * prints a complaint and continues with what it has; here any complaint, exception or trap ends in `report`, which throws.
 */
export class Hdf5Session {
  readonly h5: typeof H5wasm;
  /** The library's handle of the file, within `run`. */
  id = -1n;
  private readonly files: VirtualFiles;
  private readonly report: (where: string, reason: string) => never;
  private readonly name: string;
  private readonly logName: string;
  private log: { position: number } | undefined;

  constructor(h5: typeof H5wasm, report: (where: string, reason: string) => never) {
    this.h5 = h5;
    this.report = report;
    this.files = h5.FS as unknown as VirtualFiles;
    sessions++;
    this.name = `/cellstate-${sessions}.h5`;
    this.logName = `/cellstate-${sessions}.log`;
  }

  /** Opens the file, runs `work` and closes it whatever happens; `work` must not wait for anything. */
  run<T>(bytes: Uint8Array | undefined, work: () => T): { result: T; bytes: Uint8Array } {
    const { files, h5 } = this;
    // A dataset may name any file as its storage; these would ask the browser's user to type it.
    for (const device of ["/dev/stdin", "/dev/tty", "/dev/tty1"])
      if (files.analyzePath(device).exists) files.unlink(device);
    const errorStream = files.streams[2];
    const log = files.open(this.logName, "w");
    this.log = log;
    files.streams[2] = log;
    let closed = false;
    try {
      if (bytes) files.writeFile(this.name, bytes, { canOwn: true }); // read only, so no copy
      const file = this.call("", () =>
        bytes ? new h5.File(this.name, "r") : new h5.File(this.name, "w", { libver: ["earliest", "latest"] }),
      );
      this.id = file.file_id;
      const result = work();
      closed = true;
      this.call("", () => file.close());
      return { result, bytes: bytes ?? files.readFile(this.name) };
    } finally {
      if (!closed && this.id >= 0n) closeQuietly(() => h5.Module.close_file(this.id));
      this.id = -1n;
      files.streams[2] = errorStream;
      files.close(log);
      for (const path of [this.name, this.logName]) if (files.analyzePath(path).exists) files.unlink(path);
    }
  }

  /** Runs one call into the library and reports anything it complains about. */
  call<T>(where: string, work: () => T): T {
    let result: T;
    try {
      result = work();
    } catch (error) {
      return this.report(where, this.complaint() ?? String((error as Error)?.message ?? error));
    }
    const complaint = this.complaint();
    return complaint === undefined ? result : this.report(where, complaint);
  }

  /** Lends `size` bytes of the library's memory. */
  memory<T>(where: string, size: number, use: (address: number) => T): T {
    const { Module } = this.h5;
    const address = size <= Module.MAXIMUM_MEMORY ? Module._malloc(Math.max(size, 1)) : 0;
    if (address === 0) return this.report(where, `${size} bytes, more than the memory there is`);
    try {
      return use(address);
    } finally {
      Module._free(address);
    }
  }

  /** The innermost reason in what the library has printed since the file was opened, or undefined if it kept quiet. */
  private complaint(): string | undefined {
    if (!this.log || this.log.position === 0) return undefined;
    const text = new TextDecoder().decode(this.files.readFile(this.logName));
    const reasons = [...text.matchAll(/ in \w+\(\): (.+)/g)];
    return reasons.at(-1)?.[1] ?? (text.trim().split("\n")[0] || "an error without a text");
  }
}

/** After a failure the library may be unable to close the file as well; that must not hide the failure. */
function closeQuietly(close: () => void): void {
  try {
    close();
  } catch {
    // the first error is already on its way
  }
}
