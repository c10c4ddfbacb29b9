/** A server in a process of its own, for the load of serve.mjs: it sends its port, and its memory and processor time when it is asked. */
import { createRequire } from "node:module";
import { languageModel, NdArray } from "../../dist/index.js";
import { inferenceServer, listen } from "../../dist/serve/index.js";
import { textModels } from "./serve-callers.mjs";

const [kind, oneByOne, peer] = process.argv.slice(2);
const makers = { ...textModels, writer };

async function servable(of) {
  const made = await makers[of]();
  return peer === "onnxruntime" ? computedByOnnx(made) : made;
}

async function writer() {
  const task = languageModel({ units: [64], embedding: 32 });
  const words = "the cell keeps what the gate lets in and the gate opens slowly but closes fast".split(" ");
  const lines = Array.from({ length: 40 }, (_, k) =>
    words.map((_, t) => words[(k * 3 + t * (1 + (k % 4))) % words.length]).join(" "),
  );
  await task.fit(lines, { epochs: 3, verbose: 0 });
  return { kind: "languageModel", task };
}

/** The same model behind the same server, computed by ONNX Runtime: from its peers' folder, where `npm run bench` has it. */
async function computedByOnnx(model) {
  const { onnxBytes } = await import("../../dist/formats/index.js");
  const require = createRequire(new URL("../../bench/peers/", import.meta.url));
  const ort = require("onnxruntime-node");
  const session = await ort.InferenceSession.create(onnxBytes(model), { intraOpNumThreads: 2 });
  const [read] = session.inputNames;
  const [written] = session.outputNames;
  model.predict = async ({ data, shape }) => {
    const found = await session.run({ [read]: new ort.Tensor("int32", data, shape) });
    return new NdArray(found[written].data, found[written].dims.map(Number));
  };
  return model;
}

const names = kind === "all" ? Object.keys(makers) : [kind];
const nameOf = (of) => (kind === "all" ? of : "m");
const models = {};
for (const of of names) models[nameOf(of)] = await servable(of);
const batching = oneByOne === "true" ? { maxRows: 1 } : {};
let server;
const make = () => {
  server = inferenceServer({ models, batching, deadline: 5 });
  return server;
};
const { port, close } = await listen(make, { port: 0 });
await server.warm();
process.on("message", async (asked) => {
  if (asked === "figures") {
    globalThis.gc?.();
    const { user, system } = process.cpuUsage();
    process.send({ memory: process.memoryUsage().rss / 2 ** 20, cpu: (user + system) / 1e6 });
  } else if (asked === "reload") {
    for (const of of names) await server.replace(nameOf(of), await servable(of));
  } else {
    await close(5);
    process.disconnect();
  }
});
process.send({ port });
