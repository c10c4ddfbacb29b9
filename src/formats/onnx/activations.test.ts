/** Every activation, run by ONNX Runtime's WebAssembly build. */
import * as ort from "onnxruntime-web";
import { expect, test } from "vitest";
import * as l from "../../layers/index.ts";
import { sequential } from "../../models/sequential.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { onnxBytes } from "./export.ts";

ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";

const names = [
  ..."linear relu relu6 leakyRelu elu celu selu gelu silu swish hardSilu hardSwish mish sigmoid logSigmoid".split(" "),
  ..."hardSigmoid hardSigmoid2 sparseSigmoid tanh hardTanh tanhShrink hardShrink softShrink softplus".split(" "),
  ..."squareplus sparsePlus softsign exponential softmax logSoftmax sparsemax glu".split(" "),
] as l.ActivationName[];
const layers: Record<string, () => l.Layer> = {
  leakyRelu: () => l.leakyRelu({ negativeSlope: 0.1 }),
  elu: () => l.elu({ alpha: 0.5 }),
  "relu with every option": () => l.relu({ maxValue: 2, negativeSlope: 0.1, threshold: 0.5 }),
  "relu with a threshold": () => l.relu({ threshold: 0.5 }),
  "relu with a slope": () => l.relu({ negativeSlope: 0.2, maxValue: 1 }),
  softmax: () => l.softmax(),
};

// Every piece of every function, and the places where they meet.
const values = [-4, -2.5, -1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1, 2.5, 4, 7];

async function expectSame(layer: l.Layer): Promise<void> {
  const x = new NdArray(Float32Array.from(values), [1, 14]);
  const model = sequential([l.input([14]), layer]);
  const session = await ort.InferenceSession.create(onnxBytes(model));
  const results = await session.run({
    [session.inputNames[0]]: new ort.Tensor("float32", Float32Array.from(x.data), [1, 14]),
  });
  const found = results[session.outputNames[0]].data as Float32Array;
  const said = await model.predict(x);
  for (const [i, v] of found.entries())
    expect(Math.abs(v - said.data[i]), `of ${values[i]}`).toBeLessThan(2e-6 * Math.max(1, Math.abs(v))); // f32
}

for (const name of names) test(name, () => expectSame(l.activation(name)));
for (const [name, make] of Object.entries(layers)) {
  test(`the layer ${name}`, () => expectSame(make()));
  test(`the layer ${name} as an activation`, () => expectSame(l.activation(make())));
}
