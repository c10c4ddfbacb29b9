import { FormatError, problem } from "../../errors.ts";
import type { Model } from "../../models/model.ts";
import type { BackendName } from "../../train/compiled.ts";
import { isCount, isList, isRecord, isText, readField, readPlainOptions, type TaskData } from "../shared/task-file.ts";
import { computeOn, takeWeights, translatorNetwork } from "./network.ts";
import { readTranslator, type TranslatorOptions } from "./options.ts";
import { type PieceRules, Pieces } from "./pieces.ts";
import type { Trained } from "./trained.ts";

/** Data that a translator stores beside its network. */
export function translatorData({ source, target, longest }: Trained): TaskData {
  return { source: source.rules, target: target.rules, longest };
}

/** The same, checked. Throws FormatError for a damaged file, ShapeError for a network of other sizes. */
export function readTrained(
  model: Model,
  data: TaskData,
  backend: BackendName | undefined,
): { trained: Trained; options: TranslatorOptions } {
  const side = (name: string) => new Pieces(readField(data, name, "characters and merges of pieces", isRules));
  const [source, target] = [side("source"), side("target")];
  const longest = readField(data, "longest", "a number of pieces", isCount(100_000));
  const options = readPlainOptions(data) as TranslatorOptions;
  const { dropout, seed } = readTranslator(options, 0);
  const width = (layer: string, axis: number): number => {
    const found = model.layers.find(({ name }) => name === layer)?.getWeights()[0]?.shape[axis];
    if (found !== undefined) return found;
    throw new FormatError(
      problem(String(data.task), `a layer "${layer}" with weights`, "none", "Train and save again."),
    );
  };
  const sizes = { source: source.names.length, target: target.names.length };
  const units = width("writer", 1) / 8; // kernel [E, 4 · 2H]
  const network = translatorNetwork(
    { ...sizes, units, embedding: width("target_vectors", 1) },
    { dropout, seed, tied: false },
  );
  computeOn(backend, network);
  takeWeights(model, network);
  return { trained: { network, source, target, longest }, options };
}

const isRules = (v: unknown): v is PieceRules =>
  isRecord(v) &&
  isList(isText)(v.characters) &&
  typeof v.lower === "boolean" &&
  isList((pair: unknown): pair is [string, string] => isList(isText)(pair) && pair.length === 2)(v.merges);
