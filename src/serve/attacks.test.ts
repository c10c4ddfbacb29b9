/** What strangers send: refused, told in the log, and the server answers the next one. */
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { dense, input, lstm, type Model, sequential } from "../index.ts";
import {
  hostNames,
  type InferenceServerOptions,
  inferenceServer,
  type Listening,
  listen,
  nodeHandler,
} from "./index.ts";

let model: Model;
let open: Listening;
const told: Record<string, unknown>[] = [];
const log = {
  info: () => {},
  warn: (about: Readonly<Record<string, unknown>>) => void told.push(about),
  error: (about: Readonly<Record<string, unknown>>) => void told.push(about),
};
const start = (options: Omit<InferenceServerOptions, "models"> = {}, headersTimeout = 10) =>
  listen(
    (port) => inferenceServer({ models: { numbers: model }, hosts: hostNames("127.0.0.1", port), log, ...options }),
    {
      port: 0,
      headersTimeout,
    },
  );
beforeAll(async () => {
  model = sequential([input([3, 1]), lstm(2), dense(1)]);
  open = await start({ maxBody: 20_000, bodyTimeout: 0.3 });
});
afterAll(() => open.close(0));
beforeEach(() => {
  told.length = 0;
});

/** Sends bytes as they are, and reads until the server closes or `until` ms have passed. */
const raw = (port: number, ...parts: (string | Buffer | number)[]) =>
  new Promise<string>((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let said = "";
    socket.on("data", (part) => {
      said += part;
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(said));
    void (async () => {
      for (const part of parts)
        if (typeof part === "number") await new Promise((later) => setTimeout(later, part));
        else if (socket.writable) socket.write(part);
    })();
  });
const post = (body: string, headers: Record<string, string | number> = {}, path = "/models/numbers/predict") => {
  const all = {
    Host: `127.0.0.1:${open.port}`,
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
    Connection: "close",
    ...headers,
  };
  return `POST ${path} HTTP/1.1\r\n${Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("")}\r\n${body}`;
};
const alive = async () => {
  const said = await raw(open.port, post('{"inputs": [[[1], [2], [3]]]}'));
  expect(said).toMatch(/^HTTP\/1.1 200/);
};
const deep = `{"inputs": ${"[".repeat(5000)}${"]".repeat(5000)}}`;

test.each<[what: string, sent: () => (string | Buffer | number)[], answer: RegExp]>([
  ["a body that does not come", () => [post("", { "Content-Length": 100 })], /^HTTP\/1.1 408/],
  [
    "a body byte by byte",
    () => [post("", { "Content-Length": 100 }), "{", 100, '"', 100, "i", 100, "n", 200, "p"],
    /^HTTP\/1.1 408/,
  ],
  ["a body that says it is huge", () => [post("", { "Content-Length": 2 ** 40 })], /^HTTP\/1.1 413/],
  [
    "a huge body in pieces",
    () => [
      post("", { "Content-Length": "", "Transfer-Encoding": "chunked" }).replace("Content-Length: \r\n", ""),
      `FFFF\r\n${" ".repeat(0xffff)}\r\n`,
    ],
    /^HTTP\/1.1 413/,
  ],
  ["lists in lists in lists", () => [post(deep)], /^HTTP\/1.1 400[\s\S]*at most 64 lists/],
  [
    "bytes that are no UTF-8",
    () => [post("", { "Content-Length": 3 }), Buffer.from([0x7b, 0xff, 0x7d])],
    /^HTTP\/1.1 400[\s\S]*UTF-8/,
  ],
  ["no JSON", () => [post("{inputs: 1}")], /^HTTP\/1.1 400[\s\S]*no JSON/],
  [
    "a body that is compressed",
    () => [post("", { "Content-Encoding": "gzip", "Content-Length": 20 }), gzipSync('{"inputs": 1}').subarray(0, 20)],
    /^HTTP\/1.1 415[\s\S]*accept-encoding: identity[\s\S]*Expected Content-Encoding: identity[^"]*received gzip/i,
  ],
  [
    "lines that are compressed",
    () => [post("", { "Content-Encoding": "br", "Content-Type": "application/x-ndjson", "Content-Length": 1 }), "x"],
    /^HTTP\/1.1 415[\s\S]*received br/,
  ],
  ["a form", () => [post("a=1", { "Content-Type": "multipart/form-data; boundary=x" })], /^HTTP\/1.1 415/],
  [
    "a prototype key",
    () => [post('{"__proto__": {"inputs": 1}, "constructor": 1}')],
    /^HTTP\/1.1 400[\s\S]*Unknown field/,
  ],
  [
    "a prototype as an input by name",
    () => [post('{"inputs": {"__proto__": [[[1], [2], [3]]]}}', {}, "/v1/models/numbers:predict")],
    /^HTTP\/1.1 400/,
  ],
  [
    "a prototype as an input of every instance",
    () => [post('{"instances": [{"__proto__": [[1], [2], [3]]}]}', {}, "/v1/models/numbers:predict")],
    /^HTTP\/1.1 400/,
  ],
  [
    "a prototype as a tensor, its type and its sequence",
    () => [
      post(
        '{"inputs": [{"name": "__proto__", "shape": [1, 3, 1], "datatype": "constructor", "data": [1, 2, 3]}], "parameters": {"sequence_id": "__proto__"}}',
        {},
        "/v2/models/numbers/infer",
      ),
    ],
    /^HTTP\/1.1 400/,
  ],
  [
    "a tensor that says it is larger than it is",
    () => [
      post(
        '{"inputs": [{"name": "x", "shape": [1000000000, 1000000000, 1], "datatype": "FP32", "data": [1]}]}',
        {},
        "/v2/models/numbers/infer",
      ),
    ],
    /^HTTP\/1.1 (400|413)/,
  ],
  ["a prototype as the model", () => [post("{}", {}, "/models/__proto__/predict")], /^HTTP\/1.1 404/],
  [
    "a name of every object as the model",
    () => [post('{"instances": [1]}', {}, "/v1/models/constructor:predict")],
    /^HTTP\/1.1 404/,
  ],
  ["a prototype as an input", () => [post('{"inputs": {"__proto__": [1]}}')], /^HTTP\/1.1 400/],
  ["another host (DNS rebinding)", () => [post("{}", { Host: "evil.example" })], /^HTTP\/1.1 421/],
  ["a page of elsewhere", () => [post("{}", { Origin: "https://evil.example" })], /^HTTP\/1.1 403/],
  ["a page of a file", () => [post("{}", { Origin: "null" })], /^HTTP\/1.1 403/],
  ["a path out of the models", () => [post("{}", {}, "/models/..%2f..%2fetc%2fpasswd/predict")], /^HTTP\/1.1 404/],
  [
    "an address as the model",
    () => [post("{}", {}, "/models/http%3A%2F%2Fevil.example%2Fm.keras/predict")],
    /^HTTP\/1.1 404/,
  ],
  [
    "an address in the request line",
    () => [post("{}", {}, "http://evil.example/models/numbers/predict")],
    /^HTTP\/1.1 400[\s\S]*"code":"BAD_REQUEST","message":"Expected GET, POST/,
  ],
  [
    "loading a model (another server's route)",
    () => [post("{}", {}, "/v2/repository/models/numbers/load")],
    /^HTTP\/1.1 404/,
  ],
  [
    "more headers than anybody needs",
    () => [post("{}", Object.fromEntries(Array.from({ length: 3000 }, (_, k) => [`x-${k}`, "y".repeat(20)])))],
    /^HTTP\/1.1 431 Request Header Fields Too Large[\s\S]*"code":"HEADERS_TOO_LARGE","message":"The headers are too large/,
  ],
  ["no HTTP", () => ["hello\r\n\r\n"], /^HTTP\/1.1 400 Bad Request[\s\S]*"code":"BAD_REQUEST","message":"Expected a/],
  ["two lengths", () => [post("{}", { "Content-Length": "2\r\nTransfer-Encoding: chunked" })], /^HTTP\/1.1 400/],
  ["numbers that are none", () => [post('{"inputs": [[[1e999], [2], [3]]]}')], /^HTTP\/1.1 400/],
  ["another method", () => [post("{}").replace("POST", "DELETE")], /^HTTP\/1.1 405/],
])("%s", async (_, sent, answer) => {
  expect(await raw(open.port, ...sent())).toMatch(answer);
  expect(told).toEqual([expect.objectContaining({ status: expect.any(Number), address: "127.0.0.1" })]);
  await alive();
});

test("a row of more steps than one may have is refused before it is computed, by every protocol", async () => {
  const any = sequential([input([null, 1], { name: "x" }), lstm(2), dense(1)]);
  const server = inferenceServer({ models: { any }, maxSteps: 100 });
  const row = Array.from({ length: 101 }, () => [0]);
  const tensor = { name: "x", shape: [1, 101, 1], datatype: "FP32", data: row.flat() };
  const bodies: [string, object][] = [
    ["/models/any/predict", { inputs: [row] }],
    ["/v1/models/any:predict", { instances: [row] }],
    ["/v1/models/any:predict", { inputs: { x: [row] } }],
    ["/v2/models/any/infer", { inputs: [tensor] }],
  ];
  for (const [path, body] of bodies) {
    const request = new Request(`http://localhost${path}`, { method: "POST", body: JSON.stringify(body) });
    expect([path, (await server.fetch(request)).status]).toEqual([path, 413]);
  }
  expect(server.metrics()).not.toContain("cellstate_batch_rows_count");
});

test("below a base path nothing else is answered", async () => {
  const server = inferenceServer({ models: { numbers: model }, basePath: "/ml" });
  const status = async (path: string) => (await server.fetch(new Request(`http://localhost${path}`))).status;
  const paths = ["/ml/healthz", "/healthz", "/mlx/healthz", "/ml", "/ml/../healthz"];
  expect(await Promise.all(paths.map(status))).toEqual([200, 404, 404, 404, 404]);
  for (const basePath of ["ml", "/ml/", "/", "/a b"])
    expect(() => inferenceServer({ models: { numbers: model }, basePath })).toThrow("basePath");
});

test("what is refused is told in the log, without what was sent", async () => {
  await raw(open.port, post('{"secret": 1}', { Origin: "https://evil.example" }));
  expect(told).toEqual([expect.objectContaining({ status: 403, path: "/models/numbers/predict", method: "POST" })]);
  expect(JSON.stringify(told)).not.toContain("secret");
});

test("HEAD has the headers of GET and no body", async () => {
  const asked = (method: string) =>
    raw(open.port, `${method} /healthz HTTP/1.1\r\nHost: 127.0.0.1:${open.port}\r\nConnection: close\r\n\r\n`);
  const [get, head] = await Promise.all([asked("GET"), asked("HEAD")]);
  expect(get).toMatch(/\r\nContent-Length: 3\r\n[\s\S]*\r\n\r\nok\n$/i);
  expect(head).toMatch(/\r\nContent-Length: 3\r\n[\s\S]*\r\n\r\n$/i);
});

test("headers that do not come end the connection, with an answer, a line in the log and a count", async () => {
  const server = inferenceServer({ models: { numbers: model }, log });
  const impatient = await listen(() => server, { port: 0, headersTimeout: 0.2 });
  const said = await raw(impatient.port, "POST /models HTTP/1.1\r\nHost: ");
  expect(said).toMatch(/^HTTP\/1.1 408 Request Timeout\r\nContent-Type: application\/json/);
  expect(said).toContain('{"error":{"code":"TOO_SLOW","message":"The headers did not arrive within 0.2 s."}}');
  expect(told).toEqual([{ status: 408, address: "127.0.0.1", why: "The headers did not arrive within 0.2 s." }]);
  expect(server.metrics()).toContain('cellstate_requests_total{route="none",status="408"} 1');
  await impatient.close(0);
}, 20_000);

test("connections beyond the limit are told to come again, and probes on them are answered", async () => {
  const make = () => inferenceServer({ models: { numbers: model } });
  const crowded = await listen(make, { port: 0, maxConnections: 2 });
  const idle = [1, 2].map(() => connect(crowded.port, "127.0.0.1"));
  await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
  const host = `Host: 127.0.0.1:${crowded.port}\r\n`;
  const refused = await raw(crowded.port, `GET /models HTTP/1.1\r\n${host}\r\n`);
  expect(refused).toMatch(/^HTTP\/1.1 429/);
  expect(refused).toMatch(/\r\nRetry-After: 1\r\n/i);
  expect(refused).toMatch(/\r\nConnection: close\r\n/i); // raw has seen its end
  expect(await raw(crowded.port, `GET /healthz HTTP/1.1\r\n${host}\r\n`)).toMatch(/^HTTP\/1.1 200/);
  for (const socket of idle) socket.destroy();
  await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once("close", resolve))));
  const until = performance.now() + 20_000; // the server hears of it later
  let said = "";
  while (!said.startsWith("HTTP/1.1 200") && performance.now() < until)
    said = await raw(crowded.port, `GET /models HTTP/1.1\r\n${host}Connection: close\r\n\r\n`);
  expect(said).toMatch(/^HTTP\/1.1 200/);
  await crowded.close(0);
}, 30_000);

test("a key is asked for, guesses are limited, probes need none", async () => {
  const key = "a-key-of-some-length";
  const server = inferenceServer({ models: { numbers: model }, apiKeys: ["another-key-of-others", key], log });
  const status = async (headers: Record<string, string>, address = "10.0.0.1", path = "/models") =>
    (await server.fetch(new Request(`http://localhost${path}`, { headers }), { address })).status;
  expect(await status({}, "10.0.0.1", "/healthz")).toBe(200);
  expect(await status({})).toBe(401);
  expect(await status({ authorization: `Bearer ${key}` })).toBe(200);
  expect(await status({ "x-api-key": key })).toBe(200);
  for (let k = 0; k < 10; k++) expect(await status({ authorization: `Bearer ${key}${k}` })).toBe(401);
  expect(await status({ authorization: `Bearer ${key}x` })).toBe(429);
  expect(await status({ authorization: `Bearer ${key}` }, "10.0.0.2")).toBe(200);
  expect(told).toHaveLength(12); // each with its address, none with the key
  expect(told.at(1)).toMatchObject({ status: 401, address: "10.0.0.1", why: expect.stringContaining("an API key") });
  expect(told.at(-1)).toMatchObject({ status: 429, why: expect.stringContaining("Too many wrong keys") });
  expect(JSON.stringify(told)).not.toContain(key);
  expect(() => inferenceServer({ models: { numbers: model }, apiKeys: ["short"] })).toThrow("at least 16 characters");
});

test("behind proxies guesses are counted for the client that the first proxy saw, whatever the client says itself", async () => {
  const key = "a-key-of-some-length";
  const behind = (trustProxy: number) =>
    listen(() => inferenceServer({ models: { numbers: model }, apiKeys: [key] }), { port: 0, trustProxy });
  const [direct, one, two] = await Promise.all([0, 1, 2].map(behind));
  const status = async ({ address }: Listening, forwarded: string, bearer: string) =>
    (await fetch(`${address}/models`, { headers: { "x-forwarded-for": forwarded, authorization: `Bearer ${bearer}` } }))
      .status;
  for (let k = 0; k < 10; k++) {
    expect(await status(direct, `10.0.0.${k}`, "wrong")).toBe(401);
    expect(await status(one, `10.9.9.${k}, 10.0.0.1:${4000 + k}`, "wrong")).toBe(401);
    expect(await status(two, `10.9.9.${k}, [2001:db8::1], 10.0.0.2`, "wrong")).toBe(401);
  }
  expect(await status(direct, "10.0.0.99", key)).toBe(429); // all have the connection's address
  expect(await status(one, "10.0.0.1", key)).toBe(429);
  expect(await status(one, "10.0.0.1, 10.0.0.2", key)).toBe(200);
  expect(await status(two, "2001:db8::1, 10.0.0.3", key)).toBe(429);
  expect(await status(two, "10.0.0.2", key)).toBe(200);
  await Promise.all([direct, one, two].map((server) => server.close(0)));
  const server = inferenceServer({ models: { numbers: model } });
  expect(() => nodeHandler(server, { trustProxy: null as never })).toThrow("the number of proxies, received null");
});

test("pages of an origin that may ask can read the answer", async () => {
  const server = inferenceServer({ models: { numbers: model }, origins: ["https://app.example"] });
  const headers = { origin: "https://app.example" };
  const first = await server.fetch(
    new Request("http://localhost/models/numbers/predict", { method: "OPTIONS", headers }),
  );
  expect([first.status, first.headers.get("access-control-allow-origin")]).toEqual([204, "https://app.example"]);
  const then = await server.fetch(new Request("http://localhost/models", { headers }));
  expect([then.status, then.headers.get("access-control-allow-origin")]).toEqual([200, "https://app.example"]);
  const other = await server.fetch(
    new Request("http://localhost/models", { headers: { origin: "https://evil.example" } }),
  );
  expect([other.status, other.headers.get("access-control-allow-origin")]).toEqual([403, null]);
});
