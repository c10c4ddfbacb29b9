import { DataError, FormatError, problem } from "../errors.ts";
import { type LoadOptions, loadModel } from "../models/load-model.ts";
import type { Model } from "../models/model.ts";
import { Tokenizer } from "../text/tokenizer.ts";
import { checkedOptions, type LanguageModelOptions } from "./language-model-options.ts";
import type { Reading } from "./language-model-text.ts";

/** Where a model comes from: a path, an address, or the bytes of a file. */
export type ModelSource = string | URL | Uint8Array | ArrayBuffer;

const task = "languageModel";
const version = 1;
// below assets/ in the .keras file, where Keras looks at nothing
const places = { task: "cellstate/task.json", tokenizer: "cellstate/tokenizer.json" };

/** Writes the model as `.keras`, with what turns text into ids beside it. */
export async function saveLanguageModel(
  model: Model,
  path: string,
  reading: Reading,
  options: LanguageModelOptions,
): Promise<void> {
  if (!/\.keras$/i.test(path)) {
    const next = 'save("writer.keras"): no other format keeps the words of the ids.';
    throw new DataError(problem(`${task}.save`, "a name that ends in .keras", JSON.stringify(path), next));
  }
  const { tokenizer, level, scheme, endToken } = reading;
  const { optimizer: _, backend: __, ...plain } = options; // the model file has the optimizer
  const data = { task, version, level, scheme, endToken, options: plain };
  const encode = (text: string) => new TextEncoder().encode(text);
  const assets = new Map(model.assets);
  assets.set(places.task, encode(JSON.stringify(data)));
  assets.set(places.tokenizer, encode(tokenizer.toJson()));
  await model.save(path, { assets });
}

/** What `saveLanguageModel` wrote. Throws FormatError for a model of another task, or of none. */
export async function openLanguageModel(
  source: ModelSource,
  load: LoadOptions,
): Promise<{ model: Model; reading: Reading; options: LanguageModelOptions }> {
  const who = `${task}: ${typeof source === "string" || source instanceof URL ? String(source) : "model"}`;
  const model = await loadModel(source, load);
  const text = (place: string) => {
    const bytes = model.assets.get(place);
    if (bytes) return new TextDecoder().decode(bytes);
    const next = "A model alone opens with loadModel(path); its text can be read with encodePrompt.";
    throw new FormatError(problem(who, `a file that ${task} saved`, `one without assets/${place}`, next));
  };
  const data = object(text(places.task), who);
  if (data.task !== task) {
    const next = `It was saved by ${String(data.task)}: load it as that.`;
    throw new FormatError(problem(who, `a file that ${task} saved`, `one of ${JSON.stringify(data.task)}`, next));
  }
  if (!fits(data)) {
    const next = "Save it again, or update this Cellstate if a newer one wrote it.";
    throw new FormatError(problem(who, `assets/${places.task} of version ${version}`, "something else", next));
  }
  const { level, scheme, endToken, options } = data;
  const reading = { tokenizer: Tokenizer.fromJson(text(places.tokenizer)), level, scheme, endToken };
  return { model, reading, options: checkedOptions(options) };
}

type Kept = Omit<Reading, "tokenizer"> & { readonly options: LanguageModelOptions };

function fits(data: Readonly<Record<string, unknown>>): data is Readonly<Record<string, unknown>> & Kept {
  const { level, scheme, endToken, options } = data;
  return (
    data.version === version &&
    ["word", "character"].includes(level as string) &&
    ["lines", "stream", "prefixes"].includes(scheme as string) &&
    (endToken === null || typeof endToken === "string") &&
    typeof options === "object" &&
    options !== null
  );
}

function object(json: string, who: string): Readonly<Record<string, unknown>> {
  try {
    const data: unknown = JSON.parse(json);
    if (typeof data === "object" && data !== null) return data as Record<string, unknown>;
  } catch {
    // told below
  }
  throw new FormatError(problem(who, `an object in assets/${places.task}`, "something else", "Save the model again."));
}
