import type { Attention, BaselineName, Gradients, Parts, StudioTrace } from "../../../src/studio/messages.ts";
import { cividis } from "../colours.ts";
import { bars, heatmap } from "./draw.ts";
import { digits, type Figure, fileName, type Origin, withOrigin } from "./figure.ts";
import { framed } from "./frame.ts";
import { logLines } from "./log-lines.ts";
import { captionOf, modelPart } from "./of-trace.ts";

const unheld = ({ clamp }: StudioTrace): string[] =>
  clamp ? ["This is the model as it is, without the gate that is held."] : [];

/** The part of each step in an output. */
export function partsFigure(traced: StudioTrace, found: Parts, baseline: BaselineName, origin: Origin): Figure {
  const { integrated, occlusion, of, score, baselineScore, gap } = found;
  const texts = traced.steps.map(({ text }) => text);
  const title = `The part of each step in ${of}: integrated gradients`;
  const from = baseline === "mean" ? "the mean input" : "zeros";
  const sums = `It is ${score.toFixed(4)}, for ${from} ${baselineScore.toFixed(4)}; the parts miss their sum by ${Math.abs(gap).toExponential(1)}.`;
  const caption = captionOf(traced, origin, sums, ...unheld(traced));
  const range: [number, number] = [Math.min(0, ...integrated), Math.max(0, ...integrated)];
  return {
    name: fileName(modelPart(origin), "parts"),
    title,
    caption,
    table: withOrigin(origin, {
      columns: ["step", "text", "integrated_gradients", "occlusion"],
      rows: texts.map((text, t) => [t + 1, text, digits(integrated[t]), occlusion ? digits(occlusion[t]) : Number.NaN]),
    }),
    svg: () =>
      framed(
        title,
        caption,
        bars([...integrated], texts, range, (v) => v.toFixed(3)),
      ),
  };
}

/** The gradient that reaches each step of a cell. */
export function gradientFigure(traced: StudioTrace, { cells, of }: Gradients, cell: string, origin: Origin): Figure {
  const texts = traced.steps.map(({ text }) => text);
  const own = cells.find(({ name }) => name === cell)!;
  const title = `Gradient of ${of} for the state of ${cell} at each step`;
  const caption = captionOf(traced, origin, "The axis is logarithmic.", ...unheld(traced));
  const lines = [
    { name: "for the cell state c", y: own.c },
    { name: "for the output h", y: own.h },
  ].filter((line): line is { name: string; y: Float64Array } => line.y !== null);
  return {
    name: fileName(modelPart(origin), cell, "gradient flow"),
    title,
    caption,
    table: withOrigin(origin, {
      columns: ["layer", "step", "text", "gradient_c", "gradient_h"],
      rows: texts.map((text, t) => [cell, t + 1, text, own.c?.[t] ?? Number.NaN, own.h?.[t] ?? Number.NaN]),
    }),
    svg: () =>
      framed(
        title,
        caption,
        logLines(
          Float64Array.from(texts, (_, t) => t + 1),
          lines,
          { x: "step of the input" },
        ),
      ),
  };
}

/** Where an attention layer looks. */
export function attentionFigure(
  traced: StudioTrace,
  { name, heads, queries, values, weights, aligned }: Attention["layers"][number],
  head: number,
  origin: Origin,
): Figure {
  const texts = traced.steps.map(({ text }) => text);
  const seen = (v: number) => (aligned ? texts[v] : String(v + 1));
  const asks = (q: number) => (queries === texts.length ? texts[q] : String(q + 1));
  const which = heads > 1 ? `, head ${head + 1} of ${heads}` : "";
  const title = `Attention of ${name}${which}: what each step looks at`;
  const caption = captionOf(traced, origin, "Rows ask, columns are looked at; a row adds up to 1.", ...unheld(traced));
  const at = (q: number, v: number) => weights[(head * queries + q) * values + v];
  return {
    name: fileName(modelPart(origin), name, heads > 1 ? `head ${head + 1}` : "", "attention"),
    title,
    caption,
    table: withOrigin(origin, {
      columns: ["layer", "head", "query_step", "query", "value_step", "value", "weight"],
      rows: Array.from({ length: queries * values }, (_, k) => {
        const [q, v] = [Math.floor(k / values), k % values];
        return [name, head + 1, q + 1, asks(q), v + 1, seen(v), digits(at(q, v))];
      }),
    }),
    svg: () => {
      const drawn = Float32Array.from({ length: queries * values }, (_, k) => at(k % queries, Math.floor(k / queries)));
      const columns = Array.from({ length: values }, (_, v) => seen(v));
      return framed(title, caption, heatmap(drawn, queries, columns, cividis, null, "asks"));
    },
  };
}
