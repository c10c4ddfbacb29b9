import { DataError, problem } from "../../errors.ts";
import { isModelPath, largestDifference, modelEndings } from "../../formats/index.ts";
import { loadModel } from "../../index.ts";
import { checkApart, checkOutput } from "../screen/write-result.ts";

export type Write = (text: string) => void;

export async function convert(
  source: string,
  target: string,
  options: { weights?: string },
  write: Write,
): Promise<void> {
  await checkTarget(target);
  await checkApart([source, options.weights], { "<out>": target });
  const model = await loadModel(source, options);
  await model.save(target);
  write(`${source} → ${target}: ${model.countParams().toLocaleString("en-US")} parameters\n`);
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
