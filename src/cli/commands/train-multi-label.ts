import type { Command } from "commander";
import { DataError, problem } from "../../errors.ts";
import { multiLabelClassifier } from "../../multilabel/index.ts";
import { readLabelSets } from "../readers/read-label-sets.ts";
import { byLine, placeOf } from "../readers/read-table.ts";
import { notes, type Screen } from "../screen/screen.ts";
import { refuseToContinue } from "./continue.ts";
import { given, optimizerFor } from "./given-options.ts";
import { refuseChart, sayTrained } from "./judged.ts";
import { inOneLine, writeLabelChart } from "./label-set-answers.ts";
import { readingOf } from "./scripts-without-blanks.ts";
import { stackNames, type TrainOptions } from "./train-options.ts";
import { train } from "./train-run.ts";

/** `cellstate train classify --multi-label`: any number of labels for each text. */
export async function onLabelSets(files: string[], o: TrainOptions, self: Command, screen: Screen): Promise<void> {
  refuseToContinue(o, "a classifier of several labels");
  for (const name of ["classWeight", "output", "missing", "linear"] as const) {
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
  const read = { ...reading, separator: o.labelSeparator };
  const others = o.validationData && (await readLabelSets(o.validationData, { ...o, kept: read, say }));
  if (others) checkLabels(others, new Set(sets.flat()));
  const apart = others && ([others.texts, others.sets] as const);
  const more = { ...given(o, "validationSplit", "patience"), ...(apart ? { validationData: apart } : {}) };
  await train(task, o, screen, self, (fit) => byLine(table, () => task.fit(texts, sets, { ...fit, ...more })));
  const { split } = task;
  if (!split) return; // stopped before the first step
  const chosen = Object.entries(task.thresholds).filter(([, x]) => x !== 0.5).length;
  const how = chosen > 0 ? `; the thresholds of ${chosen} give the largest F1 on the validation rows` : "";
  sayTrained(`${task.labels.length} labels known${how}`, split, say);
  const rows = <T>(list: readonly T[]) => split.heldOut.map((row) => list[row]);
  const [asked, right] = apart ?? [rows(texts), rows(sets)];
  if (asked.length === 0) return refuseChart(o);
  const found = await task.evaluate(asked, right);
  const chose = chosen > 0 ? ", which chose the thresholds" : "";
  say(`on the validation rows${chose}: ${inOneLine(found)}`);
  await writeLabelChart(found, o.chart);
}

/** Throws DataError naming file and line of a validation row with a label that the training rows lack. */
function checkLabels({ table, sets }: Awaited<ReturnType<typeof readLabelSets>>, known: ReadonlySet<string>): void {
  for (const [row, set] of sets.entries()) {
    const odd = set.find((label) => !known.has(label));
    if (odd !== undefined)
      throw new DataError(problem(placeOf(table, row), "a label of the training rows", JSON.stringify(odd)));
  }
}
