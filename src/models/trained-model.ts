import type { TrainedModel } from "../train/callbacks.ts";
import type { Parameters } from "./parameters.ts";

type OwnParts = Omit<TrainedModel, "scheduled" | "weightNames">;

/** What is needed of a model for that. */
interface Source extends OwnParts {
  readonly compiled: { readonly optimizer: { readonly learningRate: unknown } } | null;
  readonly weightStore: Parameters;
}

/** A model as callbacks see it. */
export function trainedModel(model: Source): TrainedModel {
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
      return model.weightStore.learned.map((p) => `${p.layer.name}/${p.weight.name}`);
    },
    getWeights: () => model.getWeights(),
    setWeights: (values) => model.setWeights(values),
    save: (path) => model.save(path),
    snapshot: () => model.snapshot(),
    restore: (bytes) => model.restore(bytes),
  };
}
