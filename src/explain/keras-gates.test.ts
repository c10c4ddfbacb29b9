/** Gates of Keras's own cells (test/judges/make-gates.py), on every backend. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { functional, gru, input, lstm, NdArray, simpleRnn } from "../index.ts";
import { trace } from "./trace.ts";

interface Case {
  kind: "lstm" | "gru" | "simpleRnn";
  options: { recurrent_activation?: "hard_sigmoid"; activation?: "relu"; use_bias?: boolean; reset_after?: boolean };
  backwards: boolean;
  mask: number[] | null;
  x: number[];
  weights: { shape: number[]; data: number[] }[];
  values: Record<string, (number | null)[]>;
}
const golden = new URL("../../test/fixtures/gates.json", import.meta.url);
const { shape, units, cases } = JSON.parse(readFileSync(golden, "utf8")) as {
  shape: number[];
  units: number;
  cases: Case[];
};

for (const backend of ["js", "wasm", "native"])
  test(`gates and states are Keras's on ${backend}`, async () => {
    process.env.CELLSTATE_BACKEND = backend;
    for (const { kind, options, backwards, mask, x, weights, values } of cases) {
      const { recurrent_activation: sigma, activation, use_bias: useBias, reset_after: resetAfter } = options;
      const given = {
        ...(sigma ? { recurrentActivation: "hardSigmoid" as const } : {}),
        ...(activation ? { activation } : {}),
        ...(useBias === undefined ? {} : { useBias }),
        goBackwards: backwards,
      };
      const makers = {
        lstm: () => lstm(units, given),
        gru: () => gru(units, { ...given, ...(resetAfter === undefined ? {} : { resetAfter }) }),
        simpleRnn: () => simpleRnn(units, { goBackwards: backwards }),
      };
      const [places, flags] = [input(shape.slice(1)), input([shape[1]])];
      const model = functional([places, flags], makers[kind]()(places, mask ? { mask: flags } : {}));
      model.setWeights(weights.map((w) => new NdArray(Float32Array.from(w.data), w.shape)));
      const on = new NdArray(Float32Array.from(mask ?? Array(shape[0] * shape[1]).fill(1)), shape.slice(0, 2));
      const { layers } = await trace(model, [new NdArray(Float32Array.from(x), shape), on]);
      expect(layers.length).toBe(1);
      for (const [name, wanted] of Object.entries(values)) {
        const found = layers[0].values[name].data;
        expect(found.length).toBe(wanted.length);
        wanted.forEach((v, k) => {
          const what = `${kind} ${JSON.stringify(options)} ${name} ${k}`;
          if (v !== null)
            expect(Math.abs(found[k] - v), what).toBeLessThan(1e-5); // f32, five steps one after another
          else if (name !== "h") expect(found[k], what).toBeNaN();
        });
      }
    }
  });
