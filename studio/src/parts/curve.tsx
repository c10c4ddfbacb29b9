import { useEffect, useRef } from "preact/hooks";
import type uPlot from "uplot";
import type { TrainingState } from "../../../src/studio/messages.ts";
import { colourOf } from "../colours.ts";

/** The losses of a training while it runs, on a logarithmic axis; uPlot is loaded when something trains. */
export function Curve({ training }: { training: TrainingState }) {
  const heldOut = training.at.length === 0 || training.validation.length > 0;
  return <Losses key={String(heldOut)} training={training} heldOut={heldOut} />;
}

function Losses({ training, heldOut }: { training: TrainingState; heldOut: boolean }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(training);
  latest.current = training;
  useEffect(() => {
    let gone = false;
    void Promise.all([import("uplot"), import("uplot/dist/uPlot.min.css")]).then(([{ default: Plot }]) => {
      if (gone || !place.current) return;
      const box = place.current;
      const names = ["--ink", "--quiet", "--line", "--orange", "--blue"];
      const [ink, quiet, line, orange, blue] = names.map((name) => colourOf(box, name));
      const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: quiet, width: 1 } };
      plot.current = new Plot(
        {
          width: place.current.clientWidth,
          height: 240,
          scales: { x: { time: false }, y: { distr: 3 } },
          axes: [
            { ...axis, label: "step", labelSize: 18 },
            { ...axis, size: 70, values: (_, ticks) => ticks.map(shortLoss) },
          ],
          legend: { live: false },
          series: [
            { label: "step" },
            { label: "loss of the batch", stroke: orange, width: 1 },
            ...(heldOut ? [{ label: "loss on rows held out", stroke: blue, width: 2, dash: [6, 3] }] : []),
            { label: "to beat", stroke: quiet, width: 1, dash: [2, 4] },
          ],
        },
        dataOf(latest.current, heldOut),
        place.current,
      );
    });
    return () => {
      gone = true;
      plot.current?.destroy();
      plot.current = null;
    };
  }, []);
  useEffect(() => {
    plot.current?.setData(dataOf(training, heldOut));
  }, [training]);
  const { loss, validation } = training;
  const label = `Losses so far: the last batch ${last(loss)}${validation.length > 0 ? `, rows held out ${last(validation)}` : ""}`;
  return <div ref={place} class="curve" role="img" aria-label={label} />;
}

/** Ticks of a logarithmic axis: those that uPlot leaves a place have a number. */
const shortLoss = (value: number | null): string => (value === null ? "" : String(Number(value.toPrecision(1))));

const last = (values: Float64Array): string =>
  values.length > 0 ? values[values.length - 1].toPrecision(3) : "none yet";

const dataOf = ({ at, loss, validation, baseline }: TrainingState, heldOut: boolean): uPlot.AlignedData => [
  at,
  loss,
  ...(heldOut ? [validation] : []),
  Array.from(at, () => (baseline.loss > 0 ? baseline.loss : null)), // a logarithmic axis has no zero
];
