import type * as Plot from "@observablehq/plot";
import { DataError, problem } from "../errors.ts";
import type { DateTick } from "./date-ticks.ts";
import { drawLegend } from "./legend.ts";
import { colors, svgFile } from "./style.ts";
import { svgContent, svgDocument, svgText } from "./svg-document.ts";
import { paddedRange, ticks, tickTexts, wholeTicks } from "./ticks.ts";

/** One curve. Values that are not finite leave a gap and are counted in the legend. */
export interface LineSeries {
  /** In the legend. */
  name: string;
  /** Values; NaN leaves a gap. */
  y: readonly number[];
  /** As long as `y` and ascending; 1, 2, 3, … by default. */
  x?: readonly number[];
  /** Drawn with dashes. Default false. */
  dashed?: boolean;
  /** The ends of a band around the curve, as long as `y`: an interval of a forecast. */
  low?: readonly number[];
  /** Upper bounds of a band around the line. */
  high?: readonly number[];
}

/** One pair of axes. */
export interface LinePanel {
  /** Above the panel. */
  title: string;
  /** Below the x axis. */
  xLabel: string;
  /** Beside the y axis. */
  yLabel: string;
  /** Dates of x = 1, 2, 3, …, by which the x axis is marked then. Default: none. */
  xDates?: readonly string[] | undefined;
  /** The lines, the first one at the back. */
  series: readonly LineSeries[];
  /** Stretches of the x axis that are shaded, both ends included: alarms. Default: none. */
  spans?: readonly { readonly from: number; readonly to: number }[];
}

export interface LinesOptions {
  /** Title over all panels. Default: none. */
  title?: string;
  /** Width of one panel in pixels. Default 450. */
  panelWidth?: number;
  /** Height of one panel in pixels. Default 350. */
  panelHeight?: number;
  /** Panels side by side before a new row begins; 2 by default. */
  panelsPerRow?: number;
}

const mostDots = 30; // points of a curve up to which each is marked
const margin = 22; // pixels, at the right
const halfLetter = 3.4; // pixels
const dash = "6 4"; // pixels drawn, pixels left out
const alarmColor = colors[5];

/**
 * Line charts as the text of one SVG file: panels with axes, grid and a legend in words, dark on white.
 * The same data give the same text. Write it to a file or set it as `innerHTML`.
 *
 *   const svg = await plotLines([{ title: "Model loss", xLabel: "Epoch", yLabel: "Loss", series: [{ name: "train", y: [0.7, 0.4] }] }]);
 */
export async function plotLines(panels: readonly LinePanel[], options: LinesOptions = {}): Promise<string> {
  checkPanels(panels);
  const { title, panelWidth = 450, panelHeight = 350, panelsPerRow = 2 } = options;
  const page = await svgDocument();
  const plot = await import("@observablehq/plot");
  const { dateTicks } = await import("./date-ticks.ts");
  const top = title === undefined ? 12 : 46;
  const columns = Math.min(panelsPerRow, panels.length);
  const width = columns * panelWidth;
  const height = top + Math.ceil(panels.length / columns) * panelHeight;
  const drawn = panels.map((panel, i) => {
    const x = (i % columns) * panelWidth;
    const y = top + Math.floor(i / columns) * panelHeight;
    const content = drawPanel(panel, panelWidth, panelHeight, page, plot, dateTicks);
    return `<g transform="translate(${x},${y})">${content}</g>`;
  });
  return svgFile(width, height, inWords(title, panels), title, drawn.join(""));
}

function drawPanel(
  panel: LinePanel,
  width: number,
  height: number,
  page: Document,
  plot: typeof Plot,
  dateTicks: (dates: readonly string[], width: number) => DateTick[],
): string {
  const curves = panel.series.map((series, i) => ({
    ...series,
    x: series.x ?? series.y.map((_, k) => k + 1),
    y: series.y.map((v) => (Number.isFinite(v) ? v : Number.NaN)),
    color: colors[i % colors.length],
  }));
  const allX = curves.flatMap((c) => c.x);
  const low = allX.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = allX.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const xDomain: [number, number] = low === high ? [low - 1, high + 1] : [low, high];
  const yDomain = paddedRange(curves.flatMap((c) => [...c.y, ...(c.low ?? []), ...(c.high ?? [])]));
  const yTicks = ticks(...yDomain, 6);
  const yTexts = tickTexts(yTicks);
  const left = 46 + 7 * Math.max(...yTexts.map((t) => t.length)); // pixels: axis label, tick texts
  const byDate = panel.xDates?.slice(low - 1, high) ?? [];
  const dated = byDate.length > 0 ? dateTicks(byDate, width - margin - left) : null;
  const whole = allX.every(Number.isInteger);
  const xTicks = dated?.map(({ at }) => low + at) ?? (whole ? wholeTicks(low, high, 8) : ticks(...xDomain, 6));
  const xTexts = dated?.map(({ text }) => text) ?? tickTexts(xTicks);
  // The last text is centered on its tick: it has room beyond the axis.
  const beyond = ((high - (xTicks.at(-1) ?? high)) / (xDomain[1] - xDomain[0])) * (width - margin - left);
  const marginRight = Math.max(margin, Math.ceil(halfLetter * (xTexts.at(-1)?.length ?? 0) - beyond));
  const { content: legend, rows } = drawLegend(curves, left, width - marginRight);
  const axis = { labelAnchor: "center", labelArrow: "none", line: true } as const;
  const svg = plot.plot({
    document: page,
    width,
    height,
    marginLeft: left,
    marginRight,
    marginTop: 30 + 18 * rows,
    marginBottom: 56,
    style: { fontSize: "12px" },
    x: {
      ...axis,
      label: panel.xLabel,
      labelOffset: 40,
      domain: xDomain,
      ticks: xTicks,
      tickFormat: (_: number, i: number) => xTexts[i],
    },
    y: {
      ...axis,
      label: panel.yLabel,
      labelOffset: left - 12,
      domain: yDomain,
      ticks: yTicks,
      tickFormat: (_: number, i: number) => yTexts[i],
      grid: true,
    },
    marks: [
      ...shaded(panel.spans ?? [], xDomain, plot),
      ...curves.flatMap(({ x, y, low: lows = [], high: highs = [], color, dashed }) => {
        const points = y.map((value, k) => ({ x: x[k], y: value }));
        const band = lows.map((low, k) => ({ x: x[k], low, high: highs[k] }));
        const alone = (k: number) => Number.isNaN(y[k - 1] ?? Number.NaN) && Number.isNaN(y[k + 1] ?? Number.NaN);
        return [
          ...(band.length > 0
            ? [plot.areaY(band, { x: "x", y1: "low", y2: "high", fill: color, fillOpacity: 0.18 })]
            : []),
          plot.lineY(points, {
            x: "x",
            y: "y",
            stroke: color,
            strokeWidth: 2,
            strokeDasharray: dashed ? dash : undefined,
          }),
          plot.dot(
            points.filter((_, k) => y.length <= mostDots || alone(k)),
            { x: "x", y: "y", fill: color, r: 3 },
          ),
        ];
      }),
    ],
  });
  return (
    svgText(panel.title, left, 14, 'font-size="14" font-weight="600"') +
    legend +
    `<g text-anchor="middle">${svgContent(svg)}</g>`
  );
}

const leastShade = 0.003; // of the axis, so that one row can be seen

/** Stretches as high as the panel, behind the curves. */
function shaded(spans: readonly { from: number; to: number }[], [low, high]: [number, number], plot: typeof Plot) {
  const least = leastShade * (high - low);
  const rects = spans.map(({ from, to }) => {
    const more = Math.max(0, least - (to - from)) / 2;
    return { from: Math.max(low, from - more), to: Math.min(high, to + more) };
  });
  return rects.length > 0 ? [plot.rectX(rects, { x1: "from", x2: "to", fill: alarmColor, fillOpacity: 0.4 })] : [];
}

/** Text for screen readers: every curve with its first and last value. */
function inWords(title: string | undefined, panels: readonly LinePanel[]): string {
  const curve = ({ name, y }: LineSeries) => {
    const short = (v: number) => String(Number(v.toPrecision(4)));
    return y.length === 1 ? `${name} ${short(y[0])}` : `${name} from ${short(y[0])} to ${short(y[y.length - 1])}`;
  };
  const sentences = panels.map((panel) => `${panel.title}: ${panel.series.map(curve).join(", ")}.`);
  return [...(title === undefined ? [] : [`${title}.`]), ...sentences].join(" ");
}

function checkPanels(panels: readonly LinePanel[]): void {
  if (panels.length === 0) throw new DataError(problem("plot", "at least one panel", "none"));
  for (const { title, series } of panels) {
    const who = `plot "${title}"`;
    if (series.length === 0) throw new DataError(problem(who, "at least one curve", "none"));
    for (const { name, x, y, low, high } of series) {
      if (y.length === 0) throw new DataError(problem(who, `values for "${name}"`, "none", "Run at least one epoch."));
      if ((low?.length ?? y.length) !== y.length || low?.length !== high?.length) {
        const received = `${low?.length ?? "no"} and ${high?.length ?? "no"}`;
        throw new DataError(problem(who, `${y.length} values for low and high of "${name}"`, received));
      }
      if (x !== undefined && (x.length !== y.length || !x.every(Number.isFinite))) {
        throw new DataError(problem(who, `${y.length} finite x for "${name}"`, `${x.filter(Number.isFinite).length}`));
      }
    }
  }
}
