/**
 * Load on a server over loopback. Clients that wait for an answer before they ask again hide queues, so requests are sent when they are due
 * (Poisson), whatever the answers do, and an answer's time counts from when its request was due.
 */
import { fork } from "node:child_process";
import { Agent, request } from "node:http";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const kinds = ["small", "200 steps", "writer"];

/** Throughput with and without batches, and latencies at parts of the capacity. */
export async function loadServer({ seconds, seed }) {
  const says = [];
  let lost = 0;
  for (const kind of kinds) {
    const alone = await withServer(kind, true, (ask) => closedLoop(ask, 50, seconds));
    const peer = kind === "writer" ? null : await beside(kind, seconds);
    const { capacity, rows, memory } = await withServer(kind, false, async (ask, server) => {
      const capacity = await closedLoop(ask, 50, seconds);
      const before = await server.memory();
      const rows = [];
      for (const part of [0.25, 0.5, 0.8, 1.2])
        rows.push({ part, ...(await openLoop(ask, part * capacity, seconds, seed)) });
      return { capacity, rows, memory: [before, await server.memory()] };
    });
    says.push(
      `${kind}: 50 clients ${rate(alone)} one by one, ${rate(capacity)} in batches (${(capacity / alone).toFixed(1)}x)`,
    );
    if (peer !== null) says.push(`  ONNX Runtime behind the same server: ${peer}`);
    for (const { part, p, statuses, health, failed } of rows) {
      lost += failed;
      const answers = Object.entries(statuses).map(([status, n]) => `${n} x ${status}`);
      const times = `p50 ${ms(p[0])}, p99 ${ms(p[1])}, p99.9 ${ms(p[2])}`;
      says.push(
        `  ${Math.round(100 * part)} %: ${times}; health p99 ${ms(health)}; ${answers.join(", ")}${failed ? `, ${failed} lost` : ""}`,
      );
    }
    says.push(`  memory ${memory.map((mb) => `${Math.round(mb)} MB`).join(" -> ")}`);
  }
  return { ok: lost === 0, says: `\n${says.join("\n")}\n` };
}

/** Answers a second where ONNX Runtime computes, one by one and in batches; or why not. */
async function beside(kind, seconds) {
  try {
    createRequire(new URL("../../bench/peers/", import.meta.url)).resolve("onnxruntime-node");
  } catch {
    return "not here (cd bench/peers && npm ci --ignore-scripts)";
  }
  const rates = [];
  for (const oneByOne of [true, false])
    rates.push(await withServer(kind, oneByOne, (ask) => closedLoop(ask, 50, seconds), "onnxruntime"));
  return `${rate(rates[0])} one by one, ${rate(rates[1])} in batches`;
}

const rate = (perSecond) => `${Math.round(perSecond)}/s`;
const ms = (time) => `${time < 10 ? time.toFixed(1) : Math.round(time)} ms`;

async function withServer(kind, oneByOne, work, peer = "none") {
  const place = fileURLToPath(new URL("serve-process.mjs", import.meta.url));
  const child = fork(place, [kind, String(oneByOne), peer], { execArgv: ["--expose-gc"] });
  const said = () => new Promise((resolve) => child.once("message", resolve));
  const { port } = await said();
  const agent = new Agent({ keepAlive: true, maxSockets: 500 });
  const memory = async () => {
    const answer = said();
    child.send("memory");
    return (await answer).memory;
  };
  try {
    return await work(asker(kind, port, agent), { memory });
  } finally {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.send("end");
    await ended;
    agent.destroy();
  }
}

function asker(kind, port, agent) {
  const steps = kind === "small" ? 30 : 200;
  const bodies = Array.from({ length: 32 }, (_, k) =>
    kind === "writer"
      ? {
          path: "/models/m/generate",
          body: JSON.stringify({ prompt: "the cell", words: 20, temperature: 1, seed: k, atEnd: "avoid" }),
        }
      : {
          path: "/v1/models/m:predict",
          body: JSON.stringify({
            instances: [Array.from({ length: steps }, (_, t) => 1 + ((t * 7919 + k * 31) % 4999))],
          }),
        },
  );
  return (k) =>
    new Promise((resolve) => {
      const { path, body } = k === null ? { path: "/healthz" } : bodies[k % bodies.length];
      const headers = body ? { "content-type": "application/json", "content-length": Buffer.byteLength(body) } : {};
      const options = { host: "127.0.0.1", port, path, method: body ? "POST" : "GET", agent, headers };
      const sent = request(options, (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode));
      });
      sent.on("error", () => resolve(0));
      sent.end(body);
    });
}

/** Answers a second to so many clients, each of which asks again when it has its answer. */
async function closedLoop(ask, clients, seconds) {
  const run = async (length) => {
    let done = 0;
    const begun = performance.now();
    const end = begun + 1000 * length;
    const client = async (k) => {
      for (; performance.now() < end; k += clients) {
        await ask(k);
        done++;
      }
    };
    await Promise.all(Array.from({ length: clients }, (_, k) => client(k)));
    return (1000 * done) / (performance.now() - begun);
  };
  await run(1); // programs are made
  return run(seconds);
}

async function openLoop(ask, perSecond, seconds, seed) {
  const times = [];
  const statuses = {};
  const health = [];
  const pending = [];
  let failed = 0;
  let state = seed >>> 0 || 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 1) / 2 ** 32;
  };
  const begun = performance.now();
  const watch = setInterval(async () => {
    const from = performance.now();
    await ask(null);
    health.push(performance.now() - from);
  }, 50);
  let due = 0; // ms
  for (let k = 0; ; k++) {
    due += (-1000 * Math.log(random())) / perSecond;
    if (due > 1000 * seconds) break;
    const wait = begun + due - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    const at = begun + due;
    pending.push(
      ask(k).then((status) => {
        if (status === 0) failed++;
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (status === 200) times.push(performance.now() - at);
      }),
    );
  }
  await Promise.all(pending);
  clearInterval(watch);
  const at = (list, part) =>
    list.toSorted((a, b) => a - b)[Math.min(list.length - 1, Math.floor(part * list.length))] ?? Number.NaN;
  return { p: [0.5, 0.99, 0.999].map((part) => at(times, part)), statuses, health: at(health, 0.99), failed };
}
