import { DataError, problem } from "../errors.ts";
import { ctcSpans, type TranscriberInput } from "../transcribe/index.ts";
import type { Clip } from "../video/index.ts";
import { classOf, type Of, percent, type Sample } from "./sample.ts";

/**
 * An input of a transcriber, and the character that is explained, from 0; null: the first. Characters are those of the best path, whose
 * place in the input is known. Throws DataError for a character that there is not.
 */
export async function transcriptSample(
  { task }: Of<"sequenceTranscriber">,
  one: TranscriberInput,
  asked: number | null,
): Promise<Sample> {
  const [[found], [logits], input] = await Promise.all([
    task.transcribe([one]),
    task.logits([one]),
    task.modelInput(one),
  ]);
  const spans = ctcSpans(logits);
  const at = asked ?? 0;
  if (at >= spans.length) {
    const next = spans.length > 0 ? "" : "It answers blanks alone: train it longer, or give another input.";
    const expected = spans.length > 0 ? `a character from 1 to ${spans.length}` : "an input with a transcript";
    throw new DataError(problem("explain: at", expected, spans.length > 0 ? `${at + 1}` : "an empty one", next));
  }
  const characters = spans.map(({ label, from, to, peak }) => ({
    ...{ character: task.alphabet[label - 1], from, to, peak },
  }));
  const { label, peak } = spans[at];
  const places = characters.map(({ character, from, to }) => `${character} ${from === to ? from : `${from}-${to}`}`);
  return {
    input,
    target: peak * logits.shape[1] + label,
    named: () => `the logit of ${JSON.stringify(characters[at].character)} at step ${peak}`,
    prediction: {
      text: `${found.transcript}\t${percent(found.probability)}\tsteps of the best path: ${places.join(", ")}`,
      data: { transcript: found.transcript, probability: found.probability, characters, character: at },
    },
  };
}

/** A clip, of a classifier of videos. */
export async function clipSample({ task }: Of<"videoClassifier">, clip: Clip): Promise<Sample> {
  const [answer] = await task.predict([clip]);
  return {
    input: task.modelInput(clip),
    target: null,
    named: classOf(task),
    prediction: { text: `${answer.label}\t${percent(answer.probability)}`, data: answer },
  };
}
