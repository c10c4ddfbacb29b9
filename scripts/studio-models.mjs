/**
 * `npm run studio-models [-- sentiment]`: the trained models of the studio's cards and labs, studio/models/*.keras, again, to the bit: one thread
 * of the WASM kernels, fixed seeds. Sentiment reads IMDb, dialogues DailyDialog, beside the checkout (or CELLSTATE_DATA); files hold weights and words, no texts.
 */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { build } from "esbuild";
import { mostBytes, packed, rounded } from "./studio/pack-model.mjs";

process.env.CELLSTATE_BACKEND ??= "wasm";
process.env.CELLSTATE_THREADS ??= "1";
process.env.SOURCE_DATE_EPOCH ??= "1767225600"; // 2026-01-01, the date in the files
const root = join(import.meta.dirname, "..");
const outfile = join(root, "build/studio-models/cellstate.mjs");
const contents = `export * from "./src/index.ts"; export { createEngine } from "./src/studio/index.ts";
  export { trainingSentences, unseenNegations } from "./src/studio/labs/made-up-reviews.ts";`;
const stdin = { contents, resolveDir: root };
await build({ stdin, outfile, bundle: true, packages: "external", platform: "node", format: "esm", tsconfigRaw: {} });
const { adam, createEngine, languageModel, textClassifier, trainingSentences, unseenNegations } = await import(
  pathToFileURL(outfile).href
);

const folder = join(root, "studio/models");
mkdirSync(folder, { recursive: true });
/** Ends, first and last sentences of IMDb's training reviews, and made-up ones with negations. */
async function sentiment(path) {
  const data = process.env.CELLSTATE_DATA ?? join(root, "../shared/data");
  if (!existsSync(join(data, "imdb"))) throw new Error(`expected IMDb in ${data}; set CELLSTATE_DATA`);
  const rows = (part) => {
    const text = gunzipSync(readFileSync(join(data, `imdb/aclImdb_${part}.jsonl.gz`))).toString();
    return text.trim().split("\n").map((line) => JSON.parse(line)); // biome-ignore format: one line
  };
  const length = 60;
  const plain = (text) => text.replace(/<br \/>/g, " ").replace(/[’‘]/g, "'");
  const end = ({ text }) => plain(text).split(/\s+/).slice(-length).join(" ");
  const classOf = ({ label }) => (label === 1 ? "positive" : "negative");
  const pieces = rows("train").flatMap((review) => {
    const sentences = plain(review.text).split(/(?<=[.!?])\s+/);
    const some = [sentences[0], sentences.at(-1)].filter((text) => text.split(/\s+/).length >= 3);
    return [end(review), ...some].map((text) => [text, classOf(review)]);
  });
  const all = [...pieces, ...trainingSentences(12_000, 7)];
  const oneWay = { bidirectional: false, pooling: "last" }; // so that there is a prediction after each word
  const network = {
    ...oneWay,
    units: 24,
    embedding: 16,
    numWords: 5000,
    length,
    pairs: 0,
    dropout: 0.2,
    embeddingDropout: 0.2,
  };
  const task = textClassifier({ ...network, seed: 1, optimizer: adam({ learningRate: 0.003 }) });
  await task.fit(all.map(([text]) => text), all.map(([, label]) => label), { epochs: 8, batchSize: 128, validationSplit: 0, verbose: 2 }); // biome-ignore format: one line
  await write(task, path, { example: "the film was not good" });
  const tested = rows("test").filter((_, k) => k % 10 === 0);
  const onReviews = await task.evaluate(tested.map(end), tested.map(classOf));
  const negations = unseenNegations(500, 11);
  const onNegations = await task.evaluate(negations.map(([text]) => text), negations.map(([, label]) => label)); // biome-ignore format: one line
  return `accuracy ${onReviews.accuracy.toFixed(3)} on the ends of ${tested.length} test reviews, ${onNegations.accuracy.toFixed(3)} on ${negations.length} made-up negations of adjectives that it never saw negated`;
}

/** The questions and answers about LSTMs that come with Cellstate. */
async function nextWord(path) {
  const lines = readFileSync(join(root, "assets/lstm-faq.txt"), "utf8").trim().split("\n");
  const task = languageModel({ units: [48], embedding: 32, scheme: "lines", seed: 1 });
  await task.fit(lines, { epochs: 60, verbose: 0 });
  await write(task, path, { example: "what does the forget gate do" });
  const { accuracy } = await task.evaluate(lines);
  return `accuracy ${accuracy.toFixed(3)} on its own ${lines.length} lines`;
}

/** DailyDialog: its 1,500 most frequent words; the file holds weights and words, no texts. */
async function dialogues(path) {
  const data = process.env.CELLSTATE_DATA ?? join(root, "../shared/data");
  const folder = join(data, "daily-dialog");
  if (!existsSync(folder)) throw new Error(`expected DailyDialog in ${data}; set CELLSTATE_DATA`);
  const lines = (part) => {
    const text = readFileSync(join(folder, part, `dialogues_${part}.txt`), "utf8");
    return text.split(/__eou__|\n/).map((line) => line.trim()).filter(Boolean); // biome-ignore format: one line
  };
  const sizes = { units: [64], embedding: 32, numWords: 1501, dropout: 0.1 };
  const task = languageModel({ ...sizes, scheme: "lines", seed: 1, learningRate: 0.004 });
  const train = lines("train").slice(0, 10_000);
  const validationData = process.argv.includes("--validate")
    ? { validationData: lines("validation").slice(0, 2000) }
    : {};
  await task.fit(train, { epochs: 4, batchSize: 64, verbose: 2, ...validationData });
  await write(task, path, { example: "did you" });
  const { perplexity, accuracy } = await task.evaluate(lines("test"));
  return `perplexity ${perplexity.toFixed(1)}, accuracy ${accuracy.toFixed(3)} on the test part's ${lines("test").length} utterances, of its 1,500 words`;
}

function airline(path) {
  return trained({ lab: "airline", units: 16, rate: 0.005, steps: 3000 }, path);
}
function adding(path) {
  return trained({ lab: "adding", units: 16, rate: 0.01, steps: 6000 }, path);
}

/** As the page itself trains it. */
async function trained(given, path) {
  let state = null;
  let bytes = null;
  const engine = createEngine((tell) => {
    if (tell.tell === "failed") throw new Error(tell.problem);
    if (tell.training) state = tell.training;
    if (tell.bytes) bytes = tell.bytes;
  });
  await engine.ask({ id: 1, ask: "train", cell: "lstm", seed: 1, dropout: 0, paused: false, ...given });
  await engine.ask({ id: 2, ask: "save" });
  writeFileSync(path, packed(bytes));
  return `loss ${state.validation.at(-1).toFixed(5)} on rows held out; ${state.baseline}`;
}

/** A task's file with its weights rounded to 12 bits of mantissa, which halves it, without optimizer state and rare words. */
async function write(task, path, note) {
  const { model } = task;
  model.setWeights(model.getWeights().map((array) => ({ data: array.data.map(rounded), shape: array.shape })));
  model.compile(model.compiled.options);
  model.assets.set("studio.json", new TextEncoder().encode(JSON.stringify(note)));
  await task.save(path);
  writeFileSync(path, packed(readFileSync(path)));
}

const models = { sentiment, "next-word": nextWord, dialogues, airline, adding };
const asked = process.argv.slice(2).filter((word) => !word.startsWith("-"));
for (const [name, make] of Object.entries(models)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const path = join(folder, `${name}.keras`);
  console.log(`${name}: ${await make(path)}, ${statSync(path).size} bytes`);
  if (statSync(path).size > mostBytes) throw new Error(`${path}: expected at most ${mostBytes} bytes`);
}
