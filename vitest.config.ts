import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// .ci/run reads the counts from a file; everyone else reads the terminal.
const json = process.env.VITEST_JSON;

export default defineConfig({
  resolve: {
    alias: [
      { find: /^cellstate$/, replacement: new URL("src/index.ts", import.meta.url).pathname },
      { find: /^cellstate\/(data|plot|formats)$/, replacement: new URL("src/$1/index.ts", import.meta.url).pathname },
    ],
  },
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 30_000, // ms; a test that needs more says so itself
    globalSetup: "test/fresh-addon.ts",
    setupFiles: "test/own-environment.ts",
    pool: "threads",
    isolate: false, // a worker for each file costs a second of processor time, and all of Cellstate imported anew
    maxWorkers: availableParallelism(), // vitest leaves a core free, which is half of two
    reporters: json ? ["default", ["json", { outputFile: json }]] : ["default"],
  },
});
