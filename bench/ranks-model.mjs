/** What bench/ranks.mjs measured, the time on more machines modelled from it, and the page of both. */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { plotLines } from "../dist/plot/index.js";
import { writeIndex } from "../scripts/results-index.mjs";

const latency = 20e-6; // s of a message
const speeds = [10, 100]; // Gbit/s
const goals = { W1: 0.9, W2: 0.9, W4: 0.9 };

/** Seconds for the sum over N machines by a reduce-scatter and an all-gather (Thakur, Rabenseifner & Gropp 2005). */
const sumTime = (n, words, gigabits) =>
  2 * (n - 1) * latency + ((2 * (n - 1)) / n) * ((4 * words) / ((gigabits / 8) * 1e9));

/** How many times as fast as one process of one thread: on the same batch, and with a batch of the same size for each process. */
function modelled({ alone, words, parts }) {
  return parts.map(({ processes: n, block, move }) => ({
    n,
    same: speeds.map((speed) => alone / (block + move + sumTime(n, words, speed))),
    grown: speeds.map((speed) => (n * alone) / (alone + sumTime(n, words, speed))),
  }));
}

const efficiency = ({ two, ranks }) => ({
  clock: two.clock / ranks.clock,
  processor: two.processor / (2 * ranks.processor),
});
const ms = (seconds) => `${(1000 * seconds).toFixed(1)} ms`;

export function summaryOf(found) {
  const { clock, processor } = efficiency(found);
  const times = ({ same, grown }) =>
    speeds.map((speed, k) => `${same[k].toFixed(1)} and ${grown[k].toFixed(1)} (${speed} Gbit/s)`).join(", ");
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
      const x = [1, ...points.map(({ n }) => n)];
      const line = (of, k) => [1, ...points.map((each) => each[of][k] / each.n)];
      return {
        title: found.name,
        xLabel: "Machines, a process of one thread on each",
        yLabel: "Efficiency",
        series: [
          ...speeds.map((speed, k) => ({
            name: `a batch each, ${speed} Gbit/s`,
            x,
            y: line("grown", k),
            dashed: true,
          })),
          ...speeds.map((speed, k) => ({ name: `the same batch, ${speed} Gbit/s`, x, y: line("same", k) })),
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

| | ${all[0].parts.map(({ processes }) => processes).join(" | ")} |
|---|${all[0].parts.map(() => "---|").join("")}
${figures
  .flatMap((found) =>
    speeds.map(
      (speed, k) =>
        `| ${found.name}, ${speed} Gbit/s | ${modelled(found)
          .map(({ same, grown }) => `${same[k].toFixed(1)} \\| ${grown[k].toFixed(1)}`)
          .join(" | ")} |`,
    ),
  )
  .join("\n")}

Assumed: machines like this one, a process of one thread on each, joined so that all send at full speed at once; a message costs 20 µs and its bytes by the network's speed; the sum is a reduce-scatter and an all-gather, 2 (N − 1) · 20 µs + 2 (N − 1) / N · bytes / speed (Thakur, Rabenseifner & Gropp 2005); nothing is exchanged while gradients are still computed. *The same batch*: the measured time of a block of 1/N of it, which a process computes less well the fewer rows it has, of the optimizer's step, which each takes, and of the sum. *A batch each*: a batch of N times the rows, which trains other steps. Not in it: waiting for the slowest, reading data, validation. Measured on machines of their own: nothing; there was one.

Measured on ${cpus().length} cores of ${cpus()[0].model.replace(/ Processor.*/, "")}, Node ${process.versions.node}, load at most ${load} before.

\`\`\`sh
node bench/ranks.mjs --page
\`\`\`
`;
}
