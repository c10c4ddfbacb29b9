import { DataError, problem } from "../../errors.ts";
import { dense, input } from "../../index.ts";
import { addNote, compiled, type MakeLab, recurrent, spansOf, striding } from "./lab.ts";

const mostValues = 5000; // the last ones: some seconds of training
const longest = 30; // steps of a row
const mostHeld = 100; // rows that the loss is measured on

/**
 * A series of the reader's: rows of up to 30 values, and after each value the next one. The last fifth is held out, and the loss to beat is
 * that of the value before.
 */
export const series: MakeLab = (settings, data) => {
  if (!data?.series) {
    const next = "Drop a table with a column of numbers.";
    throw new DataError(problem("studio train: series", "a table of numbers", data?.about.kind ?? "no data", next));
  }
  const values = data.series.values.slice(-mostValues);
  const train = Math.floor(values.length * 0.8);
  const span = Math.min(longest, Math.floor((values.length - train) / 2));
  const [least, most] = values
    .slice(0, train)
    .reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [values[0], values[0]]);
  const scale = most - least || 1;
  const scaled = Float32Array.from(values, (v) => (v - least) / scale);
  const starts = Array.from({ length: train - span }, (_, s) => s);
  const all = Array.from({ length: Math.floor((values.length - train) / span) }, (_, k) => train - 1 + k * span);
  const held = all.slice(-mostHeld);
  const heldOut = [spansOf(scaled, held, span), spansOf(scaled, held, span, 1)] as const;
  const [before, after] = heldOut.map(({ data }) => Array.from(data));
  const naive = before.reduce((sum, v, k) => sum + (v - after[k]) ** 2, 0) / before.length;
  const layers = [input([null, 1]), recurrent(settings, true), dense(1)];
  const model = compiled(layers, settings, { name: "series", loss: "meanSquaredError" });
  addNote(model, {
    example: values
      .slice(-span)
      .map((v) => Number(v.toPrecision(6)))
      .join(" "),
    shift: least,
    scale,
  });
  return {
    model,
    task: null,
    ...striding(spansOf(scaled, starts, span), spansOf(scaled, starts, span, 1), 32),
    heldOut,
    baseline: { words: "the value before as the forecast", loss: Number(naive.toPrecision(3)) },
  };
};
