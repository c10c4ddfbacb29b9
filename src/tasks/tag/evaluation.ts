import { type ClassificationReport, classificationReport } from "../../train/classification-report.ts";
import { type EntityScores, scoreEntities } from "./entities.ts";
import type { TaggedSentence } from "./sentences.ts";

/** Results on labelled sentences. */
export interface TaggerEvaluation {
  /** Fraction of tokens whose label is right, 0 to 1. */
  readonly accuracy: number;
  /** Entity-level precision, recall and F1 by conlleval's rules; null where labels are no IOB ones. */
  readonly entities: EntityScores | null;
  /** The sentences' own labels: the fraction that is right, and each label's figures; null where they have none. */
  readonly intent: { readonly accuracy: number; readonly report: ClassificationReport } | null;
  /** Fraction of sentences in which every label is right, the sentence's own too. */
  readonly exact: number;
  /** Number of sentences. */
  readonly sentences: number;
  /** Number of tokens. */
  readonly tokens: number;
}

/** Labels predicted for a sentence. */
export interface Answer {
  readonly labels: readonly string[];
  readonly intent: string | null;
}

/** Compares predicted labels with the right ones. `names` are the intents that a report lists. */
export function evaluated(
  right: readonly TaggedSentence[],
  answers: readonly Answer[],
  iob: boolean,
  names: readonly string[],
): TaggerEvaluation {
  const same = right.map(({ labels }, row) => labels.filter((label, k) => label === answers[row].labels[k]).length);
  const tokens = right.reduce((n, one) => n + one.tokens.length, 0);
  const intents = right.map(({ intent }, row) => intent === undefined || intent === answers[row].intent);
  const whole = right.filter(({ labels }, row) => same[row] === labels.length && intents[row]).length;
  return {
    accuracy: same.reduce((a, b) => a + b, 0) / tokens,
    entities: iob
      ? scoreEntities(
          right.map((one) => one.labels),
          answers.map((one) => one.labels),
        )
      : null,
    intent: right[0].intent === undefined ? null : intentReport(right, answers, names),
    exact: whole / right.length,
    sentences: right.length,
    tokens,
  };
}

function intentReport(right: readonly TaggedSentence[], answers: readonly Answer[], names: readonly string[]) {
  const labels = [...new Set([...names, ...right.map(({ intent }) => intent!)])];
  const ids = new Map(labels.map((name, k) => [name, k]));
  const of = (name: string | null | undefined) => ids.get(name ?? labels[0])!;
  const report = classificationReport(
    Int32Array.from(right, ({ intent }) => of(intent)),
    Int32Array.from(answers, ({ intent }) => of(intent)),
    { labels },
  );
  return { accuracy: report.accuracy, report };
}
