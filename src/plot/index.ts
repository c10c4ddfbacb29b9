export { type PlotHistoryOptions, plotHistory } from "./history.ts";
export { type HistoryChartOptions, historyChart } from "./history-chart.ts";
export type { HistoryValues } from "./history-panels.ts";
export { type LinePanel, type LineSeries, type LinesOptions, plotLines } from "./lines.ts";
