import { DataError, invalidOption } from "../../errors.ts";
import { callbackList } from "../../train/callbacks/check-callback.ts";
import { earlyStopping } from "../../train/callbacks/index.ts";
import type { FitOptions } from "../../train/fit/fit-options.ts";
import type { History } from "../../train/fit/history.ts";
import { smoothedCrossentropy } from "../../train/losses/smoothed.ts";
import { adam } from "../../train/optimizers/index.ts";
import { from0to1, orNull, readOptions, wholeFrom } from "../../train/options.ts";
import { cosineDecay } from "../../train/schedules.ts";
import { fitFields, passedOn } from "../shared/fit-fields.ts";
import { heldOutOf } from "../shared/held-out.ts";
import { sameRun } from "../shared/same-run.ts";
import { type IdPair, translatorBatches } from "./batches.ts";
import { computeOn, takeWeights, translatorNetwork } from "./network.ts";
import { readTranslator, type TranslatorOptions, task } from "./options.ts";
import { pairsOf, type TranslationPair } from "./pairs.ts";
import { learnPieces, Pieces } from "./pieces.ts";
import type { Trained } from "./trained.ts";

/** Options of `translator.fit`; defaults follow from the number of pairs. */
export interface TranslatorFitOptions extends Pick<FitOptions, "callbacks" | "verbose" | "signal" | "onNaN" | "write"> {
  /** Passes over the pairs; early stopping may end before. Default: by data size, 10 to 100. */
  epochs?: number;
  /** Pairs per gradient update. Default: by data size, 8 to 64. */
  batchSize?: number;
  /** Fraction of the pairs, drawn by the seed, that is held out for validation and early stopping. Default 0.05, of 1000 pairs at most; 0 under 200 pairs. */
  validationSplit?: number;
  /** Pairs for validation, in place of a part of the others. Default: none. */
  validationData?: readonly (TranslationPair | readonly [source: string, target: string])[];
  /** Epochs without a smaller validation loss before training ends; the best weights are restored. Default: a quarter of `epochs`, at least 3. */
  patience?: number;
}

/** A training's result. */
export interface TranslatorTraining {
  readonly trained: Trained;
  readonly history: History;
  /** Pairs that were trained on, and those held out for validation. */
  readonly split: { readonly training: number; readonly validation: number };
}

/** Trains a translator from scratch. */
export async function trainTranslator(
  given: unknown,
  options: TranslatorOptions,
  fitOptions: TranslatorFitOptions,
): Promise<TranslatorTraining> {
  const who = `${task}.fit`;
  const pairs = pairsOf(given, who);
  const read = readTranslator(options, pairs.length);
  const { validationData, ...others } = fitOptions;
  const held = validationData && pairsOf(validationData, `${who}: validationData`);
  const fit = readOptions(who, others, {
    epochs: wholeFrom(1)(epochsFor(pairs.length)),
    batchSize: wholeFrom(1)(pairs.length < 1000 ? 8 : pairs.length < 10_000 ? 32 : 64),
    validationSplit: from0to1(held || pairs.length < 200 ? 0 : Math.min(0.05, 1000 / pairs.length)),
    patience: orNull(wholeFrom(0)(0)),
    ...fitFields,
  });
  const { training, validation } = held
    ? { training: pairs, validation: held }
    : splitOf(pairs, fit.validationSplit, read.seed);
  if (fitOptions.validationSplit && validation.length === 0)
    throw new DataError(
      invalidOption(who, "validationSplit", "a fraction that keeps a pair", `${fitOptions.validationSplit}`),
    );
  const piecesOf = (side: "source" | "target", lower: boolean) => {
    const texts = training.map((pair) => pair[side]);
    return new Pieces(learnPieces(texts, read.pieces, lower));
  };
  const source = piecesOf("source", read.lowerSource);
  const target = piecesOf("target", read.lowerTarget);
  const ids = (list: readonly TranslationPair[]): IdPair[] =>
    list.map((pair) => ({ source: source.encode(pair.source), target: target.encode(pair.target) }));
  const sizes = { source: source.names.length, target: target.names.length, units: read.units };
  const { embedding, dropout, seed } = read;
  const network = translatorNetwork({ ...sizes, embedding }, { dropout, seed, tied: true });
  const { epochs, batchSize, validationSplit } = fit;
  const steps = Math.ceil(training.length / batchSize) * epochs;
  const rate = cosineDecay(0.002, { decaySteps: steps });
  network.model.compile({
    optimizer: options.optimizer ?? adam({ learningRate: rate, clipnorm: 1, embeddingGradients: "sum" }),
    loss: smoothedCrossentropy(read.labelSmoothing),
    backend: options.backend,
  });
  const patience = fit.patience ?? Math.max(3, Math.round(epochs / 4));
  const trainingIds = ids(training);
  const history = await network.model.fit(translatorBatches(trainingIds, batchSize, read.seed), {
    epochs,
    seed: read.seed,
    callbacks: [
      sameRun(
        who,
        { ...options, epochs, batchSize, validationSplit, patience },
        { pairs: JSON.stringify([training, validation]) },
      ),
      ...(validation.length > 0 ? [earlyStopping({ patience, restoreBestWeights: true })] : []),
      ...callbackList(`${who}: callbacks`, fitOptions.callbacks),
    ],
    ...(validation.length > 0 ? { validationData: () => translatorBatches(ids(validation), batchSize, null)(0) } : {}),
    ...passedOn(fit),
  });
  const plain = translatorNetwork({ ...sizes, embedding }, { dropout, seed, tied: false });
  computeOn(options.backend, plain);
  takeWeights(network.model, plain);
  const longest = Math.max(...trainingIds.map((pair) => pair.target.length)) + 10;
  return {
    trained: { network: plain, source, target, longest },
    history,
    split: { training: training.length, validation: validation.length },
  };
}

/** About 350,000 pairs in all, from 10 to 100 passes. */
const epochsFor = (pairs: number): number => Math.min(100, Math.max(10, Math.round(350_000 / pairs)));

/** Pairs for training and validation, drawn by the seed; translations of one text stay together. */
function splitOf(pairs: readonly TranslationPair[], fraction: number, seed: number) {
  const texts = [...new Set(pairs.map(({ source }) => source))];
  const held = heldOutOf(texts, texts.length, fraction, seed);
  const pick = (wanted: boolean) => pairs.filter(({ source }) => held.has(source) === wanted);
  return { validation: pick(true), training: pick(false) };
}
