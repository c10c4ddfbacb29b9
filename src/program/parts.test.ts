/** A program in parts has the bits of the whole, on every backend; and a long row, or a batch with states, lets the event loop have its turn. */
import { expect, test } from "vitest";
import { presentBackends } from "../../test/backends.ts";
import type { Backend } from "../backends/backend.ts";
import { wasmBackend } from "../backends/wasm/index.ts";
import { gru } from "../ops/gru.ts";
import { linear } from "../ops/index.ts";
import { lstm } from "../ops/lstm.ts";
import { simpleRnn } from "../ops/simple-rnn.ts";
import { Random } from "../tensor/random.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { compilePredict, type Network } from "../train/fit/step.ts";
import { inParts } from "./parts.ts";
import { type Program, regions } from "./program.ts";

const [d, h] = [5, 7];
/** x, wx, wh, b, two states, a mask, weights and biases of a dense layer. */
const shapes = (batch: number, time: number, gates: number): Shape[] => [
  [batch, time, d],
  [d, gates * h],
  [h, gates * h],
  gates === 3 ? [2, 3 * h] : [gates * h],
  [batch, h],
  [batch, h],
  [batch, time],
  [h, 3],
  [3],
];

type Formula = (leaves: Tensor[], masked: boolean, reverse: boolean) => Tensor[];
const cells: Record<string, { gates: number; run: Formula }> = {
  lstm: {
    gates: 4,
    run: ([x, wx, wh, b, h0, c0, mask, w, bias], masked, reverse) => {
      const found = lstm({ x, wx, wh, b, h0, c0, mask: masked ? mask : null }, { reverse });
      return [found.y, found.last, found.h, found.c, linear(found.y, w, bias)];
    },
  },
  gru: {
    gates: 3,
    run: ([x, wx, wh, b, h0, , mask, w, bias], masked, reverse) => {
      const found = gru({ x, wx, wh, b, h0, mask: masked ? mask : null }, { reverse });
      return [found.y, found.last, found.h, linear(found.y, w, bias)];
    },
  },
  simpleRnn: {
    gates: 1,
    run: ([x, wx, wh, b, , , mask, w, bias], masked, reverse) => {
      const found = simpleRnn({ x, wx, wh, b, mask: masked ? mask : null }, { reverse });
      return [found.last, found.h, linear(found.y, w, bias)];
    },
  },
};

async function outputsOf(backend: Backend, programs: readonly Program[], values: readonly Float32Array[]) {
  const { bindings } = programs[0];
  const first = backend.load(programs[0], {});
  const memories = Object.fromEntries(regions.map((region) => [region, first.memory(region)]));
  const all = [first, ...programs.slice(1).map((part) => backend.load(part, memories))];
  values.forEach((v, k) => {
    if (bindings[`x ${k}`]) first.memory("data").write(bindings[`x ${k}`].offset, v);
  });
  const names = Object.keys(bindings).filter((name) => name.startsWith("prediction "));
  for (let twice = 0; twice < 2; twice++) for (const one of all) await one.run({ firstStep: 0, times: 1, seed: 1 });
  const found = names.map((name) =>
    first.memory("state").read(bindings[name].offset, sizeOf(bindings[name].shape), "f32"),
  );
  for (const one of [...all].reverse()) one.free();
  return found;
}

const cases = Object.keys(cells).flatMap((cell) =>
  [1, 6, 7].flatMap((batch) =>
    [false, true].flatMap((masked) => [false, true].map((fused) => ({ cell, batch, masked, fused }))),
  ),
);

test.each(cases)("$cell of $batch rows, masked: $masked, fused: $fused", async ({ cell, batch, masked, fused }) => {
  const time = 53;
  const { gates, run } = cells[cell];
  const r = new Random(5);
  const all = shapes(batch, time, gates);
  const values = all.map((shape, k) =>
    Float32Array.from({ length: sizeOf(shape) }, () => (k === 6 ? Number(r.below(4) > 0) : 0.5 * r.normal())),
  );
  for (const reverse of [false, true]) {
    const network = {
      parameters: [],
      trainableCount: 0,
      trainableWords: 0,
      words: 0,
      forward: (leaves: Tensor[]) => ({ outputs: run(leaves, masked, reverse), updates: [], replaced: [], losses: [] }),
    } as unknown as Network;
    for (const backend of [...(await presentBackends()), await wasmBackend({ threads: 1 })]) {
      const target = { supports: (op: string, attrs: never) => backend.supports(op, attrs), fused };
      const kinds = all.map((shape) => ({ shape, dtype: "f32" as const }));
      const { program } = compilePredict(target, network, kinds);
      const parts = inParts(program, sizeOf(all[1]) * 9);
      const whole = await outputsOf(backend, [program], values);
      expect(whole[0].some((v) => v !== 0)).toBe(true);
      expect(await outputsOf(backend, parts, values)).toEqual(whole);
      if (fused && !(batch === 1 && masked)) expect(parts.length).toBeGreaterThan(3);
    }
  }
});
