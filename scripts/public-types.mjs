/** The types in a build that the package's doors lead to. The others no program can import, and so they are not in the package. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

/** The `.d.ts` files of `dist` that are reached from `doors` (`data/index`), with their paths. */
export function reachedTypes(dist, doors) {
  const reached = new Set(doors.map((door) => join(dist, `${door}.d.ts`)));
  for (const file of reached) {
    for (const [, specifier] of readFileSync(file, "utf8").matchAll(/(?:\bfrom|\bimport\(|^import) ?"(\.[^"]+)"/gm)) {
      const other = join(dirname(file), specifier.replace(/\.[jt]s$/, ".d.ts"));
      if (!existsSync(other)) throw new Error(`types: ${file} imports ${specifier}, and there is no ${other}`);
      reached.add(other);
    }
  }
  return reached;
}

/** Removes from `dist` what no door leads to. */
export function keepPublicTypes(dist, doors) {
  const reached = reachedTypes(dist, doors);
  for (const name of readdirSync(dist, { recursive: true })) {
    const file = join(dist, name);
    if (file.endsWith(".d.ts") && !reached.has(file)) rmSync(file);
  }
}
