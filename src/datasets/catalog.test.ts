import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { dataSet, dataSets } from "./catalog.ts";
import { fetchDataSet, locateDataSet } from "./fetch-data-set.ts";

afterEach(() => void vi.unstubAllEnvs());

test("every set has a name of its own, whole files, and addresses that do not change", () => {
  expect(new Set(dataSets.map(({ name }) => name)).size).toBe(dataSets.length);
  for (const { name, licence, source, files } of dataSets) {
    expect([name, licence, source].every((text) => text.length > 2)).toBe(true);
    for (const { sha256, bytes, url, folder, fileName, place } of files) {
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(bytes).toBeGreaterThan(0);
      if (place !== undefined) expect(place).toBe(`${folder}/${fileName}`);
      if (url?.includes("github")) expect(url).toMatch(/\/[0-9a-f]{40}\//);
    }
  }
});

test("an unknown set is told with the nearest", () => {
  expect(() => dataSet("sunspot")).toThrow(/Did you mean "sunspots"/);
});

test("one file under the names of several is refused, of a set of one file it is taken", async () => {
  const one = join(import.meta.dirname, "catalog.test.ts");
  await expect(fetchDataSet("ptb", { path: one })).rejects.toThrow(
    /ptb: expected a folder of 3 files at path, received the file .*catalog\.test\.ts\.\n {2}Name the folder that holds ptb\.test\.txt, /,
  );
  expect((await fetchDataSet("airline", { path: one })).get("airline-passengers.csv")).toEqual(
    new Uint8Array(await readFile(one)),
  );
});

const shared = process.env.CELLSTATE_SHARED_DATA ?? join(import.meta.dirname, "../../../shared/data");
const here = existsSync(join(shared, "timeseries"));
test.skipIf(!here)(
  `files of a folder are found by CELLSTATE_DATA${here ? "" : " (skipped: no shared data)"}`,
  async () => {
    vi.stubEnv("CELLSTATE_DATA", shared);
    for (const { name, files } of dataSets) {
      const found = await locateDataSet(name);
      for (const { fileName, sha256, bytes } of files) {
        const path = found.get(fileName)!;
        expect(path, `${name}/${fileName}`).toBeTypeOf("string");
        if (bytes > 200_000 || name === "imdb") continue; // enough is hashed; imdb.npz there is made again
        expect(
          createHash("sha256")
            .update(await readFile(path))
            .digest("hex"),
          path,
        ).toBe(sha256);
      }
    }
    const files = await fetchDataSet("airline");
    expect(new TextDecoder().decode(files.get("airline-passengers.csv"))).toMatch(/1949-01/);
  },
);
