import type { TrainingState } from "../../../src/studio/messages.ts";
import { curves } from "./draw.ts";
import { type Figure, fileName, type Origin, originWords, withOrigin } from "./figure.ts";
import { framed } from "./frame.ts";
import { modelPart } from "./of-trace.ts";

/** The losses of a training so far. */
export function lossFigure({ at, loss, validation, baseline }: TrainingState, origin: Origin): Figure {
  const title = "Loss by training step";
  const caption = `${originWords(origin)}. To beat: ${baseline.words}: ${baseline.loss}.`;
  return {
    name: fileName(modelPart(origin), "losses"),
    title,
    caption,
    table: withOrigin(origin, {
      columns: ["step", "loss", "validation_loss"],
      rows: Array.from(at, (step, k) => [step, loss[k], validation[k] ?? Number.NaN]),
    }),
    svg: () =>
      framed(
        title,
        caption,
        curves(at, [
          { name: "loss of the batch", y: loss },
          ...(validation.length > 0 ? [{ name: "loss on rows held out", y: validation }] : []),
        ]),
      ),
  };
}
