import { FormatError, problem } from "../../errors.ts";
import type { LoadOptions } from "../../formats/load-model.ts";
import type { Model } from "../../models/model.ts";
import { Tokenizer } from "../../text/tokenizer.ts";
import { type Bundled, readBundled } from "../shared/bundled.ts";
import { openTask, saveTask, type TaskData, type TaskSource } from "../shared/task-file.ts";
import { checkedOptions, type LanguageModelOptions } from "./options.ts";
import type { Reading } from "./text.ts";

const task = "languageModel";

/** Writes the model as `.keras`, with what turns text into ids beside it. */
export async function saveLanguageModel(
  model: Model,
  path: string | URL,
  reading: Reading,
  options: LanguageModelOptions,
  bundled: Bundled | null,
): Promise<void> {
  const { tokenizer, scheme, endToken } = reading;
  const { optimizer: _, backend: __, ...plain } = options; // the model file has the optimizer
  const data = { scheme, endToken, options: plain, ...(bundled ? { bundled } : {}) };
  await saveTask(model, path, task, data, { "tokenizer.json": tokenizer.toJson() });
}

/** Reads a file that `saveLanguageModel` wrote. Throws FormatError for a model of another task, or of none. */
export async function openLanguageModel(
  source: TaskSource,
  load: LoadOptions,
): Promise<{ model: Model; reading: Reading; options: LanguageModelOptions; bundled: Bundled | null }> {
  const { model, data, file } = await openTask(source, task, load);
  if (!fits(data)) {
    const next = "Save it again: the file is damaged, or was changed by hand.";
    throw new FormatError(problem(task, "scheme, endToken and options of a language model", "others", next));
  }
  const { scheme, endToken, options } = data;
  const reading = { tokenizer: Tokenizer.fromJson(file("tokenizer.json")), scheme, endToken };
  return { model, reading, options: checkedOptions(options), bundled: readBundled(data) };
}

type Kept = Omit<Reading, "tokenizer"> & { readonly options: LanguageModelOptions };

function fits(data: TaskData): data is TaskData & Kept {
  const { scheme, endToken, options } = data;
  return (
    ["lines", "stream", "prefixes"].includes(scheme as string) &&
    (endToken === null || typeof endToken === "string") &&
    typeof options === "object" &&
    options !== null
  );
}
