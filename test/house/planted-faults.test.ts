/** The faults that `npm run sweep -- planted` plants have their places: a file that moves, or is written anew, takes them along. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { transform } from "esbuild";
import { expect, test } from "vitest";
import { faults, withFault } from "../judges/planted-faults.mjs";

const root = join(import.meta.dirname, "../..");

test.each(Object.entries(faults))("%s", async (_, fault) => {
  expect(existsSync(join(root, "test/judges", `${fault.by}.mjs`))).toBe(true);
  const text = readFileSync(join(root, "src", fault.file), "utf8");
  const planted = withFault(text, fault);
  const code = async (source: string) => (await transform(source, { loader: "ts" })).code;
  expect(await code(planted)).not.toBe(await code(text)); // it is code, and another
});
