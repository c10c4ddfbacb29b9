import { DataError, problem } from "../errors.ts";
import type { CallContext, Weight } from "../layers/layer.ts";
import { withoutGradient } from "../ops/view.ts";
import { alignWords, type Tensor } from "../tensor/tensor.ts";
import type { Network } from "./fit/step.ts";
import type { Parameters } from "./parameters.ts";

/** A network over these parameters: the formula returns outputs, and may add to the loss through the context. */
export function networkOf(
  store: Parameters,
  formula: (inputs: readonly Tensor[], context: CallContext) => readonly Tensor[],
): Network {
  const index = new Map<Weight, number>(store.list.map((p, k) => [p.weight, k]));
  return {
    parameters: store.list,
    trainableCount: store.trainableCount,
    trainableWords: store.trainableWords,
    words: Math.max(store.words, alignWords(1)),
    forward: (inputs, leaves, training) => {
      let streams = 0;
      const now = new Map<Weight, Tensor>(); // a layer called twice continues from the states its first call left
      const leaf = (w: Weight) => {
        const k = index.get(w);
        if (k === undefined) throw foreignWeight(w);
        return leaves[k];
      };
      const losses: Tensor[] = [];
      const learned = new Map<Weight, Tensor[]>(); // values that take the place of what gradients move
      const outputs = formula(inputs, {
        training,
        weight: (w) => {
          const left = now.get(w);
          return left === undefined ? leaf(w) : learned.has(w) ? left : withoutGradient(left);
        },
        stream: () => streams++,
        update: (w, value) => {
          now.set(w, value);
          if (!store.placeOf(w).trainable) return;
          learned.set(w, [...(learned.get(w) ?? []), value]);
        },
        addLoss: (value) => losses.push(value),
      });
      // As Keras: a frozen weight is not regularized.
      store.list.forEach(({ weight: w, trainable }, k) => {
        if (w.regularizer && trainable) losses.push(w.regularizer.penalty(now.get(w) ?? leaves[k]));
      });
      const updates = [...now].filter(([w]) => !learned.has(w)).map(([w, value]) => ({ parameter: leaf(w), value }));
      const replaced = [...learned].map(([w, values]) => ({ parameter: leaf(w), values }));
      return { outputs, updates, replaced, losses };
    },
  };
}

/** The error for a weight that no layer of the model owns, though one reads it. */
export function foreignWeight({ name }: Weight): DataError {
  const next = "Call the layer that has it in the same model: the embedding, for tiedEmbedding(embedding).";
  return new DataError(problem(`the weight "${name}"`, "a layer of the model that it belongs to", "none", next));
}
