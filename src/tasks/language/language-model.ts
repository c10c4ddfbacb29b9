import { counted, DataError, option, problem, sentence } from "../../errors.ts";
import type { LoadOptions } from "../../formats/load-model.ts";
import { beamSearch } from "../../generate/beam.ts";
import { generate } from "../../generate/generate.ts";
import { largest } from "../../generate/sampling.ts";
import type { Session } from "../../generate/session.ts";
import type { Model } from "../../models/model.ts";
import { padSequences } from "../../text/pad-sequences.ts";
import { callbackList } from "../../train/callbacks/check-callback.ts";
import type { Callback, Logs, TrainingState } from "../../train/callbacks/index.ts";
import { checkShuffle } from "../../train/fit/batches.ts";
import type { EvaluateOptions, FitOptions } from "../../train/fit/fit-options.ts";
import type { History } from "../../train/fit/history.ts";
import { anything, readOptions, wholeFrom } from "../../train/options.ts";
import { oneHotRows } from "../shared/bundled.ts";
import { inTurn, pausing } from "../shared/in-turn.ts";
import { type ModelInput, tokensOf } from "../shared/model-input.ts";
import { sameRun } from "../shared/same-run.ts";
import type { TaskSource } from "../shared/task-file.ts";
import { Copies, type Trainer } from "./copies.ts";
import { openLanguageModel, saveLanguageModel } from "./file.ts";
import { languageNetwork, type Ready, widthFor } from "./network.ts";
import { checkedOptions, type LanguageModelOptions, type Scheme, usualSizes } from "./options.ts";
import {
  lineBatches,
  prefixRows,
  splitAt,
  streamBatches,
  streamLength,
  streamRows,
  type TokenRows,
  wholeBatch,
} from "./rows.ts";
import {
  encodeBeginning,
  encodeText,
  idOf,
  joinTokens,
  learnReading,
  type RawText,
  type Reading,
  tokenIds,
  wordless,
} from "./text.ts";
import {
  checkFitOptions,
  type LanguageEvaluation,
  type LanguageFitOptions,
  type NextToken,
  readWriteOptions,
  type WriteOptions,
} from "./types.ts";

type Rows = readonly (readonly number[])[];
type Listed = FitOptions & { readonly callbacks: readonly Callback[] };

/**
 * A model of text: learns lines or a stream of words or characters, predicts the next one, and continues texts.
 *
 *   const writer = languageModel({ units: [150, 150], embedding: 100 });
 *   await writer.fit(lines, { epochs: 100 });
 *   for await (const word of writer.generate("what is the fee", { words: 10 })) process.stdout.write(" " + word);
 */
export function languageModel(options: LanguageModelOptions = {}): LanguageModel {
  return new LanguageModel(checkedOptions(options));
}

/**
 * A language model from the file that its `save` wrote. Throws FormatError for any other.
 *
 *   const writer = await loadLanguageModel("writer.keras");
 */
export async function loadLanguageModel(source: TaskSource, options: LoadOptions = {}): Promise<LanguageModel> {
  const { model, reading, options: saved, bundled } = await openLanguageModel(source, options);
  return new LanguageModel({ ...saved, backend: options.backend }, { model, reading, bundled });
}

/** A language model; made by `languageModel`. */
export class LanguageModel {
  /** The options it was made with. */
  readonly options: LanguageModelOptions;
  #ready: Ready | null;
  readonly #copies: Copies;
  readonly #inTurn = inTurn();
  readonly #evaluations = inTurn();
  /** Number of callbacks a `fit` waits for: meanwhile the weights do not change. */
  #pauses = 0;

  constructor(options: LanguageModelOptions, ready: Ready | null = null) {
    this.options = options;
    this.#ready = ready;
    this.#copies = new Copies({
      ready: () => this.#need("languageModel"),
      maskZero: options.maskZero === true,
      width: () => this.#width,
      save: (path) => this.save(path),
    });
  }

  /** The model underneath, ids [B, T] → probabilities [B, T, V], of prefixes [B, V]. Throws DataError before `fit`. */
  get model(): Model {
    return this.#need("model").model;
  }
  /** Words and their ids, how lines begin and end. Throws DataError before `fit`. */
  get reading(): Reading {
    return this.#need("reading").reading;
  }

  /**
   * Trains on a text in one string, or on a list of lines; a second call continues training. The first text decides which
   * tokens there are; if it fails before its first step, the next one does. Prints progress as a model's `fit`. Another
   * `fit` or an `evaluate` that is called meanwhile waits until it is done; a callback's own `evaluate` uses the weights
   * of that moment. Rejects with DataError for a text without words.
   */
  async fit(text: RawText, options: LanguageFitOptions = {}): Promise<History> {
    checkFitOptions("languageModel.fit", options);
    return this.#atRest(() => this.#fitOrForget(text, options));
  }

  /** One after the other; work that a callback starts does not wait for the training that waits for the callback. */
  #atRest<T>(work: () => Promise<T>): Promise<T> {
    return this.#pauses > 0 ? work() : this.#inTurn(work);
  }

  async #fitOrForget(text: RawText, options: LanguageFitOptions): Promise<History> {
    const before = this.#ready;
    try {
      return await this.#fit(text, options);
    } catch (error) {
      if (before === null && !this.#copies.trained) {
        this.#ready = null;
        this.#copies.forget();
      }
      throw error;
    }
  }

  async #fit(text: RawText, options: LanguageFitOptions): Promise<History> {
    const who = "languageModel.fit";
    const reading = this.#ready?.reading ?? learnReading(text, this.#schemeFor(text), this.options, who);
    if (this.options.maskZero !== undefined && reading.scheme !== "prefixes") {
      const next = "Leave it out: lines always skip their padding, and a stream has none.";
      throw new DataError(
        problem(
          who,
          sentence`${option("maskZero")} with ${option("scheme", "prefixes")} alone`,
          JSON.stringify(reading.scheme),
          next,
        ),
      );
    }
    const { rows, unknown } = encodeText(text, reading, who);
    const tokens = rows.reduce((n, row) => n + row.length, 0);
    const usual = usualSizes(tokens, reading.scheme, reading.tokenizer.charLevel);
    const { validationData, epochs = usual.epochs, callbacks, ...rest } = options;
    const validation =
      validationData === undefined ? undefined : encodeText(validationData, reading, `${who}: validationData`).rows;
    const longest = rows.reduce((most, row) => Math.max(most, row.length - 1), 0);
    const width = this.options.steps ?? widthFor(longest, tokens);
    const notes = [
      ...(unknown > 0 && this.#ready && reading.tokenizer.oovToken === undefined
        ? [`${counted(unknown, "token")} unknown to the model left out: it keeps the vocabulary of its first training`]
        : []),
      ...(reading.scheme === "prefixes" && !this.#ready && width < longest
        ? [`lines of up to ${longest} tokens: each next one is learned from the ${width} before it (steps)`]
        : []),
    ];
    this.#ready ??= { model: languageNetwork(reading, this.options, usual, width), reading };
    const same = sameRun(who, { ...this.options, ...rest, epochs }, { text, validationData });
    const say = ({ write }: TrainingState) => {
      if (options.verbose !== 0) for (const note of notes) write(`${who}: ${note}\n`);
    };
    const pause = (step: number) => {
      this.#pauses += step;
    };
    const paused = callbackList(`${who}: callbacks`, callbacks).map((callback) => pausing(callback, pause));
    const given = { ...rest, epochs, callbacks: [{ ...same, onTrainBegin: say }, ...paused] };
    if (reading.scheme === "stream") return this.#fitStream(rows[0], validation?.[0], given, usual.batch);
    if (reading.scheme === "lines") return this.#fitLines(rows, validation, given, usual.batch);
    const { x, y } = this.#prefixes(rows);
    const heldOut = validation && this.#prefixes(validation);
    return this.#train(this.#copies.trainer(null), (trainer) =>
      trainer.fit(x, y, {
        batchSize: usual.batch,
        ...given,
        ...(heldOut ? { validationData: [heldOut.x, heldOut.y] } : {}),
      }),
    );
  }

  /** The last fraction of the lines is kept for validation. */
  async #fitLines(lines: Rows, other: Rows | undefined, options: FitOptions, usual: number): Promise<History> {
    const { validationSplit = 0, batchSize = usual, shuffle = true, seed = this.model.seed, ...rest } = options;
    checkShuffle("languageModel.fit", shuffle);
    const [train, kept] = splitAt(lines, validationSplit, other);
    const order = { shuffle, seed, taken: this.model.iterations, initialEpoch: rest.initialEpoch };
    const { count, batches } = lineBatches(train, this.#steps, wholeBatch(batchSize), order);
    const heldOut = kept && lineBatches(kept, this.#steps, batchSize, null);
    return this.#train(this.#copies.trainer(null), (model) =>
      model.fit(batches, {
        ...rest,
        seed,
        stepsPerEpoch: count, // so that progress knows it in the first epoch
        ...(heldOut ? { validationData: () => heldOut.batches(0) } : {}),
      }),
    );
  }

  /** The last fraction of a stream is kept for validation, so that it is not read before. */
  async #fitStream(ids: readonly number[], other: readonly number[] | undefined, options: Listed, usual: number) {
    const who = "languageModel.fit";
    const { validationSplit = 0, batchSize, shuffle: _, callbacks, ...rest } = options;
    const [train, kept] = splitAt(ids, validationSplit, other);
    const steps = this.#steps;
    const rows = streamRows(train, steps, batchSize, usual, who);
    if (kept) streamRows(kept, steps, rows, rows, `${who}: validation`);
    const trainer = this.#copies.trainer(rows);
    return this.#train(trainer, (model) =>
      model.fit(() => streamBatches(train, rows, steps), {
        ...rest,
        stepsPerEpoch: streamLength(train, rows, steps), // so that progress knows it in the first epoch
        // Not where the batches begin: training resumed amid an epoch continues with its states.
        callbacks: [{ onEpochBegin: () => trainer.reset() }, ...callbacks],
        ...(kept ? { validationData: () => withZeroStates(trainer, streamBatches(kept, rows, steps)) } : {}),
      }),
    );
  }

  /** Training continues from the model's optimizer state, and leaves its own there. */
  async #train(trainer: Trainer, fit: (model: Model) => Promise<History>): Promise<History> {
    const before = this.model.optimizerState;
    if (before) await trainer.model.restoreOptimizer(before);
    const history = await fit(trainer.model);
    await this.#copies.keepOptimizer(trainer);
    return history;
  }

  /**
   * Evaluates the model on a text. Streams are read as one row, so that every token is predicted from all before it; more
   * rows (`batchSize`) are faster and forget where they begin. Called during a `fit`, it waits until that is done.
   */
  evaluate(text: RawText, options: EvaluateOptions = {}): Promise<LanguageEvaluation> {
    return this.#atRest(() => this.#evaluations(() => this.#evaluate(text, options)));
  }

  async #evaluate(text: RawText, options: EvaluateOptions): Promise<LanguageEvaluation> {
    const who = "languageModel.evaluate";
    const { reading } = this.#need(who);
    const { rows, unknown } = encodeText(text, reading, who);
    const { batchSize, ...rest } = { verbose: 0 as const, ...options };
    let tokens: number;
    let logs: Logs;
    if (reading.scheme === "stream") {
      const lanes = streamRows(rows[0], this.#steps, batchSize ?? 1, 1, who);
      const reader = this.#copies.trainer(lanes, "evaluates");
      tokens = Math.floor((rows[0].length - 1) / lanes) * lanes;
      logs = await reader.model.evaluate(
        () => withZeroStates(reader, streamBatches(rows[0], lanes, this.#steps)),
        rest,
      );
    } else {
      const { model } = this.#copies.trainer(null, "evaluates");
      tokens = rows.reduce((n, row) => n + row.length - 1, 0);
      if (reading.scheme === "lines") {
        const { batches } = lineBatches(rows, this.#steps, wholeBatch(batchSize ?? 32), null);
        logs = await model.evaluate(() => batches(0), rest);
      } else {
        const { x, y } = this.#prefixes(rows);
        logs = await model.evaluate(x, y, { batchSize, ...rest });
      }
    }
    const characters = reading.tokenizer.charLevel;
    // From the metric, which counts every token alike; the loss that training sees is a mean over batches.
    const loss = characters ? logs.bits_per_character * Math.LN2 : Math.log(logs.perplexity);
    const bits = characters ? { bitsPerCharacter: logs.bits_per_character } : {};
    return { loss, perplexity: Math.exp(loss), ...bits, accuracy: logs.accuracy, tokens, unknown };
  }

  /**
   * The most probable next tokens after a prompt, best first, with the probabilities the model gives them.
   *
   *   const [best] = await writer.predict("what is the", { top: 3 }); // best.token, best.probability
   */
  async predict(
    prompt: string,
    options: { top?: number; warn?: WriteOptions["warn"]; signal?: AbortSignal | undefined } = {},
  ): Promise<NextToken[]> {
    const who = "languageModel.predict";
    const { top } = readOptions(who, options, { top: wholeFrom(1)(5), warn: anything, signal: anything });
    options.signal?.throwIfAborted();
    const ids = this.#begin(prompt, who, options.warn);
    return this.#inSession(1, async (session) => {
      session.reset();
      const p = (await session.read(ids, options.signal)).slice();
      for (const id of wordless(this.reading, p.length)) p[id] = 0;
      const order = new Int32Array(Math.min(top, p.length));
      const count = largest(p, order.length, order);
      return Array.from(order.subarray(0, count), (id) => ({ token: this.#token(id), probability: p[id] }));
    });
  }

  /**
   * A prompt as the model reads it, and the token of each step: padded where the model was trained on prefixes of one length.
   *
   *   const { x, steps } = writer.modelInput("what is the");
   *   const { layers } = await trace(writer.model, x);
   */
  modelInput(prompt: string): ModelInput {
    const { reading, bundled } = this.#need("languageModel.modelInput");
    const ids = this.#begin(prompt, "languageModel.modelInput", () => {});
    const x = padSequences([ids], { maxLen: this.model.inputShape![1] ?? ids.length });
    const read = bundled?.oneHot ? oneHotRows(x, this.model.inputShape!.at(-1)!) : x;
    return { x: read, steps: tokensOf(x, reading.tokenizer) };
  }

  /**
   * Continues a prompt, token by token. The same options give the same text. Throws DataError for a prompt of unknown
   * words.
   */
  async *generate(prompt: string, options: WriteOptions = {}): AsyncGenerator<string, void, undefined> {
    const who = "languageModel.generate";
    const { reading } = this.#need(who);
    const read = readWriteOptions(who, options, reading.tokenizer.charLevel);
    const { words: length, stop, avoid, atEnd, beams, lengthPenalty, signal, sampling } = read;
    signal?.throwIfAborted();
    const ids = this.#begin(prompt, who, options.warn);
    if (length === 0) return;
    const end = reading.endToken === null ? [] : [idOf(reading, reading.endToken)!];
    const { oovToken } = reading.tokenizer;
    const oov = oovToken === undefined ? [] : [1, idOf(reading, oovToken)!]; // 1 where it is no word of the text itself
    const ending = [...tokenIds(stop, reading, `${who}: stop`), ...(atEnd === "stop" ? end : [])];
    const banned = [
      ...wordless(reading, this.model.outputShape!.at(-1)!),
      ...oov,
      ...tokenIds(avoid, reading, `${who}: avoid`),
      ...(atEnd === "stop" ? [] : end),
    ];
    const { session, giveBack } = this.#copies.session(beams ?? 1, options.session);
    try {
      if (beams === null) {
        for await (const id of generate(session, ids, { ...sampling, length, stop: ending, banned, signal }))
          yield this.#token(id);
        return;
      }
      const [best] = await beamSearch(session, ids, { length, stop: ending, banned, lengthPenalty, signal });
      for (const id of best.ids) yield this.#token(id);
    } finally {
      giveBack();
    }
  }

  /**
   * The prompt and what `generate` writes after it, as one text.
   *
   *   await writer.complete("hello how", { words: 2 }); // for example: hello how are you
   */
  async complete(prompt: string, options: WriteOptions = {}): Promise<string> {
    const tokens: string[] = prompt === "" ? [] : [prompt];
    for await (const token of this.generate(prompt, options)) tokens.push(token);
    return joinTokens(this.reading, tokens);
  }

  /** Writes the model with its words and options as `.keras`, which Keras opens too. */
  async save(path: string | URL): Promise<void> {
    const { model, reading, bundled = null } = this.#need("languageModel.save");
    await saveLanguageModel(model, path, reading, this.options, bundled);
  }

  #schemeFor(text: RawText): Scheme {
    return this.options.scheme ?? (typeof text === "string" ? "stream" : "lines");
  }

  /** Tokens of a stream read at once, or of a line at most. */
  get #steps(): number {
    const { tokenizer, scheme } = this.reading;
    return this.options.steps ?? (scheme === "lines" ? 200 : tokenizer.charLevel ? 100 : 35);
  }

  #prefixes(rows: Rows): TokenRows {
    const { x, y } = prefixRows(rows, this.#width);
    return { x: this.#ready?.bundled?.oneHot ? oneHotRows(x, this.model.inputShape!.at(-1)!) : x, y };
  }

  /** Ids that a model of prefixes reads. */
  get #width(): number {
    return this.model.inputShape![1] ?? this.#steps;
  }

  #begin(prompt: string, who: string, warn: WriteOptions["warn"] = console.warn): number[] {
    const { reading, bundled } = this.#need(who);
    const { ids, unknown } = encodeBeginning(prompt, reading, who);
    if (bundled && reading.tokenizer.indexWord.has(0) && ids.length < this.#width) {
      const next = "Give a longer prompt: its tokenizer uses id 0, so that none is left for padding.";
      throw new DataError(problem(who, `a prompt of at least ${this.#width} tokens`, `${ids.length}`, next));
    }
    const { oovToken } = reading.tokenizer;
    const fate = oovToken === undefined ? "left out" : `read as ${oovToken}`;
    if (unknown.length > 0) warn(`${who}: unknown and ${fate}: ${unknown.map((w) => JSON.stringify(w)).join(", ")}`);
    return ids;
  }

  #token = (id: number): string => this.reading.tokenizer.indexWord.get(id) ?? "";

  async #inSession<T>(rows: number, work: (session: Session) => Promise<T>): Promise<T> {
    const { session, giveBack } = this.#copies.session(rows);
    try {
      return await work(session);
    } finally {
      giveBack();
    }
  }

  #need(who: string): Ready {
    if (this.#ready) return this.#ready;
    const next = 'Call fit(lines) first, or loadLanguageModel("writer.keras").';
    throw new DataError(
      problem(who.includes(".") ? who : `languageModel.${who}`, "a trained model", "an untrained one", next),
    );
  }
}

/** Batches before which the states are zero. */
function* withZeroStates<B>(reader: Trainer, batches: Iterable<B>): Generator<B> {
  reader.reset();
  yield* batches;
}
