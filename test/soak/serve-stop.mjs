/**
 * `cellstate serve` under requests that come when they are due, while its model is loaded again (SIGHUP, and a file that changes) and it is
 * told to stop (SIGTERM): each request is answered, by a number, a refusal (429, 503), or no connection when the server is gone.
 */
import { fork, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { textModels } from "./serve-callers.mjs";
import { requestsOf, told } from "./serve-servers.mjs";

const perSecond = 150;
const seconds = 4;

/** So many servers, one after the other. */
export async function stopServers({ times, seed }) {
  const folder = mkdtempSync(join(tmpdir(), "cellstate-serve-"));
  const caller = fork(fileURLToPath(new URL("serve-client.mjs", import.meta.url)));
  try {
    for (const name of ["m", "other"]) await textModels.small().save(join(folder, `${name}.keras`));
    const all = { times, lost: 0, cut: 0, statuses: {}, codes: [], reloads: 0 };
    for (let k = 0; k < times; k++) {
      const isCut = k % 2 === 1; // its drain ends while requests still come, so that a connection may be reset that it never took
      const { statuses, code, reloads } = await once(folder, caller, { seed: seed + k, drain: isCut ? 0.3 : 10 });
      all[isCut ? "cut" : "lost"] += statuses[0] ?? 0;
      for (const [status, n] of Object.entries(statuses)) all.statuses[status] = (all.statuses[status] ?? 0) + n;
      all.codes = [...new Set([...all.codes, code])];
      all.reloads += reloads;
    }
    return all;
  } finally {
    caller.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function once(folder, caller, { seed, drain }) {
  const command = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
  const words = [command, "serve", join(folder, "m.keras"), "--port", "0", "--drain", String(drain)];
  const server = spawn(process.execPath, words);
  const ended = new Promise((resolve) => server.once("exit", resolve));
  let said = "";
  server.stderr.on("data", (text) => {
    said += text;
  });
  const address = await new Promise((resolve) => server.stdout.once("data", (text) => resolve(String(text).trim())));
  const at = (part, act) => setTimeout(act, 1000 * seconds * part);
  at(0.1, () => server.kill("SIGHUP"));
  at(0.3, () => copyFileSync(join(folder, "other.keras"), join(folder, "m.keras")));
  at(0.8, () => server.kill("SIGTERM"));
  const port = Number(new URL(address).port);
  const { statuses } = await told(caller, {
    manner: "openLoop",
    port,
    requests: requestsOf("small"),
    perSecond,
    seconds,
    seed,
  });
  return { statuses, code: await ended, reloads: said.split("loaded again").length - 1 };
}
