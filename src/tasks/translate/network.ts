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
  type SymbolicTensor,
  tiedEmbedding,
} from "../../layers/index.ts";
import type { Symbolic } from "../../layers/layer.ts";
import { type Functional, functional } from "../../models/functional.ts";
import type { Model } from "../../models/model.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import type { BackendName } from "../../train/compiled.ts";

/** Sizes of a translator's network. */
export interface NetworkSizes {
  /** Number of source pieces, and of target pieces. */
  readonly source: number;
  readonly target: number;
  /** Units of the encoder, each way: H. */
  readonly units: number;
  /** Features of a piece: E. */
  readonly embedding: number;
}

/** Options of a network for its training. */
export interface TrainingOptions {
  readonly dropout: number;
  readonly seed: number;
  /** Whether the output layer has no table of its own. */
  readonly tied: boolean;
}

/** Three models over the same weights. Ts is the length read, T the length written, H the units. */
export interface TranslatorNetwork {
  /** For training, and in files: ids read [B, Ts], ids written so far [B, T] → probabilities of the next ones [B, T, target]. */
  readonly model: Functional;
  /** Ids [B, Ts] → what the encoder made of each [B, Ts, 2H], and the decoder's first states [B, 2H] twice. */
  readonly encoder: Functional<SymbolicTensor[]>;
  /** Ids [B, 1], encoder outputs, states → probabilities, states, attention weights [B, 1, Ts]. */
  readonly decoder: Functional<SymbolicTensor[]>;
}

/**
 * A bidirectional LSTM reads. A second LSTM, which starts from its last states, writes: at every step it looks back at what was read
 * (Luong et al. 2015, the "general" score: its state times a matrix times the encoder's outputs), and what it finds, its state and
 * the last piece together give the next one. Where it is `tied` the table of target pieces is the output layer's too (Press & Wolf 2017);
 * files, which Keras reads, have a dense layer in its place (`takeWeights`).
 */
export function translatorNetwork(sizes: NetworkSizes, options: TrainingOptions): TranslatorNetwork {
  const { dropout: rate, seed, tied } = options;
  const H = sizes.units;
  const sequences = { returnSequences: true, returnState: true } as const;
  const drop = (name: string) => dropout(rate, { name });

  const source = input([null], { dtype: "i32", name: "source" });
  const read = embedding(sizes.source, sizes.embedding, { maskZero: true, name: "source_vectors" })(source);
  const reader = bidirectional(lstm(H, sequences), { name: "reader" });
  const [seen, h1, c1, h2, c2] = reader(drop("source_dropout")(read));
  const first = (name: string, states: Symbolic[]) =>
    dense(2 * H, { activation: "tanh", name })(concatenate({ name: `${name}_states` })(states));
  const [h, c] = [first("first_h", [h1, h2]), first("first_c", [c1, c2])]; // [B, 2H]

  const said = input([null], { dtype: "i32", name: "said" });
  const table = embedding(sizes.target, sizes.embedding, { maskZero: true, name: "target_vectors" });
  const writer = lstm(2 * H, { ...sequences, name: "writer" });
  const keys = dense(2 * H, { useBias: false, name: "keys" });
  const look = attention({ returnAttentionScores: true, name: "look" });
  const mix = dense(sizes.embedding, { activation: "tanh", name: "mix" });
  const output = { activation: "softmax", name: "choose" } as const;
  const choose = tied ? tiedEmbedding(table, output) : dense(sizes.target, output);
  const [saidDrop, foundDrop, mixDrop] = [drop("said_dropout"), drop("found_dropout"), drop("mix_dropout")];
  const [joined] = [concatenate({ name: "joined" })];
  const decode = (seen: Symbolic, h: Symbolic, c: Symbolic): SymbolicTensor[] => {
    // With initialState a mask is used only where it is given; padding is not worth the work.
    const last = saidDrop(table(said));
    const [y, hNext, cNext] = writer(last, { initialState: [h, c], mask: said.notEqual(0) });
    const [found, looks] = look([y, seen, keys(seen)]);
    return [choose(mixDrop(mix(foundDrop(joined([y, found, last]))))), hNext, cNext, looks];
  };
  // Padded steps of what was read are zeros, by which masking recovers the mask.
  const [seenBefore, hBefore, cBefore] = [input([null, 2 * H]), input([2 * H]), input([2 * H])];
  return {
    model: functional([source, said], decode(seen, h, c)[0], { seed }),
    encoder: functional(source, [seen, h, c], { seed }),
    decoder: functional([said, seenBefore, hBefore, cBefore], decode(masking()(seenBefore), hBefore, cBefore), {
      seed,
    }),
  };
}

/** Lets the models that answer compute on a backend that was asked for. */
export function computeOn(backend: BackendName | undefined, { model, encoder, decoder }: TranslatorNetwork): void {
  if (backend === undefined) return;
  for (const one of [model, encoder, decoder] as unknown as Model[])
    one.compile({ optimizer: "sgd", loss: one.outputNames.map(() => "mse" as const), backend });
}

/** Gives a network the weights of a model, layer by layer of the same name; a dense output layer those of a tied one. Throws ShapeError where they do not fit. */
export function takeWeights(from: Model, to: TranslatorNetwork): void {
  const known = new Map(from.layers.map((layer) => [layer.name, layer]));
  for (const layer of to.model.layers) {
    const given = known.get(layer.name);
    const weights = given?.getWeights() ?? [];
    if (weights.length === 0) continue;
    const tied = given!.className === "TiedEmbedding";
    layer.setWeights(tied ? [transposed(known.get("target_vectors")!.getWeights()[0]), ...weights] : weights);
  }
}

/** [V, E] → [E, V] */
function transposed({ data, shape: [V, E] }: NdArray): NdArray {
  return new NdArray(
    Float32Array.from({ length: V * E }, (_, k) => data[(k % V) * E + Math.floor(k / V)]),
    [E, V],
  );
}
