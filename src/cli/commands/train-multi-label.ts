import type { Command } from "commander";
import { DataError, problem } from "../../errors.ts";
import { multiLabelClassifier } from "../../multilabel/index.ts";
import { readLabelSets } from "../readers/read-label-sets.ts";
import { byLine } from "../readers/read-table.ts";
import { notes, type Screen } from "../screen/screen.ts";
import { refuseToContinue } from "./continue.ts";
import { given, optimizerFor } from "./given-options.ts";
import { sayTrained } from "./judged.ts";
import { readingOf } from "./scripts-without-blanks.ts";
import { stackNames, type TrainOptions } from "./train-options.ts";
import { train } from "./train-run.ts";

/** `cellstate train classify --multi-label`: any number of labels for each text. */
export async function onLabelSets(files: string[], o: TrainOptions, self: Command, screen: Screen): Promise<void> {
  refuseToContinue(o, "a classifier of several labels");
  for (const name of ["validationData", "classWeight", "output", "chart", "missing"] as const) {
    if (self.getOptionValueSource(name) !== "cli") continue;
    const flag = self.options.find((option) => option.attributeName() === name)!.long!;
    throw new DataError(problem(flag, "one class a text", "--multi-label", "Leave it out."));
  }
  const say = notes(o, screen);
  const { table, texts, sets, reading } = await readLabelSets(files, { ...o, say });
  const words = given(o, "numWords", "length", "keep", "embedding", "filters", "lower");
  const bag = given(o, "embeddingDropout", "pairs", "pairEmbedding");
  const task = multiLabelClassifier({
    ...readingOf(texts, o.charLevel, say),
    ...given(o, ...stackNames),
    ...{ ...words, ...bag, ...optimizerFor(o), reading, thresholds: "f1" },
  });
  const more = given(o, "validationSplit", "patience");
  await train(task, o, screen, self, (fit) => byLine(table, () => task.fit(texts, sets, { ...fit, ...more })));
  const { split } = task;
  if (!split) return; // stopped before the first step
  const chosen = Object.entries(task.thresholds).filter(([, x]) => x !== 0.5).length;
  const how = chosen > 0 ? `; the thresholds of ${chosen} give the largest F1 on the validation rows` : "";
  sayTrained(`${task.labels.length} labels known${how}`, split, say);
}
