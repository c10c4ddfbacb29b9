import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DataError } from "../errors.ts";
import type { DataPlaces } from "./data-places.ts";
import { type DataFile, fetchFile, fetchInBrowser, locateFile, type Progress } from "./fetch-file.ts";

const content = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 31) % 251);
const other = Uint8Array.of(1, 2, 3);
const sha256 = createHash("sha256").update(content).digest("hex");

let home: string;
let places: DataPlaces;
let file: DataFile;
let requests: number;
const closing: (() => void)[] = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "fetch-file-"));
  places = { dataPath: undefined, cache: join(home, "cache"), kerasCache: join(home, "keras") };
  requests = 0;
  file = { fileName: "set.bin", folder: "set", url: "http://127.0.0.1:9/set.bin", sha256, bytes: content.length };
});

afterEach(async () => {
  for (const close of closing.splice(0)) close();
  await rm(home, { recursive: true, force: true });
});

/** A server on this machine; `file` points to it. */
async function serve(answer: RequestListener = (_, response) => void response.end(content)): Promise<void> {
  const server = createServer((request, response) => {
    requests++;
    answer(request, response);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  file = { ...file, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/set.bin` };
}

async function put(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, bytes);
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(DataError);
  return (error as Error).message;
}

test("a path may be the file under any name, its folder, or the folder above", async () => {
  await put(join(home, "a", "renamed.bin"), other);
  await put(join(home, "b", "set.bin"), other);
  await put(join(home, "c", "set", "set.bin"), other);
  for (const path of ["a/renamed.bin", "b", "c"]) {
    expect(await fetchFile(file, { path: join(home, path) }, places)).toEqual(other);
  }
});

test("a path without the file is an error that names the places, and nothing is downloaded", async () => {
  await serve();
  const text = await refusal(fetchFile(file, { path: join(home, "nowhere") }, places));
  expect(text).toContain(join(home, "nowhere", "set", "set.bin"));
  expect(requests).toBe(0);
});

test("CELLSTATE_DATA comes before the caches and is taken as it is", async () => {
  await put(join(home, "data", "set", "set.bin"), other);
  await put(join(places.cache, "set.bin"), content);
  const found = await fetchFile(file, {}, { ...places, dataPath: join(home, "data") });
  expect(found).toEqual(other);
});

test("the places of this machine come from CELLSTATE_DATA and KERAS_HOME", async () => {
  await put(join(home, "data", "set.bin"), other);
  await put(join(home, "datasets", "set.bin"), content);
  try {
    vi.stubEnv("KERAS_HOME", home);
    vi.stubEnv("CELLSTATE_DATA", "");
    expect(await fetchFile(file)).toEqual(content);
    vi.stubEnv("CELLSTATE_DATA", join(home, "data"));
    expect(await fetchFile(file)).toEqual(other);
  } finally {
    vi.unstubAllEnvs();
  }
});

test("CELLSTATE_DATA as a file counts only for the file of that name", async () => {
  await put(join(home, "another.bin"), other);
  await put(join(home, "set.bin"), other);
  await put(join(places.cache, "set.bin"), content);
  expect(await fetchFile(file, {}, { ...places, dataPath: join(home, "another.bin") })).toEqual(content);
  expect(await fetchFile(file, {}, { ...places, dataPath: join(home, "set.bin") })).toEqual(other);
});

test("a copy in Cellstate's or Keras's cache is used without a request", async () => {
  await serve();
  await put(join(places.kerasCache, "set.bin"), content);
  expect(await fetchFile(file, {}, places)).toEqual(content);
  await rm(places.kerasCache, { recursive: true });
  await put(join(places.cache, "set.bin"), content);
  expect(await fetchFile(file, {}, places)).toEqual(content);
  expect(requests).toBe(0);
});

test("a download is checked, reported, kept once under its own name, and used the next time", async () => {
  await serve();
  const seen: Progress[] = [];
  expect(await fetchFile(file, { onProgress: (p) => seen.push(p) }, places)).toEqual(content);
  expect(seen.at(-1)).toEqual({ loaded: content.length, total: content.length });
  expect(seen.every((p, i) => i === 0 || p.loaded > seen[i - 1].loaded)).toBe(true);
  expect(await readdir(places.cache)).toEqual(["set.bin"]);
  expect(new Uint8Array(await readFile(join(places.cache, "set.bin")))).toEqual(content);
  await fetchFile(file, {}, places);
  expect(requests).toBe(1);
});

test("a damaged copy in the cache is replaced", async () => {
  await serve();
  await put(join(places.cache, "set.bin"), other);
  expect(await fetchFile(file, {}, places)).toEqual(content);
  expect(new Uint8Array(await readFile(join(places.cache, "set.bin")))).toEqual(content);
});

test("a download that fails beside a proxy says how Node is told to use it", async () => {
  vi.stubEnv("HTTPS_PROXY", "http://127.0.0.1:9");
  expect(await refusal(fetchFile(file, {}, places))).toContain("NODE_USE_ENV_PROXY=1");
});

test("without a network the error lists every place and what to do", async () => {
  await put(join(places.kerasCache, "set.bin"), other);
  const text = await refusal(fetchFile(file, {}, { ...places, dataPath: join(home, "data") }));
  expect(text).toMatch(
    /^set\.bin: expected a download from http:\/\/127\.0\.0\.1:9\/set\.bin, received fetch failed \(.+\)/,
  );
  expect(text).toContain(`CELLSTATE_DATA=${join(home, "data")}: not there`);
  expect(text).toContain(`${join(places.cache, "set.bin")}: not there`);
  expect(text).toContain(`${join(places.kerasCache, "set.bin")}: there, but not the published file`);
  expect(text).toContain('pass { path: "set.bin" }');
  expect(text).toContain(`put it at ${join(places.cache, "set.bin")}`);
});

test.each<[string, RequestListener, RegExp]>([
  [
    "another file of the same size",
    (_, r) => void r.end(new Uint8Array(content.length)),
    /sha256 [0-9a-f]{64} instead/,
  ],
  ["a longer file", (_, r) => void r.end(new Uint8Array(content.length + 1)), /more than the file's 100000 bytes/],
  ["a shorter file", (_, r) => void r.end(other), /3 of 100000 bytes/],
  ["a page that says no", (_, r) => void r.writeHead(404).end("no"), /HTTP status 404/],
  [
    "a connection that breaks",
    (_, r) => {
      r.writeHead(200, { "content-length": content.length });
      r.write(content.subarray(0, 1000), () => r.destroy());
    },
    /terminated|fetch failed/,
  ],
])("%s in place of the file is refused, and nothing is kept", async (_, answer, reason) => {
  await serve(answer);
  expect(await refusal(fetchFile(file, {}, places))).toMatch(reason);
  expect(await readdir(home)).toEqual([]);
});

test("a server that falls silent is given up after the timeout", async () => {
  await serve((_, response) => void response.writeHead(200).write(content.subarray(0, 1000)));
  expect(await refusal(fetchFile(file, { timeout: 50 }, places))).toMatch(/nothing for 50 ms/);
});

test("a server that sends slowly but steadily is not given up", async () => {
  await serve(async (_, response) => {
    for (let at = 0; at < content.length; at += 10_000) {
      response.write(content.subarray(at, at + 10_000));
      await new Promise((next) => setTimeout(next, 100)); // ms; ten of them last longer than the timeout
    }
    response.end();
  });
  expect(await fetchFile(file, { timeout: 900 }, places)).toEqual(content);
});

test("an abort ends the download with the signal's reason, and nothing is kept", async () => {
  await serve((_, response) => void response.writeHead(200).write(content.subarray(0, 1000)));
  const control = new AbortController();
  const reason = new Error("enough");
  const promise = fetchFile(file, { signal: control.signal, onProgress: () => control.abort(reason) }, places);
  await expect(promise).rejects.toBe(reason);
  await expect(fetchFile(file, { signal: control.signal }, places)).rejects.toBe(reason);
  expect(requests).toBe(1);
  expect(await readdir(home)).toEqual([]);
});

test("a cache that cannot be written is a warning, not an error", async () => {
  await serve();
  await put(join(home, "in-the-way"), other);
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const found = await fetchFile(file, {}, { ...places, cache: join(home, "in-the-way", "cache") });
  expect(found).toEqual(content);
  expect(warn.mock.calls.flat().join()).toMatch(/set\.bin could not be kept/);
  warn.mockRestore();
});

test("in a browser the file comes from a URL of the page or the published address, through the cache storage", async () => {
  await serve();
  const kept = new Map<string, Response>();
  const cache = {
    match: async (url: string) => kept.get(url)?.clone(),
    put: async (url: string, response: Response) => void kept.set(url, response),
  };
  vi.stubGlobal("caches", { open: async () => cache });
  try {
    expect(await fetchInBrowser(file, { path: file.url! })).toEqual(content);
    expect(await fetchInBrowser(file, { path: file.url!.replace("set.bin", "") })).toEqual(content);
    expect(kept.size).toBe(0);
    expect(await fetchInBrowser(file, {})).toEqual(content);
    expect(await fetchInBrowser(file, {})).toEqual(content);
    expect(requests).toBe(3);
    kept.set(file.url!, new Response(other));
    expect(await fetchInBrowser(file, {})).toEqual(content);
    expect(requests).toBe(4);
  } finally {
    vi.unstubAllGlobals();
  }
});

test("a file without a public address is told where to be put, and found there", async () => {
  const own = { ...file, url: null, place: "set/set.bin" };
  expect(await locateFile(own, places)).toBe(null);
  const text = await refusal(fetchFile(own, {}, places));
  expect(text).toContain("no lasting public address");
  expect(text).toContain(`Put it at ${join(places.cache, "set", "set.bin")}`);
  await put(join(places.cache, "set", "set.bin"), content);
  expect(await fetchFile(own, {}, places)).toEqual(content);
  expect(await locateFile(own, places)).toBe(join(places.cache, "set", "set.bin"));
});

test("a file is located in the user's folder first; one of another size in a cache does not count", async () => {
  await put(join(places.cache, "set.bin"), other);
  expect(await locateFile(file, places)).toBe(null);
  await put(join(places.kerasCache, "set.bin"), content);
  expect(await locateFile(file, places)).toBe(join(places.kerasCache, "set.bin"));
  await put(join(home, "data", "set", "set.bin"), other);
  const mine = { ...places, dataPath: join(home, "data") };
  expect(await locateFile(file, mine)).toBe(join(home, "data", "set", "set.bin"));
});
