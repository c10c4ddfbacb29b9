import { activation } from "../../layers/index.ts";
import { Functional, functional } from "../../models/functional.ts";
import type { Model } from "../../models/model.ts";
import { Sequential, sequential } from "../../models/sequential.ts";
import type { BundleOptions } from "./bundle-options.ts";
import type { ModelForm } from "./model-form.ts";

/** The model, ending in probabilities where it gives logits: it is trained by a cross-entropy, or has classes, and ends in no activation. */
export function withProbabilities(model: Model, form: ModelForm, { labels }: BundleOptions): Model {
  const classes = labels !== undefined || /crossentropy/.test(form.loss ?? "");
  if (form.activation !== "linear" || !classes) return model;
  const binary = form.outputs === 1 || /^binary/.test(form.loss ?? "");
  const last = activation(binary ? "sigmoid" : "softmax");
  if (model instanceof Functional)
    return functional(model.inputTensors, last(model.outputTensors[0]), { name: model.name, seed: model.seed });
  if (!(model instanceof Sequential)) return model;
  const begin = model.inputLayer && model.inputLayer !== model.layers[0] ? [model.inputLayer] : [];
  const longer = sequential([...begin, ...model.layers, last], { name: model.name, seed: model.seed });
  if (!longer.built && model.inputShape) longer.build(model.inputShape);
  return longer;
}
