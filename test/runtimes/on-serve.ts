/** A server on a port of whatever runs this: asked over HTTP, and by its `fetch` alone. Prints what it answered. */
import { dense, input, lstm, sequential } from "../../src/index.ts";
import { inferenceServer, listen } from "../../src/serve/index.ts";

const model = sequential([input([3, 1], { name: "x" }), lstm(2), dense(1)], { seed: 4 });
const row = [[[1], [2], [3]]];
const wanted = (await model.predict(row)).toArray();
const { address, close } = await listen(() => inferenceServer({ models: { m: model } }), { port: 0 });
const body = JSON.stringify({ instances: row });
const overHttp = await fetch(`${address}/v1/models/m:predict`, { method: "POST", body });
const lines = await fetch(`${address}/models/m/predict`, {
  method: "POST",
  headers: { "content-type": "application/x-ndjson" },
  body: `${JSON.stringify({ inputs: row })}\n{"inputs": 7}\n`,
});
const mounted = inferenceServer({ models: { m: model }, apiKeys: ["a-key-of-some-length"] });
const refused = await mounted.fetch(new Request("http://localhost/models"));
const said = {
  ...{ wanted, answered: (await overHttp.json()).predictions, refused: refused.status },
  ...{ lines: (await lines.text()).trim().split("\n").length, live: (await fetch(`${address}/healthz`)).status },
};
await close(1);
console.log(JSON.stringify(said));
process.exit(0);
