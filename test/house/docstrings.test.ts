/** A docstring names what it describes: "The windows of a series", not "What is read of a series". */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const begins = /\/\*\*\s*\n?\s*\*?\s*((?:What|How|Which)\b[^\n]*)/g;

test("no docstring in src begins with What, How or Which", () => {
  expect("/** What it is. */\n/**\n * How so. */".match(begins)).toHaveLength(2);
  const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".test.ts"),
  );
  const found = files.flatMap((file) =>
    [...readFileSync(join(root, "src", file), "utf8").matchAll(begins)].map(([, line]) => `${file}: ${line}`),
  );
  expect(found).toEqual([]);
});
