/** dist/ as `npm run build` makes it: what is loaded when, and what bundlers find. Counted, never timed. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundle, doors } from "../../scripts/bundle.mjs";
import * as data from "../../src/data/index.ts";
import * as explain from "../../src/explain/index.ts";
import * as formats from "../../src/formats/index.ts";
import * as index from "../../src/index.ts";
import * as multilabel from "../../src/multilabel/index.ts";
import * as parallel from "../../src/parallel/index.ts";
import * as plot from "../../src/plot/index.ts";
import * as serve from "../../src/serve/index.ts";
import * as tagging from "../../src/tagging/index.ts";
import * as transcribe from "../../src/transcribe/index.ts";
import * as translate from "../../src/translate/index.ts";
import * as tune from "../../src/tune/index.ts";
import * as video from "../../src/video/index.ts";

const root = join(import.meta.dirname, "../..");
const home = realpathSync(mkdtempSync(join(tmpdir(), "cellstate-build-")));
const dist = join(home, "dist");

beforeAll(async () => {
  for (const beside of ["assets", "build", "node_modules", "package.json"])
    if (existsSync(join(root, beside))) symlinkSync(join(root, beside), join(home, beside));
  await bundle(root, dist);
}, 60_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

const hook = `import { writeSync } from "node:fs";
export async function load(url, context, next) {
  writeSync(2, "loaded " + url + "\\n");
  return next(url, context);
}`;
const listening = `data:text/javascript,${encodeURIComponent(
  `import { register } from "node:module"; register("data:text/javascript,${encodeURIComponent(hook)}");`,
)}`;

/** A program's output, the files of dist it loads with their bytes, and the packages. */
function loaded(...words: string[]) {
  const env = { ...process.env, NO_COLOR: "1" };
  const { stdout, stderr } = spawnSync(process.execPath, ["--import", listening, ...words], { env, encoding: "utf8" });
  const urls = [...stderr.matchAll(/^loaded (file:.*)$/gm)].map(([, url]) => fileURLToPath(url));
  const ours = urls.filter((path) => path.includes("/dist/") && !path.includes("node_modules"));
  return {
    out: stdout,
    files: ours.map((path) => path.split("/dist/")[1]),
    bytes: ours.reduce((sum, path) => sum + statSync(path).size, 0),
    packages: [
      ...new Set(urls.flatMap((path) => path.split("node_modules/")[1]?.match(/^(@[^/]+\/)?[^/]+/)?.[0] ?? [])),
    ],
  };
}

const main = join(dist, "cli/main.js");

test("`cellstate --version` loads two small files and nothing else", () => {
  const { out, files, bytes, packages } = loaded(main, "--version");
  expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect([files, packages]).toEqual([["cli/main.js", "chunks/ground.js"], []]);
  expect(bytes).toBeLessThan(11_500); // half of it errors.ts, to tell of too few open files, or of a right that Deno lacks, before anything is loaded
});

test("help loads the options of the commands, and the library where it names the optimizers", () => {
  for (const words of [["--help"], ["train", "text", "--help"], ["completion", "bash"], ["predict", "--help"], []]) {
    const { out, files, bytes, packages } = loaded(main, ...words);
    expect(out).toContain(words[0] === "predict" ? "predict" : "train");
    expect(packages).toEqual(["commander"]);
    const named = ["train", "completion"].includes(words[0]); // 30 ms more
    if (named) continue;
    expect(files).not.toContain("chunks/core.js");
    expect(bytes).toBeLessThan(90_000);
  }
});

test("a command loads what it needs: to predict, no package but commander", () => {
  const { out, files, packages } = loaded(
    main,
    "predict",
    join(root, "test/fixtures/0.1/textClassifier.keras"),
    "a good film",
  );
  expect(out).not.toBe("");
  expect(packages).toEqual(["commander"]);
  expect(files.filter((file) => /plot-run|train|evaluate|demo|doctor/.test(file))).toEqual([]);
});

test('`import "cellstate"` loads three files and no package', () => {
  const { files, packages } = loaded(
    "--input-type=module",
    "--eval",
    `import "${pathToFileURL(join(dist, "index.js"))}";`,
  );
  expect(files.sort()).toEqual(["chunks/core.js", "chunks/ground.js", "index.js"]);
  expect(packages).toEqual([]);
});

test("what lies beside dist is found from the bundled places: the addon, the text of the demo", () => {
  const files = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((path) =>
    /^(?!browser).*\.js$/.test(path),
  );
  const found = files.flatMap((path) => {
    const text = readFileSync(join(dist, path), "utf8");
    const beside = [...text.matchAll(/new URL\("([^"]+)", import\.meta\.url\)/g)].map(([, place]) =>
      join(dirname(path), place),
    );
    const from = [...text.matchAll(/join\(fileURLToPath\(here\), "([^"]+)"\)/g)].map(([, place]) => join(path, place));
    return [...beside, ...from].map((place) => relative(home, join(dist, place)));
  });
  expect(found.sort()).toEqual(["assets/lstm-faq.txt", "build", "build/studio.html"]);
  const { backends } = JSON.parse(execFileSync(process.execPath, [main, "doctor", "--json"], { encoding: "utf8" }));
  expect(backends.map((one: { name: string; works: boolean }) => one.works || one.name)).toEqual(
    existsSync(join(root, "build/cellstate.node")) ? [true, true, true] : ["native", true, true],
  );
});

test("an error's stack names our functions, with CELLSTATE_DEBUG", () => {
  const env = { ...process.env, CELLSTATE_DEBUG: "1" };
  const { stderr, status } = spawnSync(process.execPath, [main, "summary", "none.keras"], { env, encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^DataError|^FormatError/);
  expect(stderr).toMatch(/ {4}at .*loadModel.*dist\/chunks\/core\.js:\d+:\d+/);
});

test("every door is there twice, with the same names as its source", () => {
  const sources: Record<string, object> = { index, "data/index": data, "plot/index": plot, "formats/index": formats };
  sources["explain/index"] = explain;
  sources["serve/index"] = serve;
  Object.assign(sources, {
    "tagging/index": tagging,
    "transcribe/index": transcribe,
    "video/index": video,
    "multilabel/index": multilabel,
    "translate/index": translate,
    "tune/index": tune,
    "parallel/index": parallel,
    "formats/whole-hdf5": {}, // imported for what it does
  });
  expect(doors).toEqual(Object.keys(sources));
  const places = doors.flatMap((door) => [`${door}.js`, `browser/${door}.js`]);
  const program = `for (const place of ${JSON.stringify(places)})
    console.log(JSON.stringify(Object.keys(await import(${JSON.stringify(`${pathToFileURL(dist)}/`)} + place))));`;
  const said = execFileSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
  const found = said
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).sort());
  for (const [k, place] of places.entries())
    expect(found[k], place).toEqual(Object.keys(sources[doors[k >> 1]]).sort());
});

test("a model that a bundler has shaken saves itself: what writes files is not shaken off", async () => {
  const contents = `import { input, lstm, sequential } from "cellstate";
    const path = process.argv[2];
    if (process.argv[3] === "page") delete globalThis.process;
    await sequential([input([2, 1]), lstm(2)]).save(path);`;
  const folder = mkdtempSync(join(home, "bundled-"));
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const external = Object.keys({ ...dependencies, ...optionalDependencies });
  for (const condition of ["default", "browser"]) {
    const outfile = join(folder, `${condition}.mjs`);
    const platform = condition === "browser" ? "browser" : "node";
    await build({ stdin: { contents, resolveDir: home }, bundle: true, format: "esm", platform, external, outfile });
  }
  const run = (name: string, ...args: string[]) =>
    spawnSync(process.execPath, [join(folder, name), join(folder, "m.onnx"), ...args], { encoding: "utf8" }).stderr;
  expect(run("default.mjs")).toBe("");
  expect(existsSync(join(folder, "m.onnx"))).toBe(true);
  expect(run("browser.mjs", "page")).toContain("expected a file system, received a browser");
});

test("a page that only trains carries no format of files, and nothing that draws", async () => {
  const contents = `import { dense, lstm, sequential } from "cellstate";
    globalThis.train = (x, y) => sequential([lstm(4), dense(1)]).fit(x, y);`;
  const stdin = { contents, resolveDir: home };
  const { metafile } = await build({ stdin, bundle: true, write: false, metafile: true, platform: "browser" });
  const files = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
  expect(files.filter((path) => path.includes("/train/fit/"))).not.toEqual([]);
  expect(files.filter((path) => /\/(formats|plot)\//.test(path)).map((path) => path.split("/browser/")[1])).toEqual([
    "formats/writer-in-browser.js",
  ]);
});

test("what bundlers get has nothing of Node and no addon, and each import leads somewhere", () => {
  const browser = join(dist, "browser");
  const files = readdirSync(browser, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".js"));
  expect(files.length).toBeGreaterThan(300);
  for (const file of files) {
    const text = readFileSync(join(browser, file), "utf8");
    expect(text, file).not.toMatch(/["']node:|createRequire|cellstate\.node|new URL\([^)]*import\.meta/);
    for (const [, path] of text.matchAll(/(?:from|import\() ?"(\.{1,2}\/[^"]+)"/g))
      expect(existsSync(join(browser, dirname(file), path)), `${file} imports ${path}`).toBe(true);
  }
});
