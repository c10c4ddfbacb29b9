/** The server answers by every protocol on Node, Bun and Deno, as far as they are here, with the numbers of `predict`. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { find, known } from "./find.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-serve-runtimes-"));
const program = join(folder, "on-serve.js");
beforeAll(async () => {
  await build({
    entryPoints: [join(import.meta.dirname, "on-serve.ts")],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "es2022",
    external: ["node:*", "h5wasm", "linkedom", "@observablehq/plot", "env-paths", "commander"],
    logLevel: "silent", // problems arrive as an exception
  });
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const runtimes: [name: string, command: string | undefined, args: string[]][] = [
  ["this Node", process.execPath, []],
  ...["Node 24", "Bun", "Deno"].map((name): [string, string | undefined, string[]] => [
    name,
    find(name),
    known[name].args,
  ]),
];

for (const [name, command, args] of runtimes)
  test.skipIf(!command)(
    `${name} serves${command ? "" : ": it is not here"}`,
    async () => {
      const env = { ...process.env, CELLSTATE_BACKEND: "wasm" };
      const { stdout } = await promisify(execFile)(command!, [...args, program], { env, timeout: 60_000 });
      const { wanted, answered, protocols, ...rest } = JSON.parse(stdout.trim().split("\n").at(-1)!);
      const { v2, raw, completed, generated, wrong } = protocols;
      expect([answered, [v2], raw]).toEqual([wanted, wanted, wanted]);
      expect(completed).toMatch(/\w/);
      expect(completed).toBe(generated);
      expect(wrong).toEqual([400, 404, 400, 400, 400]);
      expect(rest).toEqual({ lines: 2, live: 200, refused: 401 });
    },
    90_000,
  );
