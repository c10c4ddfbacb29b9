import { problem, ShapeError } from "../../errors.ts";
import type { SymbolicTensor } from "../../layers/index.ts";
import type { ChainWeights } from "../../layers/structured/crf.ts";
import type { Model } from "../../models/model.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import {
  isCount,
  isList,
  isNumber,
  isRecord,
  isText,
  readField,
  readPlainOptions,
  type TaskData,
} from "../shared/task-file.ts";
import type { Learned } from "./learned.ts";
import { readTagger, type TaggerOptions } from "./options.ts";
import type { Trained } from "./trained.ts";

/** Data that a tagger stores beside its network. */
export function taggerData({ learned, chain, strict }: Trained): TaskData {
  const rows = chain && {
    transitions: Array.from(chain.transitions.data),
    first: Array.from(chain.first.data),
    last: Array.from(chain.last.data),
  };
  return { learned, chain: rows, strict };
}

/** The same, checked. Throws FormatError for a damaged file, ShapeError for a network of other sizes. */
export function readTrained(
  model: Model<SymbolicTensor[]>,
  data: TaskData,
): { trained: Trained; options: TaggerOptions } {
  const read = readField(data, "learned", "words, characters and labels", isLearned);
  const learned = { ...read, bag: read.bag ?? null };
  const K = learned.labels.length;
  const isChain = (v: unknown): v is Record<keyof ChainWeights, number[]> | null =>
    v === null || (isRecord(v) && isOf(v.transitions, K * K) && isOf(v.first, K) && isOf(v.last, K));
  const chain = readField(data, "chain", `scores of a chain of ${K} labels`, isChain);
  const strict = readField(data, "strict", "true or false", (v) => typeof v === "boolean");
  const width = model.outputs?.[0].shape.at(-1);
  if (width !== K)
    throw new ShapeError(problem(`${String(data.task)}: labels`, `as many as the model's ${width} scores`, `${K}`));
  const array = (values: number[], shape: number[]) => new NdArray(Float32Array.from(values), shape);
  const weights = chain && {
    transitions: array(chain.transitions, [K, K]),
    first: array(chain.first, [K]),
    last: array(chain.last, [K]),
  };
  const options = readPlainOptions(data) as TaggerOptions;
  readTagger(options, 0);
  return { trained: { model, learned, chain: weights, strict }, options };
}

const isOf = (v: unknown, count: number): v is number[] => isList(isNumber)(v) && v.length === count;

const isLearned = (v: unknown): v is Learned =>
  isRecord(v) &&
  [v.words, v.chars, v.labels, v.intents].every(isList(isText)) &&
  isCount(1000)(v.wordLength) &&
  (v.bag === undefined ||
    v.bag === null ||
    (isRecord(v.bag) && isCount(2 ** 16)(v.bag.buckets) && isCount(1_000_000)(v.bag.length))) &&
  [v.lower, v.maskDigits, v.iob].every((one) => typeof one === "boolean");
