import { describe, expect, test } from "vitest";
import {
  type AnyLayer,
  bidirectional,
  dense,
  gru,
  gruCell,
  type LstmOptions,
  lstm,
  lstmCell,
  type MergeMode,
  rnn,
  simpleRnn,
  timeDistributed,
} from "../../src/layers/index.ts";
import { asNdArray, type NestedNumbers } from "../../src/tensor/nd-array.ts";
import { presentBackends } from "../backends.ts";
import { difference, runFormula } from "../conformance/harness.ts";
import { layerFormula } from "../layers.ts";
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
const files = golden<{ x: Nested; cases: Case[] }>("rnn_layers.json");
const backends = await presentBackends();

/** The layer that the case's config describes. */
function layerOf(o: Record<string, unknown>): AnyLayer {
  const units = o.units as number;
  const options: LstmOptions = {
    returnSequences: o.return_sequences === true,
    returnState: o.return_state === true,
    goBackwards: o.go_backwards === true,
    zeroOutputForMask: o.zero_output_for_mask === true,
    useBias: o.use_bias !== false,
    activation: (o.activation as LstmOptions["activation"]) ?? "tanh",
  };
  const cells: Record<string, () => AnyLayer> = {
    LSTM: () =>
      lstm(units, {
        ...options,
        recurrentActivation: o.recurrent_activation === "hard_sigmoid" ? "hardSigmoid" : "sigmoid",
      }),
    GRU: () => gru(units, { ...options, resetAfter: o.reset_after === true }),
    SimpleRNN: () => simpleRnn(units, options),
    RNN: () => rnn([lstmCell(3), gruCell(2)], { returnSequences: true }),
    TimeDistributed: () => timeDistributed(dense(units, { activation: "tanh" })),
    Bidirectional: () => bidirectional(lstm(units, options), { mergeMode: o.merge_mode as MergeMode }),
  };
  return cells[o.class as string]();
}

for (const { where, file, backend } of files.flatMap((f) => backends.map((backend) => ({ ...f, backend })))) {
  describe(`Keras's ${where}layers on ${backend.name}`, () => {
    for (const c of file.cases) {
      test(c.name, async () => {
        const formula = layerFormula(layerOf(c.config), {
          inputs: [file.x, ...(c.initial_state ?? [])].map((a) => asNdArray(a)),
          weights: c.weights.map((w) => asNdArray(w)),
          ...(c.mask ? { mask: asNdArray(c.mask) } : {}),
        });
        expect(Object.keys(formula.inputs).filter((k) => k.startsWith("w")).length).toBe(c.weights.length);
        const seen = await runFormula(backend, formula, { seeds: c.projection.map((p) => asNdArray(p)) });
        expect(seen.outputs.length).toBe(c.outputs.length);
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

test("all 38 golden layer cases are here", () => {
  for (const { file } of files) expect(file.cases.length).toBe(38);
});
