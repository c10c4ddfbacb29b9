/** The scripts of the site: what pages load, and what the cells' workers run. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { forPages } from "../../scripts/for-pages.mjs";
import { hashOf } from "./layout.ts";

export interface SiteFile {
  /** From the site's root. */
  readonly path: string;
  readonly contents: string | Uint8Array;
}

/** The library's sources as pages get them: without the addon, Node's modules (package.json) and HDF5's 4.8 MB. */
const asPagesGetThem = (root: string): Plugin => ({
  name: "for-pages",
  setup({ onResolve, onLoad }) {
    const { isLeftOut, withoutNode } = forPages(root);
    onResolve({ filter: /native\/index\.ts$/ }, () => ({ path: join(root, "src/backends/native/in-browser.ts") }));
    onResolve({ filter: /atomic-write\.ts$/ }, () => ({ path: join(root, "site/sandbox/written-files.ts") }));
    onResolve({ filter: /^h5wasm/ }, () => ({ path: "h5wasm", namespace: "absent" }));
    onResolve({ filter: /./ }, ({ path }) => (isLeftOut(path) ? { path, namespace: "empty" } : null));
    onLoad({ filter: /./, namespace: "empty" }, () => ({ contents: "export default {}" }));
    onLoad({ filter: /./, namespace: "absent" }, () => ({
      contents:
        'throw new Error("This file needs an HDF5 library, which the cells do not carry. The studio opens it.");',
    }));
    onLoad({ filter: /src\/.*\.ts$/ }, ({ path }) => ({
      contents: withoutNode(readFileSync(path, "utf8")),
      loader: "ts",
    }));
  },
});

const trainingAlone: Plugin = {
  name: "training-alone",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /./ }, ({ kind, importer }) =>
      kind === "dynamic-import" && !/src\/(backends|models|program|train\/fit)\//.test(importer)
        ? { path: "nothing", namespace: "left-out" }
        : null,
    );
    onLoad({ filter: /./, namespace: "left-out" }, () => ({ contents: "export default {}" }));
  },
};

const common = (root: string): BuildOptions & { write: false; outdir: string } => ({
  absWorkingDir: root,
  bundle: true,
  minify: true,
  write: false,
  outdir: "assets",
  platform: "browser",
  target: "es2022",
  tsconfigRaw: {},
  legalComments: "none",
  alias: { cellstate: join(root, "src/index.ts") },
  plugins: [asPagesGetThem(root)],
  logLevel: "warning",
});

/** The start page's worker. Of what the library loads when it is used, it keeps the backends and what training needs; the rest is left out. */
async function demoWorker(root: string): Promise<SiteFile[]> {
  const { outputFiles } = await build({
    ...common(root),
    entryPoints: [join(root, "site/client/demo-worker.ts")],
    format: "esm",
    splitting: true,
    entryNames: "[name]-[hash]",
    chunkNames: "demo-[name]-[hash]",
    plugins: [trainingAlone, ...common(root).plugins!],
  });
  return outputFiles.map(({ path, contents }) => ({ path: `assets/${basename(path)}`, contents }));
}

/** A script of one file, for a worker. */
async function oneFile(root: string, entry: string): Promise<SiteFile> {
  const { outputFiles } = await build({
    ...common(root),
    entryPoints: [join(root, entry)],
    format: "iife",
  });
  const contents = outputFiles[0].text;
  const name = basename(entry, ".ts");
  return { path: `assets/${name}-${short(contents)}.js`, contents };
}

const short = (contents: string): string => createHash("sha256").update(contents).digest("hex").slice(0, 10);

export interface Bundles {
  readonly files: readonly SiteFile[];
  readonly script: string;
  readonly style: string;
  /** The hash of the frame's own script, which pages must allow, since the frame inherits what they allow. */
  readonly frameHash: string;
}

export async function bundles(root: string): Promise<Bundles> {
  const [demo, engine, engineWithPlots, frame] = await Promise.all([
    demoWorker(root),
    oneFile(root, "site/sandbox/engine.ts"),
    oneFile(root, "site/sandbox/engine-plots.ts"),
    oneFile(root, "site/sandbox/frame.ts"),
  ]);
  const frameScript = String(frame.contents).trim();
  const frameHash = hashOf(frameScript);
  const framePage =
    `<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src ${frameHash} blob: 'wasm-unsafe-eval'; worker-src blob:">` +
    `<title>A cell</title><script>${frameScript}</script>`;
  const { outputFiles } = await build({
    ...common(root),
    entryPoints: { page: join(root, "site/client/page.ts"), style: join(root, "site/style.css") },
    format: "esm",
    splitting: true,
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    define: {
      SITE_DEMO: JSON.stringify(basename(demo.find(({ path }) => path.includes("demo-worker"))!.path)),
      SITE_ENGINE: JSON.stringify(engine.path),
      SITE_ENGINE_PLOTS: JSON.stringify(engineWithPlots.path),
      SITE_FRAME: JSON.stringify(framePage),
    },
  });
  const pages = outputFiles.map(({ path, contents }) => ({ path: `assets/${basename(path)}`, contents }));
  const named = (name: string) => pages.find(({ path }) => path.startsWith(`assets/${name}`))!.path;
  return {
    files: [...demo, engine, engineWithPlots, ...pages],
    script: named("page-"),
    style: named("style-"),
    frameHash,
  };
}
