import type { LoadOptions } from "../../formats/load-model.ts";
import type { Functional } from "../../models/functional.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import { breatheWhenDue } from "../../train/fit/breathe.ts";
import type { History } from "../../train/fit/history.ts";
import { anything, type Field, from0, readOptions, wholeFrom } from "../../train/options.ts";
import { inTurn } from "../shared/in-turn.ts";
import { openTask, plainOptions, saveTask, type TaskSource } from "../shared/task-file.ts";
import { untrained } from "../shared/untrained.ts";
import { sourceIds } from "./batches.ts";
import { evaluatedBleu, type TranslatorEvaluation } from "./evaluation.ts";
import { readTrained, translatorData } from "./file.ts";
import { readTranslator, type TranslatorOptions, task } from "./options.ts";
import { pairsOf, type TranslationPair, textsToTranslate } from "./pairs.ts";
import { searchAll, type Written } from "./search.ts";
import { type TranslatorFitOptions, trainTranslator } from "./train-translator.ts";
import type { Trained } from "./trained.ts";

/** Options of `translate` and `evaluate`. */
export interface TranslateOptions {
  /** Beginnings that beam search keeps at each step; 1 is greedy. Default 4. */
  beams?: number;
  /** α of ((5 + length) / 6)^α, by which log-probabilities are divided (Wu et al. 2016): 0 favours short texts. Default 1. */
  lengthPenalty?: number;
  /** Ends it before the next step: it rejects with the signal's reason. Default: none. */
  signal?: AbortSignal | undefined;
}

/** The translation of one text. */
export interface Translation {
  /** It, as text. */
  readonly text: string;
  /** Pieces of the text that was read; ▁ is the blank before a word. */
  readonly sourcePieces: readonly string[];
  /** Pieces of the translation. */
  readonly pieces: readonly string[];
  /** For each piece of the translation the attention weights of the pieces read, which sum to 1. */
  readonly attention: readonly (readonly number[])[];
  /** Sum of the natural logarithms of the pieces' probabilities. */
  readonly logProbability: number;
  /** Characters that the training texts did not have. */
  readonly unknown: readonly string[];
}

/** A pair, as an object or as a list of two. */
export type PairLike = TranslationPair | readonly [source: string, target: string];

/** A translator: texts in, texts of another language out. Made by `translator`. */
export class Translator {
  /** The kind of task, as files have it. */
  readonly task = task;
  /** The options it was made with. */
  readonly options: TranslatorOptions;
  /** Pairs that the last `fit` trained on, and those it held out for validation; null before. */
  split: { readonly training: number; readonly validation: number } | null = null;
  #trained: Trained | null = null;
  readonly #inTurn = inTurn();

  constructor(options: TranslatorOptions) {
    readTranslator(options, 0);
    this.options = options;
  }

  /** The network as it is trained: ids read and ids written so far → probabilities of the next ones. Throws DataError before `fit`. */
  get model(): Functional {
    return this.#need("model").network.model;
  }
  /** Numbers of pieces of both sides; zeros before `fit`. */
  get vocabularySizes(): { readonly source: number; readonly target: number } {
    const { source, target } = this.#trained ?? {};
    return { source: source?.names.length ?? 0, target: target?.names.length ?? 0 };
  }

  /**
   * Trains from scratch on pairs of a text and its translation; the pieces of both sides are learned from them. One that fails
   * leaves the task what it was. Throws DataError naming the row that does not fit.
   *
   *   await german.fit([["a dog runs", "ein Hund rennt"], ["a cat sleeps", "eine Katze schläft"]], { epochs: 20 });
   */
  async fit(pairs: readonly PairLike[], options: TranslatorFitOptions = {}): Promise<History> {
    const { trained, history, split } = await trainTranslator(pairs, this.options, options);
    this.#trained = trained;
    this.split = split;
    return history;
  }

  /**
   * BLEU of its translations, as sacreBLEU gives it: cased, tokens as `13a`. Pairs with the same source are references of one translation.
   *
   *   const { bleu } = await german.evaluate(test);
   */
  async evaluate(pairs: readonly PairLike[], options: TranslateOptions = {}): Promise<TranslatorEvaluation> {
    const references = new Map<string, string[]>();
    for (const { source, target } of pairsOf(pairs, `${task}.evaluate`))
      references.set(source, [...(references.get(source) ?? []), target]);
    const found = await this.#search([...references.keys()], options, "evaluate");
    const { target } = this.#need("evaluate");
    return evaluatedBleu(
      found.map(({ ids }) => target.decode(ids)),
      [...references.values()],
    );
  }

  /**
   * Translates texts by beam search with length normalisation.
   *
   *   const [{ text, attention }] = await german.translate(["a dog runs"], { beams: 4 });
   */
  async translate(texts: readonly string[], options: TranslateOptions = {}): Promise<Translation[]> {
    const rows = textsToTranslate(texts, `${task}.translate`);
    const found = await this.#search(rows, options, "translate");
    const { source, target } = this.#need("translate");
    return rows.map((text, k) => {
      const { ids, looks, logProbability } = found[k];
      const read = source.encode(text);
      return {
        text: target.decode(ids),
        sourcePieces: read.map((id) => source.names[id]),
        pieces: ids.map((id) => target.names[id]),
        attention: looks.map((weights) => Array.from(weights.subarray(0, read.length))),
        logProbability,
        unknown: source.unknown(text),
      };
    });
  }

  /** Writes the network as `.keras`, and in it the pieces of both sides. */
  async save(path: string | URL): Promise<void> {
    const trained = this.#need("save");
    const data = { ...translatorData(trained), options: plainOptions(this.options) };
    await saveTask(trained.network.model, path, task, data);
  }

  /** Opens what `save` wrote. */
  static async open(source: TaskSource, options: LoadOptions = {}): Promise<Translator> {
    const { model, data } = await openTask(source, task, options);
    const { trained, options: kept } = readTrained(model, data, options.backend);
    const found = new Translator({ ...kept, backend: options.backend });
    found.#trained = trained;
    return found;
  }

  /** Texts of like lengths together, in their order. */
  async #search(texts: readonly string[], options: TranslateOptions, method: string): Promise<Written[]> {
    const { beams, lengthPenalty, signal } = readOptions(`${task}.${method}`, options, {
      beams: wholeFrom(1)(4),
      lengthPenalty: from0(1),
      signal: anything as Field<AbortSignal | undefined>,
    });
    const { network, source, longest } = this.#need(method);
    const ids = texts.map((text) => source.encode(text));
    const order = [...ids.keys()].sort((a, b) => ids[a].length - ids[b].length);
    const found: Written[] = Array(texts.length);
    const count = Math.max(1, Math.floor(rowsAtOnce / beams));
    for (let at = 0; at < order.length; at += count) {
      const rows = order.slice(at, at + count);
      const x = sourceIds(rows.map((row) => ids[row]));
      const limits = rows.map((row) => Math.min(longest, 10 + 2 * ids[row].length));
      const written = await this.#inTurn(async () => {
        const read = (await network.encoder.predict(x, { batchSize: rows.length, signal })) as NdArray[];
        return searchAll(network.decoder, read, { beams, lengthPenalty, longest: limits, signal });
      });
      for (const [k, row] of rows.entries()) found[row] = written[k];
      await breatheWhenDue();
    }
    return found;
  }

  #need(method: string): Trained {
    return this.#trained ?? untrained(`${task}.${method}`);
  }
}

const rowsAtOnce = 128; // branches that the decoder continues together

/**
 * Texts in, their translations out: an encoder-decoder of LSTMs with attention (Bahdanau et al. 2015; Luong et al. 2015) over byte-pair
 * pieces, which it learns from the pairs. It writes by beam search, and says how good it is by BLEU.
 *
 *   const german = translator();
 *   await german.fit(pairs);                              // [["a dog runs", "ein Hund rennt"], …]
 *   const [{ text }] = await german.translate(["a dog runs"]);
 *   await german.save("german.keras");                    // loadTranslator opens it
 */
export const translator = (options: TranslatorOptions = {}): Translator => new Translator(options);

/**
 * Opens a translator from a path, an address or bytes. Throws FormatError for another model.
 *
 *   const german = await loadTranslator("german.keras");
 */
export const loadTranslator = (source: TaskSource, options: LoadOptions = {}): Promise<Translator> =>
  Translator.open(source, options);
