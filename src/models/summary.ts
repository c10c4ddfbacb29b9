import type { Layers } from "../layers/layer.ts";
import type { PartialShape } from "../tensor/shape.ts";
import { sizeOf } from "../tensor/shape.ts";
import { summaryTable } from "./summary-table.ts";

export interface SummaryOptions {
  /** Characters of the terminal; its own width, or 80. */
  columns?: number;
  /** `keras2` is the table of older class hand-outs. */
  style?: "keras3" | "keras2";
  showTrainable?: boolean;
  /** Receives the text; `console.log` by default. */
  print?: (text: string) => void;
}

/** What a summary looks at. */
interface Summarised {
  readonly name: string;
  readonly layers: readonly Layers[];
  readonly inputShape: PartialShape | null;
  readonly built: boolean;
}

/** The summary of a model as text. */
export function summaryOf(model: Summarised, optimizerSlots: number | null, options: SummaryOptions): string {
  let shape: PartialShape | null = model.inputShape;
  const rows = model.layers
    .filter((layer) => layer.className !== "InputLayer")
    .map((layer) => {
      shape = shape && model.built ? layer.computeOutputShape(shape) : null;
      const params = layer.weights.reduce((n, w) => n + sizeOf(w.shape), 0);
      return {
        name: layer.name,
        className: layer.className,
        outputShape: shape ? showKeras(shape) : "?",
        params: model.built
          ? params
          : layer.weights.length > 0 || mayHaveWeights(layer.className)
            ? ("0 (unbuilt)" as const)
            : 0,
        trainable: layer.weights.length > 0 ? layer.trainable : undefined,
      };
    });
  let trainable = 0;
  let all = 0;
  for (const layer of model.layers) {
    for (const w of layer.weights) {
      all += sizeOf(w.shape);
      if (w.trainable && layer.trainable) trainable += sizeOf(w.shape);
    }
  }
  // Keras counts the iteration and the learning rate among the optimizer's variables.
  const optimizer = optimizerSlots === null ? undefined : optimizerSlots * trainable + 2;
  const columns = options.columns ?? (typeof process === "undefined" ? 80 : (process.stdout?.columns ?? 80));
  return summaryTable({
    name: model.name,
    rows,
    totals: { trainable, nonTrainable: all - trainable, optimizer },
    columns,
    style: options.style,
    showTrainable: options.showTrainable,
  });
}

const mayHaveWeights = (className: string) => !["Dropout", "Activation", "Flatten"].includes(className);

/** `[null, 10, 8]` → `(None, 10, 8)`, `[null]` → `(None,)`, as Python prints tuples. */
export function showKeras(shape: PartialShape): string {
  return `(${shape.map((d) => d ?? "None").join(", ")}${shape.length === 1 ? "," : ""})`;
}
