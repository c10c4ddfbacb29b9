import { DataError, FormatError, option, problem, ShapeError, sentence, showShape, showValue } from "../errors.ts";
import { type ArrayLike, asNdArray, NdArray } from "../tensor/nd-array.ts";
import { quantile } from "./quantile.ts";

/** The learned numbers of a scaler, as plain data for `JSON.stringify`. */
export interface ScalerJson {
  /** The scaler's kind. */
  kind: "standard" | "minMax" | "robust";
  /** Per feature: z = (x − center) / scale. */
  center: number[];
  /** The divisor of each column. */
  scale: number[];
  /** Scaled values are brought between these two. Default: they are not. */
  clip?: [low: number, high: number];
}

/** The offset subtracted from the values of one feature, and the scale they are divided by. */
type Rule = (column: Float64Array) => { center: number; scale: number };

/**
 * Scales each feature to mean 0 and standard deviation 1 (that of the population, as scikit-learn). Learn it from the
 * **training split only**, after `splitByTime`; then transform every part with it, and undo it on predictions.
 *
 *   const scaler = standardScaler().fit([[1, 10], [3, 10]]); // the second feature is constant: only centered
 *   scaler.transform([[5, 11]]).toArray(); // [[3, 1]]
 *   scaler.inverse([[3, 1]]).toArray(); // [[5, 11]]
 */
export function standardScaler(): Scaler {
  return new Scaler("standard", (column) => {
    const T = column.length;
    const mean = column.reduce((sum, v) => sum + v, 0) / T;
    const variance = column.reduce((sum, v) => sum + (v - mean) ** 2, 0) / T;
    // Rounding alone can give a constant feature a tiny variance; scikit-learn draws the line here too.
    const rounding = T * Number.EPSILON * variance + (T * mean * Number.EPSILON) ** 2;
    return { center: mean, scale: variance > rounding ? Math.sqrt(variance) : 1 };
  });
}

/**
 * Scales each feature so that the training split's minimum and maximum become `low` and `high`; values beyond them go
 * beyond, but with `clip`: they become `low` and `high` too. A constant feature becomes `low`.
 *
 *   const scaler = minMaxScaler().fit([10, 20, 30]);
 *   scaler.transform([15, 40]).toArray(); // [0.25, 1.5]
 */
export function minMaxScaler({
  low = 0,
  high = 1,
  clip = false,
}: {
  low?: number;
  high?: number;
  clip?: boolean;
} = {}): Scaler {
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high)) {
    throw new DataError(problem("minMaxScaler", "finite low < high", `low ${showValue(low)}, high ${showValue(high)}`));
  }
  const rule: Rule = (column) => {
    const least = column.reduce((a, b) => Math.min(a, b));
    const most = column.reduce((a, b) => Math.max(a, b));
    const scale = (most > least ? most - least : 1) / (high - low);
    return { center: least - low * scale, scale };
  };
  return new Scaler("minMax", rule, clip ? { clip: [low, high] } : {});
}

/**
 * Subtracts each feature's median and divides by the distance between its quartiles, so that outliers have little influence.
 *
 *   const scaler = robustScaler().fit([1, 2, 3, 4, 1000]);
 *   scaler.transform([3, 5]).toArray(); // [0, 1]
 */
export function robustScaler(): Scaler {
  return new Scaler("robust", (column) => {
    const sorted = column.toSorted();
    const spread = quantile(sorted, 0.75) - quantile(sorted, 0.25);
    return { center: quantile(sorted, 0.5), scale: spread > 0 ? spread : 1 };
  });
}

/**
 * The scaler that `toJSON` described; throws FormatError naming what is wrong.
 *
 *   scalerFromJson({ kind: "standard", center: [2], scale: [4] }).transform([6, 10]); // [1, 2]
 */
export function scalerFromJson(json: ScalerJson): Scaler {
  const who = "scalerFromJson";
  if (!["standard", "minMax", "robust"].includes(json?.kind)) {
    throw new FormatError(problem(who, 'kind "standard", "minMax" or "robust"', showValue(json?.kind)));
  }
  const lists = [json.center, json.scale];
  if (
    !lists.every((list) => Array.isArray(list) && list.length === json.center.length && list.every(Number.isFinite))
  ) {
    throw new FormatError(problem(who, "center and scale: lists of finite numbers, equally long", "others"));
  }
  if (json.center.length === 0 || !json.scale.every((scale) => scale > 0)) {
    throw new FormatError(problem(who, "at least one feature, every scale above 0", JSON.stringify(json.scale)));
  }
  const { clip } = json;
  if (
    clip !== undefined &&
    !(Array.isArray(clip) && clip.length === 2 && clip.every(Number.isFinite) && clip[0] < clip[1])
  )
    throw new FormatError(problem(who, "clip: two finite numbers, the lower one first", JSON.stringify(clip)));
  return new Scaler(json.kind, null, json);
}

/** See `standardScaler`, `minMaxScaler`, `robustScaler`. Features lie along the last axis; a list [T] is one feature. */
export class Scaler {
  /** The scaler's kind. */
  readonly kind: ScalerJson["kind"];
  readonly #rule: Rule | null;
  #center: readonly number[] = [];
  #scale: readonly number[] = [];
  readonly #clip: readonly [low: number, high: number] | undefined;

  constructor(
    kind: ScalerJson["kind"],
    rule: Rule | null,
    { center = [], scale = [], clip }: Partial<ScalerJson> = {},
  ) {
    this.kind = kind;
    this.#rule = rule;
    this.#center = [...center];
    this.#scale = [...scale];
    this.#clip = clip && [...clip];
  }

  /** Learns center and scale of each feature of x [T], [T, D] or [N, T, D]; refuses NaN by row and column. */
  fit(x: ArrayLike): this {
    const who = `${this.kind}Scaler.fit`;
    if (this.#rule === null) {
      const next = "A scaler read from a file transforms; make a new one to fit.";
      throw new DataError(problem(who, "a scaler that can still learn", "one read from JSON", next));
    }
    const array = checkNumbers(x, who);
    const columns = Array.from({ length: featuresOf(array) }, (_, j) => columnOf(array, j));
    const learned = columns.map(this.#rule);
    this.#center = learned.map(({ center }) => center);
    this.#scale = learned.map(({ scale }) => scale);
    return this;
  }

  /** (x − center) / scale of the same shape, f32 as models read it; computed in float64. `features` names the columns when x holds some of them only. */
  transform(x: ArrayLike, options: { features?: readonly number[] } = {}): NdArray {
    const [low, high] = this.#clip ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    return this.#each("transform", x, Float32Array, options.features, (v, center, scale) =>
      Math.min(high, Math.max(low, (v - center) / scale)),
    );
  }

  /**
   * z · scale + center: the units of the data again, in float64, as a level of 1e9 leaves f32 no room for changes. A forecast of the fourth column alone, [N, 1], is
   * `scaler.inverse(forecast, { features: [3] })`.
   */
  inverse(z: ArrayLike, options: { features?: readonly number[] } = {}): NdArray {
    return this.#each("inverse", z, Float64Array, options.features, (v, center, scale) => v * scale + center);
  }

  /** Center and scale as plain data. */
  toJSON(): ScalerJson {
    this.#checkFitted("toJSON");
    const clip = this.#clip && { clip: [...this.#clip] as [number, number] };
    return { kind: this.kind, center: [...this.#center], scale: [...this.#scale], ...clip };
  }

  #each(
    method: string,
    x: ArrayLike,
    Numbers: typeof Float32Array | typeof Float64Array,
    features: readonly number[] = this.#center.map((_, j) => j),
    change: (value: number, center: number, scale: number) => number,
  ): NdArray {
    const who = `${this.kind}Scaler.${method}`;
    this.#checkFitted(method);
    const unknown = features.find((j) => !(Number.isInteger(j) && j >= 0 && j < this.#center.length));
    if (unknown !== undefined || features.length === 0) {
      const expected = `features from 0 to ${this.#center.length - 1}`;
      throw new DataError(problem(who, expected, features.length === 0 ? "none" : showValue(unknown)));
    }
    const array = checkNumbers(x, who);
    const width = featuresOf(array);
    if (width !== features.length) {
      const expected = `${features.length} features along the last axis`;
      const next = "Name the columns it holds: { features: [0] }.";
      throw new ShapeError(problem(who, expected, showShape(array.shape), next));
    }
    const out = new Numbers(array.size);
    for (let i = 0; i < out.length; i++) {
      const j = features[i % width];
      out[i] = change(array.data[i], this.#center[j], this.#scale[j]);
    }
    return new NdArray(out, array.shape);
  }

  #checkFitted(method: string): void {
    if (this.#center.length > 0) return;
    const next = "Call fit(x) with the training split first.";
    throw new DataError(problem(`${this.kind}Scaler.${method}`, "a fitted scaler", "one that is not fitted", next));
  }
}

function featuresOf(array: NdArray): number {
  return array.rank === 1 ? 1 : array.shape[array.rank - 1];
}

function columnOf(array: NdArray, feature: number): Float64Array {
  const width = featuresOf(array);
  return Float64Array.from({ length: array.size / width }, (_, row) => array.data[row * width + feature]);
}

function checkNumbers(x: ArrayLike, who: string): NdArray {
  const array = asNdArray(x, { who });
  if (array.rank === 0 || array.size === 0) {
    throw new ShapeError(problem(who, "x [T], [T, D] or [N, T, D] with at least one number", showShape(array.shape)));
  }
  const wrong = array.data.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return array;
  const width = featuresOf(array);
  const place = `row ${Math.floor(wrong / width)}, column ${wrong % width}`;
  const next = sentence`Fill the missing value or leave the row out, for example ${option("missing", "previous", 'columnNumbers(table, names, { missing: "previous" })')}.`;
  throw new DataError(problem(who, `a finite number at ${place}`, String(array.data[wrong]), next));
}
