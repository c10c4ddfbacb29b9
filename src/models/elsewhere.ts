import { DataError, fault } from "../errors.ts";

/** Methods of Keras's and tfjs's models that go by another call here. */
const calls: Readonly<Record<string, string>> = {
  add: "sequential([layer, layer])",
  evaluateDataset: "model.evaluate(dataset)",
  fitDataset: "model.fit(dataset, { epochs }), dataset an iterable of { x, y } that is no array: a generator",
  fitGenerator: "model.fit(generator, { epochs })",
  loadWeights: "loadWeights(model, path)",
  predictClasses: "(await model.predict(x)).argmax()",
  saveWeights: 'model.save("m.weights.h5")',
};

/** Calls that a model does not have throw a DataError with the one that is meant, where JavaScript says "is not a function". */
export function adviseCalls(prototype: object): void {
  for (const [name, ours] of Object.entries(calls)) {
    const value = () => {
      throw new DataError(fault("model", `there is no ${name} here`, `Write ${ours}.`));
    };
    Object.defineProperty(prototype, name, { configurable: true, writable: true, value });
  }
}
