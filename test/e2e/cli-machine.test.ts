/** `cellstate` alone, `doctor`, `datasets`: what is here. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { cellstate, run } from "../../src/cli/program.ts";
import { speaker } from "./say.ts";

const { folder, say } = speaker("cli-machine");

beforeEach(() => {
  vi.stubEnv("CELLSTATE_DATA", join(folder, "data"));
  vi.stubEnv("XDG_CACHE_HOME", join(folder, "cache"));
  vi.stubEnv("KERAS_HOME", join(folder, "keras"));
});
afterEach(() => void vi.unstubAllEnvs());

test("help fits terminals of 40, 80 and 120 columns: what is longer is a command or a term", async () => {
  for (const columns of [40, 80, 120]) {
    for (const words of [[], ["--help"], ["train", "forecast", "--help"], ["generate", "--help"]]) {
      const said: string[] = [];
      const out = (text: string) => void said.push(text);
      const screen = { out, err: out, input: async function* () {}, terminal: true, columns, code: 0 };
      expect(await run(cellstate(screen), ["node", "cellstate", ...words], screen)).toBe(0);
      const [help] = said.join("").split("\nExamples:");
      const long = help
        .split("\n")
        .filter((line) => line.length > columns && !/^( +cellstate|cellstate \d)/.test(line));
      expect(long, `${words.join(" ")} at ${columns}`).toEqual([]);
      if (words[0] !== "generate") continue;
      const beside = columns > 40 ? / -w, --words <n> +maximum number/ : / -w, --words <n>\n {6}maximum number/;
      expect(help).toMatch(beside);
    }
  }
});

test("cellstate alone shows where to begin; --help tells the exit codes", async () => {
  const first = await say();
  expect(first).toMatchObject({ code: 0, err: "" });
  for (const command of ["train text", "train classify", "train forecast", "train sequence", "doctor"])
    expect(first.out).toContain(`cellstate ${command}`);
  expect(Math.max(...first.out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  expect((await say("--help")).out).toMatch(/Exit codes:\n {2}0 {4}success[\s\S]*130 {2}interrupted/);
});

test("doctor says which backend runs and why the others do not, in words and in JSON", async () => {
  vi.stubEnv("CELLSTATE_BACKEND", "js");
  const { out, code } = await say("doctor");
  expect(code).toBe(0);
  expect(out).toMatch(/^js {9}chosen: plain TypeScript/m);
  expect(out).toMatch(/^chosen {5}js: CELLSTATE_BACKEND=js$/m);
  const found = JSON.parse((await say("doctor", "--json")).out);
  expect(found).toMatchObject({ chosen: "js", node: process.version });
  expect(found.backends.map(({ name }: { name: string }) => name)).toEqual(["native", "wasm", "js"]);
});

test("doctor tells where there is no addon how to build it here, by the path of the script", async () => {
  vi.stubEnv("CELLSTATE_ADDON", join(folder, "gone.node"));
  vi.stubEnv("CELLSTATE_BACKEND", "js");
  const { out } = await say("doctor");
  expect(out).toMatch(/^cellstate {2}\S+, Node v\d+/);
  // another test of this worker may have opened the addon before: then it is there
  if (/^missing +native/m.test(out))
    expect(out).toMatch(/^missing +native kernels: `node \S*build-native\.mjs --force` builds it/m);
});

test("doctor survives an unknown CELLSTATE_BACKEND, says so and ends with 1", async () => {
  vi.stubEnv("CELLSTATE_BACKEND", "gpu");
  const { out, err, code } = await say("doctor");
  expect([code, err]).toEqual([1, ""]);
  expect(out).toMatch(/chosen {5}none: CELLSTATE_BACKEND=gpu is none of native, wasm, js: unset it/);
  expect(JSON.parse((await say("doctor", "--json")).out).chosen).toBe(null);
});

test("datasets list says of each set its size, licence and whether it is here", async () => {
  const before = (await say("datasets", "list")).out;
  expect(before).toMatch(/^imdb +19\.1 MB +download +research use/m);
  expect(before).toMatch(/^airline +2\.2 kB +by hand /m);
  mkdirSync(join(folder, "data/timeseries"), { recursive: true });
  writeFileSync(join(folder, "data/timeseries/airline-passengers.csv"), "Month,Passengers\n1949-01,112\n");
  expect((await say("datasets", "list")).out).toMatch(/^airline +2\.2 kB +here /m);
  const sets = (await say("datasets", "list", "--json")).out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(sets.find(({ name }) => name === "airline")).toMatchObject({ here: true, bytes: 2180, download: false });
  expect((await say("datasets", "list", "--quiet")).out.split("\n")).toContain("fsdd");
});

test("datasets where names the places, and of a set its files or where they belong", async () => {
  expect((await say("datasets", "where")).out).toMatch(/CELLSTATE_DATA +\S+data\ncache +\S+\nKeras's cache/);
  const { out } = await say("datasets", "where", "ptb");
  expect(out.split("\n")[0]).toMatch(/^not here: .*ptb\/ptb\.test\.txt, or \$CELLSTATE_DATA\/ptb\/ptb\.test\.txt$/);
  expect((await say("datasets", "where", "imbd")).err).toMatch(/Did you mean "imdb"/);
});

test("datasets download finds what is here, and without a network or an address says where to put the file", async () => {
  const here = await say("datasets", "download", "airline");
  expect(here).toMatchObject({ code: 0 });
  expect(here.out).toMatch(/airline-passengers\.csv {2}0\.0 kB\n$/);
  const none = await say("datasets", "download", "basic-motions");
  expect(none.code).toBe(1);
  expect(none.err).toMatch(/no lasting public address[\s\S]*Put it at .*basic-motions/);
  vi.stubGlobal("fetch", async () => {
    throw new TypeError("fetch failed", { cause: new Error("getaddrinfo ENOTFOUND") });
  });
  try {
    const offline = await say("datasets", "download", "tiny-shakespeare");
    expect(offline.err).toMatch(
      /a download from https:.*fetch failed \(getaddrinfo ENOTFOUND\)[\s\S]*Or put it at .*input\.txt/,
    );
  } finally {
    vi.unstubAllGlobals();
  }
});

test("datasets download checks what comes, keeps it, and restarts after a broken one", async () => {
  const real = await import("../../src/datasets/catalog.ts");
  const { bytes } = real.dataSet("sunspots").files[0];
  let parts = [new Uint8Array(10)];
  vi.stubGlobal("fetch", async () => new Response(new Blob(parts)));
  try {
    expect((await say("datasets", "download", "sunspots")).err).toMatch(new RegExp(`10 of ${bytes} bytes`));
    parts = [new Uint8Array(bytes)];
    expect((await say("datasets", "download", "sunspots")).err).toMatch(/a file with sha256 \w+ instead of/);
    expect((await say("datasets", "where", "sunspots")).out).toMatch(/^not here/);
    const shared = process.env.CELLSTATE_SHARED_DATA ?? join(import.meta.dirname, "../../../shared/data");
    const copy = await import("node:fs/promises").then(({ readFile }) =>
      readFile(join(shared, "timeseries/monthly-sunspots.csv")).catch(() => null),
    );
    if (copy === null) return console.log("the whole download is not tested: no shared data here");
    parts = [new Uint8Array(copy)];
    const done = await say("datasets", "download", "sunspots");
    expect(done).toMatchObject({ code: 0, err: "" });
    const path = (await say("datasets", "where", "sunspots")).out.trim();
    expect(readFileSync(path)).toEqual(copy);
  } finally {
    vi.unstubAllGlobals();
  }
});
