/** Parts of the load of serve.mjs that have been measured, as files: a run that was broken off continues. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";

/** Where a part was measured. */
const machine = () => `${cpus().length} cores of ${cpus()[0].model.trim()}, Node ${process.versions.node}`;

/** Parts of these seconds and this seed. */
export function keptParts(asked) {
  const load = loadavg()[0]; // before all of them: what else the machine did
  const folder = fileURLToPath(new URL("../../build/soak-serve", import.meta.url));
  const path = (name) => `${folder}/${name}.json`;
  return {
    read(name) {
      try {
        const kept = JSON.parse(readFileSync(path(name), "utf8"));
        const same = kept.asked.seconds === asked.seconds && kept.asked.seed === asked.seed;
        return same ? kept.found : null;
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
    /** The machine that a part was measured on and its load before; both may be unknown. */
    whereOf(name) {
      try {
        const { machine, load } = JSON.parse(readFileSync(path(name), "utf8"));
        return { machine, load };
      } catch {
        return {};
      }
    },
    write(name, found) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(`${path(name)}.new`, JSON.stringify({ asked, machine: machine(), load, found }));
      renameSync(`${path(name)}.new`, path(name));
      return found;
    },
  };
}
