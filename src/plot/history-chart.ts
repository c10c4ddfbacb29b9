import { type BraillePanel, braillePanels } from "./braille-panel.ts";
import { type HistoryPanel, type HistoryValues, historyPanels } from "./history-panels.ts";

export interface HistoryChartOptions {
  /** Width of the terminal in characters, at least 40. Default 80. */
  columns?: number;
  /** Colours the curves with ANSI codes; train is solid and validation dashed in any case. Default false. */
  color?: boolean;
  /** Metrics to draw, in this order. Default: loss and accuracy, or the first two there are. */
  metrics?: readonly string[];
}

/**
 * The curves of a training drawn with braille dots for a terminal: panels side by side, or below each other where
 * the terminal is narrow.
 *
 *   console.log(historyChart(history.history, terminal()));
 */
export function historyChart(history: HistoryValues, options: HistoryChartOptions = {}): string {
  const { color = false, metrics, columns = 80 } = options;
  const panels = historyPanels(history, metrics);
  const shown = metrics === undefined ? panels.slice(0, 2) : panels;
  return braillePanels(shown.map(toBraille), Math.max(40, columns), color);
}

function toBraille({ label, curves }: HistoryPanel): BraillePanel {
  const epochs = Math.max(...curves.map((curve) => curve.values.length));
  return {
    title: label,
    curves: curves.map(({ name, values }) => ({
      name,
      values,
      dashed: name === "validation",
      note: String(Number((values.at(-1) as number).toPrecision(3))),
    })),
    xLabel: "epoch",
    xEnds: ["1", epochs === 1 ? "" : String(epochs)],
  };
}
