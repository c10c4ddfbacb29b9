import { DataError, problem } from "../../errors.ts";
import type { Evaluation } from "../../index.ts";
import type { VideoClassifier } from "../../video/index.ts";
import type { Opening } from "../readers/bare-options.ts";
import { thresholdsOf } from "../readers/open-task.ts";
import { type ClipColumns, readClips, readLabelledClips } from "../readers/read-clips.ts";
import { byLine } from "../readers/read-table.ts";
import { notes, type Screen } from "../screen/screen.ts";
import { asKnown } from "./labels.ts";
import { type PredictOptions, show } from "./predict-texts.ts";

/** The class of each clip in files. */
export async function answerClips(
  task: VideoClassifier,
  files: readonly string[],
  o: PredictOptions & ClipColumns,
  screen: Screen,
): Promise<void> {
  if (o.out) {
    const next = "Clips are answered on standard output: leave --out away, and add > answers.jsonl.";
    throw new DataError(problem("--out", "a model that reads texts", "one that reads clips", next));
  }
  const { clips, names, table } = await readClips(files, { ...o, kept: task.options.reading, say: notes(o, screen) });
  const all = await byLine(table, () => task.predict(clips, thresholdsOf(o, task.labels)));
  for (const [i, answer] of all.entries()) screen.out(show(answer, names && { name: names[i] }, o));
}

/** A video classifier on clips and their classes. */
export async function evaluateClips(
  task: VideoClassifier,
  files: readonly string[],
  o: ClipColumns & Opening,
  say: (line: string) => void,
): Promise<Evaluation> {
  const { clips, labels, table } = await readLabelledClips(files, { ...o, kept: task.options.reading, say });
  return byLine(table, () => task.evaluate(clips, asKnown(labels, task.labels, say), thresholdsOf(o, task.labels)));
}
