import { type HistoryValues, historyPanels } from "./history-panels.ts";
import { plotLines } from "./lines.ts";

export interface PlotHistoryOptions {
  /** Title of the plot; `null` for none. Default "Training history". */
  title?: string | null;
  /** Metrics to draw, in this order. Default: all, loss and accuracy first. */
  metrics?: readonly string[];
  /** Width of one panel in pixels. Default 450. */
  panelWidth?: number;
  /** Height of one panel in pixels. Default 350. */
  panelHeight?: number;
}

/**
 * The curves of a training as the text of an SVG file: one panel a metric, train as a line, validation dashed.
 *
 *   const history = await model.fit(x, y, { epochs: 5, validationSplit: 0.2 });
 *   await writeFile("history.svg", await plotHistory(history.history));
 */
export async function plotHistory(history: HistoryValues, options: PlotHistoryOptions = {}): Promise<string> {
  const { title = "Training history", metrics, ...size } = options;
  const panels = historyPanels(history, metrics).map(({ label, curves }) => ({
    title: `Model ${/^[A-Z]+$/.test(label) ? label : label.toLowerCase()}`,
    xLabel: "Epoch",
    yLabel: label,
    series: curves.map(({ name, values }) => ({ name, y: values, dashed: name === "validation" })),
  }));
  return plotLines(panels, { title: title ?? undefined, ...size });
}
