/**
 * The installed package where something is wrong: an addon that is gone, cut off, of another version or for no such system, no network, a disk
 * that cannot be written. Each program answers with the next best kernels after one line that says why. By command, or in .ci/run.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundle } from "../../scripts/bundle.mjs";
import { loadNative } from "../../src/backends/native/index.ts";
import { platformName } from "../../src/backends/native/platform.ts";

const root = join(import.meta.dirname, "../..");
const project = mkdtempSync(join(tmpdir(), "cellstate-surroundings-"));
afterAll(() => rmSync(project, { recursive: true, force: true }));
const installed = join(project, "node_modules/cellstate");
const place = join(installed, "build/prebuilt", `${await platformName()}.node`);
const cli = join(installed, "dist/cli/main.js");

const present = await loadNative();
const whole = "backend" in present ? readFileSync(present.backend.description.match(/\((.*)\)/)![1]) : null;
if (!whole) console.warn("addons that are wrong skipped: there is none to copy");
/** A view of the files, or of the network, for one process; Linux has them, where users may make them. */
const views = spawnSync("unshare", ["-r", "-m", "-n", "true"]).status === 0;
if (!views)
  console.warn("a disk that cannot be written and no network skipped: there is no unshare here, or no right to it");

beforeAll(async () => {
  mkdirSync(join(installed, "build/prebuilt"), { recursive: true });
  for (const beside of ["package.json", "node_modules"]) symlinkSync(join(root, beside), join(installed, beside));
  await bundle(root, join(installed, "dist"));
  const list = { kernels: "", files: { [await platformName()]: { bytes: whole?.length ?? 0 } } };
  writeFileSync(join(installed, "build/prebuilt/addons.json"), JSON.stringify(list));
  const rows = Array.from({ length: 20 }, (_, k) => `good film ${k},yes\nbad film ${k},no`);
  writeFileSync(join(project, "films.csv"), `text,label\n${rows.join("\n")}\n`);
  writeFileSync(
    join(project, "answer.mjs"),
    `import { chooseBackend, datasets, dense, lstm, sequential } from "cellstate";
    const model = sequential([lstm(4, { inputShape: [3, 2] }), dense(1)], { seed: 1 });
    const y = await model.predict([[[1, 2], [3, 4], [5, 6]]]);
    const data = process.argv.includes("data") ? await datasets.imdb().catch(String) : "";
    console.log(JSON.stringify({ y: y.data[0], on: (await chooseBackend()).name, data }));`,
  );
}, 120_000);

interface Run {
  status: number | null;
  out: string;
  err: string;
}

function run(args: string[], before: string[] = [], variables: NodeJS.ProcessEnv = {}): Run {
  const [command, ...rest] = [...before, process.execPath, ...args];
  const env: NodeJS.ProcessEnv = { ...process.env, HOME: join(project, "home"), NO_COLOR: "1" };
  for (const name of ["CELLSTATE_BACKEND", "CELLSTATE_ADDON", "CELLSTATE_DATA", "XDG_CACHE_HOME"]) delete env[name];
  Object.assign(env, variables);
  const { status, stdout, stderr } = spawnSync(command, rest, {
    cwd: project,
    env,
    encoding: "utf8",
    timeout: 100_000,
  });
  return { status, out: stdout, err: stderr };
}

/** What the program answers by which kernels, and the lines beside it. */
function answered(args: string[] = [], before?: string[]) {
  const { out, err } = run(["answer.mjs", ...args], before);
  expect(out, err).toMatch(/^\{/);
  return { ...(JSON.parse(out) as { y: number; on: string; data: string }), lines: err.trim().split("\n") };
}

test.skipIf(!whole)("an addon that is as it was packed runs without a word", () => {
  writeFileSync(place, whole!);
  expect(answered()).toMatchObject({ on: "native", lines: [""] });
});

const wrong: [string, () => void, RegExp][] = [
  ["was taken away", () => rmSync(place), /no file .*prebuilt/],
  ["is cut off", () => writeFileSync(place, whole!.subarray(0, whole!.length >> 1)), /truncated/],
  ["is another file of its length", () => writeFileSync(place, Buffer.alloc(whole!.length, 65)), /does not load/],
  ["belongs to another version", () => writeFileSync(place, otherVersion()), /another version of Cellstate/],
];

test.skipIf(!whole).each(wrong)(
  "where the addon %s, WASM answers the same after one line; doctor says what helps",
  (_, make, why) => {
    writeFileSync(place, whole!);
    const { y } = answered();
    make();
    const other = answered();
    expect([other.y, other.on, other.lines.length]).toEqual([expect.closeTo(y, 6), "wasm", 1]);
    expect(other.lines[0]).toMatch(why);
    expect(other.lines[0]).toContain("cellstate doctor says what helps");
    const { out } = run([cli, "doctor"]);
    expect(out).toMatch(/native +does not work/);
    expect(out).toMatch(/missing +native kernels: Install the package again.*build-native\.mjs/);
  },
);

/** The addon with another name of its kernels in it. */
function otherVersion(): Buffer {
  const bytes = Buffer.from(whole!);
  const name = readFileSync(join(installed, "dist/backends/native/index.js"), "utf8").match(/"([0-9a-f]{16})"/)![1];
  const at = bytes.indexOf(name);
  expect(at, "dist and addon are of one version").toBeGreaterThan(0);
  bytes.write("0123456789abcdef", at, "latin1");
  return bytes;
}

test.skipIf(!whole)("where CELLSTATE_ADDON names no file, doctor says that it is to be unset", () => {
  writeFileSync(place, whole!);
  const { out } = run([cli, "doctor"], [], { CELLSTATE_ADDON: join(project, "nowhere.node") });
  expect(out).toMatch(/chosen +wasm/);
  expect(out).toMatch(/missing +native kernels: Unset CELLSTATE_ADDON, or name an addon of this version by it\.$/m);
});

test("a system that no addon is built for is named, and WASM answers", () => {
  const strange = 'data:text/javascript,Object.defineProperty(process,"arch",{value:"riscv64"})';
  const { err, out } = run(["--import", strange, "answer.mjs"]);
  expect(JSON.parse(out).on).toBe("wasm");
  expect(err.trim()).toMatch(/^cellstate: wasm runs .*received linux-riscv64-glibc\..*$/);
});

test.skipIf(!views)("without a network all but downloads works; a download names the places and what to do", () => {
  const { data } = answered(["data"], ["unshare", "-r", "-n"]);
  expect(data).toMatch(/expected a download from .*CELLSTATE_DATA: not set.*where there is a network/s);
});

test.skipIf(!views)("on a disk that cannot be written models answer, and saving says which place refuses", () => {
  const train = [cli, "train", "classify", "films.csv", "--epochs", "1", "--units", "4", "--quiet", "--save"];
  expect(run([...train, "films.keras"]).status).toBe(0);
  const locked = `mount --bind '${project}' '${project}' && mount -o remount,ro,bind '${project}' && cd '${project}' && exec "$@"`;
  const view = ["unshare", "-r", "-m", "sh", "-c", locked, "sh"];
  expect(answered([], view).y).toBeTypeOf("number");
  expect(run([cli, "predict", "films.keras", "good film"], view).out).toMatch(/yes|no/);
  const refused = run([...train, "other.keras"], view);
  expect(refused.status).not.toBe(0);
  expect(refused.err).toMatch(/--save other\.keras: .*cannot be written.*\n.*Save under another path/);
});
