import type { Model } from "../../models/model.ts";
import { sequential } from "../../models/sequential.ts";
import { adam } from "../../train/optimizers/index.ts";
import type { Bundled } from "../shared/bundled.ts";
import { type LanguageModelOptions, languageLayers, type usualSizes } from "./options.ts";
import { type Reading, vocabularyOf } from "./text.ts";

/** A model, and how it reads texts. */
export interface Ready {
  readonly model: Model;
  readonly reading: Reading;
  /** Preprocessing of the texts that another program's model was trained on; absent: as here. */
  readonly bundled?: Bundled | null;
}

/** A compiled model for a vocabulary; one of prefixes reads `width` ids. */
export function languageNetwork(
  reading: Reading,
  o: LanguageModelOptions,
  usual: ReturnType<typeof usualSizes>,
  width: number,
): Model {
  const { scheme } = reading;
  const layers = languageLayers(vocabularyOf(reading), {
    scheme,
    cell: o.cell,
    units: typeof o.units === "number" ? [o.units] : (o.units ?? usual.units),
    embedding: o.embedding ?? usual.embedding,
    dropout: o.dropout ?? usual.dropout,
    recurrentDropout: o.recurrentDropout,
    maskZero: scheme === "lines" || (scheme === "prefixes" && o.maskZero === true),
    width: scheme === "prefixes" ? width : null,
  });
  const model = sequential(layers, { name: o.name ?? "language_model", seed: o.seed });
  model.compile({
    optimizer: o.optimizer ?? adam({ learningRate: o.learningRate ?? usual.rate }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
    backend: o.backend,
  });
  return model;
}

/** Steps of a row of prefixes: the longest line's, while all rows together stay below 256 MB; 200 at most above. */
export function widthFor(longest: number, tokens: number): number {
  const most = 2 ** 26; // ids of 4 bytes
  return longest * tokens <= most ? longest : Math.min(200, Math.max(1, Math.floor(most / tokens)));
}
