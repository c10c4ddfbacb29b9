import { expect, test } from "vitest";
import { NdArray } from "../../tensor/nd-array.ts";
import { ctcDecode } from "./ctc-decode.ts";
import { ctcSpans } from "./ctc-spans.ts";

const logitsOf = (rows: readonly number[][]) =>
  new NdArray(Float32Array.from(rows.flat()), [rows.length, rows[0].length]);

test("runs of the best class are labels, where a blank or another label ends one", () => {
  const best = [0, 1, 1, 1, 0, 1, 2, 2, 0, 0];
  const logits = logitsOf(best.map((k, t) => [0, 1, 2].map((c) => (c === k ? 3 + (t === 2 ? 1 : 0) : -t / 10))));
  expect(ctcSpans(logits)).toEqual([
    { label: 1, from: 1, to: 3, peak: 2 },
    { label: 1, from: 5, to: 5, peak: 5 },
    { label: 2, from: 6, to: 7, peak: 6 },
  ]);
});

test("its labels are those of the greedy transcript, with any class as the blank", () => {
  let state = 7;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  for (let round = 0; round < 40; round++) {
    const K = 2 + (round % 4);
    const logits = logitsOf(Array.from({ length: 1 + (round % 13) }, () => Array.from({ length: K }, next)));
    for (const blank of [0, K - 1]) {
      const [{ labels }] = ctcDecode(logits, { strategy: "greedy", blank });
      expect(ctcSpans(logits, blank).map(({ label }) => label)).toEqual(labels);
    }
  }
});

test("blanks alone and no steps have no labels", () => {
  expect(
    ctcSpans(
      logitsOf([
        [1, 0],
        [2, 0],
      ]),
    ),
  ).toEqual([]);
  expect(ctcSpans(new NdArray(new Float32Array(0), [0, 3]))).toEqual([]);
});
