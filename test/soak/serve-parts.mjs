/** Parts of the load of serve.mjs that have been measured, as files: a run that was broken off continues. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Parts of these seconds and this seed. */
export function keptParts(asked) {
  const folder = fileURLToPath(new URL("../../build/soak-serve", import.meta.url));
  const path = (name) => `${folder}/${name}.json`;
  return {
    read(name) {
      try {
        const { asked: before, found } = JSON.parse(readFileSync(path(name), "utf8"));
        return before.seconds === asked.seconds && before.seed === asked.seed ? found : null;
      } catch {
        return null;
      }
    },
    /** The last of any seconds and seed; null where there is none. */
    last(name) {
      try {
        const { asked, found } = JSON.parse(readFileSync(path(name), "utf8"));
        return { ...found, seconds: asked.seconds };
      } catch {
        return null;
      }
    },
    write(name, found) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(`${path(name)}.new`, JSON.stringify({ asked, found }));
      renameSync(`${path(name)}.new`, path(name));
      return found;
    },
  };
}
