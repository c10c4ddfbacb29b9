import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { thorough } from "../../../test/thorough.ts";
import { concatenate, embedding, input, lstm } from "../../layers/index.ts";
import { functional } from "../../models/functional.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import type { JsonObject } from "../json.ts";
import { modelBytes, openModel } from "../model-file.ts";
import { modelConfig } from "./config.ts";
import { readModel } from "./read-model.ts";

interface Numbers {
  readonly shape: number[];
  readonly data: number[];
}
interface Case {
  readonly name: string;
  readonly masks?: "keras-3.16";
  readonly config: JsonObject;
  readonly weights: Numbers[];
  readonly inputs: Numbers[];
  readonly outputs: Numbers[];
}

const array = ({ shape, data }: Numbers) => new NdArray(Float32Array.from(data), shape);

/** Predictions of a model read from its config, with the weights of the case. */
async function predicted({ config, weights, inputs, masks }: Case): Promise<Numbers[]> {
  const numbers = weights.reduce((n, { data }) => n + data.length, 0);
  const model = readModel(config, "case", { major: 3, numbers, masks });
  model.setWeights(weights.map(array));
  const found = await model.predict(inputs.map(array));
  return [found].flat().map((y) => ({ shape: [...y.shape], data: [...y.data] }));
}

const casesOf = (file: string, masks?: "keras-3.16") =>
  (JSON.parse(readFileSync(`test/fixtures/${file}`, "utf8")) as { cases: Case[] }).cases.map((c) => ({ masks, ...c }));
const rules316 = casesOf("mask-numbers-3.16.json", "keras-3.16");

for (const [file, cases] of [
  ...["mask-numbers.json", "operation-numbers.json", "attention-numbers.json"].map((f) => [f, casesOf(f)] as const),
  ["mask-numbers-3.16.json", rules316] as const,
]) {
  describe(`Keras's numbers of ${file}`, () => {
    for (const [k, one] of cases.entries()) {
      test(one.name, async () => {
        const found = await predicted(one);
        check(found, one.outputs);
        if (!thorough && k % 4 > 0) return;
        // Written and read again, it is the same model.
        const numbers = one.weights.reduce((n, { data }) => n + data.length, 0);
        const model = readModel(one.config, "case", { major: 3, numbers, masks: one.masks });
        const again = modelConfig(model);
        check(await predicted({ ...one, config: again }), one.outputs);
      });
    }
  });
}

function check(found: readonly Numbers[], right: readonly Numbers[]): void {
  expect(found.map((y) => y.shape)).toEqual(right.map((y) => y.shape));
  found.forEach(({ data }, k) => {
    data.forEach((v, i) => {
      expect(Math.abs(v - right[k].data[i]), `output ${k}, number ${i}: ${v}`).toBeLessThan(
        2e-6 * Math.max(1, Math.abs(right[k].data[i])), // f32, sums of a few terms
      );
    });
  });
}

test("from Keras 3.16 on recurrent layers pass no mask on: by the option, and again from the file", async () => {
  const make = (masks?: "keras-3.16") => {
    const ids = input([5], { dtype: "i32" });
    const h = lstm(2, { returnSequences: true })(embedding(6, 3, { maskZero: true })(ids));
    return functional(ids, lstm(2)(h), { masks });
  };
  const ids = [
    [1, 2, 3, 0, 0],
    [0, 0, 4, 5, 5],
  ];
  const [before, after] = [make(), make("keras-3.16")];
  after.setWeights(before.getWeights());
  const [old, now] = [(await before.predict(ids)).toArray(), (await after.predict(ids)).toArray()];
  expect(now).not.toEqual(old);
  const numbers = before.countParams();
  const again = readModel(modelConfig(after), "file", { major: 3, numbers });
  again.setWeights(before.getWeights());
  expect(((await again.predict(ids)) as NdArray).toArray()).toEqual(now);
});

describe.each(["m.keras", "m.h5"])("a model of Keras 3.16's rules saved as %s", (path) => {
  for (const one of rules316)
    test(one.name, async () => {
      const numbers = one.weights.reduce((n, { data }) => n + data.length, 0);
      const model = readModel(one.config, "case", { major: 3, numbers, masks: "keras-3.16" });
      model.setWeights(one.weights.map(array));
      const again = await openModel({ bytes: await modelBytes(model, path), who: path });
      expect(again.masks).toBe("keras-3.16");
      const found = [await again.predict(one.inputs.map(array))].flat();
      check(
        found.map((y) => ({ shape: [...y.shape], data: [...y.data] })),
        one.outputs,
      );
      // The rules of 3.15 give other numbers wherever a mask would have been passed on to a layer that uses one.
      const old = await predicted({ ...one, masks: undefined });
      const differs = old[0].data.some((v, i) => Math.abs(v - one.outputs[0].data[i]) > 1e-3);
      expect(differs).toBe(!["LSTM, Masking, LSTM"].includes(one.name));
    });
});

test("concatenate of one tensor is written with a list, which Keras asks for", () => {
  const x = input([4, 3]);
  const config = modelConfig(functional(x, concatenate()([x]))) as { config: JsonObject };
  const [, layer] = config.config.layers as JsonObject[];
  const [{ args }] = layer.inbound_nodes as { args: unknown[] }[];
  expect(args[0]).toHaveLength(1);
  expect(layer).not.toHaveProperty("build_config");
});
