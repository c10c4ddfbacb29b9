import { DataError, problem } from "../errors.ts";
import { fileProblem } from "../system-problem.ts";
import { type DataPlaces, dataPlaces } from "./data-places.ts";

/** A public file that a data set is made of. */
export interface DataFile {
  /** `"imdb.npz"`: its name in every folder. */
  fileName: string;
  /** `"imdb"`: the folder of its data set, as in `imdb/imdb.npz`. */
  folder: string;
  /** Null where no permanent public address is known: such a file is put into a folder by hand. */
  url: string | null;
  /** Subfolder in Cellstate's cache; its name by default. */
  place?: string;
  /** Lower-case hex; a download must match it. */
  sha256: string;
  /** The size; a download that is longer is cut off. */
  bytes: number;
}

/** Progress of a download. */
export interface Progress {
  /** Bytes so far. */
  loaded: number; // bytes
  /** Bytes of the whole file. */
  total: number; // bytes
}

export interface FetchFileOptions {
  /**
   * A file, or a folder with `imdb.npz` or `imdb/imdb.npz`; in a browser a URL of either. Any copy is accepted. Default: the
   * places of `dataPlaces`, then a download.
   */
  path?: string;
  /** Called with the progress of a download. Default: a line on stderr, where that is a terminal. */
  onProgress?: (progress: Progress) => void;
  /** Stops a download; the promise rejects with the signal's reason. Default: none. */
  signal?: AbortSignal;
  /** Milliseconds without a byte after which a download fails. Default 30,000. */
  timeout?: number;
}

/**
 * The bytes of a public file from the first place that has it: `path`, the variable CELLSTATE_DATA, Cellstate's cache,
 * Keras's cache, the download, which is checked and kept in the cache. A copy the user names is taken as it is; the others
 * must have the published hash. Throws DataError that lists every place looked at.
 *
 *   const bytes = await fetchFile(imdbFile, { path: "data" });   // data/imdb.npz or data/imdb/imdb.npz
 */
export async function fetchFile(
  file: DataFile,
  options: FetchFileOptions = {},
  places?: DataPlaces,
): Promise<Uint8Array<ArrayBuffer>> {
  options.signal?.throwIfAborted();
  if (places === undefined && !onHost()) return fetchInBrowser(file, options);
  const where = places ?? (await dataPlaces());
  const { readFile } = await import("node:fs/promises");
  const { join } = await import("node:path");

  if (options.path !== undefined) {
    const found = await findUnder(file, options.path, true);
    if (found) return plain(await readFound(found));
    const places = `${join(options.path, file.fileName)} or ${join(options.path, file.folder, file.fileName)}`;
    throw new DataError(
      problem(file.fileName, `the file at path "${options.path}"`, `nothing there, nor at ${places}`, byHand(file)),
    );
  }
  const looked: string[] = [];
  if (where.dataPath) {
    const found = await findUnder(file, where.dataPath, false);
    if (found) return plain(await readFound(found));
    looked.push(`CELLSTATE_DATA=${where.dataPath}: not there`);
  } else looked.push("CELLSTATE_DATA: not set");

  const kept = join(where.cache, file.place ?? file.fileName);
  for (const place of [kept, join(where.kerasCache, file.fileName)]) {
    const bytes = await readFile(place).catch((error: NodeJS.ErrnoException) => error.code ?? error.message);
    if (typeof bytes === "string") looked.push(`${place}: ${bytes === "ENOENT" ? "not there" : bytes}`);
    else if ((await sha256(bytes)) === file.sha256) return plain(bytes);
    else looked.push(`${place}: there, but not the published file (another sha256)`);
  }
  const bytes = await download(file, options, `${looked.join("\n  ")}\n  ${byHand(file, kept)}`);
  await keep(bytes, kept);
  return bytes;
}

/**
 * The path of a public file on this machine, null where it is in none of the places; one in a cache has the published size.
 *
 *   const path = await locateFile(imdbFile);
 */
export async function locateFile(file: DataFile, places?: DataPlaces): Promise<string | null> {
  const where = places ?? (await dataPlaces());
  const { stat } = await import("node:fs/promises");
  const { join } = await import("node:path");
  const own = where.dataPath && (await findUnder(file, where.dataPath, false));
  if (own) return own;
  for (const path of [join(where.cache, file.place ?? file.fileName), join(where.kerasCache, file.fileName)]) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() && found.size === file.bytes) return path;
  }
  return null;
}

/** Whether a user's `path` is a file rather than a folder; in a browser a URL of a folder ends in a slash. */
export async function isOneFile(path: string): Promise<boolean> {
  if (!onHost()) return !path.endsWith("/");
  const { stat } = await import("node:fs/promises");
  return await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** The file itself, `<path>/imdb.npz` or `<path>/imdb/imdb.npz`, whichever is there; `anyName` takes a file of any name. */
async function findUnder(file: DataFile, path: string, anyName: boolean): Promise<string | undefined> {
  const { basename, join } = await import("node:path");
  if ((anyName || basename(path) === file.fileName) && (await isOneFile(path))) return path;
  for (const candidate of [join(path, file.fileName), join(path, file.folder, file.fileName)]) {
    if (await isOneFile(candidate)) return candidate;
  }
  return undefined;
}

async function readFound(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const { readFile } = await import("node:fs/promises");
  return readFile(path).catch((error) => {
    throw new DataError(fileProblem(path, "read", error), { cause: error });
  });
}

/** A Node Buffer as what it is, without Buffer's own ideas of slice(). */
function plain(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Writes to a temporary name and renames, so that a reader never sees half a file. A full disk is not fatal. */
async function keep(bytes: Uint8Array, path: string): Promise<void> {
  const { mkdir, rename, rm, writeFile } = await import("node:fs/promises");
  const { basename, dirname } = await import("node:path");
  const temporary = `${path}.${process.pid}-${Math.random().toString(36).slice(2)}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, bytes);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    console.warn(`cellstate: ${basename(path)} could not be kept in ${dirname(path)} (${(error as Error).message}).`);
  }
}

/** Downloads and checks size and hash; `advice` ends the message where that fails. */
async function download(file: DataFile, options: FetchFileOptions, advice: string): Promise<Uint8Array<ArrayBuffer>> {
  const { signal, timeout = 30_000 } = options;
  const report = options.onProgress ?? progressLine(file.fileName);
  const { url } = file;
  if (url === null)
    throw new DataError(
      problem(file.fileName, "a copy on this machine", "none, and no lasting public address", advice),
    );
  const fail = (received: string): never => {
    throw new DataError(problem(file.fileName, `a download from ${url}`, received, advice));
  };
  const silence = new AbortController();
  const stop = (): void => silence.abort();
  let timer = setTimeout(stop, timeout);
  const bytes = new Uint8Array(file.bytes);
  let loaded = 0;
  try {
    const response = await fetch(url, {
      signal: signal ? AbortSignal.any([signal, silence.signal]) : silence.signal,
    });
    if (!response.ok || !response.body) return fail(`HTTP status ${response.status}`);
    const reader = response.body.getReader(); // not every browser can iterate over a body
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const chunk = part.value;
      clearTimeout(timer);
      timer = setTimeout(stop, timeout);
      if (loaded + chunk.length > file.bytes) return fail(`more than the file's ${file.bytes} bytes`);
      bytes.set(chunk, loaded);
      loaded += chunk.length;
      report({ loaded, total: file.bytes });
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof DataError) throw error;
    if (silence.signal.aborted) return fail(`nothing for ${timeout} ms`);
    const { message, cause } = error as Error;
    return fail(
      cause instanceof Error ? `${message} (${cause.message || (cause as NodeJS.ErrnoException).code})` : message,
    );
  } finally {
    clearTimeout(timer);
    silence.abort(); // closes the connection where the body was not read to its end
    if (!options.onProgress) report({ loaded: -1, total: file.bytes });
  }
  if (loaded < file.bytes) fail(`${loaded} of ${file.bytes} bytes`);
  const hash = await sha256(bytes);
  if (hash !== file.sha256) fail(`a file with sha256 ${hash} instead of ${file.sha256}`);
  return bytes;
}

/** A line on stderr that counts up and disappears at the end (`loaded` below 0); nothing where stderr is no terminal. */
function progressLine(fileName: string): (progress: Progress) => void {
  if (!onHost() || !process.stderr.isTTY) return () => {};
  let last = 0;
  return ({ loaded, total }) => {
    if (loaded < 0) return void process.stderr.write("\r\x1b[K");
    if (performance.now() - last < 100) return; // ms
    last = performance.now();
    const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
    process.stderr.write(`\rDownloading ${fileName}: ${megabytes(loaded)} of ${megabytes(total)} MB`);
  };
}

/** No disk: the page's own copy by URL, or the published file through the browser's cache storage. */
export async function fetchInBrowser(file: DataFile, options: FetchFileOptions): Promise<Uint8Array<ArrayBuffer>> {
  if (options.path !== undefined) {
    const url = options.path.endsWith("/") ? options.path + file.fileName : options.path;
    const response = await fetch(url, { signal: options.signal });
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    throw new DataError(problem(file.fileName, `a file at ${url}`, `HTTP status ${response.status}`, byHand(file)));
  }
  const cache = typeof caches === "undefined" ? undefined : await caches.open("cellstate-datasets");
  const kept = file.url === null ? undefined : await cache?.match(file.url);
  if (kept) {
    const bytes = new Uint8Array(await kept.arrayBuffer());
    if ((await sha256(bytes)) === file.sha256) return bytes;
  }
  const bytes = await download(file, options, byHand(file));
  if (file.url !== null) await cache?.put(file.url, new Response(bytes));
  return bytes;
}

function byHand({ fileName, folder, url }: DataFile, kept?: string): string {
  if (url === null)
    return `Put it at ${kept ?? fileName}, or below a folder that CELLSTATE_DATA names, as ${folder}/${fileName}.`;
  const put = kept ? ` Or put it at ${kept}.` : "";
  const proxied = onHost() && (process.env.HTTPS_PROXY ?? process.env.https_proxy) !== undefined;
  const through = proxied ? " HTTPS_PROXY is used by Node 24 and later with NODE_USE_ENV_PROXY=1." : "";
  return `Get ${url} where there is a network and pass { path: "${fileName}" }.${put}${through}`;
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  if (!globalThis.crypto?.subtle) {
    throw new DataError(problem("download", "a page served over https or from localhost", "one without crypto.subtle"));
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (b) => b.toString(16).padStart(2, "0")).join("");
}

/** Whether there is a disk: Node, Bun, Deno. */
function onHost(): boolean {
  return typeof process !== "undefined" && Boolean(process.versions?.node);
}
