import { DataError, problem } from "../errors.ts";
import {
  attention,
  bidirectional,
  concatenate,
  dense,
  dropout,
  embedding,
  input,
  lstm,
  masking,
} from "../layers/index.ts";
import type { Symbolic, SymbolicTensor } from "../layers/layer.ts";
import { type Functional, functional } from "../models/functional.ts";
import { below1, readOptions, wholeFrom } from "../train/options.ts";

export interface EncoderDecoderOptions {
  /** Size of the source vocabulary, padding (0) included. */
  source: number;
  /** Size of the target vocabulary, padding included. */
  target: number;
  /** Of each way of the encoder; the decoder has twice as many. Default 128. */
  units?: number;
  /** Features of a word. Default: the units. */
  embedding?: number;
  /** Fraction of the words' features dropped while training. Default 0.2. */
  dropout?: number;
  /** Seed of weights, shuffling and dropout. Default 1. */
  seed?: number;
}

/** Three models over the same weights. Ts is the length read, T the length written, H the units. */
export interface EncoderDecoder {
  /** For training: ids read [B, Ts], ids written so far [B, T] → probabilities of the next ones [B, T, target]. */
  readonly model: Functional;
  /** Source ids [B, Ts] → encoder outputs [B, Ts, 2H], and the decoder's first states [B, 2H] twice. */
  readonly encoder: Functional<SymbolicTensor[]>;
  /** For generation: ids [B, T], encoder outputs, states → probabilities, states, attention weights [B, T, Ts]. */
  readonly decoder: Functional<SymbolicTensor[]>;
}

/**
 * A translator of sequences with attention: a bidirectional LSTM reads, a second LSTM starts from its states and attends
 * to the input at every step (Bahdanau et al. 2015) by dot products (Luong et al. 2015). Ids are padded at the end with
 * 0.
 *
 *   const { model, encoder, decoder } = encoderDecoder({ source: 4000, target: 5000 });
 *   model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy" });
 *   await model.fit([english, frenchFromStart], frenchToEnd, { epochs: 10 });
 *   const [seen, h, c] = await encoder.predict(english);
 *   const written = await greedyDecode(decoder, { start: 2, end: 3, fixed: [seen], states: [h, c] });
 */
export function encoderDecoder(options: EncoderDecoderOptions): EncoderDecoder {
  const who = "encoderDecoder";
  const {
    embedding: features,
    seed,
    ...read
  } = readOptions(who, options, {
    source: wholeFrom(2)(0),
    target: wholeFrom(2)(0),
    units: wholeFrom(1)(128),
    embedding: wholeFrom(1)(options.units ?? 128),
    dropout: below1(0.2),
    seed: wholeFrom(0)(1),
  });
  if (!read.source || !read.target) {
    const next = "Count the padding too: tokenizer.wordIndex.size + 1.";
    throw new DataError(problem(who, "source and target, how many ids there are", JSON.stringify(options), next));
  }
  const H = read.units;
  const sequences = { returnSequences: true, returnState: true } as const;
  const words = (ids: number) => embedding(ids, features, { maskZero: true });
  const drop = dropout(read.dropout);

  const source = input([null], { dtype: "i32", name: "source" });
  const [seen, h1, c1, h2, c2] = bidirectional(lstm(H, sequences))(drop(words(read.source)(source)));
  const [h, c] = [concatenate()([h1, h2]), concatenate()([c1, c2])]; // [B, 2H]

  const said = input([null], { dtype: "i32", name: "said" });
  const vectors = words(read.target);
  const speak = lstm(2 * H, sequences);
  const look = attention({ returnAttentionScores: true });
  const mix = dense(features, { activation: "tanh" });
  const choose = dense(read.target, { activation: "softmax" });
  const decode = (seen: Symbolic, h: Symbolic, c: Symbolic): SymbolicTensor[] => {
    // With initialState a mask is used only where it is given; padding is not worth the work.
    const [y, hNext, cNext] = speak(drop(vectors(said)), { initialState: [h, c], mask: said.notEqual(0) });
    const [found, looks] = look([y, seen]);
    return [choose(drop(mix(concatenate()([y, found])))), hNext, cNext, looks];
  };
  // Padded steps of what was read are zeros, by which masking recovers the mask.
  const [seenBefore, hBefore, cBefore] = [input([null, 2 * H]), input([2 * H]), input([2 * H])];
  const places = [said, seenBefore, hBefore, cBefore];
  return {
    model: functional([source, said], decode(seen, h, c)[0], { seed }),
    encoder: functional(source, [seen, h, c], { seed }),
    decoder: functional(places, decode(masking()(seenBefore), hBefore, cBefore), { seed }),
  };
}
