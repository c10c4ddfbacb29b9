/** Connectionist temporal classification beside PyTorch and Keras: test/fixtures/make-ctc-numbers.py. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { presentBackends } from "../../../test/backends.ts";
import { runFormula } from "../../../test/conformance/harness.ts";
import { jsBackend } from "../../backends/js/index.ts";
import { ctcLoss } from "../../ops/ctc.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { ctc } from "../../train/losses/ctc.ts";
import { reduceLoss } from "../../train/losses/reduce.ts";
import { ctcDecode } from "./ctc-decode.ts";

interface Numbers {
  name: string;
  shape: [number, number, number];
  blank: number;
  frames: number[];
  labels: number[][];
  x: number[];
  /** Null where the labels do not fit. */
  losses: (number | null)[];
}
interface FromPyTorch extends Numbers {
  weights: number[];
  dx: number[];
}
interface FromKeras extends Numbers {
  loss?: number;
  sum?: number;
  greedy: number[][];
  beam200: number[][][]; // [paths, rows, labels]
  beam200Scores: number[][]; // [rows, paths]
  beam4: number[][][];
}
const backends = await presentBackends();
const read = <T>(name: string): T[] =>
  JSON.parse(readFileSync(new URL(`../../../test/fixtures/${name}.json`, import.meta.url), "utf8")) as T[];

const array = (values: readonly number[], shape: number[]) => new NdArray(Float64Array.from(values), shape);
const inputsOf = ({ shape: [b, t, k], x, labels, frames }: Numbers) => ({
  x: array(x, [b, t, k]),
  labels: new NdArray(Int32Array.from(labels.flat()), [b, labels[0].length]),
  mask: array(
    frames.flatMap((n) => Array.from({ length: t }, (_, k) => (k < n ? 1 : 0))),
    [b, t],
  ),
});
const lossOf =
  (blank: number) =>
  ({ x, labels, mask }: Record<string, Tensor>) => [ctcLoss(x, labels, { mask, blank })];

describe("PyTorch's ctc_loss", () => {
  for (const one of read<FromPyTorch>("ctc-pytorch"))
    test(`${one.name}: losses and gradients`, async () => {
      const formula = { inputs: inputsOf(one), outputs: lossOf(one.blank) };
      const seeds = [array(one.weights, [one.shape[0]])];
      const found = await runFormula(jsBackend({ precision: "f64" }), formula, { seeds });
      for (const [row, loss] of one.losses.entries()) {
        const value = found.outputs[0].data[row];
        if (loss === null) expect(value, `row ${row}`).toBe(Number.POSITIVE_INFINITY);
        else expect(value, `row ${row}`).toBeCloseTo(loss, 9);
      }
      for (const [at, d] of one.dx.entries()) expect(found.gradients.x.data[at], `dx[${at}]`).toBeCloseTo(d, 9);
    });
});

describe("Keras", () => {
  for (const one of read<FromKeras>("ctc-keras")) {
    for (const backend of backends)
      test(`ctc_loss, ${one.name}, on ${backend.name}`, async () => {
        const { outputs } = await runFormula(backend, { inputs: inputsOf(one), outputs: lossOf(one.blank) });
        for (const [row, loss] of one.losses.entries()) {
          const value = outputs[0].data[row];
          if (loss === null) expect(value).toBe(Number.POSITIVE_INFINITY);
          else expect(Math.abs(value - loss)).toBeLessThan(2e-6 * loss + 1e-5); // f32, up to 120 steps, x to four places
        }
      });

    test.skipIf(one.loss === undefined)(`losses.CTC, ${one.name}`, async () => {
      const outputs = ({ x, labels }: Record<string, Tensor>) =>
        (["sum_over_batch_size", "sum"] as const).map((reduction) => {
          const loss = ctc({ reduction });
          return reduceLoss(loss.formula(labels, x), null, null, loss.reduction);
        });
      const found = await runFormula(jsBackend({ precision: "f64" }), { inputs: inputsOf(one), outputs });
      expect(Math.abs(found.outputs[0].data[0] - one.loss!)).toBeLessThan(2e-4);
      expect(Math.abs(found.outputs[1].data[0] - one.sum!)).toBeLessThan(4e-4);
    });

    test(`ctc_decode, ${one.name}`, () => {
      for (const [row, frames] of one.frames.entries()) {
        const logits = inputsOf(one).x.row(row).slice(0, frames);
        const { blank } = one;
        expect(ctcDecode(logits, { strategy: "greedy", blank })[0].labels).toEqual(one.greedy[row]);
        // Of many steps 200 prefixes are a few, and which of two nearly equal ones stays is each library's own: the best one agrees.
        const sure = frames > 9 ? 1 : 3;
        const wide = ctcDecode(logits, { beamWidth: 200, topPaths: sure, blank });
        expect(wide.map(({ labels }) => labels)).toEqual(one.beam200.slice(0, sure).map((path) => path[row]));
        for (const [k, { logProbability }] of wide.entries())
          expect(Math.abs(logProbability - one.beam200Scores[row][k])).toBeLessThan(sure === 1 ? 0.1 : 1e-3);
        expect(ctcDecode(logits, { beamWidth: 4, blank })[0].labels).toEqual(one.beam4[0][row]);
      }
    });
  }
});
