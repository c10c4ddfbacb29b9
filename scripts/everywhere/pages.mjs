/** What a page downloads to read a model and predict: minified by esbuild and gzipped, beside tfjs; and a worker as Vite makes it. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { build as viteBuild } from "vite";

const programs = {
  "cellstate: load and predict": [
    "cellstate",
    'import { loadModel } from "cellstate"; globalThis.answer = async (url, x) => (await loadModel(url)).predict(x);',
  ],
  "cellstate: train": [
    "cellstate",
    'import { dense, lstm, sequential } from "cellstate"; globalThis.train = (x, y) => { const m = sequential([lstm(32), dense(1)]); m.compile({ loss: "mse" }); return m.fit(x, y); };',
  ],
  "@tensorflow/tfjs: load and predict": [
    "tfjs",
    'import * as tf from "@tensorflow/tfjs"; globalThis.answer = async (url, x) => (await tf.loadLayersModel(url)).predict(tf.tensor(x));',
  ],
  "@tensorflow/tfjs, layers and one backend alone": [
    "tfjs",
    'import { loadLayersModel } from "@tensorflow/tfjs-layers"; import { tensor } from "@tensorflow/tfjs-core"; import "@tensorflow/tfjs-backend-webgl"; globalThis.answer = async (url, x) => (await loadLayersModel(url)).predict(tensor(x));',
  ],
};

/**
 * `{ NAME: { first, later } }`: bytes, gzipped, of what the page asks for at once, and of the parts that it may ask for later;
 * `{ NAME: { file, gzipped } }`: bytes of the one file that Vite makes of a worker.
 */
export async function pages(folder) {
  const found = {};
  for (const [name, [place, text]] of Object.entries(programs)) {
    const entry = join(folder, place, "page.mjs");
    const outdir = join(folder, place, "page-out");
    writeFileSync(entry, text);
    mkdirSync(outdir, { recursive: true });
    const options = {
      bundle: true,
      splitting: true,
      minify: true,
      format: "esm",
      platform: "browser",
      target: "es2022",
    };
    const { metafile, outputFiles } = await build({
      ...options,
      entryPoints: [entry],
      outdir,
      write: false,
      metafile: true,
      logLevel: "error",
      define: { "process.env.NODE_ENV": '"production"' },
    });
    const gzipped = new Map(
      outputFiles.map(({ path, contents }) => [path.split("/").pop(), gzipSync(contents, { level: 9 }).length]),
    );
    const outputs = Object.entries(metafile.outputs).map(([path, output]) => ({
      name: path.split("/").pop(),
      ...output,
    }));
    const atOnce = [outputs.find(({ entryPoint }) => entryPoint).name];
    for (const one of atOnce)
      for (const { path, kind } of outputs.find((output) => output.name === one).imports)
        if (kind !== "dynamic-import" && !atOnce.includes(path.split("/").pop())) atOnce.push(path.split("/").pop());
    const sum = (names) => names.reduce((bytes, one) => bytes + (gzipped.get(one) ?? 0), 0);
    found[name] = {
      first: sum(atOnce),
      later: sum(outputs.map((one) => one.name).filter((one) => !atOnce.includes(one))),
    };
  }
  for (const name of ["train", "load and predict"])
    found[`a worker of Vite: ${name}`] = await worker(join(folder, "cellstate"), programs[`cellstate: ${name}`][1]);
  return found;
}

async function worker(place, text) {
  const app = join(place, "worker-app");
  mkdirSync(app, { recursive: true });
  writeFileSync(join(app, "index.html"), '<!doctype html><script type="module" src="./main.js"></script>');
  writeFileSync(join(app, "main.js"), 'new Worker(new URL("./work.js", import.meta.url), { type: "module" });');
  writeFileSync(join(app, "work.js"), text);
  await viteBuild({ root: app, configFile: false, logLevel: "error" });
  const assets = join(app, "dist/assets");
  const file = readFileSync(
    join(
      assets,
      readdirSync(assets).find((name) => name.startsWith("work-")),
    ),
  );
  return { file: file.length, gzipped: gzipSync(file, { level: 9 }).length };
}
