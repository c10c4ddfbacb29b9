/**
 * Load on a server over loopback. Clients that wait for an answer before they ask again hide queues, so requests are sent when they are due
 * (Poisson), whatever the answers do, and an answer's time counts from when its request was due. Callers, server and who asks for its
 * health are processes of their own.
 */
import { createRequire } from "node:module";
import { callersInProcess, rowsByBatch } from "./serve-callers.mjs";
import { keptParts } from "./serve-parts.mjs";
import { kinds, sum, withServers } from "./serve-servers.mjs";
import { stopServers } from "./serve-stop.mjs";

const fractions = [0.25, 0.5, 0.8, 1.2, 2];
const rounds = 5;
const patience = 0.1; // s that one request in twenty has

/**
 * Throughput with and without batches, latencies at parts of the capacity, beside ONNX Runtime behind the same server; callers in the
 * process; reloads and ends. Each part is kept in build/soak-serve until it is measured with other seconds or another seed, so that a run
 * can be broken off, or be several: `--only small,writer`.
 */
export async function loadServer({ seconds, seed, only, say, page }) {
  const kept = keptParts({ seconds, seed });
  const parts = {
    ...Object.fromEntries(kinds.map((kind) => [kind, () => measured(kind, { seconds, seed })])),
    ...Object.fromEntries(withPeer.map((kind) => [`beside-${kind}`, () => beside(kind, { seconds, seed })])),
    callers: () => callersInProcess({ seconds }),
    sizes: () => rowsByBatch({ seconds }),
    stop: () => stopServers({ times: Math.ceil(seconds / 2), seed }),
  };
  const unknown = only?.find((name) => !parts[name]);
  if (unknown) throw new Error(`--only ${unknown}: parts are ${Object.keys(parts).join(", ")}`);
  const all = {};
  for (const [name, measure] of Object.entries(parts)) {
    const before = kept.read(name);
    if (!before && only && !only.includes(name)) continue;
    all[name] = before ?? kept.write(name, await measure());
    for (const line of told(name, all[name])) say(line);
  }
  if (page) await page({ ...all, long: kept.last("long") }, { seconds, whereOf: kept.whereOf });
  const lost = Object.values(all).reduce((n, { lost }) => n + (lost ?? 0), 0);
  return { ok: lost === 0, says: lost === 0 ? "no request was lost" : `${lost} requests were lost` };
}

const withPeer = ["small", "W1"]; // ONNX Runtime writes no text by itself

/** One by one and in batches. */
async function measured(kind, how) {
  const { alone, together: own } = await inTurns(kind, { alone: [true, "none"], together: [false, "none"] }, how);
  const lost = sum([alone, own, ...own.rows].map((one) => one.lost));
  return { alone, own, lost };
}

/** In batches, and ONNX Runtime behind the same server. */
async function beside(kind, how) {
  const whyNot = whyNoPeer();
  if (whyNot) return { whyNot, lost: 0 };
  const { together: own, peer } = await inTurns(kind, { together: [false, "none"], peer: [false, "onnxruntime"] }, how);
  return { own, peer, lost: sum([own, ...own.rows].map((one) => one.lost)) };
}

/** Servers of all ways at the same time, asked in turns: whatever else the machine does falls on each alike. */
async function inTurns(kind, ways, { seconds, seed }) {
  const servers = Object.entries(ways).map(([way, [oneByOne, peer]]) => ({ way, kind, oneByOne, peer }));
  return withServers(servers, async (by) => {
    for (const way of Object.keys(by)) await by[way].ask({ manner: "closedLoop", clients: 50, seconds: 1.5 }); // programs are made
    const rates = Object.fromEntries(Object.keys(by).map((way) => [way, []]));
    for (let round = 0; round < rounds; round++)
      for (const way of Object.keys(by)) rates[way].push(await rateOf(by[way], seconds / rounds));
    const found = Object.fromEntries(Object.entries(rates).map(([way, list]) => [way, middle(list)]));
    const load = async (way) => {
      const rows = [];
      for (const part of fractions) {
        const how = { impatient: 0.05, patience };
        rows.push({ part, ...(await by[way].open(part * found[way].perSecond, seconds, seed, how)) });
      }
      return rows;
    };
    for (const way of ["together", "peer"].filter((one) => by[one])) {
      const { memory } = await by[way].figures();
      found[way].rows = await load(way);
      found[way].memory = [memory, (await by[way].figures()).memory];
    }
    return found;
  });
}

async function rateOf(server, seconds) {
  const before = await server.figures();
  const { statuses, seconds: passed } = await server.ask({ manner: "closedLoop", clients: 50, seconds });
  const count = statuses[200] ?? 0;
  const cpu = ((await server.figures()).cpu - before.cpu) / count; // s
  return { perSecond: count / passed, cpu, lost: statuses[0] ?? 0 };
}

const middle = (list) => ({
  perSecond: list.map(({ perSecond }) => perSecond).toSorted((a, b) => a - b)[list.length >> 1],
  cpu: list.map(({ cpu }) => cpu).toSorted((a, b) => a - b)[list.length >> 1],
  lost: sum(list.map(({ lost }) => lost)),
});

function told(name, found) {
  if (name === "callers")
    return found.map(({ kind, alone, together }) => `50 callers in the process, ${kind}: ${gainOf(alone, together)}`);
  if (name === "sizes")
    return found.map(({ kind, sizes }) => `${kind}: a row takes ${sizes.map(costOf).join(", ")} of processor time`);
  if (name === "stop")
    return [
      `reload, drain and SIGTERM, ${found.times} times: ${counted(found.statuses)}; ${found.lost} lost, ${found.cut} where --drain 0.3 ended under requests; ${found.reloads} reloads; exit codes ${found.codes.join(", ")}`,
    ];
  const { alone, own, peer, whyNot } = found;
  if (whyNot) return [`${name}: ${whyNot}`];
  const memory = `  memory ${own.memory.map((mb) => `${Math.round(mb)} MB`).join(" -> ")}`;
  if (alone) return [`${name}: 50 clients ${gainOf(alone, own)}`, ...own.rows.map(latenciesOf), memory];
  const times = (own.perSecond / peer.perSecond).toFixed(1);
  return [
    `${name}: ours ${rate(own)}, ONNX Runtime behind the same server ${rate(peer)}: ${times}x`,
    ...[own, peer].flatMap((of) => of.rows.map(latenciesOf)),
  ];
}

export const microseconds = (cpu) => `${(1e6 * cpu).toPrecision(3)} µs`;
const costOf = ({ rows, cpu }) => `${microseconds(cpu)} in ${rows}`;
const rate = ({ perSecond, cpu }) =>
  `${Math.round(perSecond)}/s (${Math.round(1 / cpu)} a second of its processor time)`;
const gainOf = (alone, together) =>
  `${rate(alone)} one by one, ${rate(together)} in batches: ${(together.perSecond / alone.perSecond).toFixed(1)}x, ${(alone.cpu / together.cpu).toFixed(1)}x by processor time`;
export const counted = (statuses) =>
  Object.entries(statuses)
    .map(([status, n]) => `${n} × ${status}`)
    .join(", ");

function latenciesOf({ part, p, health, statuses, refusedAfter, late, impatient }) {
  const refused = refusedAfter === null ? "" : ` after ${ms(refusedAfter)} (p50)`;
  const times = `p50 ${ms(p[0])}, p99 ${ms(p[1])}, p99.9 ${ms(p[2])}; health p50 ${ms(health[0])}, p99 ${ms(health[1])}`;
  const hurried = `; with ${1000 * patience} ms: ${counted(impatient.statuses)}, p99 ${ms(impatient.p99)}`;
  return `  ${Math.round(100 * part)} %: ${times}; ${counted(statuses)}${refused}${hurried}; the caller was late by ${ms(late)} at most`;
}

/**
 * Hours of a server: all kinds of models at half of what it can, clients that leave, models loaded again; memory at each tenth. It is level
 * where the last three tenths have no more than the three before them, within 5 %.
 */
export async function serveLong({ seconds, seed, say }) {
  let [lost, answered, reloads] = [0, 0, 0];
  const memory = [];
  await withServers([{ way: "all", kind: "all", oneByOne: false, peer: "none" }], async ({ all: server }) => {
    const { perSecond } = await capacityOf(server);
    for (let tenth = 0; tenth < 10; tenth++) {
      const seen = await server.open(0.5 * perSecond, seconds / 10, seed + tenth, { leave: 0.02, reloads: 2 });
      lost += seen.lost;
      answered += seen.statuses[200] ?? 0;
      reloads += 2;
      memory.push((await server.figures()).memory);
      const health = ms(seen.health[1]);
      say(`${tenth + 1}/10: ${Math.round(memory.at(-1))} MB; health p99 ${health}; ${counted(seen.statuses)}`);
    }
  });
  const mean = (list) => sum(list) / list.length;
  keptParts({ seconds, seed }).write("long", { answered, lost, reloads, memory });
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

export const ms = (time) => (Number.isFinite(time) ? `${time < 10 ? time.toFixed(1) : Math.round(time)} ms` : "-");
