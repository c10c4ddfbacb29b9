import type { TrainedModel } from "../train/callbacks.ts";
import type { Models } from "./model.ts";

/** A model as callbacks see it. */
export function trainedModel(model: Models): TrainedModel {
  return {
    name: model.name,
    get learningRate() {
      return model.learningRate;
    },
    set learningRate(rate) {
      model.learningRate = rate;
    },
    get scheduled() {
      return typeof model.compiled?.optimizer.learningRate === "function";
    },
    get iterations() {
      return model.iterations;
    },
    get weightNames() {
      return model.weightStore.inOrder.map((p) => `${p.layer.name}/${p.weight.name}`);
    },
    getWeights: () => model.getWeights(),
    setWeights: (values) => model.setWeights(values),
    save: (path) => model.save(path),
    snapshot: () => model.snapshot(),
    restore: (bytes) => model.restore(bytes),
  };
}
