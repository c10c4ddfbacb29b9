import { basename } from "node:path";
import { type Bundle, type BundledKind, type BundleOptions, bundleTask, type Model } from "../../index.ts";
import type { Opening } from "./bare-options.ts";
import { fileBeside, type Kept } from "./beside.ts";
import { readLabels, readScaler, readTokenizer } from "./read-kept.ts";

/** A model without a task as one: with the files that are named, else with those beside it, which is said in a line. */
export async function bundleBare(
  file: string,
  model: Model,
  wanted: readonly BundledKind[],
  { backend, say, columnsOf, ...opening }: Opening,
): Promise<Bundle> {
  const [typed, beside]: string[][] = [[], []];
  const kept = async <T>(
    name: Kept,
    read: (file: string) => Promise<T>,
    look: boolean,
  ): Promise<{ [k: string]: T }> => {
    const given = opening[name];
    if (given === false) return {};
    const path = given ?? (look ? await fileBeside(file, name) : null);
    if (path === null) return {};
    const found = await read(path);
    (given === undefined ? beside : typed).push(given === undefined ? basename(path) : path);
    return { [name]: found };
  };
  const reads = kindsOf(model, opening.tokenizer !== undefined);
  const rows = opening.sequences && !reads.texts && !reads.classes && wanted.includes("regressor");
  const only: { kind?: BundledKind } = rows ? { kind: "regressor" } : wanted.length === 1 ? { kind: wanted[0] } : {};
  const series = only.kind === "forecaster" || !reads.classes;
  const named = !series && only.kind !== "languageModel";
  const { numWords, maxLength, padding, truncating, window, target } = opening;
  const threshold = typeof opening.threshold === "number" ? opening.threshold : undefined; // those by class: when it is asked
  const columns = opening.columns ?? (series && !reads.texts && !rows ? await columnsOf?.() : undefined);
  const options: BundleOptions = {
    ...(await kept("tokenizer", (path) => readTokenizer(path, say), reads.texts && !reads.own)),
    ...(await kept("labels", readLabels, named)),
    ...(await kept("scaler", readScaler, !reads.texts)),
    ...(await kept("targetScaler", readScaler, reads.texts ? !reads.classes : series)),
    ...given({ numWords, maxLength, padding, truncating, window, target, threshold, columns }),
    ...only,
  };
  const bundle = await bundleTask(model, options, { backend });
  const unpadded = !reads.own && model.inputShape?.[1] === null && maxLength === undefined;
  const hints = [
    ...(/Classifier$/.test(bundle.kind) && !options.labels ? ["--labels FILE names the classes"] : []),
    ...(/Classifier$|regressor/.test(bundle.kind) && unpadded ? ["--max-length N, if the notebook padded"] : []),
    ...(/Classifier$/.test(bundle.kind) && !padding && !reads.own && !unpadded
      ? ["--padding post, if the notebook padded at the end"]
      : []),
    ...(!reads.texts && !options.scaler && opening.scaler !== false ? ["--scaler FILE, if the notebook scaled"] : []),
  ];
  const used = [...typed, ...(beside.length > 0 ? [`${beside.join(" and ")} beside it`] : [])];
  const files = used.length > 0 ? `; with ${used.join(", ")}` : "";
  say?.(`${file}: ${bundle.about}${files}${hints.length > 0 ? ` (${hints.join("; ")})` : ""}`);
  return bundle;
}

/** Texts or rows, and whether classes may come out, by the shapes alone. */
function kindsOf({ inputs, outputs, layers }: Model, tokenizer: boolean) {
  const own = inputs?.[0]?.texts === true; // by a layer of its own
  const texts = tokenizer || own || inputs?.[0]?.shape.length === 2;
  const width = outputs?.[0]?.shape.at(-1) ?? 0;
  const last = layers.at(-1)?.config() as { activation?: unknown } | undefined;
  const linear = last?.activation === "linear";
  return { texts, own, classes: !linear || (texts && width > 1) };
}

const given = (options: BundleOptions): BundleOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
