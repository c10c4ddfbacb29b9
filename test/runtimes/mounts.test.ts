/**
 * The programs of docs/serve-in-your-server.md, run as they stand there and asked over HTTP: by hono, express, Next, Bun, Deno and workerd,
 * as far as they are installed in the folder that CELLSTATE_RUNTIMES names.
 */
import { type ChildProcess, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundle } from "../../scripts/bundle.mjs";
import { dense, input, lstm, sequential } from "../../src/index.ts";
import { freePort } from "../free-port.mjs";
import { find, known } from "./find.ts";

const root = join(import.meta.dirname, "../..");
const packages = join(process.env.CELLSTATE_RUNTIMES ?? root, "node_modules");
const project = mkdtempSync(join(tmpdir(), "cellstate-mounts-"));
afterAll(() => rmSync(project, { recursive: true, force: true }));

const rows = [[[1], [2], [3]]];
let wanted: unknown;
beforeAll(async () => {
  const page = readFileSync(join(root, "docs/serve-in-your-server.md"), "utf8");
  for (const [, path, code] of page.matchAll(/```js\n\/\/ (\S+)\n([\s\S]*?)```/g)) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), code);
  }
  const net = sequential([input([3, 1], { name: "x" }), lstm(2), dense(1)], { seed: 4 });
  await net.save(join(project, "net.keras"));
  wanted = (await net.predict(rows)).toArray();
  const installed = join(project, "node_modules/cellstate");
  mkdirSync(installed, { recursive: true });
  for (const beside of ["package.json", "node_modules", "build"])
    symlinkSync(join(root, beside), join(installed, beside));
  await bundle(root, join(installed, "dist"));
  if (existsSync(packages))
    for (const name of readdirSync(packages))
      if (name !== "cellstate" && !name.startsWith("."))
        symlinkSync(join(packages, name), join(project, "node_modules", name));
  writeFileSync(
    join(project, "package.json"),
    '{ "name": "mounts", "private": true, "dependencies": { "cellstate": "*" } }',
  );
}, 100_000);

/** Asks until somebody answers, then what the page promises. */
async function asked(address: string, ended: () => string | null): Promise<void> {
  for (let live = 0; live !== 200; ) {
    const why = ended();
    if (why !== null) throw new Error(`it ended: ${why}`);
    live = await fetch(`${address}/ml/healthz`).then(
      ({ status }) => status,
      () => 0,
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(`${address}${path}`, { method: "POST", body, headers });
  const answer = await post("/ml/v1/models/net:predict", JSON.stringify({ instances: rows }));
  const { predictions } = (await answer.json()) as { predictions: number[][] };
  expect(predictions[0][0]).toBeCloseTo((wanted as number[][])[0][0], 6); // WASM and plain TypeScript round otherwise than native
  const lines = `${JSON.stringify({ inputs: rows })}\n`.repeat(3);
  const streamed = await post("/ml/models/net/predict", lines, { "content-type": "application/x-ndjson" });
  expect((await streamed.text()).trim().split("\n")).toHaveLength(3);
  const one = JSON.stringify({ inputs: rows });
  const many = await Promise.all(Array.from({ length: 20 }, () => post("/ml/models/net/predict", one)));
  expect(many.map(({ status }) => status)).toEqual(many.map(() => 200));
  expect((await post("/ml/models/net/predict", '{"inputs": 7}')).status).toBe(400);
  expect((await post("/ml/models/none/predict", "{}")).status).toBe(404);
  const foreign = await post("/ml/models/net/predict", "{}", { origin: "https://evil.example" });
  expect(foreign.status).toBe(403);
  const { servers } = (await (await fetch(`${address}/ml/openapi.json`)).json()) as { servers: object[] };
  expect(servers).toEqual([{ url: "/ml" }]);
}

async function started(command: string, args: string[], port: number): Promise<void> {
  const env = { ...process.env, PORT: String(port), NEXT_TELEMETRY_DISABLED: "1" };
  const child: ChildProcess = spawn(command, args, {
    cwd: project,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let said = "";
  for (const stream of [child.stdout!, child.stderr!])
    stream.on("data", (part) => {
      said += part;
    });
  const gone = new Promise((resolve) => child.once("close", resolve));
  try {
    await asked(`http://127.0.0.1:${port}`, () => (child.exitCode === null ? null : said.slice(-2000)));
  } finally {
    if (child.exitCode === null) process.kill(-child.pid!, "SIGKILL"); // with what it started
    await gone;
  }
}

const node = process.execPath;
const has = (name: string) => existsSync(join(packages, name));
const next = join(packages, "next/dist/bin/next");
const mounts: [name: string, command: string | undefined, args: (port: number) => string[]][] = [
  ["hono", has("hono") && has("@hono/node-server") ? node : undefined, () => ["hono.mjs"]],
  ["express", has("express") ? node : undefined, () => ["express.mjs"]],
  ["Next", has("next") ? node : undefined, (port) => [next, "dev", "--webpack", "-p", String(port)]],
  ["Bun", find("Bun"), () => [...known.Bun.args, "bun.mjs"]],
  ["Deno", find("Deno"), () => [...known.Deno.args, "deno.mjs"]],
];
for (const [name, command, args] of mounts) {
  if (!command) console.warn(`${name} skipped: not where CELLSTATE_RUNTIMES says`);
  test.skipIf(!command)(
    `mounted in ${name}, it answers as alone`,
    async () => {
      const port = await freePort();
      await started(command!, args(port), port);
    },
    200_000,
  );
}

if (!has("miniflare")) console.warn("workerd skipped: no miniflare where CELLSTATE_RUNTIMES says");
test.skipIf(!has("miniflare"))(
  "mounted in a Worker, it answers as alone",
  async () => {
    const script = join(project, "worker-bundle.mjs");
    await build({
      entryPoints: [join(project, "worker.mjs")],
      ...{ outfile: script, bundle: true, format: "esm", platform: "browser", target: "es2022" },
      external: ["node:*"],
      loader: { ".keras": "binary" },
      logLevel: "silent", // problems arrive as an exception
    });
    const { main } = JSON.parse(readFileSync(join(packages, "miniflare/package.json"), "utf8"));
    const { Miniflare } = (await import(pathToFileURL(join(packages, "miniflare", main)).href)).default;
    const worker = new Miniflare({
      modules: true,
      script: readFileSync(script, "utf8"),
      compatibilityDate: "2025-09-01",
      compatibilityFlags: ["nodejs_compat"],
    });
    try {
      await asked(String(await worker.ready).replace(/\/$/, ""), () => null);
    } finally {
      await worker.dispose();
    }
  },
  100_000,
);
