import { DataError, problem, suggest } from "../errors.ts";

/** The values of `fit`'s history: a list per metric, one value an epoch, `val_` before the names of validation. */
export type HistoryValues = Readonly<Record<string, readonly number[]>>;

/** One metric of a history: its words and its curves. */
export interface HistoryPanel {
  metric: string;
  /** `Loss`, `Accuracy`, `Mean absolute error`. */
  label: string;
  curves: { name: "train" | "validation"; values: readonly number[] }[];
}

/**
 * A history sorted into panels, loss first, accuracy second, then the other metrics in their order.
 * `metrics` chooses and orders them instead.
 */
export function historyPanels(history: HistoryValues, metrics?: readonly string[]): HistoryPanel[] {
  const plain = [...new Set(Object.keys(history).map((name) => name.replace(/^val_/, "")))];
  const rank = (name: string) => (name === "loss" ? 0 : name === "accuracy" || name === "acc" ? 1 : 2);
  const chosen = metrics ?? plain.sort((a, b) => rank(a) - rank(b));
  const panels = chosen.map((metric): HistoryPanel => {
    if (!plain.includes(metric)) {
      throw new DataError(problem("plot", "a metric of the history", `"${metric}"`, suggest(metric, plain)));
    }
    const train = history[metric];
    const validation = history[`val_${metric}`];
    const curves: HistoryPanel["curves"] = [];
    if (train !== undefined && train.length > 0) curves.push({ name: "train", values: train });
    if (validation !== undefined && validation.length > 0) curves.push({ name: "validation", values: validation });
    return { metric, label: labelOf(metric), curves };
  });
  const filled = panels.filter((panel) => panel.curves.length > 0);
  if (filled.length === 0) {
    const next = "Pass fit's history.history, after at least one epoch.";
    throw new DataError(problem("plot", "a history with at least one epoch", "none", next));
  }
  return filled;
}

/** `mean_absolute_error` → `Mean absolute error`; short names are abbreviations: `mae` → `MAE`. */
function labelOf(metric: string): string {
  const abbreviation = metric.length <= 3 && metric !== "acc";
  return abbreviation ? metric.toUpperCase() : metric[0].toUpperCase() + metric.slice(1).replaceAll("_", " ");
}
