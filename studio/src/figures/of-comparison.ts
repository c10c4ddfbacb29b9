import type { Compared } from "../../../src/studio/messages.ts";
import { lyingBars } from "./draw.ts";
import { digits, type Figure, fileName, type Origin, originWords, withOrigin } from "./figure.ts";
import { framed } from "./frame.ts";
import { modelPart } from "./of-trace.ts";

/** How far the weights of two models are apart. */
export function comparisonFigure({ name, weights }: Compared, origin: Origin): Figure {
  const title = `Root mean square of the difference of the weights, and ${name}`;
  const caption = `${originWords(origin)}. The other: ${name}. Weights of another shape are left out of the picture.`;
  const number = (v: number | null) => (v === null ? Number.NaN : digits(v));
  return {
    name: fileName(modelPart(origin), "beside", name.replace(/\.[a-z0-9]+$/i, "")),
    title,
    caption,
    table: withOrigin(origin, {
      columns: ["other_model", "weight", "other_weight", "shape", "rms", "other_rms", "difference_rms"],
      rows: weights.map((one) => [
        ...[name, one.name, one.other, one.shape.join(" × ")],
        ...[digits(one.left), digits(one.right), number(one.difference)],
      ]),
    }),
    svg: () =>
      framed(
        title,
        caption,
        lyingBars(weights.flatMap((one) => (one.difference === null ? [] : [[one.name, one.difference] as const]))),
      ),
  };
}
