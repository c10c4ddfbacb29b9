/** Servers in processes of their own, and what is asked of them. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Starts servers, each with a caller and one who asks for its health in two other processes; ends all of them after `work`. */
export async function withServers(servers, work) {
  const begun = servers.map((one) => begin(one));
  try {
    const by = {};
    for (const [k, { way }] of servers.entries()) by[way] = await begun[k].ready;
    return await work(by);
  } finally {
    await Promise.all(begun.map(({ end }) => end()));
  }
}

function begin({ kind, oneByOne, peer }) {
  const server = fork(here("serve-process.mjs"), [kind, String(oneByOne), peer], { execArgv: ["--expose-gc"] });
  const [caller, watcher] = [fork(here("serve-client.mjs")), fork(here("serve-client.mjs"))];
  const requests = requestsOf(kind);
  const figures = () => told(server, "figures");
  const ready = told(server).then(({ port }) => {
    const ask = (how) => told(caller, { port, requests, ...how });
    const open = async (perSecond, seconds, seed, { reloads = 0, ...how } = {}) => {
      const health = told(watcher, { manner: "watch", port, requests: [{ path: "/healthz" }], every: 20 });
      const timers = Array.from({ length: reloads }, (_, k) =>
        setTimeout(() => server.send("reload"), (1000 * seconds * (k + 0.5)) / reloads),
      );
      const seen = await ask({ manner: "openLoop", perSecond, seconds, seed, ...how });
      for (const timer of timers) clearTimeout(timer);
      watcher.send({ manner: "stop" });
      return { ...figuresOf(seen), health: quantiles((await health).times, [0.5, 0.99, 1]) };
    };
    return { ask, figures, open };
  });
  const end = async () => {
    for (const child of [caller, watcher]) child.kill();
    const ended = new Promise((resolve) => server.once("exit", resolve));
    if (server.connected) server.send("end");
    else if (server.exitCode !== null) return;
    await ended;
  };
  return { ready, end };
}

/** The next message of a process, after it was asked. */
export function told(child, asked) {
  const answer = new Promise((resolve, reject) => {
    const gone = (code) => reject(new Error(`a process ended with ${code}`));
    child.once("exit", gone);
    child.once("message", (message) => {
      child.off("exit", gone);
      resolve(message);
    });
  });
  if (asked) child.send(asked);
  return answer;
}

/** 429 and 503 say "come again", 504 that its time is over; whatever else is no answer is a loss. */
function figuresOf({ statuses, times, refused, late, impatient }) {
  const expected = new Set(["200", "429", "503", "504", "left"]);
  const lost = sum(
    [statuses, impatient.statuses].flatMap(Object.entries).map(([status, n]) => (expected.has(status) ? 0 : n)),
  );
  const refusedAfter = refused.length > 0 ? quantiles(refused, [0.5])[0] : null;
  const hurried = { statuses: impatient.statuses, p99: quantiles(impatient.times, [0.99])[0] };
  return { statuses, p: quantiles(times, [0.5, 0.99, 0.999]), lost, late, refusedAfter, impatient: hurried };
}

export const sum = (list) => list.reduce((a, b) => a + b, 0);

function quantiles(list, at) {
  const sorted = list.toSorted((a, b) => a - b);
  return at.map((part) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN);
}

export const kinds = ["small", "W1", "writer"];

/** Requests to a server of one kind of model, or of all. */
export function requestsOf(kind) {
  if (kind === "all") return kinds.flatMap((one) => requestsOf(one).map((it) => ({ ...it, path: pathOf(one, one) })));
  const steps = kind === "small" ? 30 : 200;
  return Array.from({ length: 32 }, (_, k) => {
    const ids = Array.from({ length: steps }, (_, t) => 1 + ((t * 7919 + k * 31) % 4999));
    const text = { prompt: "the cell", words: 20, temperature: 1, seed: k, atEnd: "avoid" };
    return { path: pathOf(kind, "m"), body: JSON.stringify(kind === "writer" ? text : { instances: [ids] }) };
  });
}

const pathOf = (kind, name) => (kind === "writer" ? `/models/${name}/generate` : `/v1/models/${name}:predict`);
