import { describe, expect, test } from "vitest";
import type { GateActivation } from "../../src/ops/activation.ts";
import { add, mul, tanh } from "../../src/ops/elementwise.ts";
import { type LstmAttributes, lstm } from "../../src/ops/lstm.ts";
import { linear } from "../../src/ops/matmul.ts";
import { concat, reverse } from "../../src/ops/view.ts";
import { asNdArray, type NdArray, type NestedNumbers } from "../../src/tensor/nd-array.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { presentBackends } from "../backends.ts";
import { difference, type Formula, runFormula } from "../conformance/harness.ts";
import { golden } from "./golden.ts";

type Nested = readonly NestedNumbers[];
interface Case {
  name: string;
  config: Record<string, unknown>;
  mask: number[][] | null;
  initial_state: Nested[] | null;
  weights: Nested[];
  outputs: Nested[];
  projection: Nested[];
  grad_weights: Nested[];
  grad_x: Nested;
}
const file = golden<{ x: Nested; cases: Case[] }>("rnn_layers.json");

/** The case as a formula over its weights, w0 w1 w2 ...; null for layers that have no op yet. */
function formulaOf(c: Case, x: Nested): Formula | null {
  const inputs: Record<string, NdArray> = { x: asNdArray(x) };
  c.weights.forEach((w, k) => {
    inputs[`w${k}`] = asNdArray(w as Nested);
  });
  if (c.mask) inputs.mask = asNdArray(c.mask);
  c.initial_state?.forEach((s, k) => {
    inputs[`s${k}`] = asNdArray(s);
  });
  const o = c.config;
  const attrs: LstmAttributes = {
    activation: (o.activation as GateActivation) ?? "tanh",
    recurrentActivation: o.recurrent_activation === "hard_sigmoid" ? "hardSigmoid" : "sigmoid",
    reverse: o.go_backwards === true,
    zeroOutput: o.zero_output_for_mask === true,
  };
  const run = (t: Record<string, Tensor>, from: number, more: LstmAttributes = {}) =>
    lstm(
      { x: t.x, wx: t[`w${from}`], wh: t[`w${from + 1}`], b: t[`w${from + 2}`], h0: t.s0, c0: t.s1, mask: t.mask },
      { ...attrs, ...more },
    );
  if (o.class === "LSTM") {
    return {
      inputs,
      outputs: (t) => {
        const r = run(t, 0);
        return [o.return_sequences ? r.y : r.last, ...(o.return_state ? [r.h, r.c] : [])];
      },
    };
  }
  if (o.class === "Bidirectional" && o.layer === "LSTM") {
    return {
      inputs,
      outputs: (t) => {
        const zeroOutput = o.return_sequences === true;
        const forward = run(t, 0, { zeroOutput });
        const backward = run(t, 3, { zeroOutput, reverse: true });
        const [a, b] = o.return_sequences ? [forward.y, reverse(backward.y, 1)] : [forward.last, backward.last];
        const merge: Record<string, () => Tensor> = {
          concat: () => concat([a, b]),
          sum: () => add(a, b),
          mul: () => mul(a, b),
          ave: () => mul(add(a, b), 0.5),
        };
        return [
          merge[o.merge_mode as string](),
          ...(o.return_state ? [forward.h, forward.c, backward.h, backward.c] : []),
        ];
      },
    };
  }
  if (o.class === "TimeDistributed") return { inputs, outputs: (t) => [tanh(linear(t.x, t.w0, t.w1))] };
  return null; // GRU, SimpleRNN and stacked cells come with their layers
}

for (const backend of file ? await presentBackends() : []) {
  describe(`Keras's layers on ${backend.name}`, () => {
    for (const c of file!.cases) {
      const formula = formulaOf(c, file!.x);
      test.skipIf(!formula)(`${c.name}${formula ? "" : " (skipped: this layer has no op yet)"}`, async () => {
        const seeds = c.projection.map((p) => asNdArray(p));
        const seen = await runFormula(backend, formula!, { seeds });
        // Keras computed these in f32 and printed 9 digits; sums of a few dozen terms of size 1
        seen.outputs.forEach((o, k) => {
          expect(difference(o.data, asNdArray(c.outputs[k]).data), `output ${k}`).toBeLessThan(1e-6);
        });
        c.grad_weights.forEach((g, k) => {
          expect(difference(seen.gradients[`w${k}`].data, asNdArray(g).data), `gradient of weight ${k}`).toBeLessThan(
            5e-6,
          );
        });
        expect(difference(seen.gradients.x.data, asNdArray(c.grad_x).data), "gradient of x").toBeLessThan(5e-6);
      });
    }
  });
}

test("the golden layer cases are here or their absence was said", () => {
  expect(file === null || file.cases.length).toSatisfy((n) => n === true || n === 38);
});
