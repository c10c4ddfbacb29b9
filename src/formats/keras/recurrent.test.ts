import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  bidirectional,
  dense,
  gru,
  gruCell,
  input,
  type Layer,
  layerNormLstmCell,
  lockedDropout,
  lstm,
  lstmCell,
  minGruCell,
  minLstmCell,
  peepholeLstmCell,
  projectedLstmCell,
  rnn,
  simpleRnn,
  simpleRnnCell,
  timeDistributed,
  weightDropped,
  zoneout,
} from "../../layers/index.ts";
import { sequential } from "../../models/sequential.ts";
import { loadModel } from "../load-model.ts";
import { weightPaths } from "./paths.ts";

const folder = mkdtempSync(join(tmpdir(), "cellstate-recurrent-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const all = { returnSequences: true };
const layers: Record<string, () => Layer> = {
  gru: () => gru(3, all),
  "gru that resets before": () => gru(3, { ...all, resetAfter: false }),
  "gru backwards without bias": () => gru(3, { ...all, goBackwards: true, useBias: false }),
  simpleRnn: () => simpleRnn(3, { ...all, activation: "relu", kernelRegularizer: "l2" }),
  "both ways": () => bidirectional(lstm(3, all), { mergeMode: "mul" }),
  "both ways, two layers": () =>
    bidirectional(lstm(3, all), { backwardLayer: gru(2, { ...all, goBackwards: true }), name: "two" }),
  "rnn over one cell": () => rnn(simpleRnnCell(3), all),
  "rnn over a stack": () => rnn([lstmCell(3), gruCell(2), lstmCell(4)], all),
  "both ways over a stack": () => bidirectional(rnn([lstmCell(3), gruCell(2)], all)),
  "dense on every step": () => timeDistributed(dense(3)),
  "locked dropout": () => lockedDropout(0.2),
  "a stack beyond Keras": () =>
    rnn([peepholeLstmCell(2), layerNormLstmCell(3), minLstmCell(2), minGruCell(3, { useBias: false })], all),
  "wrapped cells": () => rnn(weightDropped(zoneout(projectedLstmCell(4, { projSize: 2 }), [0.1, 0.2]), 0.3), all),
};

describe("a saved model gives the same numbers when it is loaded", () => {
  for (const [name, make] of Object.entries(layers)) {
    test(name, async () => {
      const model = sequential([input([4, 2]), make(), gru(2)]);
      const path = join(folder, "model.keras");
      await model.save(path);
      const x = [[1, 2, 3, 4].map((v) => [v, -v]), [4, 3, 2, 1].map((v) => [v, 0.5])];
      const again = await loadModel(path);
      expect((await again.predict(x)).toArray()).toEqual((await model.predict(x)).toArray());
      expect(again.layers.map((l) => l.config())).toEqual(model.layers.map((l) => l.config()));
    });
  }
});

test("weights of cells lie where Keras has them", () => {
  const stack = rnn([lstmCell(3), gruCell(2), lstmCell(4)], all);
  const model = sequential([input([4, 2]), stack, bidirectional(rnn(gruCell(2), all)), bidirectional(lstm(2))]);
  const found = weightPaths(model.layers).filter(({ weights }) => weights.length > 0);
  expect(found.map(({ path }) => path)).toEqual([
    "layers/rnn/cell/cells/lstm_cell",
    "layers/rnn/cell/cells/gru_cell",
    "layers/rnn/cell/cells/lstm_cell_1",
    "layers/bidirectional/forward_layer/cell",
    "layers/bidirectional/backward_layer/cell",
    "layers/bidirectional_1/forward_layer/cell",
    "layers/bidirectional_1/backward_layer/cell",
  ]);
});
