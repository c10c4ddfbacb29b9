import { counted, DataError, problem } from "../../errors.ts";
import type { Evaluation, Label } from "../../index.ts";
import { placeOf, type Table } from "../readers/read-table.ts";
import { percent } from "../screen/screen.ts";
import { areasOf, writeConfusion } from "./class-figures.ts";
import type { TrainOptions } from "./train-options.ts";

/** Labels of rows for validation, as those of the training rows are: numbers, or names. Throws DataError for one that those do not have. */
export function sameLabels(
  { labels, table }: { labels: readonly string[]; table?: Table | null },
  known: readonly Label[],
): Label[] {
  const byName = new Map(known.map((label) => [String(label), label]));
  return labels.map((name, row) => {
    const label = byName.get(name);
    if (label !== undefined) return label;
    const who = table ? placeOf(table, row) : "--validation-data";
    throw new DataError(problem(who, "a label of the training rows", JSON.stringify(name)));
  });
}

/** Figures on the rows that were validated on, and their confusion matrix where `--chart` names a file. */
export async function judged(
  evaluate: (() => Promise<Evaluation>) | null,
  o: TrainOptions,
  say: (line: string) => void,
) {
  if (!evaluate) return refuseChart(o);
  const found = await evaluate();
  const { accuracy, report } = found;
  const always = `always ${JSON.stringify(report.baseline.label)}: ${percent(report.baseline.accuracy)}`;
  say(`on the validation rows: accuracy ${percent(accuracy)} (${always})${areasOf(found)}`);
  await writeConfusion(report, o.chart);
}

/** Throws DataError for a chart where there are no rows to draw it of. */
export function refuseChart({ chart }: Pick<TrainOptions, "chart">): void {
  if (chart) throw new DataError(problem("--chart", "rows for validation", "none", "Give --validation-data FILE."));
}

/** Says what was learned from the rows, and how they were split. */
export function sayTrained(what: string, split: Split | null, say: (line: string) => void): void {
  if (!split) return; // stopped before the first step
  const held = split.validation ? `, validated on ${split.validation}` : ", none held out for validation";
  say(`${what}; trained on ${split.training}${held}`);
  if (split.tooFew === undefined || split.tooFew === null) return;
  const few = `${counted(split.tooFew, "row")} ${split.tooFew === 1 ? "is" : "are"} too few to judge by`;
  if (split.validation > 0) say(`${few}: read the validation figures with care`);
  else say(`${few}, so none is held out (--validation-split 0.2 holds more out, --validation-data FILE other rows)`);
}

type Split = { readonly training: number; readonly validation: number; readonly tooFew?: number | null };
