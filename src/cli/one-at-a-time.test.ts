/** Processes that begin to train the same model at the same moment: one runs, whatever lies there from before. */
import { type ChildProcess, fork } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { thorough } from "../../test/thorough.ts";
import { oneAtATime } from "./one-at-a-time.ts";

const root = mkdtempSync(join(tmpdir(), "cellstate-alone-"));
const folder = join(root, "m.keras.progress");
const mark = join(folder, "running");
afterAll(() => rmSync(root, { recursive: true, force: true }));

const processes = 6;
const rounds = thorough ? 60 : 8; // with the pauses below: about 40 ms each
const children: ChildProcess[] = [];

beforeAll(async () => {
  const script = `
    import { oneAtATime } from ${JSON.stringify(new URL("one-at-a-time.ts", import.meta.url).pathname)};
    let leave;
    process.on("message", async ([word, folder, at]) => {
      if (word === "leave") { await leave?.(); leave = undefined; return process.send("left"); }
      while (Date.now() < at);
      await oneAtATime(folder, "m.keras").then(
        (done) => { leave = done; process.send("alone"); },
        (error) => process.send(error.name === "DataError" && error.message.includes("being trained by process") ? "refused" : String(error)),
      );
    });`;
  const bundle = join(root, "child.mjs");
  await build({
    stdin: { contents: script, resolveDir: root },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: bundle,
  });
  for (let k = 0; k < processes; k++) children.push(fork(bundle, { execArgv: [] }));
}, 60_000);
afterAll(() => children.forEach((child) => void child.kill()));

const answers = (send: unknown[], of = children): Promise<string[]> =>
  Promise.all(
    of.map(
      (child) =>
        new Promise<string>((resolve) => {
          child.once("message", (said) => resolve(String(said)));
          child.send(send);
        }),
    ),
  );

/** Possible contents of the lock file. Process 2^30 + 7 is above the greatest number of any system. */
const left: Record<string, (() => void) | null> = {
  nothing: null,
  "the mark of a process that has ended": () =>
    writeFileSync(mark, JSON.stringify({ pid: 2 ** 30 + 7, start: "1", host: hostname(), word: crypto.randomUUID() })),
  "the mark of another process that had this number": () =>
    writeFileSync(mark, JSON.stringify({ pid: process.pid, start: "1", host: hostname(), word: crypto.randomUUID() })),
  "the mark of an earlier version": () => writeFileSync(mark, "999999999"),
  "a mark, and one of a process that ended while it replaced it": () => {
    const of = (pid: number, word: string) => JSON.stringify({ pid, start: "1", host: hostname(), word });
    const word = crypto.randomUUID();
    writeFileSync(mark, of(2 ** 30 + 7, word));
    writeFileSync(join(folder, `after-${word}`), of(2 ** 30 + 8, crypto.randomUUID()));
  },
};

for (const [what, put] of Object.entries(left)) {
  const systemSays = existsSync(`/proc/${process.pid}/stat`);
  test.skipIf(what.includes("another process that had") && !systemSays)(
    `with ${what} there, one of ${processes} runs, ${rounds} times`,
    async () => {
      for (let round = 0; round < rounds; round++) {
        rmSync(folder, { recursive: true, force: true });
        if (put) {
          mkdirSync(folder);
          put();
        }
        const said = await answers(["begin", folder, Date.now() + 20]);
        expect(said.toSorted(), `round ${round}`).toEqual(["alone", ...Array(processes - 1).fill("refused")]);
        expect(readdirSync(folder)).toEqual(["running"]);
        const owner = JSON.parse(readFileSync(mark, "utf8")) as { pid: number };
        expect(owner.pid).toBe(children[said.indexOf("alone")].pid);
        await answers(["leave"]);
        expect(readdirSync(folder)).toEqual([]);
      }
    },
    60_000,
  );
}

test("who leaves takes no other's mark away", async () => {
  rmSync(folder, { recursive: true, force: true });
  const leave = await oneAtATime(folder, "m.keras");
  await expect(oneAtATime(folder, "m.keras")).rejects.toThrow(/being trained by process \d+/);
  const other = JSON.stringify({ pid: process.ppid, start: null, host: "elsewhere", word: "other" });
  writeFileSync(mark, other);
  await leave();
  expect(readFileSync(mark, "utf8")).toBe(other);
  await expect(oneAtATime(folder, "m.keras")).rejects.toThrow(/being trained by process/); // another machine's, and it has just given a sign of life
});
