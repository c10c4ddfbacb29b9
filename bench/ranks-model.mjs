/** What bench/ranks.mjs measured, the time on more machines modelled from it, and the page of both. */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { plotLines } from "../dist/plot/index.js";
import { writeIndex } from "../scripts/results-index.mjs";
import { workloads } from "./workloads.mjs";

const latency = 20e-6; // s of a message
const speeds = [10, 100]; // Gbit/s
const counts = [2, 4, 8, 16, 32, 64]; // machines
const backward = 2 / 3; // of a block's time
const goals = { W1: 0.9, W2: 0.9, W4: 0.9 };

/** Seconds for the sum over N machines by a reduce-scatter and an all-gather (Thakur, Rabenseifner & Gropp 2005). */
const sumTime = (n, words, gigabits) =>
  2 * (n - 1) * latency + ((2 * (n - 1)) / n) * ((4 * words) / ((gigabits / 8) * 1e9));

/** How many times as fast as one process of one thread: on the same batch, and with a batch of the same size for each process. */
function modelled({ alone, words, parts }) {
  return counts.map((n) => {
    const part = parts.find(({ processes }) => processes === n); // none: the batch has fewer rows
    return {
      n,
      same: speeds.map((speed) => (part ? alone / (part.block + part.move + sumTime(n, words, speed)) : Number.NaN)),
      grown: speeds.map((speed) => (n * alone) / (alone + sumTime(n, words, speed))),
    };
  });
}

/** Part of what is added up that is the embedding's gradients, and the squares of its occurrences. */
function shareOfEmbedding({ name, words }) {
  const { vocabulary, depth } = workloads.find((each) => each.name === name);
  return (2 * vocabulary * depth) / words;
}

/**
 * How many times as fast a step would be at most, on the same batch, if gradients were summed while others are still computed: those of the
 * embedding come last and are left out, and no more can be hidden than the backward pass takes.
 */
function overlapped({ name, words, parts }) {
  const early = 1 - shareOfEmbedding({ name, words });
  return counts.map((n) => {
    const part = parts.find(({ processes }) => processes === n);
    if (!part) return speeds.map(() => Number.NaN);
    return speeds.map((speed) => {
      const sum = sumTime(n, words, speed);
      const step = part.block + part.move + sum;
      return step / (step - Math.min(early * sum, backward * part.block));
    });
  });
}

const efficiency = ({ two, ranks }) => ({
  clock: two.clock / ranks.clock,
  processor: two.processor / (2 * ranks.processor),
});
const fixed = (value, digits) => (Number.isNaN(value) ? "–" : value.toFixed(digits));
const percent = (part) => `${(100 * part).toFixed(0)} %`;
const gains = (found, k) => percent(overlapped(found)[k][0] - 1);
const ms = (seconds) => `${(1000 * seconds).toFixed(1)} ms`;

export function summaryOf(found) {
  const { clock, processor } = efficiency(found);
  const times = ({ same, grown }) =>
    speeds.map((speed, k) => `${fixed(same[k], 1)} and ${fixed(grown[k], 1)} (${speed} Gbit/s)`).join(", ");
  return [
    `${found.name}: one process of two threads ${ms(found.two.clock)} a step, two of one thread ${ms(found.ranks.clock)}: efficiency ${clock.toFixed(2)} by the clock, ${processor.toFixed(2)} by processor time`,
    ...modelled(found).map(
      (each) => `  ${each.n} machines: ${times(each)} times one, on the same batch and on one each`,
    ),
  ].join("\n");
}

export async function writePage(all) {
  const folder = fileURLToPath(new URL("../docs/results", import.meta.url));
  writeFileSync(`${folder}/processes.svg`, await chartOf(all));
  writeFileSync(`${folder}/processes.md`, pageOf(all));
  writeIndex(folder);
}

const chartOf = (all) =>
  plotLines(
    all.map((found) => {
      const points = modelled(found);
      const line = (of, k) => {
        const known = points.filter((each) => !Number.isNaN(each[of][k]));
        return { x: [1, ...known.map(({ n }) => n)], y: [1, ...known.map((each) => each[of][k] / each.n)] };
      };
      return {
        title: found.name,
        xLabel: "Machines, a process of one thread on each",
        yLabel: "Efficiency",
        series: [
          ...speeds.map((speed, k) => ({
            name: `a batch each, ${speed} Gbit/s`,
            ...line("grown", k),
            dashed: true,
          })),
          ...speeds.map((speed, k) => ({ name: `the same batch, ${speed} Gbit/s`, ...line("same", k) })),
        ],
      };
    }),
    { title: "One training on many machines, modelled" },
  );

function pageOf(all) {
  const [{ steps, rounds }] = all;
  const load = Math.max(...all.map((found) => found.load)).toFixed(1);
  const figures = all.map((found) => ({ ...found, ...efficiency(found) }));
  const missed = figures
    .filter(({ name, clock }) => goals[name] && clock < goals[name])
    .map(({ name, clock }) => `${name} ${clock.toFixed(2)} (at least ${goals[name]})`);
  return `# One training on several processes: two measured, up to 64 machines modelled

Goal: two processes of one thread are at least 0.9 times as fast as one process of two threads, on W1, W2 and W4.

${missed.length > 0 ? `Missed: ${missed.join(", ")}` : "Reached: all goals"}.

|  | by the clock | by processor time |
|---|---|---|
${figures.map(({ name, clock, processor }) => `| ${name}: speed of two processes, of one with two threads | ${clock.toFixed(2)} | ${processor.toFixed(2)} |`).join("\n")}

## Measured

| | one process, one thread | one process, two threads | two processes, one thread each | added up in a step |
|---|---|---|---|---|
${figures.map(({ name, alone, two, ranks, words }) => `| ${name} | ${ms(alone)} | ${ms(two.clock)} | ${ms(ranks.clock)} | ${((4 * words) / 1e6).toFixed(1)} MB |`).join("\n")}

Milliseconds of a training step: the fastest of three turns of ${rounds} rounds of ${steps} steps, in which one process and two alternate. The batch is the same in all; two processes cut it into two blocks, and exchange through the memory of the machine (Open MPI). Beginning a training is in the times, divided by the ${steps} steps. Efficiency can be above 1: two threads meet in every product, two processes once a step. [Workloads](../benchmarks.md#what-is-measured); W7 adds up more than 100 MB a step, which is why it gains least.

## Modelled

![Efficiency on 2 to 64 machines](processes.svg)

Times as fast as one process of one thread, on the same batch | with a batch of that size for each:

| | ${counts.join(" | ")} |
|---|${counts.map(() => "---|").join("")}
${figures
  .flatMap((found) =>
    speeds.map(
      (speed, k) =>
        `| ${found.name}, ${speed} Gbit/s | ${modelled(found)
          .map(({ same, grown }) => `${fixed(same[k], 1)} \\| ${fixed(grown[k], 1)}`)
          .join(" | ")} |`,
    ),
  )
  .join("\n")}

Assumed: machines like this one, a process of one thread on each, joined so that all send at full speed at once; a message costs 20 µs and its bytes by the network's speed; the sum is a reduce-scatter and an all-gather, 2 (N − 1) · 20 µs + 2 (N − 1) / N · bytes / speed (Thakur, Rabenseifner & Gropp 2005); nothing is exchanged while gradients are still computed. *The same batch*: the measured time of a block of 1/N of it, which a process computes less well the fewer rows it has, of the optimizer's step, which each takes, and of the sum. *A batch each*: a batch of N times the rows, which trains other steps. Not in it: waiting for the slowest, reading data, validation. Measured on machines of their own: nothing; there was one.

## What summing during the backward pass could gain

Gradients are exchanged after the backward pass. Were they summed as they come, a step on the same batch would be at most so many times as fast:

| | ${counts.join(" | ")} |
|---|${counts.map(() => "---|").join("")}
${all
  .flatMap((found) => {
    const gains = overlapped(found);
    return speeds.map(
      (speed, k) => `| ${found.name}, ${speed} Gbit/s | ${gains.map((of) => fixed(of[k], 2)).join(" | ")} |`,
    );
  })
  .join("\n")}

Bounds, by the same model: the gradients of the embedding come last and cannot be hidden (${all.map((found) => `${percent(shareOfEmbedding(found))} of what ${found.name} adds up`).join(", ")}), nor more than the backward pass takes, two thirds of a block; what a second thread of communication takes of the processor is not in it. On ${speeds[0]} Gbit/s it would gain at most ${all.map((found) => `${gains(found, 0)} and ${gains(found, 1)} for ${found.name}`).join(", ")} on ${counts[0]} and ${counts[1]} machines. It is not built.

Measured on ${cpus().length} cores of ${cpus()[0].model.replace(/ Processor.*/, "")}, Node ${process.versions.node}, load at most ${load} before.

\`\`\`sh
node bench/ranks.mjs --page
\`\`\`
`;
}
