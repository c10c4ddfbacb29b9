import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * A result with its seconds by the clock and of the processor. With `file` it is written there, and read again where it was run before, so that
 * seeds can be run one after the other, and go on after an interruption.
 */
export async function onceDone(file, run) {
  if (file && existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
  const [begun, used] = [performance.now(), process.cpuUsage()];
  const found = await run();
  const { user, system } = process.cpuUsage(used);
  const seconds = { "wall, s": (performance.now() - begun) / 1000, "processor, s": (user + system) / 1e6 };
  const result = { ...found, figures: { ...found.figures, ...seconds } };
  if (file) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(result));
  }
  return result;
}
