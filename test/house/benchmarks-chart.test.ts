/** The chart of docs/benchmarks.md shows what its table says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chartOf, timesOf } from "../../scripts/benchmarks-chart.mjs";

const docs = join(import.meta.dirname, "../../docs");
const page = readFileSync(join(docs, "benchmarks.md"), "utf8");

test("docs/benchmarks.svg is drawn from the table under Results: node scripts/benchmarks-chart.mjs", async () => {
  expect(page).toContain("](benchmarks.svg)");
  expect(`${await chartOf(page)}\n`).toBe(readFileSync(join(docs, "benchmarks.svg"), "utf8"));
});

test("times of every unit are read as milliseconds; a dash is no bar", () => {
  const table = `
## Results
| | task | beside peers: native | wasm | best peer |
|---|---|---:|---:|---:|
| W1 | train, ms | 63.1 (1.06 ×) | 142 | 1,430 PyTorch |
| W6 | µs a word | **44** | - | 80 ORT node (90 in another run) |
| W7 | tokens/s | 2,000 | - | - |
`;
  expect(timesOf(table).map(({ task, contestant, ms }) => [task, contestant, ms])).toEqual([
    ["train", "Cellstate, native", 63.1],
    ["train", "Cellstate, wasm", 142],
    ["train", "PyTorch", 1430],
    ["word", "Cellstate, native", 0.044],
    ["word", "ORT node", 0.08],
    ["train, 1,000 tokens", "Cellstate, native", 500],
  ]);
  expect(() => timesOf(table.replace("best peer", "peer"))).toThrow('expected a column "best peer"');
});
