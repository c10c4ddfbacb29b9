// npm run event-loop -- [backend ...]: the longest stretch in which the event loop had no turn, and how soon a signal is observed.
// On Linux in milliseconds that this thread computed, so that what else the machine does has no part in it; else by the clock.
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { readOnnxGraph } from "../dist/formats/index.js";
import {
  dense,
  embedding,
  forecaster,
  generate,
  input,
  lstm,
  NdArray,
  rereadingSession,
  sequential,
  textClassifier,
} from "../dist/index.js";

const most = 50; // ms without a turn
const soon = 100; // ms to a signal
const backends = process.argv.length > 2 ? process.argv.slice(2) : ["js", "wasm", "native"];

const computed = () => Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[0]) / 1e6; // ms
const clock = process.platform === "linux" ? computed : () => performance.now();

async function longestOf(work) {
  let [longest, last, on] = [0, clock(), true];
  const look = () => {
    const now = clock();
    longest = Math.max(longest, now - last);
    last = now;
    if (on) setImmediate(look);
  };
  setImmediate(look);
  const begun = performance.now();
  await work();
  on = false;
  return { longest, all: performance.now() - begun };
}

async function heardOf(work, after) {
  const controller = new AbortController();
  let at = 0;
  setTimeout(() => {
    at = clock();
    controller.abort(new Error("stop"));
  }, after);
  await work(controller.signal).catch((error) => {
    if (error.message !== "stop") throw error;
  });
  return at === 0 ? null : clock() - at;
}

let failed = false;
const rows = (count, steps, width) =>
  new NdArray(new Float32Array(count * steps * width).fill(0.1), [count, steps, width]);
for (const backend of backends) {
  const model = sequential([lstm(64, { inputShape: [100, 16] }), dense(4, { activation: "softmax" })]);
  model.compile({ loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"], backend });
  const count = backend === "js" ? 256 : 2048;
  const x = rows(count, 100, 16);
  const y = new Int32Array(count);
  await model.predict(x.slice(0, 2)); // the backend is loaded
  const writer = sequential([
    embedding(200, 32, { inputShape: [60] }),
    lstm(64),
    dense(200, { activation: "softmax" }),
  ]);
  writer.compile({ loss: "sparseCategoricalCrossentropy", backend });
  const text = textClassifier({ units: 16, backend });
  const texts = Array.from({ length: 1000 }, (_, i) => `${i % 2 ? "good" : "bad"} film ${"word ".repeat(40)}${i}`);
  await text.fit(
    texts.slice(0, 100),
    texts.slice(0, 100).map((_, i) => i % 2),
    { epochs: 1, verbose: 0 },
  );
  const airline = forecaster({ units: 16, horizon: 4, window: 24, backend });
  const series = Array.from({ length: 2000 }, (_, t) => Math.sin(t / 9));
  await airline.fit(series.slice(0, 200), { epochs: 1, verbose: 0 });
  const batchSize = count;
  const steps = backend === "js" ? 10_000 : 100_000; // the graph moves 64 numbers of each step at once: 65 ms for 20,000 on js
  const long = sequential([lstm(64, { inputShape: [steps, 16], returnSequences: true }), lstm(64), dense(4)]);
  long.compile({ loss: "mse", backend });
  const row = rows(1, steps, 16);
  const keeping = sequential([
    input([steps / 20, 16], { batchSize: 32 }),
    lstm(64, { stateful: true, returnSequences: true }),
    dense(4),
  ]);
  keeping.compile({ loss: "mse", backend });
  const batch = rows(32, steps / 20, 16);
  const file = join(mkdtempSync(join(tmpdir(), "event-loop-")), "long.onnx");
  await long.save(file);
  const graph = readOnnxGraph(readFileSync(file), "long.onnx");
  const [{ name: given }] = graph.inputs;
  const works = {
    "predict, one long row": (signal) => long.predict(row, { signal }),
    "predict, a stateful batch": (signal) => keeping.predict(batch, { signal }),
    "an ONNX graph": () => graph.run({ [given]: row }, { backend }),
    predict: (signal) => model.predict(x, { batchSize, signal }),
    evaluate: (signal) => model.evaluate(x, y, { batchSize, verbose: 0, signal }),
    generate: async (signal) => {
      for await (const _ of generate(rereadingSession(writer, 60), [1, 2, 3], { length: 200, signal }));
    },
    "textClassifier.predict": (signal) => text.predict(texts, { signal }),
    "forecaster.evaluate": (signal) => airline.evaluate(series, { from: 300, signal }),
  };
  for (const [name, work] of Object.entries(works)) {
    const { longest, all } = await longestOf(() => work(undefined));
    const wait = await heardOf(work, Math.min(100, all / 3)); // what keeps states, and a graph, is not interrupted
    const bad = longest > most || (!/stateful|ONNX/.test(name) && (wait ?? 0) > soon);
    failed ||= bad;
    const figures = `longest block ${longest.toFixed(0)} of ${all.toFixed(0)} ms, signal after ${wait?.toFixed(0) ?? "-"} ms`;
    console.log(`${bad ? "over " : "right"} ${backend.padEnd(6)} ${name.padEnd(25)} ${figures}`);
  }
}
process.exit(failed ? 1 : 0);
