import { oneHot } from "../../ops/gather.ts";
import { categoricalCrossentropy } from "./cross-entropy.ts";
import type { Loss } from "./loss.ts";

/**
 * Categorical cross-entropy with whole-number labels [B, ...], of each of which a fraction is spread over all classes (Szegedy et al.
 * 2016): what Keras has for one-hot rows only. Predictions [B, ..., V].
 *
 *   model.compile({ optimizer: "adam", loss: smoothedCrossentropy(0.1) });
 */
export function smoothedCrossentropy(labelSmoothing: number): Loss {
  const { formula } = categoricalCrossentropy({ labelSmoothing });
  return {
    name: "sparse_categorical_crossentropy",
    targets: (p) => ({ shape: p.slice(0, -1), dtype: "i32" }),
    labelLimit: (p) => p.at(-1) ?? Number.POSITIVE_INFINITY,
    formula: (labels, p) => formula(oneHot(labels, p.shape.at(-1)!), p),
  };
}
