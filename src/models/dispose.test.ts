import { expect, test } from "vitest";
import type { BackendName } from "../backends/choose.ts";
import { dense, input, lstm } from "../layers/index.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { sequential } from "./sequential.ts";

const x = new NdArray(
  Float32Array.from({ length: 48 }, (_, i) => Math.sin(i)),
  [4, 3, 4],
);
const y = new NdArray(new Float32Array(4), [4, 1]);
const body = () => [input([3, 4]), lstm(5)];
const make = (layers = body(), backend: BackendName = "js") => {
  const model = sequential([...layers, dense(1)], { seed: 1 });
  model.compile({ loss: "mse", backend });
  return model;
};

test.each(["js", "native", "wasm"] as const)(
  "%s: a disposed model says so to whatever is asked of it; others keep working",
  async (backend) => {
    const model = make(body(), backend);
    const other = make(body(), backend);
    await model.fit(x, y, { verbose: 0 });
    const before = await other.predict(x);
    model.dispose();
    model.dispose();
    const disposed = /expected a model, received a disposed one/;
    for (const act of [() => model.getWeights(), () => model.setWeights([]), () => model.compile({ loss: "mse" })])
      expect(act).toThrow(disposed);
    await expect(model.predict(x)).rejects.toThrow(disposed);
    await expect(model.fit(x, y)).rejects.toThrow(disposed);
    expect(await other.predict(x)).toEqual(before);
  },
);

test("layers that another model has keep what they have learned; those of nobody else say where their weights went", async () => {
  const layers = body();
  const [trained, other] = [make(layers), make(layers)];
  await other.predict(x);
  await trained.fit(x, y, { verbose: 0 });
  const learned = trained.getWeights();
  trained.dispose();
  expect(other.getWeights().slice(0, 3)).toEqual(learned.slice(0, 3));
  expect((await other.predict(x)).shape).toEqual([4, 1]);
  other.dispose();

  const alone = body();
  make(alone).dispose();
  const first = make(alone);
  await first.predict(x);
  first.dispose();
  await expect(make(alone).predict(x)).rejects.toThrow(/lstm.*received those of a disposed model/s);
});

test("a busy model is not disposed of, and `using` calls dispose", async () => {
  const model = make();
  const running = model.predict(x);
  expect(() => model.dispose()).toThrow(/dispose: expected an idle model, received one busy with predict/);
  await running;
  model[Symbol.dispose]();
  await expect(model.predict(x)).rejects.toThrow(/a disposed one/);
  sequential([lstm(3)]).dispose(); // never built
});
