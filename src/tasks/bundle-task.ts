import type { LoadOptions } from "../formats/load-model.ts";
import type { Bundle, BundleOptions } from "./bundle/bundle-options.ts";
import type { TaskSource } from "./shared/task-file.ts";

/**
 * A task made of a model that has none, and of what the notebook kept beside it: texts or series in, answers out. Its `save` writes a
 * file that needs nothing more. Throws DataError naming what is missing or does not fit the model.
 *
 *   const tokenizer = await readPickle<Tokenizer>("tokenizer.pickle");
 *   const { kind, task, about } = await bundleTask("sentiment.h5", { tokenizer, labels: ["bad", "good"] });
 *   if (kind === "textClassifier") console.log(about, await task.predict(["a film to remember"]));
 *   await task.save("sentiment.keras");
 */
export async function bundleTask(
  source: TaskSource,
  options: BundleOptions = {},
  load: LoadOptions = {},
): Promise<Bundle> {
  const { bundle } = await import("./bundle/bundle.ts");
  return bundle(source, options, load);
}
