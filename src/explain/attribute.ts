import { DataError, problem, ShapeError, showShape } from "../errors.ts";
import type { AnyModel } from "../models/model.ts";
import { sum } from "../ops/reduce.ts";
import { type ArrayLike, asNdArray, NdArray } from "../tensor/nd-array.ts";
import { sizeOf } from "../tensor/shape.ts";
import { inputsFor } from "../train/fit/rows.ts";
import type { Arrays } from "../train/fit/trainable-model.ts";
import { checkNames } from "../train/options.ts";
import { readsIds, runBlended } from "./blended-input.ts";
import { gaussLegendre } from "./gauss-legendre.ts";
import { outputOf, pickOf, type ScoreOptions, scoresOf } from "./score.ts";
import { indexIn } from "./steps.ts";

/** Options of `attribute`. */
export interface AttributeOptions extends ScoreOptions {
  /**
   * `"integratedGradients"` (Sundararajan, Taly & Yan 2017): gradients along the straight way from the baseline to x. `"occlusion"`
   * (Zeiler & Fergus 2014): the fall of the output when a step is replaced by the baseline. Default `"integratedGradients"`.
   */
  method?: "integratedGradients" | "occlusion";
  /**
   * The input of no information: `"zeros"`; `"mean"`, the mean of x over rows and steps, for ids that of the vocabulary's vectors; or for
   * numbers an array that fits x [B, T, ...]. Ids are compared as vectors; a padding id is no baseline, its vector was never trained. Default `"zeros"`.
   */
  baseline?: "zeros" | "mean" | ArrayLike;
  /** Points on the way, for integrated gradients. Default 50. */
  points?: number;
  /** Steps that are replaced together, for occlusion. Default 1. */
  window?: number;
  /** The number of the model's input. Default 0. */
  input?: number;
}

/** Parts of an output that steps of the input account for. */
export interface Attribution {
  /** The part of each step, [B, T]; 0 at masked steps. */
  readonly attributions: NdArray;
  /** The part of each feature, of the input's shape; null for ids and for occlusion. */
  readonly features: NdArray | null;
  /** The place in each row of the output that is explained. */
  readonly target: readonly number[];
  /** The output there, [B]. */
  readonly score: NdArray;
  /** The output for the baseline, [B]. */
  readonly baselineScore: NdArray;
  /**
   * Integrated gradients have to add up to score − baselineScore; this is what they miss, [B]. A large one asks for more `points`.
   * Occlusion promises no sum: here it is the difference all the same.
   */
  readonly gap: NdArray;
}

/**
 * The parts of an output that the steps of x account for: by integrated gradients, with the gap to the sum they promise, or by
 * occlusion. Plain gradients are not offered: in recurrent networks they fade with the distance from the end. Rejects with DataError for a target or baseline that does not fit.
 *
 *   const { attributions, gap } = await attribute(model, ids);          // [B, T], [B]
 *   await attribute(model, ids, { method: "occlusion", baseline: "mean" });
 */
export async function attribute(model: AnyModel, x: Arrays, options: AttributeOptions = {}): Promise<Attribution> {
  const who = "attribute";
  checkNames(who, options, ["method", "baseline", "points", "window", "input", "target", "output"]);
  const { method = "integratedGradients", baseline = "zeros" } = options;
  if (method !== "integratedGradients" && method !== "occlusion")
    throw new DataError(problem(`${who}: method`, "integratedGradients or occlusion", String(method)));
  const inputs = inputsFor(model, who, x);
  const input = indexIn(inputs.length, options.input ?? 0, who, "input");
  const [rows, time] = inputs[input].shape;
  if (time === undefined) throw new ShapeError(problem(who, "x [B, T, ...]", showShape(inputs[input].shape)));
  const output = outputOf(model, options, who);
  const predicted = [await model.predict(x)].flat()[output];
  const { pick, target } = pickOf(predicted, options.target, who);
  const base = typeof baseline === "string" ? null : baselineArray(baseline, inputs[input], readsIds(model, input));
  if (base === null && baseline !== "zeros" && baseline !== "mean")
    throw new DataError(problem(`${who}: baseline`, "zeros, mean or an array", String(baseline)));
  const ask = (alpha: Float32Array, gradient: boolean) =>
    model.inspect<null>(who, inputs, {
      key: `attribute ${input} ${output} ${gradient} ${base ? "given" : baseline}`,
      given: { pick, alpha: new NdArray(alpha, [rows, time]), ...(base ? { base } : {}) },
      formula: (tensors, context, given) => {
        const named = base ? given.base : (baseline as "zeros" | "mean");
        const { outputs, points } = runBlended(model, tensors, context, { input, alpha: given.alpha, baseline: named });
        const score = scoresOf(outputs[output], given.pick);
        const results = Object.fromEntries([
          ["score", score],
          ...points.flatMap(({ real, base: from }, k) => [
            [`real ${k}`, real],
            [`base ${k}`, from],
          ]),
        ]);
        const wrt = Object.fromEntries(points.map(({ blended }, k) => [`d ${k}`, blended]));
        return { about: null, results, ...(gradient ? { gradient: { of: sum(score), wrt } } : {}) };
      },
    });
  const at = async (alpha: number) => (await ask(new Float32Array(rows * time).fill(alpha), false)).results.score;
  const [score, baselineScore] = [await at(1), await at(0)];
  const found =
    method === "occlusion"
      ? await occluded(ask, score, [rows, time], whole(options.window ?? 1, who, "window", time))
      : await integrated(ask, [rows, time], whole(options.points ?? 50, who, "points", 1000), !readsIds(model, input));
  const gap = Float32Array.from({ length: rows }, (_, row) => {
    const parts = found.attributions.slice(row * time, (row + 1) * time);
    return parts.reduce((total, v) => total + v, 0) - (score.at(row) - baselineScore.at(row));
  });
  const features = found.features && new NdArray(Float32Array.from(found.features), inputs[input].shape);
  const attributions = new NdArray(Float32Array.from(found.attributions), [rows, time]);
  return { attributions, features, target, score, baselineScore, gap: new NdArray(gap, [rows]) };
}

type Ask = (alpha: Float32Array, gradient: boolean) => Promise<{ results: Readonly<Record<string, NdArray>> }>;
interface Found {
  readonly attributions: Float64Array; // [B, T]
  readonly features: Float64Array | null;
}

/** (x − base) ∘ ∫ gradient: the gradient at points between, weighed by Gauss and Legendre. */
async function integrated(ask: Ask, [rows, time]: [number, number], points: number, keep: boolean): Promise<Found> {
  const attributions = new Float64Array(rows * time);
  let features: Float64Array | null = null;
  for (const { at, weight } of gaussLegendre(points)) {
    const { results } = await ask(new Float32Array(rows * time).fill(at), true);
    for (let k = 0; results[`d ${k}`]; k++) {
      const [d, real, base] = [`d ${k}`, `real ${k}`, `base ${k}`].map((name) => results[name].data);
      const width = d.length / (rows * time);
      if (keep) features ??= new Float64Array(d.length);
      for (let i = 0; i < d.length; i++) {
        const part = weight * d[i] * (real[i] - base[i]);
        attributions[Math.floor(i / width)] += part;
        if (features) features[i] += part;
      }
    }
  }
  return { attributions, features };
}

/** The fall of the score when the steps around each one are replaced. */
async function occluded(ask: Ask, score: NdArray, [rows, time]: [number, number], window: number): Promise<Found> {
  const attributions = new Float64Array(rows * time);
  for (let t = 0; t < time; t++) {
    const alpha = new Float32Array(rows * time).fill(1);
    const from = Math.max(0, Math.min(t - Math.floor((window - 1) / 2), time - window));
    for (let row = 0; row < rows; row++) alpha.fill(0, row * time + from, row * time + from + window);
    const { results } = await ask(alpha, false);
    for (let row = 0; row < rows; row++) attributions[row * time + t] = score.at(row) - results.score.at(row);
  }
  return { attributions, features: null };
}

function whole(value: number, who: string, what: string, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new DataError(problem(`${who}: ${what}`, `a whole number from 1 to ${most}`, String(value)));
}

/** A baseline of numbers, repeated over rows and steps where it has none of its own. */
function baselineArray(given: ArrayLike, x: NdArray, ids: boolean): NdArray {
  const who = "attribute: baseline";
  if (ids) throw new DataError(problem(who, "zeros or mean, for ids", "an array", "Ids are compared as vectors."));
  const array = asNdArray(given, { who });
  const tail = x.shape.slice(x.rank - array.rank);
  const fits = array.rank <= x.rank && array.shape.every((d, k) => d === tail[k] || (k === 0 && d === 1));
  if (!fits) throw new ShapeError(problem(who, `an array that fits ${showShape(x.shape)}`, showShape(array.shape)));
  const data = Float32Array.from({ length: sizeOf(x.shape) }, (_, i) => array.data[i % array.size]);
  return new NdArray(data, x.shape);
}
