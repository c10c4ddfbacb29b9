import type { LoadOptions } from "../../formats/load-model.ts";
import type { SymbolicTensor } from "../../layers/index.ts";
import type { Model } from "../../models/model.ts";
import type { History } from "../../train/fit/history.ts";
import { inTurn } from "../shared/in-turn.ts";
import type { ModelInput } from "../shared/model-input.ts";
import { openTask, plainOptions, saveTask, type TaskSource } from "../shared/task-file.ts";
import { untrained } from "../shared/untrained.ts";
import { paddedLength } from "./batches.ts";
import { type Entity, entitiesOf } from "./entities.ts";
import { evaluated, type TaggerEvaluation } from "./evaluation.ts";
import { readTrained, taggerData } from "./file.ts";
import { encoderOf } from "./learned.ts";
import { readTagger, type TaggerOptions, task } from "./options.ts";
import { type TaggedSentence, taggedSentences, type Untagged, untagged } from "./sentences.ts";
import { best, type TaggerFitOptions, trainTagger } from "./train-tagger.ts";
import { predictSentences, type Trained } from "./trained.ts";

/** The answer for one sentence. */
export interface TaggedAnswer {
  /** Its tokens. */
  readonly tokens: readonly string[];
  /** A label for each. */
  readonly labels: readonly string[];
  /** The entities that IOB labels mark, with their text; empty where labels are others. */
  readonly entities: readonly (Entity & { readonly text: string })[];
  /** Label of the sentence; null where the training sentences had none. */
  readonly intent: { readonly label: string; readonly probability: number } | null;
  /** Tokens that the training sentences did not have, or too rarely. */
  readonly unknownWords: readonly string[];
}

/** A tagger: sentences in, a label for each token out. Made by `sequenceTagger`. */
export class SequenceTagger {
  /** The kind of task, as files have it. */
  readonly task = task;
  /** The options it was made with. */
  readonly options: TaggerOptions;
  /** Sentences that the last `fit` trained on, and those it held out for validation; null before. */
  split: { readonly training: number; readonly validation: number } | null = null;
  #trained: Trained | null = null;
  readonly #inTurn = inTurn();

  constructor(options: TaggerOptions) {
    readTagger(options, 0);
    this.options = options;
  }

  /** The network underneath: scores of labels before the chain, and probabilities of intents. Throws DataError before `fit`. */
  get model(): Model<SymbolicTensor[]> {
    return this.#need("model").model;
  }
  /** Labels of tokens, in the order of the model's outputs. Empty before `fit`. */
  get labels(): readonly string[] {
    return this.#trained?.learned.labels ?? [];
  }
  /** Labels of sentences; empty where there are none. */
  get intents(): readonly string[] {
    return this.#trained?.learned.intents ?? [];
  }
  /** Number of words that have a vector of their own. */
  get vocabularySize(): number {
    return this.#trained?.learned.words.length ?? 0;
  }

  /**
   * Trains from scratch on sentences with labels; vocabulary, characters and labels are learned from them. One that fails leaves the task
   * what it was. Throws DataError naming the row that does not fit.
   *
   *   await tagger.fit([{ tokens: ["fly", "to", "boston"], labels: ["O", "O", "B-city"] }], { epochs: 20 });
   */
  async fit(sentences: readonly TaggedSentence[], options: TaggerFitOptions = {}): Promise<History> {
    const { trained, history, split } = await trainTagger(sentences, this.options, options);
    this.#trained = trained;
    this.split = split;
    return history;
  }

  /**
   * Compares its labels with the right ones: token accuracy, entity F1 by conlleval's rules, and the intents' accuracy.
   *
   *   const { entities } = await tagger.evaluate(test);
   */
  async evaluate(
    sentences: readonly TaggedSentence[],
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<TaggerEvaluation> {
    const who = `${task}.evaluate`;
    const right = taggedSentences(sentences, who);
    const { learned } = this.#need("evaluate");
    const found = await this.#ask(
      right.map(({ tokens }) => tokens),
      options,
    );
    if (learned.intents.length > 0 && right[0].intent === undefined)
      return evaluated(
        right,
        found.map(({ labels }) => ({ labels, intent: null })),
        learned.iob,
        [],
      );
    const answers = found.map(({ labels, intents }) => ({ labels, intent: intents && best(intents, learned.intents) }));
    const known = learned.intents.length > 0 ? right : right.map(({ tokens, labels }) => ({ tokens, labels }));
    return evaluated(known, answers, learned.iob, learned.intents);
  }

  /**
   * Labels of sentences: lists of tokens, or texts, which are split at white space.
   *
   *   const [{ labels, entities }] = await tagger.predict(["fly to boston"]);
   */
  async predict(
    sentences: readonly Untagged[],
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<TaggedAnswer[]> {
    const rows = untagged(sentences, `${task}.predict`);
    const { learned } = this.#need("predict");
    const { knows } = encoderOf(learned);
    const found = await this.#ask(rows, options);
    return rows.map((tokens, row) => {
      const { labels, intents } = found[row];
      const entities = learned.iob ? entitiesOf(labels) : [];
      return {
        tokens,
        labels,
        entities: entities.map((one) => ({ ...one, text: tokens.slice(one.start, one.end).join(" ") })),
        intent: intents && { label: best(intents, learned.intents), probability: Math.max(...intents) },
        unknownWords: tokens.filter((token) => !knows(token)),
      };
    });
  }

  /**
   * A sentence as the model reads it: ids [1, T], those of characters [1, T, W] where they are read, and numbers of words and pairs where
   * these tell the sentence's label (`linear`); and its tokens, "" for padding.
   *
   *   const { x, steps } = tagger.modelInput("fly to boston");
   *   const { layers } = await trace(tagger.model, x);
   */
  modelInput(sentence: Untagged): ModelInput {
    const [tokens] = untagged([sentence], `${task}.modelInput`);
    const length = paddedLength(tokens.length);
    const x = encoderOf(this.#need("modelInput").learned).encodeAll([tokens], length);
    return { x, steps: Array.from({ length }, (_, t) => tokens[t] ?? "") };
  }

  /** Writes the network as `.keras`, which opens in Keras, and in it vocabulary, labels and the chain. */
  async save(path: string | URL): Promise<void> {
    const trained = this.#need("save");
    await saveTask(trained.model, path, task, { ...taggerData(trained), options: plainOptions(this.options) });
  }

  /** Opens what `save` wrote. */
  static async open(source: TaskSource, options: LoadOptions = {}): Promise<SequenceTagger> {
    const { model, data } = await openTask(source, task, options);
    const { trained, options: kept } = readTrained(model as unknown as Model<SymbolicTensor[]>, data);
    const tagger = new SequenceTagger({ ...kept, backend: options.backend });
    tagger.#trained = trained;
    return tagger;
  }

  #ask(sentences: readonly (readonly string[])[], { signal }: { signal?: AbortSignal | undefined }) {
    return predictSentences(this.#need("predict"), sentences, { turn: this.#inTurn, signal });
  }

  #need(method: string): Trained {
    return this.#trained ?? untrained(`${task}.${method}`);
  }
}

/**
 * Sentences in, a label for each token out: named entities, slots, parts of speech. Word vectors and what an LSTM makes of each word's
 * characters are read by a bidirectional LSTM, over which a conditional random field finds the best label sequence (Lample et al. 2016).
 * Where sentences have a label of their own (`intent`) it is learned too.
 *
 *   const tagger = sequenceTagger({ units: 100 });
 *   await tagger.fit(sentences, { epochs: 20 });
 *   const [{ entities }] = await tagger.predict(["flights from boston to denver"]);
 *   await tagger.save("slots.keras");                     // loadSequenceTagger opens it
 */
export const sequenceTagger = (options: TaggerOptions = {}): SequenceTagger => new SequenceTagger(options);

/**
 * Opens a tagger from a path, an address or bytes. Throws FormatError for another model.
 *
 *   const tagger = await loadSequenceTagger("slots.keras");
 */
export const loadSequenceTagger = (source: TaskSource, options: LoadOptions = {}): Promise<SequenceTagger> =>
  SequenceTagger.open(source, options);
