/** Whole models as PyTorch, Keras and tf2onnx export them, quantized ones too (onnx_models.py), which onnxruntime judges. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { judge, python } from "./ask.mjs";
import { randomModel } from "./random-models.mjs";
import { dataFor } from "./specs.mjs";
import { arrayOf, difference } from "./sweep-onnx.mjs";

export const about = "whole models in ONNX files beside ONNX Runtime";
const script = "onnx_models.py";
export const listed = [
  /expected scales above 0, received Infinity/, // calibrated over the -inf of masks
  /a condition that is known before the model runs/, // quantized counters of a loop
];

/** The Python with PyTorch 2, onnx, onnxscript and onnxruntime, and the one with Keras and tf2onnx; `requirements-onnx.txt` has the versions. */
const judges = {
  PyTorch: () => process.env.CELLSTATE_TORCH,
  Keras: () => (python() && spawnSync(python(), ["-c", "import tf2onnx"]).status === 0 ? python() : undefined),
};
const missing = {
  PyTorch: "no Python with PyTorch: CELLSTATE_TORCH=PYTHON",
  Keras: "no Python with Keras and tf2onnx: npm run judges",
};

let programs; // looked for once: Python takes its time
function programsHere() {
  const found = Object.fromEntries(Object.entries(judges).map(([name, find]) => [name, find()]));
  for (const [name, program] of Object.entries(found))
    if (!program) console.log(`onnx-models: files of ${name} are skipped, ${missing[name]}`);
  return found;
}

/** Two files of three are PyTorch's. */
const ofSeed = (seed) => (seed % 3 === 2 ? "Keras" : "PyTorch");

export async function* sweep({ seeds, folder, verbose, ...judged }) {
  const running = {};
  programs ??= programsHere();
  if (!Object.values(programs).some(Boolean)) return;
  try {
    for (const seed of seeds) {
      const from = ofSeed(seed);
      if (!programs[from]) continue;
      running[from] ??= judge(script, programs[from]);
      const { spec } = from === "Keras" ? randomModel(seed) : {};
      const one = await running[from](spec ? { seed, spec, data: dataFor(spec, seed) } : { seed }).catch((error) => {
        running[from] = undefined; // an exporter that crashes takes its Python along
        return { raised: error.message.slice(0, 200) };
      });
      const cells = (one.operators ?? []).map((op) => `${op} / ${one.kind}`);
      for (const result of await tried(one, { folder, verbose, ...judged })) yield { seed, ...result, cells };
      if (verbose) console.log(JSON.stringify({ ...one, files: undefined }, null, 1).slice(0, 4000));
    }
  } finally {
    for (const ask of Object.values(running)) ask?.end();
  }
}

/** What cannot be layers; layers that give other numbers, which is an error too, are a fault. */
const noLayers = /expected (an open batch|a node that is a layer|inputs and outputs that all begin with the batch)/;

/** As a model, and as a graph that is run on arrays; the file is right where either is, and neither is wrong. */
async function tried({ seed, kind = "none", text, opset, raised, files, model, runs, judge }, context) {
  const { folder, verbose } = context;
  if (raised) return [{ kind, result: "none", why: raised }];
  const home = join(folder, String(seed));
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(home, name)), { recursive: true });
    writeFileSync(join(home, name), Buffer.from(bytes, "base64"));
  }
  try {
    const ways = [
      await asModel(join(home, model), { runs, seed, kind }, context),
      await asGraph(home, model, { files, runs, seed, kind }, context),
    ];
    const notOpened = ways[0].result === "refused"; // as a graph alone: no model, so no layers either
    const layers = await asLayers(join(home, model), { runs, seed, kind }, context);
    if (verbose) console.log(seed, ways, layers);
    const own =
      ways.find(({ result }) => result === "wrong") ?? ways.find(({ result }) => result === "right") ?? ways[0];
    const why = own.why && `${text} (opset ${opset}, judge ${judge}): ${own.why}`;
    return [
      { kind, ...own, why },
      { kind: "opened as a model", ...ways[0], result: ways[0].result === "right" ? "right" : "none" },
      { kind: "written as layers", ...layers, result: noLayers.test(layers.why) || notOpened ? "none" : layers.result },
    ];
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

const asModel = (path, one, { cellstate }) => predicted(cellstate.loadModel(path), one, cellstate);

/** The layers that its nodes are, in Keras's file. */
async function asLayers(path, one, { cellstate }) {
  const written = async () => {
    await (await cellstate.loadModel(path)).save(`${path}.keras`);
    return cellstate.loadModel(`${path}.keras`);
  };
  return predicted(written(), one, cellstate);
}

async function predicted(opening, { runs, seed, kind }, cellstate) {
  return judged(most(kind), cellstate, async (found) => {
    const model = await opening;
    for (const { inputs, outputs } of runs) {
      const xs = inputs.map((array) => arrayOf(array, cellstate));
      const fixed = model.inputs.some(({ shape }) => shape[0] !== null);
      const options = model.rowsTogether || fixed ? {} : { batchSize: 1 + (seed % 3) };
      const results = [await model.predict(xs.length > 1 ? xs : xs[0], options)].flat();
      found(results, outputs);
    }
  });
}

const backends = ["native", "js", "native", "wasm"];

async function asGraph(home, name, { files, runs, seed, kind }, { cellstate, formats }) {
  return judged(most(kind), cellstate, async (found) => {
    const beside = Object.fromEntries(
      Object.keys(files).map((file) => [file, new Uint8Array(readFileSync(join(home, file)))]),
    );
    const graph = formats.readOnnxGraph(beside[name], name, { files: beside });
    for (const { inputs, outputs } of runs) {
      const arrays = Object.fromEntries(inputs.map((array) => [array.name, arrayOf(array, cellstate)]));
      const results = await graph.run(arrays, { backend: backends[seed % backends.length] });
      found(
        graph.outputs.map((output) => results[output.name]),
        outputs,
      );
    }
  });
}

/** Half precision is rounded to 2⁻¹¹ at every step there, ours computes in f32. */
const most = (kind) => (kind === "float16" ? 4e-3 : 2e-5);

async function judged(tolerance, { CellstateError }, run) {
  try {
    let why;
    await run((results, outputs) => {
      outputs.forEach((wanted, k) => {
        const other = difference(results[k], wanted, tolerance);
        why ??= other && `${wanted.name}: ${other}`;
      });
    });
    return why ? { result: "wrong", why } : { result: "right" };
  } catch (error) {
    if (error instanceof CellstateError) return { result: "refused", why: error.message };
    return { result: "wrong", why: `an error that is not ours: ${error?.stack ?? error}` };
  }
}
