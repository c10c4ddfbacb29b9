import { readFile } from "node:fs/promises";
import { DataError, problem } from "../../errors.ts";
import { describeFile, isModelPath, largestDifference, modelEndings, modelFormat } from "../../formats/index.ts";
import { type LoadedWeights, loadModel, loadWeights, modelFromJson } from "../../index.ts";
import { checkApart, checkOutput } from "../screen/write-result.ts";

export type Write = (text: string) => void;

export interface ConvertOptions {
  weights?: string;
  /** The module of a file of PyTorch for each layer named here. */
  map?: Record<string, string>;
  /** Whether weights are rounded to 8 bits. */
  int8?: boolean;
}

export async function convert(source: string, target: string, options: ConvertOptions, write: Write): Promise<void> {
  const { weights, map } = options;
  await checkTarget(target);
  await checkApart([source, weights], { "<out>": target });
  if (map && weights === undefined)
    throw new DataError(problem("convert", "--weights, a file of PyTorch, with --map", "--map alone"));
  const { model, taken } =
    weights !== undefined && (map || (await hasModules(weights)))
      ? await withModules(source, weights, map)
      : { model: await loadModel(source, { weights }), taken: null };
  if (options.int8) await model.quantize("int8");
  await model.save(target);
  write(`${source} → ${target}: ${model.countParams().toLocaleString("en-US")} parameters\n`);
  if (taken) write(modulesTaken(taken));
}

/** Whether weights are a file of PyTorch, whose modules are found by name, kind and shape. */
async function hasModules(weights: string): Promise<boolean> {
  const bytes = await readFile(weights).catch(() => null); // what is wrong with it, loadModel says
  return (
    bytes !== null && modelFormat(bytes) !== null && (await describeFile({ bytes, who: weights })).modules !== undefined
  );
}

/** A model, or an architecture as JSON, with the weights of a file of PyTorch. */
async function withModules(source: string, weights: string, map?: Record<string, string>) {
  const text = await readFile(source, "latin1").catch(() => "");
  const model =
    /^\s*\{/.test(text) && !text.includes('"weightsManifest"')
      ? await modelFromJson(await readFile(source, "utf8"))
      : await loadModel(source);
  return { model, taken: await loadWeights(model, weights, { map }) };
}

/** The module that each layer got, to be checked by whoever knows the network. */
function modulesTaken({ map, unused }: LoadedWeights): string {
  const width = Math.max(0, ...Object.keys(map).map((layer) => layer.length));
  const lines = Object.entries(map).map(([layer, module]) => `  ${layer.padEnd(width)}  ${module}\n`);
  const rest = unused.length > 0 ? `  no layer got ${unused.join(", ")}\n` : "";
  return `layers and the modules they got (--map LAYER=MODULE,... for others):\n${lines.join("")}${rest}`;
}

/** Throws DataError for a file that could not be written when the model is read. */
async function checkTarget(target: string): Promise<void> {
  if (!isModelPath(target)) {
    const [, stem] = /^(.*?)(\.[^./\\]*)?$/s.exec(target)!;
    const next = `The file extension decides the format: ${stem || "model"}.keras, for example.`;
    throw new DataError(problem(target, `a name that ends in ${modelEndings.join(", ")}`, "another extension", next));
  }
  await checkOutput("<out>", target);
}

export type VerifyOptions = Record<"rows" | "seed" | "tolerance", number>;

export async function verify(
  a: string,
  b: string,
  { rows, seed, tolerance }: VerifyOptions,
  write: Write,
): Promise<void> {
  const [first, second] = [await loadModel(a), await loadModel(b)];
  const difference = await largestDifference(first, second, rows, seed);
  write(`largest difference ${difference.toExponential(2)} over ${rows} rows\n`);
  if (difference <= tolerance) return;
  const next = `Allow more with --tolerance ${difference.toExponential(0)}.`;
  throw new DataError(`verify: expected at most ${tolerance}, received ${difference.toExponential(2)}.\n  ${next}`);
}
