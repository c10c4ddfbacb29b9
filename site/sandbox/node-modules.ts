/** The few functions of Node's modules that the labs' programs use, over the files a cell was given. */
import { DataError, problem } from "../../src/errors.ts";
import { baseName, files, writeFileAtomic } from "./written-files.ts";

function read(path: string, encoding?: string | { encoding?: string }): string | Uint8Array {
  const bytes = files.get(baseName(String(path)));
  const next = "Give the page this file (Data of your own, below the programs), or change the name.";
  if (!bytes) throw new DataError(problem(String(path), "a file that the page was given", "none of this name", next));
  const name = typeof encoding === "string" ? encoding : encoding?.encoding;
  return name ? new TextDecoder(name === "utf8" ? "utf-8" : name).decode(bytes) : bytes;
}

const bytesOf = (contents: string | Uint8Array): Uint8Array =>
  typeof contents === "string" ? new TextEncoder().encode(contents) : contents;

interface Flag {
  readonly default?: string | boolean;
}

const fs = {
  readFileSync: read,
  existsSync: (path: string) => files.has(baseName(String(path))),
  writeFileSync: (path: string, contents: string | Uint8Array) => void writeFileAtomic(path, bytesOf(contents)),
};
const promises = {
  readFile: async (path: string, encoding?: string) => read(path, encoding),
  writeFile: (path: string, contents: string | Uint8Array) => writeFileAtomic(path, bytesOf(contents)),
};

export const nodeModules: Readonly<Record<string, object>> = {
  "node:fs": { ...fs, promises },
  "node:fs/promises": promises,
  // A cell has no command line: every flag has its default.
  "node:util": {
    parseArgs: ({ options = {} }: { options?: Record<string, Flag> }) => ({
      values: Object.fromEntries(Object.entries(options).map(([name, flag]) => [name, flag.default])),
      positionals: [],
    }),
  },
};
