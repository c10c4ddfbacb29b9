import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundled } from "../e2e/killed/killable.ts";
import { thorough } from "../thorough.ts";

const root = join(import.meta.dirname, "../..");
const entry = join(root, `build/dropped-models-${process.pid}.ts`);
const addon = join(root, "build/cellstate.node");
let program = "";

beforeAll(async () => {
  writeFileSync(
    entry,
    `import * as cellstate from "../src/index.ts";
    import { dropModels } from "../test/soak/memory.mjs";
    const [backend, count] = process.argv.slice(2);
    console.log(await dropModels(cellstate, { backend, count: Number(count) }));
    process.exit();`,
  );
  program = await bundled(entry, "dropped-models");
}, 60_000);
afterAll(() => {
  for (const file of [entry, program]) rmSync(file, { force: true });
});

/** Models of 26 MB: if none is given back, they take 830 MB and more. */
const count = thorough ? 300 : 28;

test.each(thorough ? ["native", "wasm", "js"] : ["native", "wasm"])(
  `%s: ${count} models of 26 MB made, used and dropped take no more than a few of them`,
  (backend) => {
    if (backend === "native" && !existsSync(addon)) return console.warn("dropped models on native skipped: no addon");
    const env = { ...process.env, CELLSTATE_ADDON: addon };
    const { stdout, stderr } = spawnSync(process.execPath, [program, backend, `${count}`], { env, encoding: "utf8" });
    expect(stderr).toBe("");
    expect(Number(stdout)).toBeGreaterThan(30);
    expect(Number(stdout)).toBeLessThan(700); // MB: room is made at 256, beside Node's own and the arrays on the host
  },
  thorough ? 300_000 : 90_000,
);
