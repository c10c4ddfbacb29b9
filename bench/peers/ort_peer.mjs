// node ort_peer.mjs onnxruntime-node|onnxruntime-web THREADS: ONNX Runtime as a contestant, inference only.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { largest, serve, singlesAMeasurement, timed, wordsAMeasurement } from "../serve.mjs";
import { onnxModel } from "./onnx.mjs";

const [, , name, count] = process.argv;
const threads = Number(count);
const require = createRequire(import.meta.url);
const ort = require(name);
const web = name.endsWith("web");
if (web) ort.env.wasm.numThreads = threads;
const options = web
  ? { executionProviders: ["wasm"], graphOptimizationLevel: "all" }
  : {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: "all",
      extra: { session: { set_denormal_as_zero: "1" } },
    };

const { version } = JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), "utf8"));

await serve(`${name} ${version}`, async (given) => {
  const { w } = given;
  const able = w.tasks.filter((task) => task !== "train" && task !== "fit");
  if (able.length === 0) throw new Error("inference only");
  const session = await ort.InferenceSession.create(onnxModel(given, w.rows === "words"), options);
  if (w.rows === "words") return words(session, w);
  const run = (rows) => {
    const x = timeFirst(given.x, rows, w.time);
    return async () => (await session.run({ x })).y.data;
  };
  const [all, one] = [run(w.batch), run(1)];
  const tasks = { infer: () => timed(all), one: () => timed(one, singlesAMeasurement) };
  const check = async () => (w.every ? rowsFirst(await all(), w) : await all());
  return { check, ...Object.fromEntries(able.map((task) => [task, tasks[task]])) };
});

function timeFirst(ids, rows, time) {
  const data = new Int32Array(rows * time);
  for (let b = 0; b < rows; b++) for (let t = 0; t < time; t++) data[t * rows + b] = ids[b * time + t];
  return new ort.Tensor("int32", data, [time, rows]);
}

function rowsFirst(y, { batch, time, out }) {
  const data = new Float32Array(y.length);
  for (let t = 0; t < time; t++) {
    for (let b = 0; b < batch; b++)
      data.set(y.subarray((t * batch + b) * out, (t * batch + b + 1) * out), (b * time + t) * out);
  }
  return data;
}

function words(session, { units }) {
  const zero = (h) => new ort.Tensor("float32", new Float32Array(h), [1, 1, h]);
  const begin = () =>
    Object.fromEntries(
      units.flatMap((h, k) => [
        [`h${k}`, zero(h)],
        [`c${k}`, zero(h)],
      ]),
    );
  let [id, state] = [1, begin()];
  const step = async () => {
    const out = await session.run({ x: new ort.Tensor("int32", Int32Array.of(id), [1, 1]), ...state });
    state = Object.fromEntries(
      units.flatMap((_, k) => [
        [`h${k}`, out[`Yh${k}`]],
        [`c${k}`, out[`Yc${k}`]],
      ]),
    );
    id = largest(out.y.data);
    return out.y.data;
  };
  return { check: step, word: () => timed(step, wordsAMeasurement) };
}
