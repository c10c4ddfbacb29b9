import { useEffect, useRef } from "preact/hooks";
import type uPlot from "uplot";
import type { CellName } from "../../../src/studio/messages.ts";
import { colourOf } from "../colours.ts";

/** A line of a chart: of one seed, the mean of all seeds, or before training. */
export interface Line {
  readonly cell: CellName;
  readonly kind: "seed" | "mean" | "fresh";
  readonly values: Float64Array;
}

interface Props {
  readonly x: Float64Array;
  readonly xMost: number;
  readonly lines: readonly Line[];
  readonly xLabel: string;
  readonly yLabel: string;
  /** The picture in words. */
  readonly label: string;
}

/** The networks' colours, and dashes for those who see fewer. */
export const cellLooks: Readonly<Record<CellName, { colour: string; dash: number[] }>> = {
  simpleRnn: { colour: "--orange", dash: [2, 3] },
  lstm: { colour: "--blue", dash: [] },
  gru: { colour: "--green", dash: [9, 4] },
};

/** Lines on a logarithmic axis, thin ones for seeds; uPlot is loaded when there is something to draw. */
export function Lines(props: Props) {
  const { lines, xMost, xLabel, yLabel, label } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const shape = lines.map(({ cell, kind }) => cell + kind).join();
  useEffect(() => {
    let gone = false;
    let seen: ResizeObserver | null = null;
    void Promise.all([import("uplot"), import("uplot/dist/uPlot.min.css")]).then(([{ default: Plot }]) => {
      const box = place.current;
      if (gone || !box) return;
      const [ink, quiet, grid] = ["--ink", "--quiet", "--line"].map((name) => colourOf(box, name));
      const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: quiet, width: 1 }, labelSize: 20 };
      const drawn = latest.current.lines.map(({ cell, kind }) => {
        const { colour, dash } = cellLooks[cell];
        return {
          stroke: colourOf(box, colour),
          width: { mean: 2.5, seed: 1, fresh: 1.5 }[kind],
          alpha: kind === "seed" ? 0.55 : 1,
          dash: { mean: dash, seed: [], fresh: [1.5, 5] }[kind],
          points: { show: false },
        };
      });
      const size = () => ({ width: box.clientWidth, height: 260 });
      plot.current = new Plot(
        {
          ...size(),
          scales: { x: { time: false, range: [latest.current.x[0] ?? 0, xMost] }, y: { distr: 3 } },
          axes: [
            { ...axis, size: 34, label: xLabel },
            {
              ...axis,
              size: 62,
              label: yLabel,
              splits: (_, __, least, most) => powers(least, most),
              filter: (_, ticks) => ticks,
              values: (_, ticks) => ticks.map(tickText),
            },
          ],
          legend: { show: false },
          cursor: { show: false },
          series: [{}, ...drawn],
        },
        dataOf(latest.current),
        box,
      );
      seen = new ResizeObserver(() => plot.current?.setSize(size()));
      seen.observe(box);
    });
    return () => {
      gone = true;
      seen?.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape, xMost, xLabel, yLabel]);
  useEffect(() => {
    plot.current?.setData(dataOf(latest.current));
  }, [lines]);
  return <div ref={place} class="curve lines" role="img" aria-label={label} />;
}

/** Powers of ten within a scale, eight at most. */
function powers(least: number, most: number): number[] {
  const [from, to] = [Math.ceil(Math.log10(least) - 1e-9), Math.floor(Math.log10(most) + 1e-9)];
  const stride = Math.ceil((to - from + 1) / 8);
  const found: number[] = [];
  for (let power = to; power >= from; power -= stride) found.unshift(10 ** power);
  return found;
}

const tickText = (value: number): string =>
  value >= 1e-3 ? String(Number(value.toPrecision(1))) : value.toExponential(0);

const dataOf = ({ x, lines }: Props): uPlot.AlignedData => [x, ...lines.map(({ values }) => values)];
