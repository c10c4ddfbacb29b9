/**
 * Load on a server over loopback. Clients that wait for an answer before they ask again hide queues, so requests are sent when they are due
 * (Poisson), whatever the answers do, and an answer's time counts from when its request was due. Callers, server and who asks for its
 * health are processes of their own.
 */
import { fork } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const kinds = ["small", "200 steps", "writer"];
const parts = [0.25, 0.5, 0.8, 1.2];

/** Throughput with and without batches, latencies at parts of the capacity, beside ONNX Runtime behind the same server. */
export async function loadServer({ seconds, seed, say, page }) {
  const all = [];
  for (const kind of kinds) {
    const own = await measured(kind, "none", { seconds, seed });
    const peer =
      kind === "writer" ? whyNoPeer() : (whyNoPeer() ?? (await measured(kind, "onnxruntime", { seconds, seed })));
    all.push({ kind, own, peer });
    for (const line of told(kind, own)) say(line);
    if (typeof peer === "string") say(`  beside ONNX Runtime: ${peer}`);
    else for (const line of told(`${kind}, computed by ONNX Runtime`, peer)) say(line);
  }
  if (page) await page(all, seconds);
  const lost = all.reduce((n, { own }) => n + own.rows.reduce((sum, row) => sum + row.lost, 0), 0);
  return { ok: lost === 0, says: lost === 0 ? "no request was lost" : `${lost} requests were lost` };
}

async function measured(kind, peer, { seconds, seed }) {
  const closed = { manner: "closedLoop", clients: 50, seconds };
  const rate = async (server) => {
    await server.ask({ ...closed, seconds: 1 }); // programs are made
    const before = await server.figures();
    const { statuses, seconds: passed } = await server.ask(closed);
    const count = sum(Object.values(statuses));
    const cpu = ((await server.figures()).cpu - before.cpu) / count; // s
    return { perSecond: count / passed, cpu };
  };
  const alone = await withServer(kind, true, peer, rate);
  return withServer(kind, false, peer, async (server) => {
    const together = await rate(server);
    const { memory } = await server.figures();
    const rows = [];
    for (const part of parts) rows.push({ part, ...(await server.open(part * together.perSecond, seconds, seed)) });
    return { alone, together, rows, memory: [memory, (await server.figures()).memory] };
  });
}

function told(title, { alone, together, rows, memory }) {
  const rate = ({ perSecond, cpu }) =>
    `${Math.round(perSecond)}/s (${Math.round(1 / cpu)} a second of its processor time)`;
  const gain = `${(together.perSecond / alone.perSecond).toFixed(1)}x, ${(alone.cpu / together.cpu).toFixed(1)}x by processor time`;
  return [
    `${title}: 50 clients ${rate(alone)} one by one, ${rate(together)} in batches: ${gain}`,
    ...rows.map(({ part, p, health, statuses, refusedAfter }) => {
      const answers = Object.entries(statuses).map(([status, n]) => `${n} x ${status}`);
      const refused = refusedAfter === null ? "" : ` after ${ms(refusedAfter)} (p50)`;
      const times = `p50 ${ms(p[0])}, p99 ${ms(p[1])}, p99.9 ${ms(p[2])}; health p50 ${ms(health[0])}, p99 ${ms(health[1])}`;
      return `  ${Math.round(100 * part)} %: ${times}; ${answers.join(", ")}${refused}`;
    }),
    `  memory ${memory.map((mb) => `${Math.round(mb)} MB`).join(" -> ")}`,
  ];
}

/**
 * Hours of a server: all kinds of models at half of what it can, clients that leave, models loaded again; memory at each tenth. It is level
 * where the last three tenths have no more than the three before them, within 5 %.
 */
export async function serveLong({ seconds, seed, say }) {
  let [lost, answered, reloads] = [0, 0, 0];
  const memory = [];
  await withServer("all", false, "none", async (server) => {
    const { perSecond } = await capacityOf(server);
    for (let tenth = 0; tenth < 10; tenth++) {
      const seen = await server.open(0.5 * perSecond, seconds / 10, seed + tenth, { leave: 0.02, reloads: 2 });
      lost += seen.lost;
      answered += seen.statuses[200] ?? 0;
      reloads += 2;
      memory.push((await server.figures()).memory);
      const answers = Object.entries(seen.statuses).map(([status, n]) => `${n} x ${status}`);
      say(`${tenth + 1}/10: ${Math.round(memory.at(-1))} MB; health p99 ${ms(seen.health[1])}; ${answers.join(", ")}`);
    }
  });
  const mean = (list) => sum(list) / list.length;
  const growth = mean(memory.slice(7)) / mean(memory.slice(4, 7));
  const says = `${answered} answered, ${lost} lost, ${reloads} reloads; memory ${(100 * (growth - 1)).toFixed(1)} % from the middle to the end`;
  return { ok: lost === 0 && growth < 1.05, says };
}

async function capacityOf(server) {
  await server.ask({ manner: "closedLoop", clients: 50, seconds: 2 });
  const { statuses, seconds } = await server.ask({ manner: "closedLoop", clients: 50, seconds: 5 });
  return { perSecond: sum(Object.values(statuses)) / seconds };
}

function whyNoPeer() {
  try {
    createRequire(new URL("../../bench/peers/", import.meta.url)).resolve("onnxruntime-node");
    return null;
  } catch {
    return "not here (cd bench/peers && npm ci --ignore-scripts)";
  }
}

const sum = (list) => list.reduce((a, b) => a + b, 0);
export const ms = (time) => `${time < 10 ? time.toFixed(1) : Math.round(time)} ms`;

/** A server in a process, a caller and one who asks for its health in two others. */
async function withServer(kind, oneByOne, peer, work) {
  const here = (name) => fileURLToPath(new URL(name, import.meta.url));
  const server = fork(here("serve-process.mjs"), [kind, String(oneByOne), peer], { execArgv: ["--expose-gc"] });
  const [caller, watcher] = [fork(here("serve-client.mjs")), fork(here("serve-client.mjs"))];
  const told = (child, asked) => {
    const answer = new Promise((resolve, reject) => {
      child.once("message", resolve);
      child.once("exit", (code) => reject(new Error(`a process ended with ${code}`)));
    });
    if (asked) child.send(asked);
    return answer;
  };
  try {
    const { port } = await told(server);
    const requests = requestsOf(kind);
    const ask = (how) => told(caller, { port, requests, ...how });
    const figures = () => told(server, "figures");
    const open = async (perSecond, seconds, seed, { leave = 0, reloads = 0 } = {}) => {
      const health = told(watcher, { manner: "watch", port, requests: [{ path: "/healthz" }], every: 20 });
      const timers = Array.from({ length: reloads }, (_, k) =>
        setTimeout(() => server.send("reload"), (1000 * seconds * (k + 0.5)) / reloads),
      );
      const seen = await ask({ manner: "openLoop", perSecond, seconds, seed, leave });
      for (const timer of timers) clearTimeout(timer);
      watcher.send({ manner: "stop" });
      return { ...figuresOf(seen), health: quantiles((await health).times, [0.5, 0.99, 1]) };
    };
    return await work({ ask, figures, open });
  } finally {
    for (const child of [caller, watcher]) child.kill();
    const ended = new Promise((resolve) => server.once("exit", resolve));
    if (server.connected) server.send("end");
    await ended;
  }
}

/** 429 and 503 say "come again", 504 that its time is over; whatever else is no answer is a loss. */
function figuresOf({ statuses, times, refused, late }) {
  const expected = new Set(["200", "429", "503", "504", "left"]);
  const lost = sum(Object.entries(statuses).map(([status, n]) => (expected.has(status) ? 0 : n)));
  const refusedAfter = refused.length > 0 ? quantiles(refused, [0.5])[0] : null;
  return { statuses, p: quantiles(times, [0.5, 0.99, 0.999]), lost, late, refusedAfter };
}

function quantiles(list, at) {
  const sorted = list.toSorted((a, b) => a - b);
  return at.map((part) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN);
}

function requestsOf(kind) {
  if (kind === "all") return kinds.flatMap((one) => requestsOf(one).map((it) => ({ ...it, path: pathOf(one, one) })));
  const steps = kind === "small" ? 30 : 200;
  return Array.from({ length: 32 }, (_, k) => {
    const ids = Array.from({ length: steps }, (_, t) => 1 + ((t * 7919 + k * 31) % 4999));
    const text = { prompt: "the cell", words: 20, temperature: 1, seed: k, atEnd: "avoid" };
    return { path: pathOf(kind, "m"), body: JSON.stringify(kind === "writer" ? text : { instances: [ids] }) };
  });
}

const pathOf = (kind, name) =>
  kind === "writer" ? `/models/${name}/generate` : `/v1/models/${name.replaceAll(" ", "-")}:predict`;
