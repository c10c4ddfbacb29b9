/**
 * `node scripts/benchmarks-chart.mjs`: docs/benchmarks.svg, the bars of the table under "Results" in docs/benchmarks.md: Cellstate
 * beside the fastest peer of each task. A test holds the chart to the table.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { barChart } from "../bench/report.mjs";
import { root } from "./kernel-sources.mjs";

const columns = { task: "task", native: "beside peers: native", wasm: "wasm", "best peer": "best peer" };

/** The rows of the table as `barChart` takes them, one for each time that stands there, in milliseconds. */
export function timesOf(page) {
  const lines = page.slice(page.indexOf("\n## Results\n")).split("\n");
  const at = lines.findIndex((line) => line.startsWith("|"));
  const end = lines.findIndex((line, k) => k > at && !line.startsWith("|"));
  const [head, , ...rows] = lines.slice(at, end).map((line) => line.split("|").slice(1, -1).map(plain));
  const place = (name) => {
    const found = head.indexOf(columns[name]);
    if (found < 0)
      throw new Error(`docs/benchmarks.md: expected a column "${columns[name]}", found ${head.join(", ")}`);
    return found;
  };
  const workload = (row) => row[head.findIndex((name, k) => k < place("task") && name === "")];
  return rows.flatMap((row) => {
    const words = row[place("task")];
    const perToken = /tokens\/s/.test(words);
    const task = perToken ? "train, 1,000 tokens" : words.replace(/, ms$|^µs a /, "");
    const ms = (n) => (perToken ? 1e6 / n : /^µs/.test(words) ? n / 1000 : n);
    return ["native", "wasm", "best peer"].flatMap((name) => {
      const [, number, who] = /^([\d.,]+)(?: ([A-Za-z][\w ]*?))?(?: \(.*)?$/.exec(row[place(name)]) ?? [];
      if (!number) return []; // a dash: it cannot, or was not measured
      const ours = name !== "best peer";
      const contestant = ours ? `Cellstate, ${name}` : who;
      return [{ workload: workload(row), task, contestant, ours, ms: ms(Number(number.replaceAll(",", ""))) }];
    });
  });
}

const plain = (cell) => cell.replaceAll("**", "").trim();

export const chartOf = (page) =>
  barChart(timesOf(page), "Beside the fastest peer of each task, from the table under Results; two cores of a Zen 4");

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const page = readFileSync(join(root, "docs/benchmarks.md"), "utf8");
  writeFileSync(join(root, "docs/benchmarks.svg"), `${await chartOf(page)}\n`);
}
