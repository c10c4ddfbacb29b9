/**
 * What `npm run build` makes of src/, besides the types. Two forms, one for each way a package is loaded:
 *
 * - dist/: for Node, Bun and Deno, which read file after file: all that `import "cellstate"` needs is one file, chunks/core.js,
 *   and a lazy part lies where its source lies (dist/backends/native/index.js). Not minified: stack traces can be read.
 * - dist/browser/: for bundlers, by the condition `browser`: a file for each module, so that what a page does not use is left
 *   out, without Node's modules, the addon and white space.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { build } from "esbuild";
import { rolldown } from "rolldown";
import { forPages } from "./for-pages.mjs";
import { kernelsVersion } from "./kernel-sources.mjs";

export const doors = [
  "index",
  "data/index",
  "plot/index",
  "formats/index",
  "explain/index",
  "serve/index",
  "tagging/index",
  "transcribe/index",
  "video/index",
  "multilabel/index",
  "translate/index",
  "tune/index",
  "parallel/index",
  "formats/whole-hdf5",
];
const programs = ["cli/main", "cli/start"];

/** Parts that our own scripts try by themselves. They are no public doors: package.json does not export them. */
const inner = [
  "backends/js/index",
  "cli/one-at-a-time",
  "formats/keras/archive",
  "formats/model-file",
  "formats/onnx/proto",
  "formats/containers/safetensors",
  "tensor/random-state",
  "train/fit/checkpoint",
];

/** Bundles src/ of `root` into `dir`; both forms. */
export async function bundle(root, dir) {
  await forNode(root, dir);
  await forBundlers(root, join(dir, "browser"));
}

async function forNode(root, dir) {
  let together = {}; // modules by the file they share: known when the files are made
  const names = [...doors, ...programs, ...inner];
  const bundler = await rolldown({
    cwd: root,
    input: Object.fromEntries(names.map((name) => [name, join(root, `src/${name}.ts`)])),
    platform: "node",
    external: /^[^./\0]/, // packages, and Node's modules
    tsconfig: false,
    transform: { define: { CELLSTATE_KERNELS: JSON.stringify(kernelsVersion()) } },
    treeshake: { moduleSideEffects: false }, // as package.json says of all but index.ts, which is an entry
    checks: { ineffectiveDynamicImport: false }, // of what index.ts needs anyway
    plugins: [
      {
        name: "what-lies-together",
        buildEnd() {
          const needs = (name) => {
            const found = new Set([join(root, `src/${name}.ts`)]);
            for (const id of found) for (const next of this.getModuleInfo(id)?.importedIds ?? []) found.add(next);
            return [...found];
          };
          // What is loaded when it is used has a file of its own: a command's work.
          const alone = (id) =>
            !isDoor(id) && (this.getModuleInfo(id).isEntry || this.getModuleInfo(id).dynamicImporters.length > 0);
          const isDoor = (id) => doors.includes(placeOf(root, id).replace(/\.js$/, ""));
          const cli = [...this.getModuleIds()].filter((id) => placeOf(root, id).startsWith("cli/"));
          together = {
            ground: needs("cli/main").filter((id) => !alone(id)), // what `cellstate --version` loads
            core: needs("index"),
            program: needs("cli/program").filter((id) => !alone(id)), // what help loads
            data: needs("data/index").filter((id) => !alone(id)),
            spectrum: [...needs("data/audio-mel"), ...needs("data/mfcc")], // they bring a Fourier transform
            plot: needs("plot/index"),
            formats: [...needs("formats/model-file"), ...needs("formats/containers/npy")],
            onnx: needs("formats/index"), // that is, what remains of it
            // Doors of their own share these two with commands, and load no command.
            tasks: ["tagging", "translate", "transcribe", "tune", "parallel"]
              .flatMap((door) => needs(`${door}/index`))
              .concat(needs("tasks/opened-later"))
              .filter((id) => !alone(id)),
            answers: needs("answers/index"),
            commands: cli.filter((id) => !alone(id)),
          };
        },
      },
    ],
  });
  await bundler.write({
    dir,
    format: "esm",
    comments: { legal: true, annotation: true, jsdoc: false },
    entryFileNames: "[name].js",
    chunkFileNames: ({ facadeModuleId }) => (facadeModuleId ? placeOf(root, facadeModuleId) : "chunks/[name].js"),
    codeSplitting: {
      groups: [
        "ground",
        "core",
        "program",
        "spectrum",
        "data",
        "plot",
        "formats",
        "onnx",
        "tasks",
        "answers",
        "commands",
      ].map((name) => ({
        name,
        test: (id) => together[name].includes(id),
      })),
    },
  });
  await bundler.close();
}

async function forBundlers(root, outdir) {
  const { withoutNode } = forPages(root);
  const files = readdirSync(join(root, "src"), { recursive: true }).map((path) => path.split(sep).join("/"));
  await build({
    absWorkingDir: root,
    entryPoints: files.filter((path) => path.endsWith(".ts") && !left.test(path)).map((path) => `src/${path}`),
    outbase: "src",
    outdir,
    bundle: true, // so that the plugin is asked; whatever it finds stays an import
    format: "esm",
    target: "es2022",
    minifyWhitespace: true, // 95 kB of the package; names stay, and what bundlers print of it has lines again
    tsconfigRaw: {},
    define: { process: "globalThis.process" }, // as a free name Parcel takes it for Node's and adds an imitation
    logLevel: "warning",
    plugins: [
      {
        name: "file-by-file",
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /./ }, ({ kind, path, importer }) => {
            if (kind === "entry-point") return null;
            const atSaving = importer === join(root, "src/index.ts") && path === "./formats/model-file.ts";
            const place = (atSaving ? "./formats/writer-in-browser.ts" : path)
              .replace(/native\/index\.ts$/, "native/in-browser.ts")
              .replace(/hdf5-library\.ts$/, "hdf5-library-in-browser.ts")
              .replace(/^\.\/(kernels-\w+)\.ts$/, "../../../backends/wasm/$1.js") // 72 kB packed, the same for both forms
              .replace(/\.ts$/, ".js");
            return { path: place, external: true, sideEffects: false };
          });
          onLoad({ filter: /\.ts$/ }, ({ path }) => ({
            contents: withoutNode(readFileSync(path, "utf8")),
            loader: "ts",
          }));
        },
      },
    ],
  });
}

/** Not for pages: tests, the command line, the addon; and the WASM kernels, which are there once. */
const left =
  /\.test\.ts$|(^|\/)testing\/|^cli\/|^backends\/(native\/(index|addon|platform|chains)|wasm\/kernels-\w+)\.ts$|\/hdf5-library\.ts$/;

/** `…/src/formats/npy.ts` → `formats/npy.js` */
const placeOf = (root, id) => relative(join(root, "src"), id).split(sep).join("/").replace(/\.ts$/, ".js");
