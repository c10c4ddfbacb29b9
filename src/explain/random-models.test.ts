/** Random models of the Keras sweep: what `trace` shows is what `predict` computed, bit for bit. */
import { expect, test } from "vitest";
import { ourModel, randomise } from "../../test/judges/our-specs.mjs";
import { randomModel } from "../../test/judges/random-models.mjs";
import { dataFor } from "../../test/judges/specs.mjs";
import { thorough } from "../../test/thorough.ts";
import * as cellstate from "../index.ts";
import { runCell } from "../layers/recurrent/cell.ts";
import type { RecurrentLayer } from "../layers/recurrent/recurrent.ts";
import { reverse } from "../ops/view.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { inputsFor } from "../train/fit/rows.ts";
import type { Arrays } from "../train/fit/trainable-model.ts";
import { trace } from "./trace.ts";

const first = 900; // seeds of this test alone
const count = thorough ? 300 : 30;

for (const backend of ["js", "wasm", "native"] as const)
  test(`${count} random models, traced and predicted on ${backend}, have the same bits`, async () => {
    process.env.CELLSTATE_BACKEND = backend;
    let traced = 0;
    let gates = 0;
    for (let seed = first; seed < first + count; seed++) {
      const { spec, draws } = randomModel(seed);
      let model: cellstate.AnyModel;
      try {
        model = ourModel(spec, cellstate);
      } catch {
        continue; // a spec of what is refused, or not there
      }
      randomise(model, seed, cellstate);
      const data: Arrays = dataFor(spec, seed);
      const x = data.length === 1 ? (data as readonly Arrays[])[0] : data;
      const refused = await model.predict(x).then(
        () => null,
        (error: Error) => error,
      );
      if (refused) {
        expect(refused).toBeInstanceOf(cellstate.CellstateError); // a mask that does not spread, as docs/model-files.md lists
        await expect(trace(model, x), `seed ${seed}`).rejects.toThrow();
        continue;
      }
      const own = await plainOutputs(model, x);
      if (own.length === 0) {
        await expect(trace(model, x), `seed ${seed}`).rejects.toThrow(/expected a model with a recurrent layer/);
        continue;
      }
      const found = await trace(model, x);
      // Of the cells of a stack, the last one's output is the layer's.
      const shown = found.layers.filter(({ name }, k, all) => {
        const [, stack, cell] = /^(.*)\/(\d+)$/.exec(name) ?? [];
        return cell === undefined || all[k + 1]?.name !== `${stack}/${Number(cell) + 1}`;
      });
      expect(
        shown.map(({ h }) => [...h.data]),
        `seed ${seed}`,
      ).toEqual(own.map(({ data }) => [...data]));
      const outputs = [await model.predict(x)].flat();
      if (!draws)
        expect(
          found.outputs.map(({ data }) => [...data]),
          `seed ${seed}`,
        ).toEqual(outputs.map(({ data }) => [...data]));
      for (const layer of found.layers) gates += Object.keys(layer.values).length - 1;
      traced++;
      model.dispose();
    }
    expect(traced).toBeGreaterThan(count / 4);
    expect(gates).toBeGreaterThan(3 * traced);
  }, 300_000);

/** The outputs of every recurrent layer inside a prediction, in the order of the input's steps, by a way of their own. */
async function plainOutputs(model: cellstate.AnyModel, x: Arrays) {
  const { about, results } = await model.inspect("test", inputsFor(model, "test", x), {
    key: "plain",
    formula: (inputs, context) => {
      const seen: Tensor[] = [];
      model.forwardAll(inputs, {
        ...context,
        masks: model.masks,
        recurrence: (layer, run, within) => {
          const { cell } = layer as RecurrentLayer;
          const ran = runCell(cell, run, within);
          seen.push(run.reverse ? reverse(ran.y, 1) : ran.y);
          return ran;
        },
      });
      return { about: seen.length, results: Object.fromEntries(seen.map((y, k) => [`${k}`, y])) };
    },
  });
  return Array.from({ length: about }, (_, k) => results[`${k}`]);
}
