/** All of `cellstate/explain` on one small model, by backend: the same in Node and in pages. */
import { attribute, gradientFlow, intervene, ledger, trace, workedStep } from "../../src/explain/index.ts";
import {
  type BackendName,
  bidirectional,
  chooseBackend,
  dense,
  embedding,
  gru,
  input,
  lstm,
  sequential,
} from "../../src/index.ts";

export interface Explained {
  /** The backend's line for people. */
  readonly description: string;
  readonly numbers: Readonly<Record<string, number[]>>;
}

export async function explained(backend: BackendName): Promise<Explained> {
  const { description } = await chooseBackend(backend);
  const ids = Array.from({ length: 3 }, (_, b) =>
    Array.from({ length: 12 }, (_, t) => (t < 2 * b ? 0 : 1 + ((b * 7 + t * t) % 28))),
  );
  const layers = [
    embedding(30, 8, { maskZero: true, name: "words" }),
    bidirectional(lstm(6, { returnSequences: true, name: "both" })),
    gru(5, { name: "last" }),
    dense(2, { activation: "softmax" }),
  ];
  const model = sequential([input([null]), ...layers], { seed: 3 });
  model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy", backend });
  const traced = await trace(model, ids);
  const [first] = traced.layers;
  const flow = await gradientFlow(model, ids, { y: [0, 1, 0] });
  const worked = await workedStep(model, ids, { layer: first.name, step: 5, unit: 2 });
  const clamp = [{ layer: first.name, gate: "f", units: [1], value: 0.25 }];
  const { after } = await intervene(model, ids, { clamp });
  const { attributions, gap } = await attribute(model, ids, { points: 8 });
  const numbers = {
    ...Object.fromEntries(
      traced.layers.flatMap((layer) =>
        Object.entries(layer.values).map(([gate, values]) => [`${layer.name} ${gate}`, [...values.data]]),
      ),
    ),
    outputs: [...traced.outputs[0].data],
    ledger: [...ledger(first, { step: 9 }).left.data],
    worked: worked.gates.flatMap(({ sum, value }) => [sum, value]),
    held: [...after[0].data],
    attributions: [...attributions.data, ...gap.data],
    flow: flow.flatMap(({ h, c }) => [...(h?.data ?? []), ...(c?.data ?? [])]),
  };
  return { description, numbers };
}

/** Milliseconds of a trace of T 200, H 128: the first one, which compiles, and those after it. */
export async function traceTimes(backend: BackendName): Promise<{ first: number; later: number[] }> {
  const model = sequential([input([200, 32]), lstm(128), dense(1)], { seed: 1 });
  model.compile({ optimizer: "adam", loss: "meanSquaredError", backend });
  const x = [Array.from({ length: 200 }, (_, t) => Array.from({ length: 32 }, (_, k) => Math.sin(t + k)))];
  const times: number[] = [];
  for (let k = 0; k < 12; k++) {
    const from = performance.now();
    await trace(model, x);
    times.push(performance.now() - from);
  }
  return { first: times[0], later: times.slice(1) };
}
