import { DataError, invalidOption, problem, ShapeError, showShape, showValue } from "../../errors.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import { oneOf, readOptions, wholeFrom } from "../../train/options.ts";

/** A model of label sequences that a beam search asks: what may follow what. */
export interface LabelModel {
  /** The state before the first label. */
  readonly start: unknown;
  /** The logarithm of the probability of a label (a class of the logits) in a state, and the state behind it. */
  next(state: unknown, label: number): { readonly state: unknown; readonly logProbability: number };
  /** The logarithm of the probability that the sequence ends in a state. */
  end(state: unknown): number;
}

/** Options of `ctcDecode`. */
export interface CtcDecodeOptions {
  /** `"beam"` sums over the ways in which labels spread over the steps, `"greedy"` takes the best class of each step. Default `"beam"`. */
  strategy?: "beam" | "greedy";
  /** Label sequences kept at each step. Default 100. */
  beamWidth?: number;
  /** Label sequences returned, best first. Default 1. */
  topPaths?: number;
  /** The class that stands for no label. Default 0. */
  blank?: number;
  /** A model of label sequences, for the beam search. Default: none. */
  languageModel?: LabelModel | null;
  /** Factor of the language model's log-probabilities. Default 1. */
  languageWeight?: number;
  /** Added to the score for each label: above 0 it makes up for the language model's preference for few. Default 0. */
  labelBonus?: number;
}

/** A label sequence that was found. */
export interface CtcPath {
  /** Classes of the logits, without blanks. */
  readonly labels: number[];
  /** Logarithm of its probability under the logits: of `"greedy"` that of the one path. */
  readonly logProbability: number;
  /** The sum by which sequences are ordered: with the language model's part and the bonus. */
  readonly score: number;
}

/**
 * The likeliest label sequences under logits [T, K] of one row, best first: greedy (the best class of each step, repeats and blanks left
 * out), or by prefix beam search (Graves 2012; Hannun et al. 2014), as `keras.ops.ctc_decode`. Throws ShapeError for logits of another shape.
 *
 *   const [{ labels }] = ctcDecode(logits.row(0), { beamWidth: 20 });
 */
export function ctcDecode(logits: NdArray, options: CtcDecodeOptions = {}): CtcPath[] {
  const read = readDecode(options);
  const K = logits.shape.at(-1) ?? 0;
  if (logits.rank !== 2 || K <= read.blank) {
    const expected = `logits [T, K] of more than ${read.blank} classes`;
    throw new ShapeError(problem(who, expected, showShape(logits.shape), "Give one row's: logits.row(0)."));
  }
  const steps = logSoftmaxOf(logits);
  return read.strategy === "greedy" ? [greedy(steps, K, read.blank)] : beamSearch(steps, K, read);
}

const who = "ctcDecode";

/** The options, with defaults. Throws DataError for one that does not fit. */
export function readDecode({ languageModel, languageWeight = 1, labelBonus = 0, ...rest }: CtcDecodeOptions) {
  const read = readOptions(who, rest, {
    strategy: oneOf(["beam", "greedy"], "beam"),
    beamWidth: wholeFrom(1)(100),
    topPaths: wholeFrom(1)(1),
    blank: wholeFrom(0)(0),
  });
  for (const [name, value] of Object.entries({ languageWeight, labelBonus }))
    if (!Number.isFinite(value)) throw new DataError(invalidOption(who, name, "a number", showValue(value)));
  if (languageModel && read.strategy === "greedy") {
    const next = 'Leave strategy out for "beam".';
    throw new DataError(problem(`${who}: languageModel`, "a beam search", '"greedy"', next));
  }
  return { ...read, languageModel: languageModel ?? null, languageWeight, labelBonus };
}

/** Log-probabilities, T rows of K. */
function logSoftmaxOf({ data, shape: [T, K] }: NdArray): Float64Array {
  const out = new Float64Array(T * K);
  for (let t = 0; t < T; t++) {
    let most = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < K; k++) most = Math.max(most, data[t * K + k]);
    let total = 0;
    for (let k = 0; k < K; k++) total += Math.exp(data[t * K + k] - most);
    const log = most + Math.log(total);
    for (let k = 0; k < K; k++) out[t * K + k] = data[t * K + k] - log;
  }
  return out;
}

function greedy(steps: Float64Array, K: number, blank: number): CtcPath {
  const labels: number[] = [];
  let [before, logProbability] = [blank, 0];
  for (let at = 0; at < steps.length; at += K) {
    let best = 0;
    for (let k = 1; k < K; k++) if (steps[at + k] > steps[at + best]) best = k;
    if (best !== blank && best !== before) labels.push(best);
    logProbability += steps[at + best];
    before = best;
  }
  return { labels, logProbability, score: logProbability };
}

/** A sequence of labels in the beam: a node of a tree, its label the last one. */
interface Prefix {
  readonly parent: Prefix | null;
  readonly label: number;
  readonly children: Map<number, Prefix>;
  readonly state: unknown;
  /** The language model's part and the bonus. */
  readonly extra: number;
  blank: number; // log-probability of the paths that end in a blank
  own: number; // of those that end in its label
  nextBlank: number;
  nextOwn: number;
}

const none = Number.NEGATIVE_INFINITY;

function beamSearch(steps: Float64Array, K: number, read: ReturnType<typeof readDecode>): CtcPath[] {
  const { blank, beamWidth, topPaths, languageModel: model, languageWeight, labelBonus } = read;
  const make = (parent: Prefix | null, label: number, state: unknown, extra: number): Prefix => {
    const empty = { blank: none, own: none, nextBlank: none, nextOwn: none };
    return { parent, label, children: new Map(), state, extra, ...empty };
  };
  const childOf = (prefix: Prefix, label: number): Prefix => {
    const known = prefix.children.get(label);
    if (known) return known;
    const said = model?.next(prefix.state, label) ?? { state: null, logProbability: 0 };
    const extra = prefix.extra + languageWeight * said.logProbability + labelBonus;
    const made = make(prefix, label, said.state, extra);
    prefix.children.set(label, made);
    return made;
  };
  const root = make(null, blank, model?.start ?? null, 0);
  root.blank = 0;
  let beam = [root];
  for (let at = 0; at < steps.length; at += K) {
    const found = new Set<Prefix>();
    for (const prefix of beam) {
      const all = logAdd(prefix.blank, prefix.own);
      found.add(prefix);
      prefix.nextBlank = logAdd(prefix.nextBlank, all + steps[at + blank]);
      if (prefix.parent) prefix.nextOwn = logAdd(prefix.nextOwn, prefix.own + steps[at + prefix.label]);
      for (let k = 0; k < K; k++) {
        if (k === blank) continue;
        const child = childOf(prefix, k);
        // A label after itself needs a blank between.
        child.nextOwn = logAdd(child.nextOwn, (k === prefix.label ? prefix.blank : all) + steps[at + k]);
        found.add(child);
      }
    }
    for (const prefix of found) {
      [prefix.blank, prefix.own] = [prefix.nextBlank, prefix.nextOwn];
      prefix.nextBlank = prefix.nextOwn = none;
    }
    const ranked = [...found].sort((a, b) => scoreOf(b) - scoreOf(a));
    beam = ranked.slice(0, beamWidth).filter((prefix) => scoreOf(prefix) > none);
    // What falls out begins again from nothing, should it come back.
    for (const prefix of ranked.slice(beam.length)) prefix.blank = prefix.own = none;
  }
  const ended = beam.map((prefix) => ({
    prefix,
    score: scoreOf(prefix) + (model ? languageWeight * model.end(prefix.state) : 0),
  }));
  return ended
    .sort((a, b) => b.score - a.score)
    .slice(0, topPaths)
    .map(({ prefix, score }) => ({
      labels: labelsOf(prefix),
      logProbability: logAdd(prefix.blank, prefix.own),
      score,
    }));
}

const scoreOf = (prefix: Prefix): number => logAdd(prefix.blank, prefix.own) + prefix.extra;

function labelsOf(prefix: Prefix): number[] {
  const labels: number[] = [];
  for (let one = prefix; one.parent; one = one.parent) labels.push(one.label);
  return labels.reverse();
}

/** log(eᵃ + eᵇ) */
function logAdd(a: number, b: number): number {
  if (a === none) return b;
  if (b === none) return a;
  return a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));
}
