/**
 * Adding is adding a file: one of each kind is added to a copy of the tree, the files it touches are counted, and it works: an op,
 * a function and a cell on every backend, a layer saved and opened, a format converted to, a command in the help.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Addition, additions } from "./adding/additions.ts";

const root = join(import.meta.dirname, "../..");
const here = join(import.meta.dirname, "adding");
const copy = mkdtempSync(join(tmpdir(), "cellstate-adding-"));
const inCopy = (command: string, ...args: string[]) =>
  execFileSync(command, args, { cwd: copy, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const git = (...args: string[]) => inCopy("git", "-c", "user.name=t", "-c", "user.email=t@t", ...args);

const touched: Record<string, string[]> = {};
beforeAll(() => {
  for (const part of ["src", "kernels", "scripts", "assets", "package.json", "tsconfig.json", "tsconfig.build.json"])
    cpSync(join(root, part), join(copy, part), { recursive: true });
  git("init", "-q");
  git("add", "-A");
  git("commit", "-q", "-m", "as it is");
  for (const one of additions) {
    add(one);
    git("add", "-A");
    touched[one.kind] = git("diff", "--cached", "--name-only").trim().split("\n");
    git("commit", "-q", "-m", one.kind);
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
}, 120_000);
afterAll(() => rmSync(copy, { recursive: true, force: true }));

function add({ files = {}, lines }: Addition): void {
  for (const [path, from] of Object.entries(files)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(join(here, from), join(copy, path));
  }
  for (const [path, changes] of Object.entries(lines)) {
    let text = readFileSync(join(copy, path), "utf8");
    for (const [after, added] of changes) {
      expect(text, `${path} has ${after}`).toContain(after);
      text = text.replace(after, () => after + added);
    }
    writeFileSync(join(copy, path), text);
  }
}

describe("what an addition touches", () => {
  test.for(additions)("$kind: $most.src files in src/, $most.kernels in kernels/", ({ kind, most }) => {
    const count = (folder: string) => touched[kind].filter((path) => path.startsWith(`${folder}/`)).length;
    console.log(`${kind}: ${touched[kind].join(", ")}`);
    expect(count("src") + count("kernels")).toBe(touched[kind].length);
    expect([count("src"), count("kernels")]).toEqual([most.src, most.kernels ?? 0]);
  });
});

test("each addition works, on every backend that can be built here", async () => {
  const backends = ["js"];
  inCopy(process.execPath, "scripts/build-native.mjs");
  if (existsSync(join(copy, "build/cellstate.node"))) backends.push("native");
  else console.log("skipped: no native addon, for there is no C++ compiler");
  // The WASM files grow by the cell beyond what they may have, which the script says by its status.
  if (spawnSync("clang++-19", ["--version"]).status === 0) {
    spawnSync(process.execPath, ["scripts/build-wasm.mjs"], { cwd: copy });
    expect(git("diff", "--name-only")).toContain("src/backends/wasm/kernels-simd.ts");
    backends.push("wasm");
  } else console.log("skipped: no WASM with the additions, for there is no clang++-19");
  inCopy(process.execPath, "scripts/build.mjs"); // with the types of all of src/
  cpSync(join(here, "works.mjs.txt"), join(copy, "works.mjs"));
  const found = JSON.parse(inCopy(process.execPath, "works.mjs", JSON.stringify(backends)));

  const [first, ...others] = backends.map((name) => found.losses[name] as number[]);
  expect(first.at(-1)).toBeLessThan(first[0]);
  // Three epochs in float32 by other orders of summation: a wrong slope in a kernel shows in the second digit.
  for (const losses of others) for (const [k, loss] of losses.entries()) expect(loss / first[k]).toBeCloseTo(1, 4);
  expect(found.metric).toEqual(["loss", "largest_error"]);
  for (const [ending, [difference, optimizer, loss]] of Object.entries<[number, string, number]>(found.saved))
    expect([ending, difference, optimizer, loss]).toEqual([ending, 0, "SignSGD", 0]);
  expect(found.onnx).toBeLessThan(1e-5); // other operators, in float32
  expect(found.refused.json).toMatch(/triple/i);

  const main = join(copy, "dist/cli/main.js");
  const said = (...args: string[]) => execFileSync(process.execPath, [main, ...args], { encoding: "utf8" });
  expect(said("--help")).toContain("count");
  expect(said("count", found.file)).toBe(`${found.parameters}\n`);
  expect(said("inspect", found.file)).toMatch(/boxed/);
  expect(said("train", "text", "--help")).toContain("signSgd");

  inCopy(process.execPath, "scripts/api.mjs");
  const pages = readFileSync(join(copy, "docs/api/README.md"), "utf8");
  for (const name of ["triple", "shift", "signSgd", "quartic", "largestError"])
    expect(pages).toMatch(new RegExp(`\\b${name}\``));
}, 300_000);
