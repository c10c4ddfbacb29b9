/** The files a browser downloads for `import "cellstate"`: used by `npm run size` and by test/house/browser-safe.test.ts. */
import { writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const entry = "src/index.ts";

/** Bundles src/index.ts for the browser, lazy imports as chunks of their own; writes the files to `outdir` if asked. */
export async function browserBundle(root, outdir) {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [join(root, entry)],
    outdir: outdir ?? "bundle",
    bundle: true,
    write: false, // the bytes are measured, then written below
    metafile: true,
    splitting: true,
    minify: true,
    platform: "browser",
    format: "esm",
    target: "es2022",
    logLevel: "silent", // problems arrive as an exception
    plugins: [leaveBuiltinsOut],
  });
  if (outdir) for (const file of result.outputFiles) writeFileSync(file.path, file.contents);
  const { inputs, outputs } = result.metafile;
  const chunks = Object.entries(outputs).map(([path, output], i) => {
    const imports = output.imports.filter((edge) => !edge.external);
    return {
      path,
      isEntry: output.entryPoint?.endsWith(entry) ?? false,
      bytes: result.outputFiles[i].contents.length,
      gzipped: gzipSync(result.outputFiles[i].contents, { level: 9 }).length,
      files: Object.keys(output.inputs),
      needs: imports.filter((edge) => edge.kind !== "dynamic-import").map((edge) => edge.path),
    };
  });

  const first = reachable(
    chunks.find((c) => c.isEntry),
    chunks,
  );
  const firstFiles = new Set(first.flatMap((chunk) => chunk.files));
  const builtins = [...firstFiles].flatMap((file) =>
    inputs[file].imports
      .filter((edge) => edge.external && edge.kind !== "dynamic-import")
      .map((edge) => `${file} imports ${edge.path}`),
  );
  return {
    first: total(first),
    lazy: total(chunks.filter((chunk) => !first.includes(chunk))),
    packages: [...new Set([...firstFiles].map(packageOf).filter(Boolean))].sort(),
    builtins,
  };
}

/** Node's own modules do not exist in a browser: left as they are, so that the test can name the modules that import them. */
const leaveBuiltinsOut = {
  name: "leave-node-builtins-out",
  setup(bundler) {
    const names = new RegExp(`^(node:.*|${builtinModules.map((name) => name.replace(/\W/g, "\\$&")).join("|")})$`);
    bundler.onResolve({ filter: names }, ({ path }) => ({ path, external: true }));
  },
};

function reachable(start, chunks) {
  const found = [start];
  for (const chunk of found) {
    for (const path of chunk.needs) {
      const next = chunks.find((c) => c.path === path);
      if (next && !found.includes(next)) found.push(next);
    }
  }
  return found;
}

/** `node_modules/@observablehq/plot/src/index.js` → `@observablehq/plot`; a file of ours → undefined. */
function packageOf(file) {
  return file.split("node_modules/")[1]?.match(/^(@[^/]+\/)?[^/]+/)?.[0];
}

function total(chunks) {
  const sum = (key) => chunks.reduce((n, chunk) => n + chunk[key], 0);
  return { chunks: chunks.length, bytes: sum("bytes"), gzipped: sum("gzipped") };
}
