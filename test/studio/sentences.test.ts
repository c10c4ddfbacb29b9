/** The sentence of the Read view: it says where what a word wrote was lost. */
import { expect, test } from "vitest";
import type { CellTrace, StudioTrace } from "../../src/studio/messages.ts";
import { lostAt, unitThatLost, whatHappened } from "../../studio/src/sentences.ts";

/** A cell of one unit over four steps: each writes 1, and the forget gate is `f`. */
function cellOf(f: readonly number[], direction: CellTrace["direction"] = "forward"): CellTrace {
  const count = f.length;
  const left = new Float32Array(count * count);
  const order = direction === "forward" ? f.map((_, t) => t) : f.map((_, t) => count - 1 - t);
  for (const [k, s] of order.entries()) {
    let rest = 1;
    for (const t of order.slice(k)) {
      if (t !== s) rest *= f[t];
      left[s * count + t] = rest;
    }
  }
  const values = { f: Float32Array.from(f), i: new Float32Array(count).fill(0.25) };
  return { name: "lstm", kind: "lstm", direction, units: 1, values, left };
}
const trace = {
  steps: ["the", "good", "but", "end"].map((text) => ({ text, known: true })),
  outputs: { labels: [], values: new Float32Array(0), at: "end", kind: "value", words: null },
} as unknown as StudioTrace;

test("what a word wrote is followed to the step that lost most of it", () => {
  const cell = cellOf([0.9, 0.9, 0.2, 0.8]);
  expect(lostAt(cell, 4, 1)).toBe(2);
  const said = whatHappened(trace, cell, 1);
  expect(said).toContain("At “good” the layer kept 90 % of its memory");
  expect(said).toContain("with the input gate open by 25 %, is 53 % of what the memory then holds"); // 1 of 1 + 0.9
  expect(said).toContain(
    "Of what “good” wrote, 16 % is left at the end, most of it lost at “but” (from 100 % to 20 %), where the layer kept 20 %.",
  );
});

test("where more than half is left, no step is blamed", () => {
  const cell = cellOf([0.9, 0.9, 0.9, 0.8]);
  expect(lostAt(cell, 4, 1)).toBeNull();
  expect(whatHappened(trace, cell, 1)).toContain("72 % is left at the end.");
});

test("a layer that reads backwards begins at the end, and loses at steps before", () => {
  const cell = cellOf([0.9, 0.1, 0.9, 0.9], "backward");
  expect(whatHappened(trace, cell, 3)).toContain("“end” is the first step: there was no memory yet.");
  expect(lostAt(cell, 4, 3)).toBe(1);
  expect(whatHappened(trace, cell, 3)).toContain("most of it lost at “good”");
  expect(whatHappened(trace, cell, 0)).not.toContain("is left at the end");
});

test("the unit that forgot most at a step is the one whose memory its gate took most from", () => {
  const [f, c] = [Float32Array.of(1, 1, 1, 0.5, 0.1, 0.9), Float32Array.of(2, 0.5, -9, 0, 0, 0)];
  const cell = { name: "lstm", kind: "lstm", direction: "forward", units: 3, values: { f, c }, left: null } as const;
  expect(unitThatLost(cell, 2, 1)).toBe(0); // 2 × 0.5; of the others 0.5 × 0.9 and 9 × 0.1
  const [i, g] = [new Float32Array(6).fill(1), Float32Array.of(0.1, 0.4, -0.2, 0, 0, 0)];
  expect(unitThatLost({ ...cell, values: { f, c, i, g } }, 2, 1, 0)).toBe(1); // of what the first step wrote, 0.4 × 0.9
  expect(unitThatLost(cell, 2, 0)).toBeNull();
  expect(unitThatLost({ ...cell, direction: "backward" }, 2, 1)).toBeNull();
  expect(unitThatLost({ ...cell, kind: "simpleRnn", values: { h: c } }, 2, 1)).toBeNull();
});
