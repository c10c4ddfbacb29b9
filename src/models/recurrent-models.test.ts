import { describe, expect, test } from "vitest";
import { thorough } from "../../test/thorough.ts";
import {
  bidirectional,
  dense,
  embedding,
  gru,
  input,
  lockedDropout,
  lstm,
  lstmCell,
  projectedLstmCell,
  rnn,
  simpleRnn,
  tiedEmbedding,
  weightDropped,
  zoneout,
} from "../layers/index.ts";
import { asNdArray, NdArray } from "../tensor/nd-array.ts";
import { Random } from "../tensor/random.ts";
import { adam } from "../train/optimizers/index.ts";
import { functional } from "./functional.ts";
import { sequential } from "./sequential.ts";

const quiet = { verbose: 0 as const };
const random = new Random(11);
const array = (...shape: number[]) =>
  new NdArray(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.uniform(-1, 1)),
    shape,
  );
const close = (a: NdArray, b: NdArray) => {
  expect(a.shape).toEqual(b.shape);
  for (let i = 0; i < a.size; i++) expect(a.data[i]).toBeCloseTo(b.data[i], 5); // f32
};

describe.each(["js", "wasm"] as const)("recurrent layers in models on %s", (backend) => {
  test("an encoder hands its state to a decoder, which learns through it", async () => {
    const [source, target] = [input([4, 2]), input([3, 2])];
    const [, h, c] = lstm(5, { returnState: true })(source);
    const decoded = lstm(5, { returnSequences: true })(target, { initialState: [h, c] });
    const model = functional([source, target], dense(1)(decoded));
    model.compile({ optimizer: "adam", loss: "mse", backend });
    const [a, b, y] = [array(8, 4, 2), array(8, 3, 2), array(8, 3, 1)];
    const encoder = () => model.getWeights()[0].toArray();
    const before = encoder();
    const { history } = await model.fit([a, b], y, { epochs: 30, ...quiet });
    expect(history.loss.at(-1)!).toBeLessThan(history.loss[0]);
    expect(encoder()).not.toEqual(before);
    const other = await model.predict([array(8, 4, 2), b]);
    expect(other.toArray()).not.toEqual((await model.predict([a, b])).toArray());
  });

  test("a stateful layer continues where it stopped, until its states are reset", async () => {
    const stateful = sequential([lstm(4, { stateful: true, batchShape: [3, 2, 2] }), dense(1)]);
    const plain = sequential([input([null, 2]), lstm(4), dense(1)]);
    plain.setWeights(stateful.getWeights()); // states are none of them, as in Keras
    expect(stateful.countParams()).toBe(plain.countParams());
    for (const model of [stateful, plain]) model.compile({ optimizer: "sgd", loss: "mse", backend });
    const x = array(3, 4, 2);
    const part = (from: number) => asNdArray((x.toArray() as number[][][]).map((row) => row.slice(from, from + 2)));
    const first = await stateful.predict(part(0), { batchSize: 3 });
    close(first, await plain.predict(part(0)));
    close(await stateful.predict(part(2), { batchSize: 3 }), await plain.predict(x));
    stateful.resetStates();
    close(await stateful.predict(part(0), { batchSize: 3 }), first);
  });

  test.skipIf(!thorough && backend === "js")(
    "a language model with tied embeddings and the cells of the AWD-LSTM learns",
    async () => {
      const ids = asNdArray(Array.from({ length: 12 }, (_, i) => [1 + (i % 5), 1 + ((i + 1) % 5), 1 + ((i + 2) % 5)]));
      const next = asNdArray(Array.from({ length: 12 }, (_, i) => 1 + ((i + 3) % 5)));
      const words = embedding(7, 6);
      const model = sequential([
        words,
        lockedDropout(0.1),
        rnn(weightDropped(lstmCell(8), 0.1), { returnSequences: true }),
        rnn(zoneout(projectedLstmCell(9, { projSize: 6 }), 0.05)),
        tiedEmbedding(words, { activation: "softmax" }),
      ]);
      model.compile({ optimizer: adam({ learningRate: 0.02 }), loss: "sparseCategoricalCrossentropy", backend });
      const { history } = await model.fit(ids, next, { epochs: 60, ...quiet });
      expect(history.loss.at(-1)!).toBeLessThan(0.5 * history.loss[0]);
      expect(model.getWeights().map((w) => w.shape)).toEqual([
        [7, 6],
        [6, 32],
        [8, 32],
        [32],
        [8, 36],
        [6, 36],
        [36],
        [9, 6],
        [7],
      ]);
    },
  );

  test.skipIf(!thorough && backend === "js")(
    "models of gru, simpleRnn, bidirectional and stacked cells learn",
    async () => {
      const ids = asNdArray(Array.from({ length: 16 }, (_, i) => [0, 1 + (i % 5), 1 + ((i * 3) % 5), 1 + (i % 2)]));
      const y = asNdArray(Array.from({ length: 16 }, (_, i) => i % 2));
      for (const layer of [
        () => gru(6, { dropout: 0.1, recurrentDropout: 0.1 }),
        () => simpleRnn(6),
        () => bidirectional(lstm(4)),
        () => rnn([lstmCell(4), lstmCell(3)]),
      ]) {
        for (const maskZero of [true, false]) {
          const model = sequential([embedding(7, 4, { maskZero }), layer(), dense(1, { activation: "sigmoid" })]);
          model.compile({ optimizer: adam({ learningRate: 0.02 }), loss: "binaryCrossentropy", backend });
          const { history } = await model.fit(ids, y, { epochs: 40, ...quiet });
          expect(history.loss.at(-1)!).toBeLessThan(0.5 * history.loss[0]);
        }
      }
    },
  );
});
