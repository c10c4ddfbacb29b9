/** A server in the course of its work: limits, deadlines, clients that leave, models that are replaced, an end. */
import { expect, test } from "vitest";
import { thorough } from "../../test/thorough.ts";
import { dense, input, languageModel, lstm, type Model, NdArray, sequential } from "../index.ts";
import { inferenceServer } from "./index.ts";
import { ask } from "./testing/small-server.ts";

const small = (units = 2, steps: number | null = 3): Model =>
  sequential([input([steps, 1], { name: "x" }), lstm(units), dense(1)]);
/** One whose work takes long: predictions wait for the gate. */
function slow(model: Model) {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { predict } = model;
  model.predict = async (...given: Parameters<Model["predict"]>) => {
    await gate;
    return predict.apply(model, given) as never;
  };
  return () => {
    model.predict = predict;
    release();
  };
}
const row = { inputs: [[[1], [2], [3]]] };

test("a deadline gives 504, and its rows are not computed", async () => {
  const model = small();
  const server = inferenceServer({ models: { m: model } });
  const release = slow(model);
  const first = ask(server, "/models/m/predict", row, { "x-request-timeout": "0.1" });
  const second = ask(server, "/models/m/predict", row, { "x-request-timeout": "0.05" });
  expect((await second).status).toBe(504);
  expect((await first).status).toBe(504);
  release();
  expect((await ask(server, "/models/m/predict", row)).status).toBe(200);
  expect(server.metrics()).toContain('cellstate_requests_total{route="/models/{model}/predict",status="504"} 2');
  expect(server.active).toBe(0);
});

test("a body is read to its Content-Length, whether or not its stream ends", async () => {
  const server = inferenceServer({ models: { m: small() } });
  const bytes = new TextEncoder().encode(JSON.stringify(row));
  const parts = [bytes.subarray(0, 7), bytes.subarray(7)];
  const body = new ReadableStream({
    start: (controller) => {
      for (const part of parts) controller.enqueue(part);
    },
  });
  const headers = { "content-length": `${bytes.length}` };
  const asked = { method: "POST", body, headers, duplex: "half" } as RequestInit;
  expect((await server.fetch(new Request("http://localhost/models/m/predict", asked))).status).toBe(200);
});

test("too many at once are refused with 429 and told when to come again; health answers meanwhile", async () => {
  const model = small();
  const server = inferenceServer({ models: { m: model }, maxRequests: 50, batching: { maxWaiting: 30, maxRows: 1 } });
  const release = slow(model);
  const asked = Array.from({ length: 20 }, () => ask(server, "/models/m/predict", row));
  expect((await ask(server, "/healthz")).status).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 20));
  release();
  const answers = await Promise.all(asked);
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(0);
  expect(answers.length - refused.length).toBeGreaterThanOrEqual(10);
  expect(refused.every(({ headers }) => headers.get("retry-after") === "1")).toBe(true);
});

test("a request that would wait too long is refused before its body is read, however many come; a probe is not", async () => {
  const model = small();
  const { predict } = model;
  model.predict = async (...given: Parameters<Model["predict"]>) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return predict.apply(model, given) as never;
  };
  const server = inferenceServer({ models: { m: model }, maxWait: 0.05, batching: { maxRows: 1 } });
  const many = Array.from({ length: 40 }, () => ask(server, "/models/m/predict", row));
  await many[4]; // it is seen how long each takes
  const late = await ask(server, "/models/m/predict", row);
  expect([late.status, Number(late.headers.get("retry-after"))]).toEqual([429, expect.any(Number)]);
  let read = false;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        read = true;
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const request = new Request("http://localhost/models/m/predict", { method: "POST", body, duplex: "half" } as never);
  expect((await server.fetch(request)).status).toBe(429);
  expect(read).toBe(false);
  expect((await ask(server, "/healthz")).status).toBe(200);
  const statuses = (await Promise.all(many)).map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect((await ask(server, "/models/m/predict", row)).status).toBe(200); // there is room again
  expect(server.active).toBe(0);
});

test("texts beyond those in progress wait for a place, and each that ends or is left gives it back", async () => {
  const writer = languageModel({ units: [4], embedding: 4 });
  await writer.fit(["the cell keeps what the gate lets in", "the gate keeps the cell"], { epochs: 1, verbose: 0 });
  const server = inferenceServer({ models: { w: { kind: "languageModel", task: writer } } });
  const text = { prompt: "the", words: 4, temperature: 1, atEnd: "avoid" };
  const streams = Array.from({ length: 70 }, (_, seed) =>
    ask(server, "/v1/completions", { model: "w", prompt: "the", max_tokens: 4, n: 2, stream: true, seed }),
  );
  const texts = Array.from({ length: 70 }, (_, seed) => ask(server, "/models/w/generate", { ...text, seed }));
  const all = await Promise.all([...streams, ...texts]);
  expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]));
  for (let k = 0; k < 70; k++) {
    const body = JSON.stringify({ ...text, words: 1000 });
    const headers = { accept: "application/x-ndjson", "content-type": "application/json" };
    const left = await server.fetch(
      new Request("http://localhost/models/w/generate", { method: "POST", body, headers }),
    );
    await left.body!.cancel();
  }
  expect((await ask(server, "/models/w/generate", text)).status).toBe(200);
  expect(server.active).toBe(0);
});

test("a client that leaves takes its rows with it", async () => {
  const model = small();
  const server = inferenceServer({ models: { m: model } });
  const release = slow(model);
  const stop = new AbortController();
  const request = () =>
    new Request("http://localhost/models/m/predict", {
      method: "POST",
      body: JSON.stringify(row),
      headers: { "content-type": "application/json" },
      signal: stop.signal,
    });
  const asked = [server.fetch(request()), server.fetch(request())];
  await new Promise((resolve) => setTimeout(resolve, 20));
  stop.abort();
  await Promise.all(asked);
  expect(server.active).toBe(0);
  release();
});

test("a model is replaced under way, and no request is lost; one with another signature is not", async () => {
  const [before, after] = [small(), small()];
  after.setWeights(
    before.getWeights().map(
      (a) =>
        new NdArray(
          Float32Array.from(a.data, (v) => v + 0.5),
          a.shape,
        ),
    ),
  );
  const server = inferenceServer({ models: { m: before } });
  const value = async () =>
    ((await ask(server, "/models/m/predict", row)).said as { outputs: number[][] }).outputs?.[0]?.[0];
  const [old, next] = [await value(), (await after.predict(row.inputs)).at(0, 0)];
  let [going, lost] = [true, 0];
  const clients = Array.from({ length: 8 }, async () => {
    while (going) {
      const found = await value();
      if (found !== old && found !== next) lost++;
    }
  });
  await server.replace("m", after);
  expect(await value()).toBe(next);
  going = false;
  await Promise.all(clients);
  expect(lost).toBe(0);
  await expect(server.replace("m", small(2, 4))).rejects.toThrow("another signature");
  await expect(server.replace("none", after)).rejects.toThrow("one of m");
  expect(await value()).toBe(next);
  expect(server.metrics()).toContain('cellstate_reloads_total{model="m",result="failed"} 1');
});

test("a server that stops refuses new requests, finishes those under way, and says it is not ready", async () => {
  const model = small();
  const server = inferenceServer({ models: { m: model } });
  const release = slow(model);
  const under = ask(server, "/models/m/predict", row);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const drained = server.drain(5);
  expect((await ask(server, "/readyz")).status).toBe(503);
  expect((await ask(server, "/healthz")).status).toBe(200);
  const refused = await ask(server, "/models/m/predict", row);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
  release();
  expect((await under).status).toBe(200);
  await drained;
});

test("a server that stops still refuses who comes, until nobody came for a quarter of a second", async () => {
  const server = inferenceServer({ models: { m: small() } });
  const drained = server.drain(600);
  let last = 0;
  for (let k = 0; k < 5; k++) {
    expect((await ask(server, "/models/m/predict", row)).status).toBe(503);
    last = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  expect((await ask(server, "/healthz")).status).toBe(200); // a probe does not hold it up
  await drained;
  expect(performance.now() - last).toBeGreaterThan(240); // it cannot be earlier
});

test("a hundred lines under way share one listener on the signal of their stream", async () => {
  const server = inferenceServer({ models: { m: small() } });
  const warned: Error[] = [];
  const note = (warning: Error) => void warned.push(warning);
  process.on("warning", note);
  const body = `${JSON.stringify(row)}\n`.repeat(100);
  const headers = { "content-type": "application/x-ndjson" };
  const request = new Request("http://localhost/models/m/predict", { method: "POST", body, headers });
  const lines = (await (await server.fetch(request)).text()).trim().split("\n");
  await new Promise((resolve) => setTimeout(resolve, 10)); // warnings are told a turn later
  process.off("warning", note);
  expect(lines).toHaveLength(100);
  expect(warned).toEqual([]);
});

test("what takes longer than the drain is ended, and told", async () => {
  const model = small();
  const server = inferenceServer({ models: { m: model } });
  const release = slow(model);
  const under = ask(server, "/models/m/predict", row);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await server.drain(0.05);
  expect((await under).status).toBe(503);
  release();
});

test.skipIf(!thorough)(
  "a client that sends and does not read holds up its own stream, not the memory",
  async () => {
    const server = inferenceServer({ models: { m: small() } });
    let sent = 0;
    const line = new TextEncoder().encode(`${JSON.stringify(row)}\n`.repeat(100));
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await new Promise((resolve) => setImmediate(resolve));
        sent += 100;
        controller.enqueue(line); // without an end
      },
    });
    const headers = { "content-type": "application/x-ndjson" };
    const given = { method: "POST", body, headers, duplex: "half" } as RequestInit;
    const response = await server.fetch(new Request("http://localhost/models/m/predict", given));
    const before = async () => {
      for (let last = -1; last !== sent; ) {
        last = sent;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
      return sent;
    };
    const stuck = await before();
    expect(stuck).toBeLessThan(40_000); // lines: some 64 kB of answers
    const reader = response.body!.getReader();
    for (let k = 0; k < 20; k++) await reader.read();
    expect(await before()).toBeGreaterThan(stuck);
    await reader.cancel();
    expect(server.active).toBe(0);
  },
  60_000,
);

test("options that make no sense are refused with the name that was meant", () => {
  const models = { m: small() };
  expect(() => inferenceServer({ models, deadlin: 3 } as never)).toThrow('Did you mean "deadline"?');
  expect(() => inferenceServer({ models, maxBody: -1 })).toThrow("a number above 0");
  expect(() => inferenceServer({ models: {} })).toThrow("at least one model");
  expect(() => inferenceServer({ models: { "a/b": small() } })).toThrow("a name");
});
