import { DataError, invalidOption } from "../../errors.ts";
import { callbackList } from "../../train/callbacks/check-callback.ts";
import { type Callback, earlyStopping } from "../../train/callbacks/index.ts";
import type { FitOptions } from "../../train/fit/fit-options.ts";
import type { History } from "../../train/fit/history.ts";
import { adam } from "../../train/optimizers/index.ts";
import { anything, from0to1, orNull, readOptions, wholeFrom } from "../../train/options.ts";
import { cosineDecay } from "../../train/schedules.ts";
import { fitFields, passedOn } from "../shared/fit-fields.ts";
import { heldOutOf } from "../shared/held-out.ts";
import { sameRun } from "../shared/same-run.ts";
import { transcriberBatches } from "./batches.ts";
import { ctcDecode } from "./ctc-decode.ts";
import { evaluated } from "./evaluation.ts";
import { isRecording, type ReadExample, readExamples, type TranscribedExample } from "./examples.ts";
import { checkTranscripts, framesOf, type Learned, learn } from "./learned.ts";
import { transcriberNetwork } from "./network.ts";
import { ngramModel } from "./ngram-model.ts";
import { readTranscriber, type TranscriberOptions, task } from "./options.ts";
import { logitsOf, type Trained } from "./trained.ts";

/** Options of `sequenceTranscriber.fit`; defaults follow from the number of examples. */
export interface TranscriberFitOptions
  extends Pick<FitOptions, "callbacks" | "verbose" | "signal" | "onNaN" | "write"> {
  /** Largest number of passes; early stopping may end before. Default: by data size, 15 to 200. */
  epochs?: number;
  /** Examples per gradient update. Default 16; 8 under 200 examples. */
  batchSize?: number;
  /**
   * Fraction of the examples, drawn by the seed, that is held out for validation and early stopping. Default 0.1; 0 under 50 examples, and
   * where a function makes the examples.
   */
  validationSplit?: number;
  /** Examples to validate on, in place of a part of the others; beside a function that makes the examples too. Default: none. */
  validationData?: readonly TranscribedExample[];
  /** Epochs without a lower character error rate on the validation examples before training ends; the best weights are restored. Default: a quarter of `epochs`, at least 5. */
  patience?: number;
}

/** Examples, or a function that makes those of each pass (counted from 0) anew; the first pass says which characters there are. */
export type TranscriberData =
  | readonly TranscribedExample[]
  | ((pass: number) => readonly TranscribedExample[] | Promise<readonly TranscribedExample[]>);

/** A training's result. */
export interface TranscriberTraining {
  readonly trained: Trained;
  readonly history: History;
  readonly split: { readonly training: number; readonly validation: number };
}

/** Trains a transcriber from scratch. */
export async function trainTranscriber(
  data: TranscriberData,
  options: TranscriberOptions,
  fitOptions: TranscriberFitOptions,
): Promise<TranscriberTraining> {
  const who = `${task}.fit`;
  const made = typeof data === "function" ? data : null;
  const all = readExamples(made ? await made(0) : data, who);
  const read = readTranscriber(options, all.length);
  const fit = readOptions(who, fitOptions, {
    epochs: wholeFrom(1)(epochsFor(all.length)),
    batchSize: wholeFrom(1)(all.length < 200 ? 8 : 16),
    validationSplit: from0to1(made || all.length < 50 ? 0 : 0.1),
    patience: orNull(wholeFrom(0)(0)),
    validationData: anything,
    ...fitFields,
  });
  const others = fitOptions.validationData && readExamples(fitOptions.validationData, `${who}: validationData`);
  const { training, validation } =
    made || others ? { training: all, validation: others ?? [] } : splitOf(all, fit.validationSplit, read.seed);
  if (!others && fitOptions.validationSplit && validation.length === 0) {
    const expected = made ? "0, where a function makes the examples" : "a fraction that keeps an example";
    throw new DataError(invalidOption(who, "validationSplit", expected, `${fitOptions.validationSplit}`));
  }
  const learned = await learn(training, all, read);
  if (!made) checkTranscripts(await measured(all, learned, who), learned, who);
  if (others) await measured(others, learned, `${who}: validationData`);
  const model = transcriberNetwork(learned, read);
  const steps = Math.ceil(training.length / fit.batchSize) * fit.epochs;
  const optimizer = options.optimizer ?? adam({ learningRate: cosineDecay(0.003, { decaySteps: steps }), clipnorm: 5 });
  model.compile({ optimizer, loss: "ctc", backend: options.backend });
  const patience = fit.patience ?? Math.max(5, Math.round(fit.epochs / 4));
  const watch =
    validation.length > 0
      ? [
          scoring({ model, learned }, validation),
          earlyStopping({ monitor: "val_cer", mode: "min" as const, patience, restoreBestWeights: true }),
        ]
      : [];
  const passOf = async (pass: number) => (made && pass > 0 ? readExamples(await made(pass), who) : training);
  const { epochs, batchSize, validationSplit } = fit;
  const batches = transcriberBatches(passOf, learned, { batchSize, seed: read.seed, augment: read.augment, who });
  const history = await model.fit(batches, {
    epochs,
    seed: read.seed,
    callbacks: [
      sameRun(
        who,
        { ...options, epochs, batchSize, validationSplit, patience },
        { examples: all.map(asData), ...(others ? { others: others.map(asData) } : {}) },
      ),
      ...watch,
      ...callbackList(`${who}: callbacks`, fitOptions.callbacks),
    ],
    ...passedOn(fit),
  });
  const ngram =
    read.ngram > 0
      ? ngramModel(
          all.map(({ transcript }) => transcript.join("")),
          { order: read.ngram },
        )
      : null;
  return {
    trained: { model, learned, ngram },
    history,
    split: { training: training.length, validation: validation.length },
  };
}

/** About 30,000 examples in all, from 15 to 200 passes. */
const epochsFor = (examples: number): number => Math.min(200, Math.max(15, Math.round(30_000 / examples)));

const asData = ({ input, transcript }: ReadExample): unknown[] =>
  isRecording(input) ? [input.samples, input.sampleRate, transcript] : [input, transcript];

/** Transcripts beside the number of their frames. */
async function measured(examples: readonly ReadExample[], learned: Learned, who: string) {
  const { audio } = learned;
  if (!audio) {
    await framesOf(
      examples.map(({ input }) => input),
      learned,
      who,
    ); // says which row has other features
  }
  const { melFrames } = await import("../../data/audio-mel.ts");
  return examples.map(({ input, transcript }) => {
    if (!isRecording(input)) return { transcript, frames: input.shape[0] };
    const samples = Math.ceil((input.samples.length * audio!.sampleRate) / input.sampleRate);
    return { transcript, frames: melFrames(samples, audio!) };
  });
}

/** Examples for training and validation, drawn by the seed; those with a character that comes nowhere else are trained on. */
function splitOf(examples: readonly ReadExample[], fraction: number, seed: number) {
  const counts = new Map<string, number>();
  for (const { transcript } of examples)
    for (const character of new Set(transcript)) counts.set(character, (counts.get(character) ?? 0) + 1);
  const common = ({ transcript }: ReadExample) => transcript.every((character) => counts.get(character)! > 1);
  const rows = [...examples.keys()].filter((row) => common(examples[row]));
  const held = heldOutOf(rows, examples.length, fraction, seed);
  const pick = (wanted: boolean) => examples.filter((_, row) => held.has(row) === wanted);
  return { validation: pick(true), training: pick(false) };
}

/** Adds the error rates on validation examples, of the greedy transcripts, to the logs of each epoch. */
function scoring(trained: Pick<Trained, "model" | "learned">, validation: readonly ReadExample[]): Callback {
  return {
    async onEpochEnd(_epoch, logs) {
      const inputs = validation.map(({ input }) => input);
      const found = await logitsOf(trained, inputs, { who: `${task}.fit`, turn: (work) => work() });
      const { alphabet } = trained.learned;
      const predicted = found.map((logits) => {
        const [{ labels }] = ctcDecode(logits, { strategy: "greedy" });
        return labels.map((label) => alphabet[label - 1]).join("");
      });
      const { cer, wer } = evaluated(
        validation.map(({ transcript }) => transcript.join("")),
        predicted,
      );
      Object.assign(logs, { val_cer: cer, val_wer: wer });
    },
  };
}
