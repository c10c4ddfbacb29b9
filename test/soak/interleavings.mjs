/** Weights are written, read and compiled at random moments of predictions that run on several threads; every answer must be that of the weights it was asked with. */
import { drawing } from "./drawing.mjs";

/**
 * Goes on until `until(tried)` is true; gives how many writes fell into running predictions (tried), and how many answers
 * were right and wrong.
 */
export async function interleave(cellstate, { backend, seed, until }) {
  const { sequential, input, lstm, gru, dense, NdArray } = cellstate;
  const draw = drawing(seed);
  const make = (k) => {
    const wide = draw(2) ? [lstm(96, { returnSequences: true }), lstm(64)] : [dense(96), gru(96)];
    const model = sequential([input([12, 40]), ...wide, dense(8)], { seed: k + 1 });
    model.compile({ loss: "mse", optimizer: "sgd", backend });
    return model;
  };
  const rows = 8;
  const x = new NdArray(
    Float32Array.from({ length: rows * 480 }, () => draw(2001) / 1000 - 1),
    [rows, 12, 40],
  );
  const models = [];
  for (let k = 0; k < 2; k++) {
    const model = make(k);
    const first = model.getWeights();
    const sets = [0.5, 1, 1.5].map((f) =>
      first.map(
        ({ data, shape }) =>
          new NdArray(
            Float32Array.from(data, (v) => v * f),
            shape,
          ),
      ),
    );
    const answers = [];
    for (const set of sets) {
      model.setWeights(set);
      answers.push((await model.predict(x)).data);
    }
    models.push({ model, sets, answers, now: 2, running: 0 });
  }
  const counts = { tried: 0, right: 0, wrong: 0 };
  const told = (ok) => (ok ? counts.right++ : counts.wrong++);
  const same = (a, b) => a.length === b.length && a.every((v, i) => v === b[i]);
  const asked = [];
  const ask = (m) => {
    const expected = m.answers[m.now];
    const batchSize = [rows, 3, 2][draw(3)];
    m.running++;
    const done = m.model.predict(x, { batchSize }).then((p) => {
      m.running--;
      told(same(p.data, expected));
    });
    asked.push(done);
  };
  while (!until(counts.tried)) {
    const m = models[draw(2)];
    const what = draw(10);
    if (what < 3 && m.running < 4) ask(m);
    else if (what < 6) {
      m.now = draw(3);
      if (m.running > 0) counts.tried++;
      m.model.setWeights(m.sets[m.now]);
      told(same(m.model.getWeights()[0].data, m.sets[m.now][0].data));
    } else if (what === 6 && m.running > 0) {
      try {
        m.model.compile({ loss: "mse", backend });
        told(false);
      } catch (error) {
        told(error instanceof cellstate.DataError);
      }
    } else if (what === 7) await Promise.all(asked.splice(0));
    else if (what === 8) await new Promise((resolve) => setImmediate(resolve));
    else for (const end = performance.now() + draw(1000) / 1000; performance.now() < end; );
  }
  await Promise.all(asked);
  return counts;
}
