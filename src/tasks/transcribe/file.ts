import { problem, ShapeError } from "../../errors.ts";
import type { Model } from "../../models/model.ts";
import { readAudioInput } from "../classify/recordings.ts";
import { isCount, isList, isNumber, isText, readField, readPlainOptions, type TaskData } from "../shared/task-file.ts";
import { readNgramModel } from "./ngram-model.ts";
import { readTranscriber, type TranscriberOptions } from "./options.ts";
import type { Trained } from "./trained.ts";

/** Data that a transcriber stores beside its network. */
export function transcriberData({ learned, ngram }: Trained): TaskData {
  return { ...learned, ngram: ngram?.toJSON() ?? null };
}

/** The same, checked. Throws FormatError for a damaged file, ShapeError for a network of other sizes. */
export function readTrained(model: Model, data: TaskData): { trained: Trained; options: TranscriberOptions } {
  const alphabet = readField(data, "alphabet", "a list of characters", isList(isText));
  const features = readField(data, "features", "a number of features", isCount(1e6));
  const window = readField(data, "window", "a number of frames", isCount(1e4));
  const stride = readField(
    data,
    "stride",
    "a number of frames from 1 on",
    (v): v is number => isCount(1e4)(v) && v > 0,
  );
  const isRow = (v: unknown): v is number[] => isList(isNumber)(v) && v.length === features;
  const mean = readField(data, "mean", `${features} means`, isRow);
  const deviation = readField(data, "deviation", `${features} deviations`, isRow);
  const audio = readAudioInput(data);
  const ngram = data.ngram === null ? null : readNgramModel(data.ngram);
  if (ngram === null) readField(data, "ngram", "counts of a language model", (v): v is null => v === null);
  const sizes = [model.inputs?.[0].shape.at(-1), model.outputs?.[0].shape.at(-1)];
  if (sizes[0] !== window * features || sizes[1] !== alphabet.length + 1) {
    const expected = `a network from ${window * features} features to ${alphabet.length + 1} characters`;
    throw new ShapeError(problem(String(data.task), expected, `one from ${sizes[0]} to ${sizes[1]}`));
  }
  const options = readPlainOptions(data) as TranscriberOptions;
  readTranscriber(options, 0);
  return {
    trained: { model, learned: { alphabet, audio, features, window, stride, mean, deviation }, ngram },
    options,
  };
}
