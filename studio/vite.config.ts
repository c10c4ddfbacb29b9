/** `npm run studio`: out/studio/ as a static site, or with `--mode file` the same as one HTML file that works from file://. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type Plugin } from "vite";
import { forPages } from "../scripts/for-pages.mjs";

const root = join(import.meta.dirname, "..");
const { isLeftOut, withoutNode } = forPages(root);

/** In place of HDF5's library: says what to do without it. */
const noHdf5 = `
  import { FormatError, fault } from ${JSON.stringify(join(root, "src/errors.ts"))};
  const next = "Open it on the studio's site, or by cellstate studio. If Keras wrote it, it may be damaged.";
  throw new FormatError(fault("studio", "to read this file takes an HDF5 library, which this page does not carry", next));`;

/** The library's sources as pages get them: without Node's modules and the addon, as scripts/bundle.mjs makes dist/browser. */
const asPagesGetThem = (oneFile: boolean): Plugin => ({
  name: "for-pages",
  enforce: "pre",
  resolveId(path, importer) {
    if (path.endsWith("native/index.ts")) return join(root, "src/backends/native/in-browser.ts");
    if (oneFile && path.endsWith("worker-here.ts")) return join(import.meta.dirname, "src/worker-inside.ts");
    // 4.8 MB of HDF5: only files that h5py did not write plainly need it, and the one file does without.
    if (oneFile && path === "h5wasm") return "\0no-h5wasm";
    return importer && isLeftOut(path) ? "\0no-node" : null;
  },
  load(id) {
    if (id === "\0no-node") return "export default {}";
    if (id === "\0no-h5wasm") return noHdf5;
    return null;
  },
  transform(text, id) {
    if (!id.startsWith(join(root, "src"))) return null;
    const code = withoutNode(text);
    // In one file, modules that are loaded when used are begun by a call, which would be taken for a side effect and left out.
    return { code, map: null, moduleSideEffects: oneFile || id.endsWith("src/index.ts") };
  },
});

/** Scripts and styles into the page itself. */
const inOneFile: Plugin = {
  name: "in-one-file",
  enforce: "post",
  generateBundle(_, bundle) {
    const page = bundle["index.html"];
    if (page?.type !== "asset") return;
    let html = String(page.source);
    for (const [name, file] of Object.entries(bundle)) {
      if (file.type === "chunk" && file.isEntry) {
        // Vite leaves the mark of styles to be fetched before a module where all is in one chunk: there are none.
        const code = file.code.replaceAll("__VITE_PRELOAD__", "void 0").replaceAll("</script", "<\\/script");
        html = html.replace(/<script type="module"[^>]*><\/script>/, "");
        html = html.replace("</body>", () => `<script type="module">${code}</script></body>`);
        delete bundle[name];
      } else if (file.type === "asset" && name.endsWith(".css")) {
        html = html.replace(/<link rel="stylesheet"[^>]*>/, () => `<style>${String(file.source)}</style>`);
        delete bundle[name];
      }
    }
    page.source = html;
  },
};

const biggest = 2e6; // bytes of a file that is kept before it is needed

/** The worker that keeps the site's files for when there is no network, with their names and a version from their contents. */
const offline: Plugin = {
  name: "offline",
  enforce: "post",
  generateBundle(_, bundle) {
    const hash = createHash("sha256");
    const files = ["./"];
    for (const [name, file] of Object.entries(bundle).sort(([a], [b]) => (a < b ? -1 : 1))) {
      const content = file.type === "chunk" ? file.code : file.source;
      hash.update(name).update(content);
      if (name !== "index.html" && content.length < biggest) files.push(`./${name}`);
    }
    const source = readFileSync(join(import.meta.dirname, "service-worker.js"), "utf8");
    const given = JSON.stringify([hash.digest("hex").slice(0, 12), files]);
    this.emitFile({ type: "asset", fileName: "service-worker.js", source: source.replace("__FILES__", () => given) });
  },
};

export default defineConfig(({ mode }) => {
  const oneFile = mode === "file";
  const bundled = { codeSplitting: !oneFile };
  return {
    root: import.meta.dirname,
    base: "./",
    plugins: [asPagesGetThem(oneFile), oneFile ? inOneFile : offline],
    worker: {
      format: oneFile ? "iife" : "es",
      plugins: () => [asPagesGetThem(oneFile)],
      rolldownOptions: oneFile ? { output: bundled } : {},
    },
    build: {
      outDir: join(root, oneFile ? "build/studio-page" : "out/studio"),
      emptyOutDir: true,
      target: "es2022",
      modulePreload: false,
      assetsInlineLimit: oneFile ? Number.MAX_SAFE_INTEGER : 0,
      chunkSizeWarningLimit: 10_000,
      rolldownOptions: oneFile ? { output: bundled } : {},
    },
  };
});
