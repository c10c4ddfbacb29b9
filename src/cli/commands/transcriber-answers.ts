import { counted, DataError, problem } from "../../errors.ts";
import type { SequenceTranscriber, TranscriberEvaluation } from "../../transcribe/index.ts";
import { byLine } from "../readers/read-table.ts";
import { readInputs, readTranscripts, type TranscriptColumns } from "../readers/read-transcripts.ts";
import { recordingsIn } from "../readers/recordings-in.ts";
import { type Common, notes, percent, type Screen } from "../screen/screen.ts";

/** A transcriber on examples: character and word error rate. */
export async function evaluateTranscriber(
  task: SequenceTranscriber,
  files: readonly string[],
  o: Common & TranscriptColumns & { chart?: string; missing?: string },
  screen: Screen,
): Promise<void> {
  if (o.chart) throw new DataError(problem("--chart", "classes or a forecast", "a transcriber", "Leave it out."));
  const { examples, table } = await readTranscripts(files, {
    ...o,
    missing: o.missing ?? "error",
    say: notes(o, screen),
  });
  const found = await byLine(table, () => task.evaluate(examples));
  screen.out(o.json ? `${JSON.stringify(found)}\n` : inWords(found));
}

function inWords({ cer, wer, exact, examples, characters }: TranscriberEvaluation): string {
  const { substitutions, deletions, insertions } = characters;
  const edits = `${substitutions} others, ${deletions} missing, ${insertions} too many`;
  return `character error rate ${percent(cer)} (${edits}), word error rate ${percent(wer)}; all right in ${percent(exact)} of ${counted(examples, "example")}\n`;
}

/** Transcripts of recordings, or of frames in npy files. */
export async function transcribeFiles(
  task: SequenceTranscriber,
  given: readonly string[],
  o: Common & TranscriptColumns & { top?: number },
  screen: Screen,
): Promise<void> {
  const files = await recordingsIn(given, notes(o, screen));
  const found = await task.transcribe(await readInputs(files, o), { topPaths: o.top ?? 1 });
  for (const [i, { transcript, probability, others }] of found.entries()) {
    const file = files[i];
    if (o.json) screen.out(`${JSON.stringify({ file, transcript, probability, others })}\n`);
    else if (o.quiet) screen.out(`${transcript}\n`);
    else
      for (const one of [{ transcript, probability }, ...others])
        screen.out(`${[file, one.transcript, percent(one.probability)].join("\t")}\n`);
  }
}
