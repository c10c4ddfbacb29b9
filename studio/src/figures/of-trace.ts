import type { CellTrace, StudioTrace } from "../../../src/studio/messages.ts";
import { binned, inOrder } from "../bins.ts";
import { blueOrange, cividis, limitFor } from "../colours.ts";
import { gateName, isSigned, meanAt } from "../gates.ts";
import { followedOf } from "../outputs.ts";
import { ladder } from "../parts/ribbon-shape.ts";
import { bars, heatmap, ribbons } from "./draw.ts";
import { digits, type Figure, fileName, type Origin, originWords, withOrigin } from "./figure.ts";
import { framed } from "./frame.ts";

const textsOf = ({ steps }: StudioTrace): string[] => steps.map(({ text }) => text);

/** The caption of what was traced: the model, the input, and a gate that was held. */
export function captionOf(traced: StudioTrace, origin: Origin, ...more: readonly string[]): string {
  const input = traced.input.length > 300 ? `${traced.input.slice(0, 300)} …` : traced.input;
  const { clamp, replace } = traced;
  const unit = clamp?.unit == null ? "all units" : `unit ${clamp.unit + 1}`;
  const at = clamp?.step == null ? "every step" : `step ${clamp.step + 1}`;
  const held = [
    ...(clamp ? [`The ${gateName(clamp.gate)} of ${unit} of ${clamp.cell} is held at ${clamp.value} at ${at}.`] : []),
    ...(replace ? [`Step ${replace.step + 1} is read as “${replace.by}”.`] : []),
  ];
  return [`${originWords(origin)}. Input: “${input}”.`, ...held, ...more].join(" ");
}

/** Beginning of a file's name: the model, and its seed where it has one. */
export const modelPart = ({ model, training }: Origin): string =>
  training ? `${training.task} ${training.layer} seed ${training.seed}` : model.replace(/\.[a-z0-9]+$/i, "");

/** A gate or state of every unit at every step. */
export function gateFigure(
  traced: StudioTrace,
  cell: CellTrace,
  gate: string,
  origin: Origin,
  order: readonly number[] | null = null,
): Figure {
  const values = cell.values[gate];
  const texts = textsOf(traced);
  const { units } = cell;
  const bins = binned(inOrder(values, units, order), units);
  const signed = isSigned(gate);
  const limit = signed ? limitFor(bins.values) : null;
  const title = `${capital(gateName(gate))} of ${cell.name}: ${units} units at ${texts.length} steps`;
  const binsSay = bins.size === 1 ? [] : [`Bins of ${bins.size} units: for each its smallest value and its largest.`];
  const ordered = order ? [`Units from top to bottom by factor: ${order.map((unit) => unit + 1).join(", ")}.`] : [];
  const caption = captionOf(traced, origin, ...binsSay, ...(units > 64 ? [] : ordered));
  return {
    name: fileName(modelPart(origin), cell.name, gateName(gate)),
    title,
    caption,
    table: withOrigin(origin, {
      columns: ["layer", "gate", "step", "text", "unit", "value"],
      rows: Array.from(values, (v, k) => {
        const t = Math.floor(k / units);
        return [cell.name, gate, t + 1, texts[t], (k % units) + 1, digits(v)];
      }),
    }),
    svg: () =>
      framed(
        title,
        caption,
        heatmap(bins.values, bins.rows, texts, signed ? blueOrange : cividis, limit, bins.size === 1 ? "unit" : "bin"),
      ),
  };
}

/** The mean over the units of the gate that keeps. */
export function keptFigure(traced: StudioTrace, cell: CellTrace, gate: string, origin: Origin): Figure {
  const texts = textsOf(traced);
  const means = texts.map((_, t) => digits(meanAt(cell.values[gate], t, cell.units)));
  const title = `Kept of the memory so far: the mean of the ${gateName(gate)} over ${cell.units} units of ${cell.name}`;
  const caption = captionOf(traced, origin);
  return {
    name: fileName(modelPart(origin), cell.name, `mean ${gateName(gate)}`),
    title,
    caption,
    table: withOrigin(origin, {
      columns: ["layer", "gate", "step", "text", "mean"],
      rows: means.map((mean, t) => [cell.name, gate, t + 1, texts[t], mean]),
    }),
    svg: () =>
      framed(
        title,
        caption,
        bars(means, texts, [0, 1], (v) => v.toFixed(2)),
      ),
  };
}

/** What is left of each step's writing at each later step. */
export function leftFigure(traced: StudioTrace, cell: CellTrace, origin: Origin): Figure {
  const texts = textsOf(traced);
  const left = cell.left!;
  const { units } = cell;
  const count = texts.length;
  const title = `What is left of each step in the memory of ${cell.name}`;
  const whole = ladder(Math.max(...left) / units);
  const height = `Height: the mean over the units of the absolute value of what is left; the whole row is ${whole}.`;
  const caption = captionOf(traced, origin, height);
  return {
    name: fileName(modelPart(origin), cell.name, "what is left"),
    title,
    caption,
    table: withOrigin(origin, {
      columns: ["layer", "written_at", "text", "step", "left_mean", "left_fraction"],
      rows: texts.flatMap((text, s) =>
        texts.slice(s).map((_, k) => {
          const [now, first] = [left[s * count + s + k], left[s * count + s]];
          return [cell.name, s + 1, text, s + k + 1, digits(now / units), first > 0 ? digits(now / first) : Number.NaN];
        }),
      ),
    }),
    svg: () => framed(title, caption, ribbons(left, texts, units)),
  };
}

/** The prediction after each step, or the one at the end. */
export function predictionFigure(traced: StudioTrace, origin: Origin): Figure {
  const { labels, values, at, kind, words } = traced.outputs;
  const each = at === "each";
  const texts = each ? textsOf(traced) : ["the end"];
  const after = each ? "after each step" : "after all of the input";
  const caption = captionOf(traced, origin);
  const place = (t: number) => (each ? t + 1 : traced.steps.length);
  const name = fileName(modelPart(origin), "predictions");
  if (words) {
    const title = `The most probable next word ${after}`;
    return {
      name,
      title,
      caption,
      table: withOrigin(origin, {
        columns: ["step", "text", "rank", "next", "probability"],
        rows: words.flatMap((row, t) =>
          row.map(({ token, probability }, k) => [place(t), texts[t], k + 1, token, digits(probability)]),
        ),
      }),
      svg: () =>
        framed(
          title,
          caption,
          bars(
            words.map(([best]) => best?.probability ?? Number.NaN),
            texts,
            [0, 1],
            (_, t) => words[t][0].token,
          ),
        ),
    };
  }
  const { place: k, values: followed } = followedOf(traced.outputs);
  const probability = kind === "probability";
  const title = probability ? `Probability of “${labels[k]}” ${after}` : `Prediction ${after}: ${labels[k]}`;
  const range: [number, number] = probability ? [0, 1] : [Math.min(0, ...followed), Math.max(0, ...followed)];
  return {
    name,
    title,
    caption,
    table: withOrigin(origin, {
      columns: ["step", "text", "output", probability ? "probability" : "value"],
      rows: Array.from(values, (v, n) => {
        const t = Math.floor(n / labels.length);
        return [place(t), texts[t], labels[n % labels.length], digits(v)];
      }),
    }),
    svg: () =>
      framed(
        title,
        caption,
        bars(followed, texts, range, (v) => (probability ? v.toFixed(2) : v.toPrecision(3))),
      ),
  };
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
