/** Time from the start of a process to its first prediction: read a model file, answer once. One process after the other, in turns. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { dense, lstm, sequential } from "cellstate";

const rounds = 15;
const shape = [1, 30, 8];
const numbers = `Float32Array.from({ length: ${shape.reduce((a, b) => a * b)} }, (_, k) => Math.sin(k))`;
const says = "console.log(JSON.stringify({ y: Number(y), cpu: process.cpuUsage() })); process.exit(0);";

/** `folder`: where install.mjs put the libraries. `{ NAME: { wall, cpu } }` in milliseconds: medians. */
export async function first(folder) {
  const model = sequential([lstm(32, { inputShape: shape.slice(1) }), dense(1)], { seed: 1 });
  for (const name of ["m.keras", "m.onnx", "m.json"]) await model.save(join(folder, name));
  const programs = {
    "cellstate, native": ["cellstate", ours, { CELLSTATE_BACKEND: "native" }],
    "cellstate, WASM": ["cellstate", ours, { CELLSTATE_BACKEND: "wasm" }],
    "onnxruntime-node": ["onnxruntime-node", onnx, {}],
    "@tensorflow/tfjs, plain JavaScript": ["tfjs", tfjs, {}],
  };
  const found = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, [place, text, env]] of Object.entries(programs)) {
      writeFileSync(join(folder, place, "first.mjs"), text);
      const from = performance.now();
      const options = { cwd: join(folder, place), env: { ...process.env, ...env }, encoding: "utf8" };
      const { stdout, stderr } = spawnSync(process.execPath, ["first.mjs"], options);
      const wall = performance.now() - from;
      const said = stdout.split("\n").find((line) => line.startsWith("{"));
      if (!said) throw new Error(`${name}: ${stderr.slice(-400)}`);
      const { y, cpu } = JSON.parse(said);
      if (round > 0) found[name].push({ y, wall, cpu: (cpu.user + cpu.system) / 1000 }); // the first fills the disk's cache
    }
  }
  const answers = Object.values(found).map(([one]) => one.y);
  if (Math.max(...answers) - Math.min(...answers) > 1e-5) throw new Error(`different answers: ${answers.join(", ")}`);
  const middle = (list) => list.sort((a, b) => a - b)[list.length >> 1];
  return Object.fromEntries(
    Object.entries(found).map(([name, list]) => [
      name,
      { wall: middle(list.map((one) => one.wall)), cpu: middle(list.map((one) => one.cpu)) },
    ]),
  );
}

const ours = `
import { loadModel } from "cellstate";
const x = ${numbers};
const rows = [Array.from({ length: ${shape[1]} }, (_, t) => [...x.subarray(t * ${shape[2]}, (t + 1) * ${shape[2]})])];
const model = await loadModel("../m.keras");
const y = (await model.predict(rows)).data[0];
${says}`;

const onnx = `
import ort from "onnxruntime-node";
const session = await ort.InferenceSession.create("../m.onnx");
const x = new ort.Tensor("float32", ${numbers}, [${shape}]);
const y = (await session.run({ [session.inputNames[0]]: x }))[session.outputNames[0]].data[0];
${says}`;

const tfjs = `
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
const { modelTopology, weightsManifest } = JSON.parse(readFileSync("../m.json", "utf8"));
const files = weightsManifest.flatMap(({ paths }) => paths).map((path) => readFileSync("../" + path));
const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
const bytes = new Uint8Array(Buffer.concat(files)); // its own buffer
const model = await tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData: bytes.buffer }));
const y = (await model.predict(tf.tensor(${numbers}, [${shape}])).data())[0];
${says}`;
