/**
 * What only the long form runs (`CELLSTATE_THOROUGH=1 npm test`, as `.ci/run` has it), each with its reason. `npm test` prints it.
 * A file that is asked for by name runs in either form: `npx vitest run test/growth`.
 */
import { thorough } from "./thorough.ts";

/** Files that the short form leaves out, by the reason. */
export const longFiles: Readonly<Record<string, readonly string[]>> = {
  "kill processes, or have them race": [
    "test/e2e/killed/killed.test.ts",
    "test/e2e/killed/train-command.test.ts",
    "test/e2e/mpi.test.ts",
    "test/e2e/predict-shards.test.ts",
    "test/e2e/queue.test.ts",
    "test/faults/interleavings.test.ts",
    "src/cli/one-at-a-time.test.ts",
  ],
  "start shells, terminals and other runtimes (the commands run in the tests' own process)": [
    "test/bundlers/bundlers.test.ts",
    "test/deploy/deploy.test.ts",
    "test/e2e/cli-process.test.ts",
    "test/faults/bad-surroundings.test.ts",
    "test/runtimes/explain.test.ts",
    "test/runtimes/installed.test.ts",
    "test/runtimes/webkit.test.ts",
    "test/runtimes/mounts.test.ts",
    "test/runtimes/notebook.test.ts",
    "test/runtimes/runtimes.test.ts",
    "test/runtimes/serve.test.ts",
    "test/site/site.test.ts",
    "test/studio/browsers.test.ts",
    "test/studio/left-behind.test.ts",
    "test/studio/lessons-page.test.ts",
    "test/studio/strangers.test.ts",
    "test/studio/studio.test.ts",
    "test/studio/views.test.ts",
  ],
  "go through the options of the commands one by one, and break off the training of each task": [
    "test/e2e/cli-numbers.test.ts",
    "test/e2e/messy-files.test.ts",
    "test/e2e/resume-tasks.test.ts",
  ],
  "run the programs on the guides one by one": ["test/house/guide-programs.test.ts"],
  "judge by a hundred made series, or build the studio to look at what it draws": [
    "src/tasks/forecast/seasons/find-seasons.test.ts",
    "test/studio/export.test.ts",
    "test/studio/views-code.test.ts",
  ],
  "read hostile files, tapes and names in great number": [
    "src/formats/attacks.test.ts",
    "src/formats/onnx/bounds.test.ts",
    "src/formats/odd-names.test.ts",
    "src/formats/torch/torch-attacks.test.ts",
    "test/conformance/hostile-tape.test.ts",
    "test/growth/bounds.test.ts",
    "test/growth/data-files.test.ts",
  ],
  "watch time, memory or growth, for seconds": [
    "src/models/event-loop.test.ts",
    "src/data/csv-growth.test.ts",
    "test/faults/dropped-models.test.ts",
    "test/growth/growth.test.ts",
  ],
  "compile or lint the whole tree in processes of their own (npm run checks types and imports)": [
    "test/house/public-types.test.ts",
    "test/house/imports.test.ts",
    "test/house/build.test.ts",
    "test/house/adding.test.ts",
  ],
  "draw every picture, run every scaled-down result and every example of the command line's page": [
    "src/plot/gallery.test.ts",
    "test/e2e/reproduce.test.ts",
    "test/house/command-line-page.test.ts",
  ],
  "train one network over many series, with columns known beforehand, for seconds": [
    "src/studio/read/tasks.test.ts",
    "src/tasks/forecast/global/global-forecaster.test.ts",
    "src/tasks/forecast/global/known-columns.test.ts",
    "src/tasks/forecast/global/trust.test.ts",
    "test/e2e/known-columns.test.ts",
    "test/e2e/many-series.test.ts",
  ],
};

/** Files of which the short form runs a part: fewer cases, rounds, seeds or threads, by what is less. */
export const shorter: Readonly<Record<string, string>> = {
  "test/layers/examine-layer.ts":
    "every layer on one backend in turn, at two sizes of four, with two slopes of six a weight; the same bits twice where numbers are drawn",
  "test/conformance/ops.test.ts":
    "every op on native and wasm; a third of the cases on js, a third against slopes, three of twelve an input",
  "test/conformance/determinism.test.ts": "one case of each op, on 1 and 3 threads",
  "test/conformance/bfloat16.test.ts": "every fourth case of an op on other instruction sets",
  "test/conformance/chain.test.ts": "60 random formulas of 1000",
  "test/conformance/elementary.test.ts": "fewer floats of each function's range",
  "test/faults/limits.test.ts": "two thread counts of five; not the switch CELLSTATE_FUSED",
  "src/backends/native/native.test.ts": "the plainest instruction set",
  "src/backends/wasm/wasm.test.ts": "one case of each op without relaxed SIMD; no 4 GiB that pass through it",
  "src/formats/onnx/operators.test.ts": "each graph on one backend in turn",
  "src/formats/onnx/onnx-models.test.ts": "every third model as a model, by its rows",
  "src/tasks/forecast/conformal.test.ts": "not how often the intervals of each method hold",
  "src/formats/onnx/export.test.ts": "each kind of recurrent layer and option with one cell, not with all",
  "src/formats/foreign-models.test.ts": "2 reviews of 8",
  "src/formats/keras/archive.test.ts": "60 damaged files of 230",
  "src/explain/random-models.test.ts": "30 random models on each backend instead of 300",
  "src/formats/containers/hdf5-plain.test.ts": "60 damaged files of 500",
  "src/formats/containers/npy.test.ts": "200 cases of 2000",
  "src/formats/containers/pickle.test.ts": "100 cases of 5000, every seventh truncation, none of millions of values",
  "src/data/word-vectors.test.ts": "no files that unpack to tens of megabytes",
  "test/e2e/inspect.test.ts": "no tables of tens of megabytes",
  "test/e2e/bare-models.test.ts": "not Keras's whole word index of IMDb",
  "src/datasets/imdb.test.ts": "one option of each kind on the 50,000 reviews, not the numbers of the whole set",
  "src/tasks/classify/text-classifier.test.ts": "not the 10,000 texts that change its defaults",
  "src/formats/keras/masks.test.ts": "every model's numbers; a fourth of the models is written and read again",
  "src/formats/onnx/zero-output.test.ts": "two kinds of six for each layer, in turn",
  "src/models/turns.test.ts": "not 200 rounds of predictions, loaded weights and written weights in any order",
  "src/tasks/signals.test.ts": "no rows in portions",
  "src/formats/onnx/as-layers.test.ts": "imported models are read, not written again",
  "src/formats/onnx/external-data.test.ts": "not the thousands of tensors that share a megabyte",
  "src/formats/model-from-json.test.ts": "no levels without end",
  "src/pickles/pickles.test.ts": "no damaged files by the hundred",
  "src/pickles/pandas.test.ts": "no damaged tables by the hundred",
  "src/serve/running.test.ts": "nobody who sends and does not read",
  "src/tasks/anomaly/anomaly-detector.test.ts": "one seed",
  "src/tasks/forecast/forecaster.test.ts": "one length of series for the network's size",
  "src/tasks/forecast/candidates/candidates.test.ts": "not the mean of the best of all methods",
  "src/tasks/transcribe/sequence-transcriber.test.ts": "recordings at one rate",
  "test/e2e/tune-command.test.ts": "searches for the quick tasks",
  "test/e2e/cli-text.test.ts": "no text of a million characters",
  "src/models/recurrent-models.test.ts": "what learns for long does so on wasm, not on js",
  "src/train/fit/blocks/blocks.test.ts": "a third of the kinds of models",
  "src/train/optimizers/occurrences.test.ts": "each step on one backend in turn",
  "src/formats/every-format.test.ts": "every other kind of file for each model, in turn",
  "src/tasks/language/language-model.test.ts": "two texts at the same time by one scheme of two",
  "test/layers/sharing.test.ts": "each model on one backend in turn",
  "test/e2e/bad-training-input.test.ts": "every third line",
  "test/e2e/resume.test.ts": "each kind of training on one backend in turn, broken off after one step, not after each",
  "test/e2e/cli.test.ts": "not every example of the help",
  "test/judges/task-files.test.ts": "none: Keras opens them in the long form",
  "test/e2e/examples.test.ts": "the first four labs, dialogues and the airline; made-up reviews",
  "test/house/labs-pages.test.ts":
    "not the programs of memory.md, stock.md and translation.md, which train for seconds",
  "test/house/browser-safe.test.ts": "the bundle of all; not what a page that uses part of it carries",
};

/** The filters on the command line: `vitest run src/text` has one. */
const asked = process.argv.slice(2).filter((word) => !word.startsWith("-") && word !== "run");

/** The files to leave out of this run. */
export const leftOut = Object.values(longFiles)
  .flat()
  .filter((file) => !thorough && !asked.some((word) => file.includes(word.replace(/^\.\//, ""))));

const said = globalThis as { cellstateLongForm?: true };

/** The announcement, before the first test; vitest asks each of its projects for it. */
export default function announce(): void {
  if (thorough || asked.length > 0 || said.cellstateLongForm) return;
  said.cellstateLongForm = true;
  const lines = [`${leftOut.length} test files take part in the long form only (CELLSTATE_THOROUGH=1 npm test). They`];
  for (const [reason, files] of Object.entries(longFiles)) lines.push(`  ${reason}:`, `    ${files.join("\n    ")}`);
  lines.push(`${Object.keys(shorter).length} run shorter than there:`);
  for (const [file, less] of Object.entries(shorter)) lines.push(`  ${file}: ${less}`);
  console.log(`${lines.join("\n")}\n`);
}
