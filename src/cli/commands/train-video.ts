import type { Command } from "commander";
import { counted } from "../../errors.ts";
import { type VideoClassifierOptions, videoClassifier } from "../../video/index.ts";
import { classesIn } from "../readers/classes-in.ts";
import { readLabelledClips } from "../readers/read-clips.ts";
import { byLine } from "../readers/read-table.ts";
import { notes, type Screen } from "../screen/screen.ts";
import { continued, rateOf } from "./continue.ts";
import { given, optimizerFor } from "./given-options.ts";
import { judged, sameLabels, sayTrained } from "./judged.ts";
import { asKnown, asLabels } from "./labels.ts";
import type { TrainOptions } from "./train-options.ts";
import { train } from "./train-run.ts";

/** `cellstate train video`: a class for each clip. */
export async function onClips(files: string[], o: TrainOptions, self: Command, screen: Screen): Promise<void> {
  const say = notes(o, screen);
  const before = o.continue ? await continued(o.continue, "videoClassifier", o, self) : null;
  const read = await readLabelledClips(files, { ...o, kept: before?.options.reading, say });
  const { clips, labels, reading, table } = read;
  say(`${counted(clips.length, "clip")}, ${classesIn(labels)}`);
  const sizes = given(o, "units", "bidirectional", "pooling", "dropout", "recurrentDropout", "outputDropout");
  const more = given(o, "convolution", "kernelSize", "length", "output", "seed", "backend");
  const cell = o.cell === undefined ? {} : { cell: o.cell as VideoClassifierOptions["cell"] & string };
  const task = before ?? videoClassifier({ ...sizes, ...more, ...cell, ...optimizerFor(o), reading });
  const classes = before ? asKnown(labels, before.labels, say) : asLabels(labels);
  const others = o.validationData ? await readLabelledClips(o.validationData, { ...o, kept: reading, say }) : null;
  const apart = others && ([others.clips, sameLabels(others, classes)] as const);
  const fitting = {
    ...given(o, "validationSplit", "patience", "classWeight"),
    ...(before ? { continue: true } : {}),
    ...(apart ? { validationData: apart } : {}),
  };
  await train(task, o, screen, self, ({ callbacks, ...fit }) =>
    byLine(table, () => task.fit(clips, classes, { ...fit, ...fitting, callbacks: [...rateOf(o), ...callbacks] })),
  );
  const frame = task.frame ?? [];
  sayTrained(
    `${counted(task.length, "frame")} of ${frame.slice(0, 2).join(" × ")} pixels read of a clip`,
    task.split,
    say,
  );
  const { split } = task;
  if (!split) return;
  const rows = <T>(list: readonly T[]) => split.heldOut.map((row) => list[row]);
  const [asked, right] = apart ?? [rows(clips), rows(classes)];
  await judged(asked.length > 0 ? () => task.evaluate(asked, right) : null, o, say);
}
