import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DataError } from "../errors.ts";
import { writeFileAtomic } from "./atomic-write.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cellstate-atomic-"));
});
afterEach(() => rm(folder, { recursive: true }));
const bytes = Uint8Array.from([1, 2, 3]);

async function messageOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (e) => e,
  );
  expect(error).toBeInstanceOf(DataError);
  return error.message;
}

test("a file is written whole, with nothing left beside it", async () => {
  await writeFileAtomic(join(folder, "a.keras"), bytes);
  expect(new Uint8Array(await readFile(join(folder, "a.keras")))).toEqual(bytes);
  expect(await readdir(folder)).toEqual(["a.keras"]);
});

test("an existing file is replaced and keeps its permissions", async () => {
  const path = join(folder, "a.keras");
  await writeFile(path, "a much longer text than what replaces it");
  await chmod(path, 0o640);
  await writeFileAtomic(path, bytes);
  expect(new Uint8Array(await readFile(path))).toEqual(bytes);
  if (process.platform !== "win32") expect((await stat(path)).mode & 0o777).toBe(0o640);
});

test("a link is followed, not replaced", async ({ skip }) => {
  if (process.platform === "win32") skip("links need special rights on Windows");
  await writeFile(join(folder, "real.keras"), "old");
  await symlink("real.keras", join(folder, "link.keras"));
  await writeFileAtomic(join(folder, "link.keras"), bytes);
  expect(new Uint8Array(await readFile(join(folder, "real.keras")))).toEqual(bytes);
  expect((await readdir(folder)).sort()).toEqual(["link.keras", "real.keras"]);
});

test("a pipe is written to, not replaced by a file", async ({ skip }) => {
  if (process.platform === "win32") skip("Windows has no pipes with a path");
  const path = join(folder, "pipe");
  execFileSync("mkfifo", [path]);
  const read = readFile(path);
  await writeFileAtomic(path, bytes);
  expect(new Uint8Array(await read)).toEqual(bytes);
  expect((await stat(path)).isFIFO()).toBe(true);
  expect(await readdir(folder)).toEqual(["pipe"]);
});

test("a missing folder is named with what to do, and nothing is made", async () => {
  const path = join(folder, "nowhere", "a.keras");
  const message = await messageOf(writeFileAtomic(path, bytes));
  expect(message).toContain(`${path}: expected a file that can be written, received a folder that does not exist`);
  expect(message).toContain("Make the folder first");
  expect(await readdir(folder)).toEqual([]);
});

test("a failed rename leaves no temporary file and the target as it was", async () => {
  const message = await messageOf(writeFileAtomic(folder, bytes)); // the target is a folder with an entry
  expect(message).toContain("Add a file name to the path");
  expect((await stat(folder)).isDirectory()).toBe(true);
  expect(
    (await readdir(tmpdir())).filter((name) => folder.endsWith(name.split(".")[0]) && name.endsWith(".tmp")),
  ).toEqual([]);
});

test("what a killed process left half-written is removed by the next write, what a living one writes is not", async () => {
  const dead = 2 ** 30 + 7; // above the greatest process id of any system
  const names = [`a.keras.${dead}-0123abcd.tmp`, `a.keras.${process.pid}-0123abcd.tmp`, `b.keras.${dead}-0123abcd.tmp`];
  for (const name of [...names, "a.keras.old.tmp"]) await writeFile(join(folder, name), "half");
  await writeFileAtomic(join(folder, "a.keras"), bytes);
  expect((await readdir(folder)).sort()).toEqual(["a.keras", "a.keras.old.tmp", names[1], names[2]].sort());
});
