import { DataError, invalidOption } from "../../errors.ts";
import { callbackList } from "../../train/callbacks/check-callback.ts";
import { type Callback, earlyStopping } from "../../train/callbacks/index.ts";
import type { FitOptions } from "../../train/fit/fit-options.ts";
import type { History } from "../../train/fit/history.ts";
import { crfLoss } from "../../train/losses/crf.ts";
import { adam } from "../../train/optimizers/index.ts";
import { anything, from0to1, orNull, readOptions, wholeFrom } from "../../train/options.ts";
import { cosineDecay } from "../../train/schedules.ts";
import { fitFields, passedOn } from "../shared/fit-fields.ts";
import { heldOutOf } from "../shared/held-out.ts";
import { sameRun } from "../shared/same-run.ts";
import { taggerBatches } from "./batches.ts";
import { rareOf } from "./check-labels.ts";
import { mayFollow } from "./entities.ts";
import { evaluated } from "./evaluation.ts";
import { intentWords, setIntentLayer, setIntentWords } from "./intent-words.ts";
import { encoderOf, type Learned, learn } from "./learned.ts";
import { copyWeights, type Network, taggerNetwork } from "./network.ts";
import { readTagger, type TaggerOptions, task } from "./options.ts";
import { type TaggedSentence, taggedSentences } from "./sentences.ts";
import { predictSentences, type Trained } from "./trained.ts";

/** Options of `sequenceTagger.fit`; defaults follow from the number of sentences. */
export interface TaggerFitOptions extends Pick<FitOptions, "callbacks" | "verbose" | "signal" | "onNaN" | "write"> {
  /** Largest number of passes; early stopping may end before. Default: by data size, 10 to 200. */
  epochs?: number;
  /** Sentences per gradient update. Default 16; 8 under 200 sentences. */
  batchSize?: number;
  /** Fraction of the sentences, drawn by the seed, that is held out for validation and early stopping. Default 0.1; 0 under 50 sentences. */
  validationSplit?: number;
  /** Sentences to validate on, in place of a part of the others. Default: none. */
  validationData?: readonly TaggedSentence[];
  /**
   * Epochs without a better validation score before training ends; the best weights are restored. The score is the entity F1 (of labels
   * that are no IOB ones the accuracy), its mean with the intents' accuracy where there are some. Default: a quarter of `epochs`, at least 3.
   */
  patience?: number;
}

/** A training's result. */
export interface TaggerTraining {
  readonly trained: Trained;
  readonly history: History;
  /** Sentences that were trained on, and those held out for validation. */
  readonly split: { readonly training: number; readonly validation: number };
}

/** Trains a tagger from scratch. */
export async function trainTagger(
  given: unknown,
  options: TaggerOptions,
  fitOptions: TaggerFitOptions,
): Promise<TaggerTraining> {
  const who = `${task}.fit`;
  const sentences = taggedSentences(given, who);
  const read = readTagger(options, sentences.length);
  const few = sentences.length < 50;
  const fit = readOptions(who, fitOptions, {
    epochs: wholeFrom(1)(epochsFor(sentences.length)),
    batchSize: wholeFrom(1)(sentences.length < 200 ? 8 : 16),
    validationSplit: from0to1(few ? 0 : 0.1),
    patience: orNull(wholeFrom(0)(0)),
    validationData: anything,
    ...fitFields,
  });
  const others = fitOptions.validationData && taggedSentences(fitOptions.validationData, `${who}: validationData`);
  const { training, validation } = others
    ? { training: sentences, validation: others }
    : splitOf(sentences, fit.validationSplit, read.seed);
  if (!others && fitOptions.validationSplit && validation.length === 0)
    throw new DataError(
      invalidOption(who, "validationSplit", "a fraction that keeps a sentence", `${fitOptions.validationSplit}`),
    );
  const learned = learn(training, sentences, read);
  const strict =
    learned.iob && sentences.every(({ labels }) => labels.every((label, k) => mayFollow(labels[k - 1] ?? null, label)));
  const network = taggerNetwork(learned, read, "trained");
  compile(network, learned, options, Math.ceil(training.length / fit.batchSize) * fit.epochs);
  const plain = taggerNetwork(learned, read, "asked");
  if (options.backend !== undefined)
    plain.model.compile({
      optimizer: "sgd",
      loss: plain.model.outputNames.map(() => "mse" as const),
      backend: options.backend,
    });
  const { bag, intents } = learned;
  const { numbersOf } = encoderOf(learned);
  const numbers = bag ? training.map(({ tokens }) => numbersOf(tokens)) : [];
  const words = bag && (await intentWords(training, numbers, intents, bag));
  if (words) setIntentWords(plain.model, words);
  const now = (): Trained => {
    copyWeights(network.model, plain.model);
    if (words) setIntentLayer(network.model, plain.model, words, bag!);
    return { model: plain.model, learned, chain: network.chain?.chain ?? null, strict };
  };
  const patience = fit.patience ?? Math.max(3, Math.round(fit.epochs / 4));
  const watch =
    validation.length > 0
      ? [scoring(now, validation), earlyStopping({ monitor: "val_score", patience, restoreBestWeights: true })]
      : [];
  const { epochs, batchSize, validationSplit } = fit;
  const history = await network.model.fit(taggerBatches(training, learned, batchSize, read.seed), {
    epochs,
    seed: read.seed,
    callbacks: [
      sameRun(
        who,
        { ...options, epochs, batchSize, validationSplit, patience },
        { sentences: JSON.stringify(sentences), ...(others ? { others: JSON.stringify(others) } : {}) },
      ),
      ...watch,
      ...callbackList(`${who}: callbacks`, fitOptions.callbacks),
    ],
    ...passedOn(fit),
  });
  return { trained: now(), history, split: { training: training.length, validation: validation.length } };
}

/** About 75,000 sentences in all, from 10 to 200 passes. */
const epochsFor = (sentences: number): number => Math.min(200, Math.max(10, Math.round(75_000 / sentences)));

/** Sentences for training and validation, drawn by the seed; those with a label that comes nowhere else are trained on. */
export function splitOf(sentences: readonly TaggedSentence[], fraction: number, seed: number) {
  const rare = [rareOf(sentences.map(({ labels }) => labels)), rareOf(sentences.map(({ intent }) => [intent ?? ""]))];
  const common = ({ labels, intent }: TaggedSentence) =>
    !labels.some((one) => rare[0].has(one)) && !rare[1].has(intent ?? "");
  const rows = [...sentences.keys()].filter((row) => common(sentences[row]));
  const held = heldOutOf(rows, sentences.length, fraction, seed);
  const pick = (wanted: boolean) => sentences.filter((_, row) => held.has(row) === wanted);
  return { validation: pick(true), training: pick(false) };
}

function compile({ model, chain }: Network, learned: Learned, options: TaggerOptions, steps: number): void {
  const sparse = "sparseCategoricalCrossentropy" as const;
  const labels = chain ? crfLoss() : sparse;
  model.compile({
    optimizer: options.optimizer ?? adam({ learningRate: cosineDecay(0.003, { decaySteps: steps }), clipnorm: 5 }),
    loss: learned.intents.length > 0 ? [labels, sparse] : [labels],
    backend: options.backend,
  });
}

/** Adds figures on validation sentences to the logs of each epoch. */
function scoring(now: () => Trained, validation: readonly TaggedSentence[]): Callback {
  return {
    async onEpochEnd(_epoch, logs) {
      const trained = now();
      const found = await predictSentences(
        trained,
        validation.map(({ tokens }) => tokens),
        { turn: (work) => work() },
      );
      const { learned } = trained;
      const answers = found.map(({ labels, intents }) => ({
        labels,
        intent: intents && best(intents, learned.intents),
      }));
      const { accuracy, entities, intent } = evaluated(validation, answers, learned.iob, learned.intents);
      logs.val_token_accuracy = accuracy;
      if (entities) logs.val_f1 = entities.f1;
      if (intent) logs.val_intent_accuracy = intent.accuracy;
      const main = entities?.f1 ?? accuracy;
      logs.val_score = intent ? (main + intent.accuracy) / 2 : main;
    },
  };
}

/** The name of the largest number. */
export const best = (values: ArrayLike<number>, names: readonly string[]): string =>
  names[Array.from(values).reduce((top, v, k, all) => (v > all[top] ? k : top), 0)];
