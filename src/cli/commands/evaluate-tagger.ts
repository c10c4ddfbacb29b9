import { counted, DataError, problem } from "../../errors.ts";
import type { EntityScore, SequenceTagger, TaggerEvaluation } from "../../tagging/index.ts";
import { readSentences, type SentenceColumns } from "../readers/read-sentences.ts";
import { type Common, notes, percent, type Screen } from "../screen/screen.ts";

/** A tagger on labelled sentences: token accuracy, entity F1, accuracy of intents. */
export async function evaluateTagger(
  task: SequenceTagger,
  files: readonly string[],
  o: Common & SentenceColumns & { chart?: string },
  screen: Screen,
): Promise<void> {
  if (o.chart) throw new DataError(problem("--chart", "classes or a forecast", "a tagger of tokens", "Leave it out."));
  const { sentences } = await readSentences(files, { ...o, say: notes(o, screen) }, task.options.reading);
  const found = await task.evaluate(sentences);
  if (o.json) return screen.out(`${JSON.stringify(found)}\n`);
  screen.out(`${inOneLine(found)}\n`);
  if (!o.quiet && found.entities) screen.out(byType(found.entities.byType));
}

function inOneLine({ accuracy, entities, intent, exact, sentences }: TaggerEvaluation): string {
  const figures = [
    ...(entities
      ? [
          `entity F1 ${percent(entities.f1)} (precision ${percent(entities.precision)}, recall ${percent(entities.recall)})`,
        ]
      : []),
    `token accuracy ${percent(accuracy)}`,
    ...(intent ? [`intent accuracy ${percent(intent.accuracy)}`] : []),
  ];
  return `${figures.join(", ")}; all right in ${percent(exact)} of ${counted(sentences, "sentence")}`;
}

/** A line a type of entity, as conlleval prints them. */
function byType(types: Readonly<Record<string, EntityScore>>): string {
  const width = Math.max(4, ...Object.keys(types).map((name) => name.length));
  const rows = Object.entries(types).map(([name, { precision, recall, f1, support }]) => {
    const cells = [precision, recall, f1].map((v) => percent(v).padStart(9)).join("  ");
    return `  ${name.padEnd(width)}  ${cells}  ${String(support).padStart(7)}`;
  });
  return `  ${"type".padEnd(width)}  precision     recall         F1  support\n${rows.join("\n")}\n`;
}
