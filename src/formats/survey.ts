import { CellstateError, DataError, problem, showShape } from "../errors.ts";
import type { AnyModel } from "../models/model.ts";
import { NdArray } from "../tensor/nd-array.ts";
import { Random } from "../tensor/random.ts";
import { layersOf } from "./model-file.ts";
import { formats } from "./registry.ts";

/** The formats a model can be written in, each with the reason why not, or null. */
export async function survivors(model: AnyModel): Promise<Map<string, string | null>> {
  const targets = new Map<string, string | null>();
  for (const format of formats) {
    const { endings, called, write } = format;
    const [ending] = endings;
    if (!write || !ending || ending === ".weights.h5") continue; // where .h5 can be written, that can
    const name = called ? `${ending} (${called})` : ending;
    try {
      await write(await layersOf(model, format), {});
      targets.set(name, null);
    } catch (error) {
      if (!(error instanceof CellstateError)) throw error;
      targets.set(name, error.message.split("\n")[0]);
    }
  }
  return targets;
}

/**
 * The largest difference between the predictions of two models for the same random inputs, `rows` of them, sizes open in both 8 long. The
 * inputs are those of the first model; ids stay below what both know.
 */
export async function largestDifference(a: AnyModel, b: AnyModel, rows: number, seed: number): Promise<number> {
  const random = new Random(seed);
  const [mine, theirs] = [a.inputs!, b.inputs!];
  if (mine.length !== theirs.length) {
    throw new DataError(problem("verify", `${mine.length} inputs in both`, `${theirs.length} in the second`));
  }
  for (const [k, { shape }] of mine.entries()) {
    const other = theirs[k].shape;
    if (shape.length === other.length && shape.every((d, i) => d === null || other[i] === null || d === other[i]))
      continue;
    throw new DataError(problem("verify", `an input ${showShape(shape)} in both`, `${showShape(other)} in the second`));
  }
  const inputs = mine.map(({ shape, dtype, reader }, k) => {
    const other = theirs[k].shape;
    const sizes = shape.map((d, axis) => d ?? other[axis] ?? (axis === 0 ? rows : 8));
    const limit = Math.min(reader?.idLimit ?? 10, theirs[k].reader?.idLimit ?? Number.POSITIVE_INFINITY);
    const draw = dtype === "i32" ? () => random.below(limit) : () => random.uniform(-1, 1);
    return new NdArray(Float32Array.from({ length: sizes.reduce((n, d) => n * d, 1) }, draw), sizes);
  });
  const outputs = async (model: AnyModel) =>
    [await (model as { predict(x: NdArray[]): Promise<unknown> }).predict(inputs)].flat() as NdArray[];
  const [p, q] = [await outputs(a), await outputs(b)];
  if (p.map(({ shape }) => shape.join("x")).join() !== q.map(({ shape }) => shape.join("x")).join()) {
    const show = (list: NdArray[]) => list.map(({ shape }) => `[${shape.join(", ")}]`).join(", ");
    throw new DataError(problem("verify", `outputs ${show(p)} from both`, show(q)));
  }
  let worst = 0;
  p.forEach((y, k) => {
    for (let i = 0; i < y.size; i++) {
      const difference = Math.abs(y.data[i] - q[k].data[i]);
      worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(worst, difference);
    }
  });
  return worst;
}
