/** How each bundler makes the app in app/: its files, its command, where what it made lies. No settings but those a page and a worker need. */
import { copyFileSync, cpSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Bundler {
  /** Writes what this bundler's app has besides the common files. */
  readonly prepare: (app: string) => void;
  /** Arguments of the tool in node_modules/.bin. */
  readonly command: readonly (readonly string[])[];
  /** The folder to serve. */
  readonly out: string;
  /** It writes scripts of its own into the page's text, which a policy must allow too. */
  readonly inline?: true;
}

const html = (script: string) => `<!doctype html><meta charset="utf-8"><script type="module" src="${script}"></script>`;
const page = (app: string, script: string) => writeFileSync(join(app, "index.html"), html(script));
const served = (app: string, script: string) => {
  mkdirSync(join(app, "out"), { recursive: true });
  writeFileSync(join(app, "out/index.html"), html(script));
};
/** Tools that leave `new URL("./work.js", import.meta.url)` as it is: the worker is an entry beside the page. */
const entries = ["main.js", "work.js"];

/**
 * Without a worker: in a worker Parcel 2.16 leaves out modules that several of its chunks share ("Cannot find module"), as for other packages
 * (parcel-bundler/parcel#10307). Threads of ours begin at blob: addresses, which are none of its workers.
 */
const parcelMain = `
  import { answer } from "./model.js";
  const bytes = new Uint8Array(await (await fetch("/model.keras")).arrayBuffer());
  const page = await answer(bytes).catch((error) => ({ error: String(error) }));
  await fetch("/said", { method: "POST", body: JSON.stringify({ page, isolated: crossOriginIsolated }) });
`;

export const bundlers: Readonly<Record<string, Bundler>> = {
  vite: {
    prepare: (app) => page(app, "./main.js"),
    command: [["vite", "build", "--logLevel", "warn"]],
    out: "dist",
  },
  esbuild: {
    prepare: (app) => served(app, "./main.js"),
    command: [["esbuild", ...entries, "--bundle", "--format=esm", "--splitting", "--minify", "--outdir=out", "--log-level=warning"]], // biome-ignore format: one command
    out: "out",
  },
  webpack: {
    prepare: (app) => served(app, "./main.js"),
    command: [["webpack", "./main.js", "--mode=production", "--output-path=out"]],
    out: "out",
  },
  rollup: {
    prepare: (app) => served(app, "./main.js"),
    command: [["rollup", ...entries, "-d", "out", "-f", "es", "-p", "node-resolve={browser:true}", "--silent"]],
    out: "out",
  },
  parcel: {
    prepare: (app) => {
      page(app, "./main.js");
      writeFileSync(join(app, "main.js"), parcelMain);
    },
    command: [["parcel", "build", "index.html", "--no-cache", "--no-source-maps", "--log-level=warn"]],
    out: "dist",
    inline: true, // its map of names
  },
  next: {
    prepare: (app) => {
      mkdirSync(join(app, "app"));
      mkdirSync(join(app, "public"));
      for (const name of ["model.js", "work.js", "page.js"]) renameSync(join(app, name), join(app, "app", name === "page.js" ? "say.js" : name)); // biome-ignore format: one line
      writeFileSync(
        join(app, "app/layout.js"),
        "export default ({ children }) => <html><body>{children}</body></html>;",
      );
      writeFileSync(
        join(app, "app/page.js"),
        '"use client";\nimport { useEffect } from "react";\nimport { say } from "./say.js";\nexport default function Page() { useEffect(() => void say(), []); return <p>Cellstate</p>; }\n',
      );
      writeFileSync(join(app, "next.config.mjs"), 'export default { output: "export" };\n');
    },
    command: [["next", "build"]],
    out: "out",
    inline: true,
  },
};

/** A folder with the common files, those of the bundler, and the packages at hand. */
export function writeApp(app: string, bundler: Bundler): void {
  cpSync(join(import.meta.dirname, "app"), app, { recursive: true });
  writeFileSync(join(app, "package.json"), '{ "private": true, "type": "module" }');
  bundler.prepare(app);
}

export const addModel = (app: string, bundler: Bundler, model: string): void =>
  copyFileSync(model, join(app, bundler.out, "model.keras"));
