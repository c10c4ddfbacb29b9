/** docs/results/serving.md: what `npm run soak -- serve --page` measured. */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { writeIndex } from "../../scripts/results-index.mjs";
import { counted, microseconds, ms } from "./serve.mjs";

const models = {
  small: "embedding(5000, 64), LSTM(32) over 30 steps, one output",
  W1: "embedding(10000, 128), LSTM(128) over 200 steps, one output",
  writer: "20 words of a language model, LSTM(64)",
};

/** `all`: the parts of the load by name; those that were not measured are left out. */
export function writeServingPage(all, seconds) {
  const folder = fileURLToPath(new URL("../../docs/results", import.meta.url));
  writeFileSync(`${folder}/serving.md`, pageOf(all, seconds));
  writeIndex(folder);
}

function pageOf({ callers = [], sizes = [], stop, long, ...kinds }, seconds) {
  const all = Object.entries(kinds);
  const rows = all.flatMap(([, { own }]) => own.rows);
  const gains = [
    ...all.map(([kind, { alone, own }]) => [
      `${kind}: 50 clients, batches over one by one`,
      own.perSecond / alone.perSecond,
    ]),
    ...callers.map(({ kind, alone, together }) => [
      `${kind}: 50 callers in one process`,
      together.perSecond / alone.perSecond,
    ]),
  ];
  const health = Math.max(...rows.map((row) => row.health[1]));
  const lost = all.reduce((n, [, found]) => n + found.lost, 0) + (stop?.lost ?? 0);
  const missed = [
    ...gains.filter(([, gain]) => gain < 3).map(([name, gain]) => `${name} ${gain.toFixed(1)} (at least 3)`),
    ...(health > 10 ? [`health p99 ${ms(health)} (at most 10 ms)`] : []),
    ...(lost > 0 ? [`${lost} requests lost (none)`] : []),
  ];
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
${[...all.flatMap(throughput), ...callers.map(({ kind, ...of }) => rates(`${kind}, callers in one process, no HTTP`, of.alone, of.together))].join("\n")}

## Requests that come when they are due (Poisson)

Times count from when a request was due. 100 % is what 50 clients got in batches. Health is asked for every 20 ms by a process of its own. One request in twenty waits 100 ms at most (\`X-Request-Timeout: 0.1\`): two columns of the last. "Caller late": how long after it was due a request was sent at worst, which is in its time.

| model | load | p50 | p99 | p99.9 | health p50 | health p99 | answers | with 100 ms | p99 | caller late |
|---|---|---|---|---|---|---|---|---|---|---|
${all.flatMap(latencies).join("\n")}

${sizes.length > 0 ? rowCosts(sizes) : ""}${stop ? endings(stop) : ""}${long ? lastly(long) : ""}Models: ${Object.entries(
    models,
  )
    .map(([name, what]) => `${name}: ${what}`)
    .join(
      "; ",
    )}. ONNX Runtime stands behind the same server, with the same batches. Limits are the server's own (\`maxWait\` 2 s, 1,000 requests under way), deadline 5 s.

Measured on ${cpus().length} cores of ${cpus()[0].model}, Node ${process.versions.node}, server and callers on the same cores, ${seconds} s each.

\`\`\`sh
npm run soak -- serve --seconds ${seconds} --page
\`\`\`
`;
}

const rowCosts = (all) => `## What a batch can gain

Processor time of a row in \`model.predict\` of so many rows, with nothing around it: the cost of a call is shared by its rows.

| model | ${all[0].sizes.map(({ rows }) => `${rows} ${rows === 1 ? "row" : "rows"}`).join(" | ")} | 1 over 32 |
|---|${all[0].sizes.map(() => "---|").join("")}---|
${all.map(({ kind, sizes }) => `| ${kind} | ${sizes.map(({ cpu }) => microseconds(cpu)).join(" | ")} | ${(costAt(sizes, 1) / costAt(sizes, 32)).toFixed(1)}x |`).join("\n")}

What surrounds a row is the same alone and in a batch, and bounds the gain: a request over HTTP, or a caller's promise in the process. Of a large model a row by itself already keeps the processor's vector units busy, so a batch gains little more than the second core.

`;
const costAt = (sizes, rows) => sizes.find((one) => one.rows === rows).cpu;

const endings = ({ times, statuses, lost, cut, reloads }) => `## Reloads and ends

\`cellstate serve\` ${times} times, asked 150 times a second, loaded again by SIGHUP and by a changed file (${reloads} reloads), then SIGTERM while requests still come: ${counted(statuses)}; **${lost} lost**. Every other time \`--drain 0.3\` ends it under requests: connections that it had not taken were reset ${cut} times.

`;

const lastly = ({ seconds, answered, lost, reloads, memory }) => `## ${Math.round(seconds / 60)} minutes

All three models in one server at half of what it can, one client in fifty leaves before its answer, models are loaded again ${reloads} times (\`npm run soak -- serve --seconds ${seconds}\`): ${answered} answered, **${lost} lost**; resident memory after each tenth ${memory.map((mb) => Math.round(mb)).join(", ")} MB.

`;

const rate = (perSecond) => `${Math.round(perSecond)}/s`;

function rates(name, alone, together) {
  const gain = `${(together.perSecond / alone.perSecond).toFixed(1)}x`;
  const byTime = `${rate(1 / alone.cpu)} | ${rate(1 / together.cpu)} | ${(alone.cpu / together.cpu).toFixed(1)}x`;
  return `| ${name} | ${rate(alone.perSecond)} | ${rate(together.perSecond)} | ${gain} | ${byTime} |`;
}

const isMeasured = (peer) => typeof peer === "object";

const throughput = ([kind, { alone, own, peer }]) => [
  rates(kind, alone, own),
  ...(isMeasured(peer) ? [`| ${kind}, ONNX Runtime | | ${rate(peer.perSecond)} | | | ${rate(1 / peer.cpu)} | |`] : []),
];

const latencies = ([kind, { own, peer }]) =>
  [[kind, own.rows], ...(isMeasured(peer) ? [[`${kind}, ONNX Runtime`, peer.rows]] : [])].flatMap(([name, rows]) =>
    rows.map(({ part, p, health, statuses, late, impatient }) => {
      const times = [...p, health[0], health[1]].map(ms).join(" | ");
      const hurried = `${counted(impatient.statuses)} | ${ms(impatient.p99)}`;
      return `| ${name} | ${Math.round(100 * part)} % | ${times} | ${counted(statuses)} | ${hurried} | ${ms(late)} |`;
    }),
  );
