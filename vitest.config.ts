import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { leftOut } from "./test/long-form.ts";

// .ci/run reads the counts from a file; everyone else reads the terminal.
const json = process.env.VITEST_JSON;

/** In the short form a backend has one thread, for the workers fill the processor; tests of threads say how many they want. */
const { CELLSTATE_THOROUGH, CELLSTATE_THREADS = "1" } = process.env;
const env = CELLSTATE_THOROUGH === "1" ? {} : { CELLSTATE_THREADS };

/** These load modules again or spoil them: each has a worker of its own. */
const alone = ["test/faults/**/*.test.ts", "src/plot/png.test.ts", "test/house/guide-programs.test.ts"];

/** The longest files, in this order: started late, one would end alone. The rest as vitest knows them: by time, or by size. */
const long = [
  "reproduce",
  "killed",
  "examples",
  "cli-process",
  "ops",
  "layers",
  "foreign-models",
  "runtimes",
  "imports",
];

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => a.project.name.localeCompare(b.project.name) || place(a) - place(b));
  }
}
const place = ({ moduleId }: TestSpecification) => {
  const found = long.indexOf(basename(moduleId, ".test.ts"));
  return found < 0 ? long.length : found;
};

export default defineConfig({
  resolve: {
    alias: [
      { find: /^cellstate$/, replacement: new URL("src/index.ts", import.meta.url).pathname },
      {
        find: /^cellstate\/(data|explain|plot|formats|serve|tagging|transcribe|translate|tune|video|multilabel|parallel)$/,
        replacement: new URL("src/$1/index.ts", import.meta.url).pathname,
      },
    ],
  },
  test: {
    testTimeout: 120_000, // ms: far more than any needs on a machine of its own; a test that needs more says so itself
    hookTimeout: 120_000,
    globalSetup: ["test/fresh-addon.ts", "test/long-form.ts"],
    setupFiles: "test/own-environment.ts",
    env,
    sequence: { sequencer: LongFirst },
    experimental: { fsModuleCache: true }, // what one run transformed is kept by its contents, for those after it
    pool: "threads",
    maxWorkers: availableParallelism(), // vitest leaves a core free, which is half of two
    reporters: json ? ["default", ["json", { outputFile: json }]] : ["default"],
    projects: [
      {
        extends: true,
        test: {
          name: "together",
          include: ["src/**/*.test.ts", "test/**/*.test.ts"],
          exclude: [...alone, ...leftOut],
          isolate: false, // a worker for each file costs a second of processor time, and all of Cellstate imported again
        },
      },
      { extends: true, test: { name: "alone", include: alone, exclude: leftOut } },
    ],
  },
});
