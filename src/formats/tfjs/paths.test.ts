/** The names of shards come from a file: wherever they lead as a path or as an address, nothing outside the folder is read. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FormatError } from "../../errors.ts";
import { loadModel } from "../load-model.ts";
import { openModel } from "../model-file.ts";

const root = mkdtempSync(join(tmpdir(), "cellstate-shards-"));
const folder = join(root, "a", "b");
const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url!);
  try {
    response.end(readFileSync(join(root, decodeURIComponent(request.url!)))); // as careless servers do
  } catch {
    response.statusCode = 404;
    response.end();
  }
});
let address = "";
beforeAll(async () => {
  mkdirSync(join(folder, "deep"), { recursive: true });
  const numbers = (v: number) => Buffer.from(Float32Array.of(v, v + 1).buffer);
  for (const name of ["secret.bin", "a/secret.bin"]) writeFileSync(join(root, name), numbers(42));
  for (const name of ["w.bin", "deep/w.bin", "two words.bin", "W-ö.bin"]) writeFileSync(join(folder, name), numbers(1));
  writeFileSync(join(root, "a", "b-sides.bin"), numbers(42)); // begins with the folder's name
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as { port: number }).port}/a/b/model.json`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(root, { recursive: true, force: true });
});

function write(paths: readonly string[]): string {
  const dense = { units: 2, use_bias: false, activation: "linear", name: "d", batch_input_shape: [null, 1] };
  const json = {
    format: "layers-model",
    modelTopology: {
      class_name: "Sequential",
      config: { name: "s", layers: [{ class_name: "Dense", config: dense }] },
    },
    weightsManifest: [{ paths, weights: [{ name: "d/kernel", shape: [1, 2], dtype: "float32" }] }],
  };
  const path = join(folder, "model.json");
  writeFileSync(path, JSON.stringify(json));
  return path;
}
const sources = (path: string) => [path, pathToFileURL(path), String(pathToFileURL(path)), address, new URL(address)];

const outside = [
  "../secret.bin",
  "../b-sides.bin",
  "deep/../../secret.bin",
  "%2e%2e/%2E%2e/secret.bin",
  "%2e%2e%2f%2e%2e%2fsecret.bin",
  "%252e%252e/secret.bin",
  "%25252525252e%2e/secret.bin",
  ".%2e/secret.bin",
  ".\t./.\t./secret.bin",
  ".\n./secret.bin",
  ".\r./secret.bin",
  "..\t/secret.bin",
  " /secret.bin",
  "\t/secret.bin",
  "\u00a0/secret.bin",
  " ../secret.bin",
  ".. /secret.bin",
  "..\\secret.bin",
  "..%5csecret.bin",
  "\\\\host\\secret.bin",
  "/secret.bin",
  "//127.0.0.1/secret.bin",
  "%2fsecret.bin",
  "file:///etc/passwd",
  "http://127.0.0.1/secret.bin",
  "C:/secret.bin",
  "w.bin%00.png",
  "w.bin?x=1",
  "w.bin#x",
  "./w.bin",
  "...",
  "%",
  "",
];

test("a name that leads out of the folder is refused from a path, a file: address and over http, and nothing is fetched", async () => {
  for (const name of outside) {
    const path = write([name]);
    for (const source of sources(path)) {
      asked.length = 0;
      const error = await loadModel(source).then(
        () => null,
        (e: unknown) => e as Error,
      );
      expect(error, JSON.stringify([name, source])).toBeInstanceOf(FormatError);
      if (name !== "%") expect(error?.message).toMatch(/own folder[\s\S]*Do not trust this file/);
      expect(asked.filter((url) => !url.endsWith("model.json") && !url.endsWith("/%"))).toEqual([]);
    }
  }
}, 60_000);

describe("a name in the folder or below it is read", () => {
  test.each(["w.bin", "deep/w.bin", "two words.bin", "W-ö.bin"])("%s", async (name) => {
    for (const source of sources(write([name]))) {
      const model = await loadModel(source);
      expect([...model.getWeights()[0].data], String(source)).toEqual([1, 2]);
    }
  });

  test.skipIf(process.platform === "win32")("a link that whoever made the folder put there, too", async () => {
    symlinkSync(join(root, "secret.bin"), join(folder, "link.bin"));
    const model = await loadModel(write(["link.bin"]));
    expect([...model.getWeights()[0].data]).toEqual([42, 43]);
  });
});

test("no file is read twice, and none beyond what the weights need: 2 kB of model.json took 1.2 GB", async () => {
  const open = async (paths: string[], shape: number[], each: number) => {
    const json = { modelTopology: {}, weightsManifest: [{ paths, weights: [{ name: "a", dtype: "uint8", shape }] }] };
    let reads = 0;
    const beside = async () => {
      reads++;
      return new Uint8Array(each);
    };
    const bytes = new TextEncoder().encode(JSON.stringify(json));
    const error = await openModel({ bytes, who: "model.json", beside }).then(
      () => null,
      (e: unknown) => e as Error,
    );
    expect(error).toBeInstanceOf(FormatError);
    return { reads, message: error!.message };
  };
  expect(await open(Array(400).fill("a"), [4e8], 1e6)).toEqual({
    reads: 0,
    message: expect.stringMatching(/every file once, received "a" twice/),
  });
  expect((await open(["a", "%61", "A"], [3e6], 1e6)).reads).toBe(0); // on many disks these are one file
  const many = Array.from({ length: 400 }, (_, k) => `a${k}`);
  expect(await open(many, [2500], 1000)).toEqual({
    reads: 3,
    message: expect.stringMatching(/2500 bytes, as its weights need, received 3000 up to "a2"/),
  });
});
