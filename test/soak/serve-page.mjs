/** docs/results/serving.md: what `npm run soak -- serve --page` measured. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { plotLines } from "../../dist/plot/index.js";
import { writeIndex } from "../../scripts/results-index.mjs";
import { counted, microseconds, ms } from "./serve.mjs";

const models = {
  small: "embedding(5000, 64), LSTM(32) over 30 steps, one output",
  W1: "embedding(10000, 128), LSTM(128) over 200 steps, one output",
  writer: "20 words of a language model, LSTM(64)",
};

/** `all`: the parts of the load by name; those that were not measured are left out. `whereOf` tells where one was measured. */
export async function writeServingPage(all, { seconds, whereOf }) {
  const folder = fileURLToPath(new URL("../../docs/results", import.meta.url));
  writeFileSync(`${folder}/serving.svg`, await chartOf(kindsOf(all)));
  writeFileSync(`${folder}/serving.md`, pageOf(all, { seconds, whereOf }));
  writeIndex(folder);
}

const kindsOf = (all) => Object.entries(all).filter(([name]) => models[name]);
const besideOf = (all) =>
  Object.entries(all)
    .filter(([name, { peer }]) => name.startsWith("beside-") && peer)
    .map(([name, found]) => [name.slice("beside-".length), found]);

const chartOf = (all) =>
  plotLines(
    all.map(([kind, { own }]) => {
      const line = (name, of) => ({
        name,
        x: own.rows.map(({ part }) => 100 * part),
        y: own.rows.map((row) => Math.log10(of(row))),
      });
      return {
        title: kind,
        xLabel: "Requests that come, % of capacity",
        yLabel: "Milliseconds, powers of ten (2: 100 ms)",
        series: [
          line("p50", ({ p }) => p[0]),
          line("p99", ({ p }) => p[1]),
          { ...line("health, p99", ({ health }) => health[1]), dashed: true },
        ],
      };
    }),
    { title: "Time to an answer by load", panelsPerRow: 3, panelWidth: 360 },
  );

function pageOf(all, { seconds, whereOf }) {
  const { callers = [], sizes = [], stop, long } = all;
  const [kinds, peers] = [kindsOf(all), besideOf(all)];
  const rows = kinds.flatMap(([, { own }]) => own.rows);
  const gains = [
    ...kinds.map(([kind, { alone, own }]) => [
      `${kind}: 50 clients, batches over one by one`,
      own.perSecond / alone.perSecond,
    ]),
    ...callers.map(({ kind, alone, together }) => [
      `${kind}: 50 callers in one process`,
      together.perSecond / alone.perSecond,
    ]),
  ];
  const atMost = (most) => Math.max(...rows.filter(({ part }) => part <= most).map((row) => row.health[1]));
  const lost = Object.values(all).reduce((n, found) => n + (found?.lost ?? 0), 0);
  const missed = [
    ...gains.filter(([, gain]) => gain < 3).map(([name, gain]) => `${name} ${gain.toFixed(1)} (at least 3)`),
    ...(atMost(0.8) > 10 ? [`health p99 ${ms(atMost(0.8))} up to 80 % (at most 10 ms)`] : []),
    ...(atMost(2) > 10 ? [`health p99 ${ms(atMost(2))} under overload (at most 10 ms)`] : []),
    ...(lost > 0 ? [`${lost} requests lost (none)`] : []),
  ];
  const where = (...names) => {
    const known = names.map(whereOf).filter(({ machine }) => machine);
    const load = Math.max(...known.map(({ load }) => load ?? Number.NaN));
    const busy = load > 1 ? `, while the machine did other work (load about ${Math.round(load)})` : "";
    return `*Measured on ${[...new Set(known.map(({ machine }) => machine))].join("; ")}${busy}.*`;
  };
  const names = kinds.map(([kind]) => kind);
  return `# Serving: requests over HTTP, alone and in batches, to twice the capacity

Goal: 50 clients answered at 3 times the rate of one by one or more; health within 10 ms (p99), also where more is asked than can be answered; what is too much refused with 429; no request lost.

${missed.length > 0 ? `Missed: ${missed.join(", ")}` : "Reached: all goals"}.

|  | value |
|---|---|
${gains.map(([name, gain]) => `| ${name} | ${gain.toFixed(1)} |`).join("\n")}

## 50 clients, each asks again when it has its answer

"By processor time": answers in a second of the server's own processor time, its threads together; the callers run on the same cores, and are not in it. All ways are asked in turns, the middle of five rounds each.

| model | one by one | in batches | | by processor time | | |
|---|---|---|---|---|---|---|
${[...kinds.map(([kind, { alone, own }]) => rates(kind, alone, own)), ...callers.map(({ kind, ...of }) => rates(`${kind}, callers in one process, no HTTP`, of.alone, of.together))].join("\n")}

${callers.length > 0 ? sinceThen(callers) : ""}${where(...names, "callers")}

## Requests that come when they are due (Poisson)

![p50, p99 and health by load](serving.svg)

Times count from when a request was due. 100 % is what 50 clients got in batches. Health is asked for every 20 ms by a process of its own. One request in twenty waits 100 ms at most (\`X-Request-Timeout: 0.1\`): two columns of the last. "Caller late": how long after it was due a request was sent at worst, which is in its time.

${latencyTable(kinds.map(([kind, { own }]) => [kind, own.rows]))}

${overload(kinds)}${where(...names)}

${peers.length > 0 ? besideOnnx(peers, where(...peers.map(([kind]) => `beside-${kind}`))) : ""}${sizes.length > 0 ? rowCosts(sizes, where("sizes")) : ""}${stop ? endings(stop, where("stop")) : ""}${long ? lastly(long, where("long")) : ""}Models: ${Object.entries(
    models,
  )
    .map(([name, what]) => `${name}: ${what}`)
    .join(
      "; ",
    )}. Limits are the server's own (\`maxWait\` 2 s, 1,000 requests under way), deadline 5 s. A caller holds at most 1,500 connections, as a balancer has a bound; who finds none free waits, which is in its time. Server and callers are on the same cores, ${seconds} s for each load.

\`\`\`sh
npm run soak -- serve --seconds ${seconds} --page
\`\`\`
`;
}

const then = 3500; // rows a second, one by one, when batches were planned

function sinceThen(callers) {
  const [{ kind, alone, together }] = callers;
  const times = (perSecond) => `${(perSecond / then).toFixed(0)} times`;
  return `Batches were planned when 50 predictions at once were computed one by one, ${then.toLocaleString("en")} rows a second of a small model (on the machine of that time). Of ${kind} in one process they come to ${rate(together.perSecond)} in batches now, ${times(together.perSecond)} that, and to ${rate(alone.perSecond)} one by one, ${times(alone.perSecond)}: what a call costs beside its rows has shrunk, and with it what a batch saves. That is why the 3 times over today's one by one are not reached: see [what a batch can gain](#what-a-batch-can-gain).

`;
}

function overload(all) {
  const worst = all.filter(([, { own }]) => own.rows.some(({ part, health }) => part > 1 && health[1] > 10));
  if (worst.length === 0) return "";
  const asked = worst.map(
    ([kind, { own }]) =>
      `${kind} ${(1.2 * own.perSecond * own.cpu).toFixed(1)} at 120 %, ${(2 * own.perSecond * own.cpu).toFixed(1)} at 200 %`,
  );
  return `Health above capacity: one event loop reads all requests, and a probe has its turn after those whose bytes came before. Were each answered, the server alone would need this many of the two cores: ${asked.join("; ")}; callers want their part of the same cores. A refusal costs a small part of an answer, and still queues. On a machine whose cores the callers do not share this was not measured. A probe's time-out of 1 s, Kubernetes's default, is kept with a wide margin.

`;
}

const besideOnnx = (peers, where) => `## Beside ONNX Runtime

ONNX Runtime computes behind the same server, with the same batches, in turns with ours: 50 clients, then the same loads of each one's own capacity.

| model | ours | ONNX Runtime | | by processor time | | |
|---|---|---|---|---|---|---|
${peers.map(([kind, { own, peer }]) => rates(kind, peer, own, true)).join("\n")}

${latencyTable(
  peers.flatMap(([kind, { own, peer }]) => [
    [kind, own.rows],
    [`${kind}, ONNX Runtime`, peer.rows],
  ]),
)}

${where}

`;

const rowCosts = (all, where) => `## What a batch can gain

Processor time of a row in \`model.predict\` of so many rows, with nothing around it: the cost of a call is shared by its rows.

| model | ${all[0].sizes.map(({ rows }) => `${rows} ${rows === 1 ? "row" : "rows"}`).join(" | ")} | 1 over 32 |
|---|${all[0].sizes.map(() => "---|").join("")}---|
${all.map(({ kind, sizes }) => `| ${kind} | ${sizes.map(({ cpu }) => microseconds(cpu)).join(" | ")} | ${(costAt(sizes, 1) / costAt(sizes, 32)).toFixed(1)}x |`).join("\n")}

What surrounds a row is the same alone and in a batch, and bounds the gain: a request over HTTP, or a caller's promise in the process. Of a large model a row by itself already keeps the processor's vector units busy, so a batch gains little more than the second core.

${where}

`;
const costAt = (sizes, rows) => sizes.find((one) => one.rows === rows).cpu;

const endings = ({ times, statuses, lost, cut, reloads }, where) => `## Reloads and ends

\`cellstate serve\` ${times} times, asked 150 times a second, loaded again by SIGHUP and by a changed file (${reloads} reloads), then SIGTERM while requests still come: ${counted(statuses)}; **${lost} lost**. Every other time \`--drain 0.3\` ends it under requests: connections that it had not taken were reset ${cut} times.

${where}

`;

const lastly = ({ seconds, answered, lost, reloads, memory }, where) => `## ${Math.round(seconds / 60)} minutes

All three models in one server at half of what it can, one client in fifty leaves before its answer, models are loaded again ${reloads} times (\`npm run soak -- serve --seconds ${seconds}\`): ${answered} answered, **${lost} lost**; resident memory after each tenth ${memory.map((mb) => Math.round(mb)).join(", ")} MB.

${where}

`;

const rate = (perSecond) => `${Math.round(perSecond)}/s`;

function rates(name, alone, together, first = false) {
  const gain = `${(together.perSecond / alone.perSecond).toFixed(1)}x`;
  const pair = (a, b) => (first ? [b, a] : [a, b]).map(rate).join(" | "); // `first`: the one that is compared stands first
  const byTime = `${pair(1 / alone.cpu, 1 / together.cpu)} | ${(alone.cpu / together.cpu).toFixed(1)}x`;
  return `| ${name} | ${pair(alone.perSecond, together.perSecond)} | ${gain} | ${byTime} |`;
}

const latencyTable = (
  all,
) => `| model | load | p50 | p99 | p99.9 | health p50 | health p99 | answers | with 100 ms | p99 | caller late |
|---|---|---|---|---|---|---|---|---|---|---|
${all.flatMap(latencies).join("\n")}`;

const latencies = ([name, rows]) =>
  rows.map(({ part, p, health, statuses, late, impatient }) => {
    const times = [...p, health[0], health[1]].map(ms).join(" | ");
    const hurried = `${counted(impatient.statuses)} | ${ms(impatient.p99)}`;
    return `| ${name} | ${Math.round(100 * part)} % | ${times} | ${counted(statuses)} | ${hurried} | ${ms(late)} |`;
  });
