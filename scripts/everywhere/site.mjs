/** The site's figures in Chromium, as `npm run site -- --measure` prints them. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "../kernel-sources.mjs";

/** A list of `{ page, paint, ready, longest, over, packed, requests }`: milliseconds and kB. */
export function site() {
  const command = [join(root, "scripts/site.mjs"), "--measure"];
  const { stdout, stderr } = spawnSync(process.execPath, command, { cwd: root, encoding: "utf8" });
  const line =
    /^(.+): first paint (\d+) ms, ready (\d+) ms, longest task ([\d.]+) ms \(.*?; (\d+) over 50 ms.*?\), ([\d.]+) kB packed .* in (\d+) requests/gm;
  const found = [...stdout.matchAll(line)].map(([, name, ...numbers]) => {
    const [paint, ready, longest, over, packed, requests] = numbers.map(Number);
    return { page: name, paint, ready, longest, over, packed, requests };
  });
  if (found.length === 0) throw new Error(`the site said nothing of its figures: ${stdout}${stderr.slice(-400)}`);
  return found;
}
