/** The protocols, row by row: what is asked, and what must come back. */
import { beforeAll, describe, expect, test } from "vitest";
import { detectionAnswer } from "../answers/index.ts";
import { type AnomalyDetector, NdArray } from "../index.ts";
import { sequenceTagger } from "../tagging/index.ts";
import { type InferenceServer, inferenceServer } from "./inference-server.ts";
import { steps, protocolRows as table, v2 } from "./testing/protocol-rows.ts";
import { ask, type SmallModels, smallModels, smallServer } from "./testing/small-server.ts";

let models: SmallModels;
let server: InferenceServer;
beforeAll(async () => {
  models = await smallModels();
  server = smallServer(models);
}, 60_000);

const outputs = async (rows: number[][][]) =>
  (await models.numbers.predict(new NdArray(Float32Array.from(rows.flat(2)), [rows.length, 3, 2]))).toArray();

for (const [what, path, body, status, said] of table)
  test(`${what}: ${status}`, async () => {
    const answer = await ask(server, path, body);
    expect(answer.said).toEqual(said);
    expect(answer.status).toBe(status);
  });

test("the same numbers by every protocol, and those of predict, to the bit", async () => {
  const wanted = await outputs([steps, steps.toReversed()]);
  const rows = [steps, steps.toReversed()];
  expect((await ask(server, "/models/numbers/predict", { inputs: rows })).said).toEqual({ outputs: wanted });
  expect((await ask(server, "/v1/models/numbers:predict", { instances: rows })).said).toEqual({ predictions: wanted });
  expect((await ask(server, "/v1/models/numbers:predict", { inputs: { steps: rows } })).said).toEqual({
    outputs: wanted,
  });
  const named = rows.map((row) => ({ steps: row }));
  expect((await ask(server, "/v1/models/numbers:predict", { instances: named })).said).toEqual({ predictions: wanted });
  const flat = v2("steps", [2, 3, 2], rows.flat(2));
  const answer = (await ask(server, "/v2/models/numbers/infer", { ...flat, id: "a" })).said as {
    id: string;
    outputs: { data: number[] }[];
  };
  expect(answer.id).toBe("a");
  expect(answer.outputs[0].data).toEqual((wanted as number[][]).flat());
});

describe("tensors in bytes behind the JSON, as Triton's client sends them", () => {
  const post = async (head: object, bytes: Uint8Array, length?: string) => {
    const json = new TextEncoder().encode(JSON.stringify(head));
    const headers = {
      "content-type": "application/octet-stream",
      "inference-header-content-length": length ?? `${json.length}`,
    };
    const body = new Uint8Array([...json, ...bytes]);
    const url = "http://localhost/v2/models/numbers/infer";
    const response = await server.fetch(new Request(url, { method: "POST", headers, body }));
    return { status: response.status, said: (await response.json()) as never };
  };
  const head = (datatype: string, size: unknown) => {
    const parameters = { binary_data_size: size };
    return {
      inputs: [{ name: "steps", shape: [1, 3, 2], datatype, parameters }],
      parameters: { binary_data_output: true },
    };
  };

  test("are read as numbers in JSON are", async () => {
    const wanted = ((await outputs([steps])) as number[][])[0];
    const bytes = new Uint8Array(Float64Array.from(steps.flat()).buffer);
    const { said, status } = await post(head("FP64", bytes.length), bytes);
    expect({ status, data: (said as { outputs: { data: number[] }[] }).outputs[0].data }).toEqual({
      status: 200,
      data: wanted,
    });
    const halves = new Uint8Array(Uint16Array.of(0x3800, 0xbc00, 0x0001, 0, 0x7bff, 0x4200).buffer);
    const numbers = [0.5, -1, 2 ** -24, 0, 65504, 3];
    const same = (await ask(server, "/v2/models/numbers/infer", v2("steps", [1, 3, 2], numbers))).said as object;
    expect((await post(head("FP16", 12), halves)).said).toEqual(same);
    const whole = new Uint8Array(BigInt64Array.of(1n, -2n, 3n, 0n, 5n, -6n).buffer);
    const ints = v2("steps", [1, 3, 2], [1, -2, 3, 0, 5, -6]);
    expect((await post(head("INT64", 48), whole)).said).toEqual(
      (await ask(server, "/v2/models/numbers/infer", ints)).said,
    );
  });

  test.each([
    ["fewer bytes than are named", head("FP32", 24), 20, undefined, "binary_data_size up to the 20 bytes"],
    ["more bytes than are named", head("FP32", 24), 28, undefined, "received 4 more"],
    ["a size that is none", head("FP32", -1), 24, undefined, "binary_data_size up to"],
    ["another size than the shape's", head("FP32", 20), 20, undefined, "expected 6 values"],
    ["bytes that are no whole numbers", head("FP32", 22), 22, undefined, "expected 4 bytes for each FP32"],
    ["an unknown type", head("FP8", 6), 6, undefined, "expected one of BOOL"],
    ["a text that is longer than its bytes", head("BYTES", 24), 24, undefined, "expected texts"],
    ["a length beyond the body", head("FP32", 24), 24, "99999", "Inference-Header-Content-Length from 1 to"],
    ["a length that is no number", head("FP32", 24), 24, "x", "Inference-Header-Content-Length from 1 to"],
  ])("%s: refused", async (_, given, size, length, said) => {
    const answer = await post(given, new Uint8Array(size).fill(255), length);
    expect(answer).toEqual({ status: 400, said: { error: expect.stringContaining(said) } });
  });
});

test("a task answers what its own predict answers", async () => {
  const [wanted] = await models.sentiment.predict(["so good"]);
  expect((await ask(server, "/models/sentiment/predict", { text: "so good" })).said).toEqual({
    text: "so good",
    ...wanted,
  });
  const series = Array.from({ length: 30 }, (_, t) => Math.sin(t / 4));
  const airline = models.tasks.airline.task as never as { predict(s: number[]): Promise<{ values: NdArray }> };
  const found = (await ask(server, "/models/airline/forecast", { series })).said as { values: number[][] };
  expect(found.values).toEqual((await airline.predict(series)).values.toArray());
  const text = await models.writer.complete("the cell", { words: 3 });
  const said = (await ask(server, "/models/writer/generate", { prompt: "the cell", words: 3 })).said as {
    text: string;
  };
  expect(said.text).toBe(text);
});

test("a sequence in parts has the answer of the whole; others cannot continue it", async () => {
  const keyed = smallServer(models, { apiKeys: ["first-key-0123456789", "other-key-0123456789"] });
  const part = (data: number[][], parameters: object, key = "first-key-0123456789") =>
    ask(
      keyed,
      "/v2/models/numbers/infer",
      { ...v2("steps", [1, data.length, 2], data), parameters },
      { authorization: `Bearer ${key}` },
    );
  const id = { sequence_id: 7 };
  expect((await part(steps.slice(0, 1), id)).status).toBe(400);
  await part(steps.slice(0, 1), { ...id, sequence_start: true });
  expect((await part(steps.slice(1, 2), id, "other-key-0123456789")).status).toBe(400);
  await part(steps.slice(1, 2), id);
  const last = (await part(steps.slice(2), { ...id, sequence_end: true })).said as { outputs: { data: number[] }[] };
  expect(last.outputs[0].data).toEqual(((await outputs([steps])) as number[][])[0]);
  expect((await part(steps, id)).status).toBe(400);
});

test.each([1, 3, 128])(
  "texts written at the same time are those written alone, %i at once at most",
  async (maxRows) => {
    const own = inferenceServer({
      models: { writer: { kind: "languageModel", task: models.writer } },
      batching: { maxRows },
    });
    const prompts = ["the cell", "a gate", "the gate keeps", "a", "the"];
    const alone = await Promise.all(
      prompts.map((prompt) => models.writer.complete(prompt, { words: 12, temperature: 1, seed: 3, atEnd: "avoid" })),
    );
    const asked = prompts.map((prompt) =>
      ask(own, "/models/writer/generate", { prompt, words: 12, temperature: 1, seed: 3, atEnd: "avoid" }),
    );
    expect((await Promise.all(asked)).map(({ said }) => (said as { text: string }).text)).toEqual(alone);
  },
);

test("completions: several, echoed, stopped, with log-probabilities, ignored fields named", async () => {
  const body = {
    model: "writer",
    prompt: ["the", "a"],
    n: 2,
    max_tokens: 3,
    seed: 5,
    echo: true,
    logprobs: 2,
    user: "me",
    best_of: 1,
  };
  const { said, headers } = await ask(server, "/v1/completions", body);
  const { choices } = said as {
    choices: {
      index: number;
      text: string;
      logprobs: { tokens: string[]; token_logprobs: number[]; top_logprobs: object[]; text_offset: number[] };
    }[];
  };
  expect(choices.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
  expect(choices[2].text.startsWith("a ")).toBe(true);
  const { tokens, token_logprobs, top_logprobs, text_offset } = choices[0].logprobs;
  expect(token_logprobs.every((v) => v <= 0)).toBe(true);
  expect(Object.keys(top_logprobs[0])).toHaveLength(2);
  for (const [k, token] of tokens.entries()) expect(choices[0].text.slice(text_offset[k]).startsWith(token)).toBe(true);
  expect(headers.get("x-cellstate-ignored")).toBe("user, best_of");
  const again = await ask(server, "/v1/completions", body);
  expect((again.said as { choices: unknown }).choices).toEqual(choices);
});

test("streams: the parts are the whole, and end as the protocol says", async () => {
  const body = { model: "writer", prompt: "the cell", max_tokens: 4, temperature: 0 };
  const whole = ((await ask(server, "/v1/completions", body)).said as { choices: { text: string }[] }).choices[0].text;
  const events = (await ask(server, "/v1/completions", { ...body, stream: true })).text.trim().split("\n\n");
  expect(events.at(-1)).toBe("data: [DONE]");
  const parts = events.slice(0, -1).map((one) => JSON.parse(one.slice(6)).choices[0]);
  expect(parts.map(({ text }) => text).join("")).toBe(whole);
  expect(parts.at(-1).finish_reason).toMatch(/length|stop/);
  const lines = await ask(
    server,
    "/models/writer/generate",
    { prompt: "the cell", words: 4 },
    { accept: "application/x-ndjson" },
  );
  const said = lines.text
    .trim()
    .split("\n")
    .map((one) => JSON.parse(one));
  expect(said.at(-1).tokens).toEqual(said.slice(0, -1).map(({ token }) => token));
});

test("lines in, lines out: in their order, and a bad one is told in its place", async () => {
  const lines = ['{"text": "good"}', "no json", '"so bad"', '{"text": ""}', '{"text": "bad"}'].join("\n");
  const { text, status } = await ask(server, "/models/sentiment/predict", lines, {
    "content-type": "application/x-ndjson",
  });
  expect(status).toBe(200);
  const said = text
    .trim()
    .split("\n")
    .map((one) => JSON.parse(one));
  expect(said.map((one) => one.text ?? `line ${one.line}`)).toEqual(["good", "line 2", "so bad", "line 4", "bad"]);
  const rows = Array.from({ length: 12 }, (_, t) => JSON.stringify({ values: [Math.sin(t / 4)] })).join("\n");
  const scored = await ask(server, "/models/pump/detect", rows, { "content-type": "application/x-ndjson" });
  expect(scored.text.trim().split("\n")).toHaveLength(12);
  expect(JSON.parse(scored.text.split("\n")[5])).toMatchObject({ row: 5, column: "1" });
});

test("a detector has the alarms of a series that it has in a program", async () => {
  const { task } = models.tasks.pump as { task: AnomalyDetector };
  const series = Array.from({ length: 80 }, (_, t) => (t === 60 ? 9 : Math.sin(t / 4)));
  const found = await task.detect(series);
  const { status, said } = await ask(server, "/models/pump/detect", { series });
  expect([status, said]).toEqual([200, JSON.parse(JSON.stringify(detectionAnswer(found, ["1"])))]);
  expect((said as { alarms: object[] }).alarms.length).toBeGreaterThan(0);
  const often = await ask(server, "/models/pump/detect", { series, falseAlarms: "1 in 10 rows" });
  expect(often.status).toBe(200);
  const wrong = await ask(server, "/models/pump/detect", { series, falseAlarms: "now and then" });
  expect([wrong.status, wrong.text]).toEqual([400, expect.stringContaining("falseAlarms")]);
});

test("a tagger labels texts, tokens and lines, as it does in a program", async () => {
  const tagger = sequenceTagger({ units: 4, embedding: 4, charEmbedding: 0 });
  const sentences = [
    { tokens: ["fly", "to", "boston"], labels: ["O", "O", "B-city"] },
    { tokens: ["from", "denver"], labels: ["O", "B-city"] },
  ];
  await tagger.fit(sentences, { epochs: 1, verbose: 0, validationSplit: 0 });
  const tags = inferenceServer({ models: { slots: { kind: "sequenceTagger", task: tagger } } });
  const [alone] = await tagger.predict(["fly to denver"]);
  const one = await ask(tags, "/models/slots/tag", { text: "fly to denver" });
  expect(one.said).toEqual(JSON.parse(JSON.stringify({ text: "fly to denver", ...alone })));
  const several = await ask(tags, "/models/slots/tag", { texts: ["from boston", "fly to denver"] });
  expect(several.said).toMatchObject({ predictions: [{ text: "from boston" }, { labels: alone.labels }] });
  const lines = await ask(tags, "/models/slots/tag", '"fly to denver"\n{"tokens": ["fly"]}\n{"word": 1}', {
    "content-type": "application/x-ndjson",
  });
  const said = lines.text.trim().split("\n");
  expect(said.map((text) => JSON.parse(text).tokens?.length ?? JSON.parse(text).line)).toEqual([3, 1, 3]);
  expect((await ask(tags, "/models/slots/tag", {})).status).toBe(400);
  expect((await ask(tags, "/models/slots/tag", { text: "a ".repeat(5000) })).status).toBe(400);
  expect((await ask(server, "/models/writer/tag", { text: "a" })).status).toBe(400);
});

test("what is described is what is checked: every route is in /openapi.json, with its body", async () => {
  const { paths } = (await ask(server, "/openapi.json")).said as {
    paths: Record<string, Record<string, { requestBody?: object }>>;
  };
  expect(paths["/models/{model}/predict"].post.requestBody).toBeDefined();
  expect(Object.keys(paths)).toEqual(
    expect.arrayContaining(["/v1/completions", "/v2/models/{model}/infer", "/metrics"]),
  );
});
