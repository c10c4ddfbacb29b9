import type { TableSeries } from "../../data/index.ts";
import type { SeriesForecasts } from "../../index.ts";
import { type LinePanel, plotLines } from "../../plot/index.ts";

const most = 6; // series drawn

/** The forecasts of the first series, a panel each over the end of what happened, as the text of an SVG file. */
export function drawCollection(series: readonly TableSeries[], found: SeriesForecasts): Promise<string> {
  const title = found.length > most ? `Forecasts of ${most} of ${found.length} series` : "Forecasts";
  const panels = found.slice(0, most).map((one, k) => panelOf(series[k], one));
  const size = found.length === 1 ? { panelWidth: 760, panelHeight: 380 } : {};
  return plotLines(panels, { title, ...size });
}

function panelOf({ values, dates }: TableSeries, found: SeriesForecasts[number]): LinePanel {
  const steps = found.values.length;
  const from = Math.max(0, values.length - Math.max(60, 5 * steps)); // so that the few steps of a forecast can be seen
  const actual = Array.from(values.subarray(from));
  const axis = dates && found.dates ? [...dates.slice(from), ...found.dates] : undefined;
  const ends = found.low && found.high ? { low: Array.from(found.low), high: Array.from(found.high) } : {};
  const x = Array.from(found.values, (_, h) => actual.length + h + 1);
  return {
    ...{ title: found.id, xLabel: axis ? "Date" : "Step", yLabel: "Value", xDates: axis },
    series: [
      { name: "actual", y: actual },
      {
        name: "low" in ends ? "forecast and its interval" : "forecast",
        y: Array.from(found.values),
        x,
        dashed: true,
        ...ends,
      },
    ],
  };
}
