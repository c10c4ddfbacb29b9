import { describe, expect, test } from "vitest";
import { presentBackends } from "../../../test/backends.ts";
import { difference, distinct, finiteDifferences, runFormula } from "../../../test/conformance/harness.ts";
import { type LayerCase, layerFormula } from "../../../test/layers.ts";
import { jsBackend } from "../../backends/js/index.ts";
import { add, mul, sum, tanh } from "../../ops/index.ts";
import { linear, matmul } from "../../ops/matmul.ts";
import { dropoutMask } from "../../ops/random.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import {
  type AnyLayer,
  gru,
  gruCell,
  lstm,
  lstmCell,
  rnn,
  simpleRnn,
  simpleRnnCell,
  stackedRnnCells,
} from "../index.ts";
import type { Weight } from "../layer.ts";
import type { FormulaCell, StepCell } from "./cell.ts";
import type { RecurrentOptions } from "./recurrent.ts";

const f64 = jsBackend({ precision: "f64" });
const x = distinct([3, 5, 4], 1);
const inner = new NdArray(new Float64Array([1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]), [3, 5]);

/** The same cell without its op for the whole sequence. */
function stepByStep(cell: FormulaCell): FormulaCell {
  return {
    stateSize: cell.stateSize,
    outputSize: cell.outputSize,
    build: (...given) => cell.build?.(...given),
    begin: (...given) => cell.begin(...given),
  };
}

/** Every number a layer gives in float64, gradients included. */
async function numbersOf(layer: AnyLayer, given: LayerCase): Promise<number[]> {
  const formula = layerFormula(layer, given);
  const { outputs } = await runFormula(f64, formula);
  const seeds = outputs.map((o, k) => distinct(o.shape, 3 + k));
  const seen = await runFormula(f64, formula, { seeds });
  const names = Object.keys(seen.gradients).sort();
  return [...seen.outputs, ...names.map((n) => seen.gradients[n])].flatMap((a) => [...a.data]);
}

const dropouts = { dropout: 0.3, recurrentDropout: 0.4 };
const cells: Record<string, () => FormulaCell> = {
  lstmCell: () => lstmCell(3),
  "lstmCell with dropouts": () => lstmCell(3, dropouts),
  "lstmCell without bias": () => lstmCell(3, { useBias: false }),
  gruCell: () => gruCell(3),
  "gruCell with dropouts": () => gruCell(3, dropouts),
  "gruCell, reset before": () => gruCell(3, { resetAfter: false }),
  "gruCell, reset before, with dropouts": () => gruCell(3, { ...dropouts, resetAfter: false }),
  simpleRnnCell: () => simpleRnnCell(3),
  "simpleRnnCell with dropouts": () => simpleRnnCell(3, dropouts),
  stackedRnnCells: () => stackedRnnCells([lstmCell(3), gruCell(2, dropouts), simpleRnnCell(4)]),
};
const ways: Record<string, [RecurrentOptions, { mask?: NdArray; state?: boolean }]> = {
  "as it comes": [{}, {}],
  "every step and the state": [{ returnSequences: true, returnState: true }, { state: true }],
  "backwards with a mask": [{ goBackwards: true, returnSequences: true, returnState: true }, { mask: inner }],
  "zeros for masked steps": [
    { zeroOutputForMask: true, returnSequences: true },
    { mask: inner, state: true },
  ],
};
describe("a cell step by step gives what its op gives for the whole sequence", () => {
  for (const [name, make] of Object.entries(cells)) {
    for (const [way, [options, { mask, state }]] of Object.entries(ways)) {
      test(`${name}, ${way}`, async () => {
        const cell = make();
        const sizes = [cell.stateSize].flat();
        const inputs = [x, ...(state ? sizes.map((n, k) => distinct([3, n], 40 + k)) : [])];
        const given = { inputs, mask, training: true };
        const whole = await numbersOf(rnn(cell, options), given);
        const steps = await numbersOf(rnn(stepByStep(make()), options), given);
        expect(difference(Float64Array.from(steps), Float64Array.from(whole))).toBeLessThan(1e-11); // f64
      });
    }
  }
});

describe("the layers", () => {
  test("are rnn over their cells, with the same weights in the same order", async () => {
    for (const [layer, cell] of [
      [lstm(3), lstmCell(3)],
      [gru(3), gruCell(3)],
      [simpleRnn(3), simpleRnnCell(3)],
    ] as const) {
      const over = rnn(cell);
      expect(await numbersOf(layer, { inputs: [x] })).toEqual(await numbersOf(over, { inputs: [x] }));
      expect(layer.weights.map((w) => [w.name, w.shape])).toEqual(over.weights.map((w) => [w.name, w.shape]));
    }
  });

  test("draw dropout while training only, one mask for all gates or one for each", async () => {
    const asked = async (layer: AnyLayer, training: boolean) => {
      const formula = layerFormula(layer, { inputs: [x], training });
      await runFormula(f64, formula);
      return formula.asked.streams;
    };
    expect(await asked(gru(3, dropouts), true)).toBe(2);
    expect(await asked(gru(3, dropouts), false)).toBe(0);
    expect(await asked(simpleRnn(3, { dropout: 0.2 }), true)).toBe(1);
  });

  test("take any activation, also those that kernels do not know", async () => {
    const formula = layerFormula(lstm(3, { activation: "silu", recurrentActivation: "softsign" }), { inputs: [x] });
    const seeds = [distinct([3, 3], 5)];
    const seen = await runFormula(f64, formula, { seeds });
    for (const [name, slopes] of Object.entries(await finiteDifferences(formula, seeds, 8)))
      for (const { index, slope } of slopes) expect(seen.gradients[name].data[index]).toBeCloseTo(slope, 6);
  });

  test("add an activity regularizer of every result to the loss", async () => {
    const half = { className: "Half", config: {}, penalty: (y: Tensor) => mul(sum(y), 0.5) };
    const layer = gru(3, { activityRegularizer: half, returnState: true });
    const { outputs } = await runFormula(f64, layerFormula(layer, { inputs: [x] }));
    expect(outputs.length).toBe(4);
    const mean = [...outputs[0].data].reduce((a, b) => a + b, 0) / outputs[0].shape[0]; // over the rows
    expect(outputs[2].data[0]).toBeCloseTo(mean / 2, 10);
    expect(outputs[3].data[0]).toBeCloseTo(mean / 2, 10); // the state is the output
  });

  test("hand regularizers and constraints to their weights", () => {
    const penalty = { className: "L2", config: { l2: 0.1 }, penalty: (w: Tensor) => sum(mul(w, w)) };
    const positive = { className: "NonNeg", config: {}, project: (w: Tensor) => w };
    const layer = simpleRnn(3, { kernelRegularizer: penalty, biasConstraint: positive });
    layer.buildAll([[null, 5, 4]]);
    expect(layer.weights.map((w) => [w.regularizer?.className, w.constraint?.className])).toEqual([
      ["L2", undefined],
      [undefined, undefined],
      [undefined, "NonNeg"],
    ]);
    expect(layer.config()).toMatchObject({
      kernel_regularizer: { module: "keras.regularizers", class_name: "L2", config: { l2: 0.1 } },
      bias_constraint: { module: "keras.constraints", class_name: "NonNeg" },
    });
  });

  test("write Keras's config keys in Keras's order", () => {
    const flags = "return_sequences return_state go_backwards stateful unroll zero_output_for_mask";
    const penalties = "kernel_regularizer recurrent_regularizer bias_regularizer activity_regularizer";
    const constraints = "kernel_constraint recurrent_constraint bias_constraint";
    const initializers = "use_bias kernel_initializer recurrent_initializer bias_initializer";
    const keys = (layer: AnyLayer) => Object.keys(layer.config()).join(" ");
    expect(keys(lstm(3))).toBe(
      `${flags} units activation recurrent_activation ${initializers} unit_forget_bias ${penalties} ${constraints} dropout recurrent_dropout seed`,
    );
    expect(keys(gru(3))).toBe(
      `${flags} units activation recurrent_activation ${initializers} ${penalties} ${constraints} dropout recurrent_dropout reset_after seed`,
    );
    expect(keys(simpleRnn(3))).toBe(
      `${flags} units activation ${initializers} ${penalties} ${constraints} dropout recurrent_dropout seed`,
    );
    const stacked = rnn([lstmCell(3), gruCell(2)]).config() as {
      cell: { config: { cells: { class_name: string }[] } };
    };
    expect(stacked.cell.config.cells.map((c) => c.class_name)).toEqual(["LSTMCell", "GRUCell"]);
  });
});

/** A cell of a user: h = tanh(x·w + dropped(h)·u), and the count of steps as a second part of the state. */
class OwnCell implements StepCell {
  readonly stateSize = [3, 1];
  readonly outputSize = 3;
  readonly #rate: number;
  #w!: Weight;
  #u!: Weight;
  constructor(rate = 0) {
    this.#rate = rate;
  }
  build: StepCell["build"] = (inputSize, addWeight) => {
    this.#w = addWeight("w", [inputSize, 3], "glorotUniform");
    this.#u = addWeight("u", [3, 3], "orthogonal");
  };
  step: StepCell["step"] = (xt, [h, count], context) => {
    const kept =
      context.training && this.#rate > 0 ? mul(h, dropoutMask(h, [3, 3], this.#rate, context.stream("h"))) : h;
    const output = tanh(add(linear(xt, context.weight(this.#w)), matmul(kept, context.weight(this.#u))));
    return { output, state: [output, add(count, 1)] };
  };
}

for (const backend of await presentBackends()) {
  describe(`a cell of one's own on ${backend.name}`, () => {
    test("has gradients, masks and a state of several parts", async () => {
      const layer = rnn(new OwnCell(), { returnState: true, returnSequences: true });
      const formula = layerFormula(layer, { inputs: [x], mask: inner });
      const seeds = [distinct([3, 5, 3], 2), distinct([3, 3], 3), null];
      const seen = await runFormula(backend, formula, { seeds });
      expect([...seen.outputs[2].data]).toEqual([3, 2, 0]); // steps that were not masked
      for (const [name, slopes] of Object.entries(await finiteDifferences(formula, seeds, 8)))
        for (const { index, slope } of slopes) expect(seen.gradients[name].data[index]).toBeCloseTo(slope, 4); // f32
    });

    test("draws the same inside every step, and in its gradient", async () => {
      const formula = layerFormula(rnn(new OwnCell(0.5)), { inputs: [x], training: true });
      const seeds = [distinct([3, 3], 2)];
      const seen = await runFormula(backend, formula, { seeds });
      const reference = await runFormula(f64, formula, { seeds });
      expect(difference(seen.outputs[0].data, reference.outputs[0].data)).toBeLessThan(1e-6); // f32
      const slopes = await finiteDifferences(formula, seeds, 8);
      for (const { index, slope } of slopes.w1) expect(seen.gradients.w1.data[index]).toBeCloseTo(slope, 4); // f32
      expect(formula.asked.streams).toBe(1);
    });
  });
}
