/** A server on a port of whatever runs this: asked over HTTP, and by its `fetch` alone. Prints what it answered. */
import { dense, input, languageModel, lstm, sequential } from "../../src/index.ts";
import { inferenceServer, listen } from "../../src/serve/index.ts";

const model = sequential([input([3, 1], { name: "x" }), lstm(2), dense(1)], { seed: 4 });
const row = [[[1], [2], [3]]];
const wanted = (await model.predict(row)).toArray();
const writer = languageModel({ units: [8], embedding: 8, seed: 4 });
await writer.fit(["the cell keeps what the gate lets in", "the gate keeps the cell"], { epochs: 2, verbose: 0 });
const models = { m: model, writer: { kind: "languageModel", task: writer } } as const;
const { address, close } = await listen(() => inferenceServer({ models }), { port: 0 });
const body = JSON.stringify({ instances: row });
const overHttp = await fetch(`${address}/v1/models/m:predict`, { method: "POST", body });
const lines = await fetch(`${address}/models/m/predict`, {
  method: "POST",
  headers: { "content-type": "application/x-ndjson" },
  body: `${JSON.stringify({ inputs: row })}\n{"inputs": 7}\n`,
});
const ask = async (path: string, body: unknown) => {
  const response = await fetch(`${address}${path}`, { method: "POST", body: JSON.stringify(body) });
  return { status: response.status, said: await response.json() };
};
const tensor = { name: "x", shape: [1, 3, 1], datatype: "FP32", data: [1, 2, 3] };
const v2 = await ask("/v2/models/m/infer", { inputs: [tensor] });
const raw = await ask("/models/m/predict", { inputs: row });
const prompt = { prompt: "the cell", temperature: 0 };
const completed = await ask("/v1/completions", { ...prompt, model: "writer", max_tokens: 4 });
const generated = await ask("/models/writer/generate", { ...prompt, words: 4 });
const wrong = [
  await ask("/v1/models/m:predict", {}),
  await ask("/v1/models/none:predict", { instances: row }),
  await ask("/v2/models/m/infer", { inputs: [{ ...tensor, shape: [2, 3, 1] }] }),
  await ask("/v1/completions", { model: "m", prompt: "a" }),
  await ask("/models/m/forecast", { series: [1, 2] }),
];
const protocols = {
  v2: v2.said.outputs[0].data,
  raw: raw.said.outputs,
  completed: completed.said.choices[0].text.trim(),
  generated: generated.said.tokens.slice(0, 4).join(" "),
  wrong: wrong.map(({ status }) => status),
};
const mounted = inferenceServer({ models: { m: model }, apiKeys: ["a-key-of-some-length"] });
const refused = await mounted.fetch(new Request("http://localhost/models"));
const said = {
  protocols,
  ...{ wanted, answered: (await overHttp.json()).predictions, refused: refused.status },
  ...{ lines: (await lines.text()).trim().split("\n").length, live: (await fetch(`${address}/healthz`)).status },
};
await close(1);
console.log(JSON.stringify(said));
process.exit(0);
