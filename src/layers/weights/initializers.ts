import { DataError, problem, ShapeError, showShape, showValue, suggest } from "../../errors.ts";
import { type ArrayLike, asNdArray, type NestedNumbers } from "../../tensor/nd-array.ts";
import { Random } from "../../tensor/random.ts";
import { type Shape, sizeOf, stridesOf } from "../../tensor/shape.ts";
import { orthonormalise } from "./orthonormalise.ts";

/** Fills a new weight: numbers for `shape`, from a stream of draws of its own. */
export interface Initializer {
  /** Keras's class name and config, for files. */
  readonly className: string;
  /** Keras's config. */
  readonly config: Readonly<Record<string, number | string | null | NestedNumbers>>;
  /** The numbers of a weight of this shape, row-major. */
  fill(shape: Shape, random: Random): Float32Array;
}

/** Names of the initializers. */
export type InitializerName = keyof typeof named;
/** An initializer, or its name. */
export type InitializerLike = InitializerName | Initializer;

/**
 * Zeros. Keras's default for biases.
 *
 *   dense(8, { kernelInitializer: initializers.zeros() })
 */
export const zeros = (): Initializer => filled(0, "Zeros", {});
/** Ones. */
export const ones = (): Initializer => filled(1, "Ones", {});

/**
 * Every number the same, or the numbers of a matrix, by NumPy's broadcasting: word vectors that are there already. Files keep
 * a matrix of more than 10,000 numbers as weights alone, and say 0 of what the layer began with.
 *
 *   embedding(10_000, 100, { embeddingsInitializer: initializers.constant(vectors), trainable: false }) // vectors [10_000, 100]
 */
export function constant(value: number | ArrayLike = 0): Initializer {
  return typeof value === "number" ? filled(value, "Constant", { value }) : spreadOut(value);
}

const filled = (value: number, className: string, config: Initializer["config"]): Initializer => ({
  className,
  config,
  fill: (shape) => new Float32Array(sizeOf(shape)).fill(value),
});

/** A file's config keeps a matrix up to here; those of more numbers are in its weights alone. */
const mostInFiles = 10_000;

function spreadOut(given: ArrayLike): Initializer {
  const who = "initializers.constant";
  const values = asNdArray(given, { who });
  if (values.data.some((v) => !Number.isFinite(Math.fround(v))))
    throw new DataError(problem(who, "finite numbers", "others", "Drop or fill such rows."));
  return {
    className: "Constant",
    get config() {
      return { value: values.size > mostInFiles ? 0 : values.toArray() };
    },
    fill: (shape) => {
      const missing = shape.length - values.rank;
      const fits = missing >= 0 && values.shape.every((d, i) => d === 1 || d === shape[missing + i]);
      if (!fits) {
        const next = "Give one row for each id, and as many columns as outputDim says.";
        throw new ShapeError(problem(who, `values for a weight ${showShape(shape)}`, showShape(values.shape), next));
      }
      const out = new Float32Array(sizeOf(shape));
      const strides = stridesOf(values.shape).map((step, i) => (values.shape[i] === 1 ? 0 : step));
      const sizes = shape.slice(missing);
      for (let k = 0; k < out.length; k++) {
        let at = 0;
        for (let i = sizes.length - 1, rest = k; i >= 0; rest = Math.floor(rest / sizes[i]), i--)
          at += (rest % sizes[i]) * strides[i];
        out[k] = values.data[at];
      }
      return out;
    },
  };
}

/**
 * Uniform between minval and maxval. Keras's default for embeddings, ±0.05.
 *
 *   embedding(1000, 16, { embeddingsInitializer: initializers.randomUniform({ minval: -0.1, maxval: 0.1 }) })
 */
export function randomUniform({ minval = -0.05, maxval = 0.05, seed = null as number | null } = {}): Initializer {
  return draws("RandomUniform", { seed, minval, maxval }, seed, (r) => r.uniform(minval, maxval));
}

/**
 * Normal with a mean and a standard deviation, 0 and 0.05 by default.
 *
 *   dense(8, { kernelInitializer: initializers.randomNormal({ stddev: 0.01 }) })
 */
export function randomNormal({ mean = 0, stddev = 0.05, seed = null as number | null } = {}): Initializer {
  return draws("RandomNormal", { seed, mean, stddev }, seed, (r) => mean + stddev * r.normal());
}

/**
 * Normal, drawn again beyond two standard deviations.
 *
 *   dense(8, { kernelInitializer: initializers.truncatedNormal({ stddev: 0.02 }) })
 */
export function truncatedNormal({ mean = 0, stddev = 0.05, seed = null as number | null } = {}): Initializer {
  return draws("TruncatedNormal", { seed, mean, stddev }, seed, (r) => mean + stddev * truncated(r));
}

/** Options of `varianceScaling`; Keras's names in files are in snake case. */
export interface VarianceScalingOptions {
  /** The variance is scale / fan. Default 1. */
  scale?: number;
  /** Divisor of the variance: input units, output units, or their mean. Default `"fanIn"`. */
  mode?: "fanIn" | "fanOut" | "fanAvg";
  /** Distribution of the numbers. Default `"truncatedNormal"`. */
  distribution?: "truncatedNormal" | "untruncatedNormal" | "uniform";
  /** Seed of this initializer. Default null: the model's seed. */
  seed?: number | null;
}

/**
 * Random numbers with variance scale / fan: the family of the Glorot, He and LeCun initializers.
 *
 *   dense(8, { kernelInitializer: initializers.varianceScaling({ scale: 2, mode: "fanOut" }) })
 */
export function varianceScaling(options: VarianceScalingOptions = {}): Initializer {
  const { scale = 1, mode = "fanIn", distribution = "truncatedNormal", seed = null } = options;
  const one = (value: string, known: readonly string[], what: string) => {
    if (!known.includes(value))
      throw new DataError(
        problem("varianceScaling", `${what} ${known.join(", ")}`, `"${value}"`, suggest(value, known)),
      );
  };
  one(mode, ["fanIn", "fanOut", "fanAvg"], "mode as one of");
  one(distribution, ["truncatedNormal", "untruncatedNormal", "uniform"], "distribution as one of");
  if (!(scale > 0))
    throw new DataError(problem("varianceScaling", "scale above 0", String(scale), "2 suits relu, 1 most others."));
  const snake = (name: string) => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
  const config = { scale, mode: snake(mode), distribution: snake(distribution), seed };
  return { ...scaled("VarianceScaling", scale, mode, distribution, seed), config };
}

/**
 * Uniform within ±√(6 / (fanIn + fanOut)) (Glorot & Bengio 2010); the fans are those of the whole fused matrix.
 *
 *   dense(8, { kernelInitializer: initializers.glorotUniform({ seed: 7 }) })
 */
export const glorotUniform = (o: { seed?: number } = {}): Initializer =>
  scaled("GlorotUniform", 1, "fanAvg", "uniform", o.seed);
/** Normal with variance 2 / (fanIn + fanOut) (Glorot & Bengio 2010). */
export const glorotNormal = (o: { seed?: number } = {}): Initializer =>
  scaled("GlorotNormal", 1, "fanAvg", "truncatedNormal", o.seed);
/** Uniform within ±√(6 / fanIn) (He et al. 2015); suits relu. */
export const heUniform = (o: { seed?: number } = {}): Initializer => scaled("HeUniform", 2, "fanIn", "uniform", o.seed);
/**
 * Normal with variance 2 / fanIn (He et al. 2015); suits relu.
 *
 *   dense(8, { activation: "relu", kernelInitializer: "heNormal" })
 */
export const heNormal = (o: { seed?: number } = {}): Initializer =>
  scaled("HeNormal", 2, "fanIn", "truncatedNormal", o.seed);
/** Uniform within ±√(3 / fanIn) (LeCun et al. 1998); suits selu. */
export const lecunUniform = (o: { seed?: number } = {}): Initializer =>
  scaled("LecunUniform", 1, "fanIn", "uniform", o.seed);
/** Normal with variance 1 / fanIn (LeCun et al. 1998); suits selu. */
export const lecunNormal = (o: { seed?: number } = {}): Initializer =>
  scaled("LecunNormal", 1, "fanIn", "truncatedNormal", o.seed);

/**
 * The identity matrix times `gain`.
 *
 *   simpleRnn(8, { activation: "relu", recurrentInitializer: initializers.identity() })
 */
export function identity({ gain = 1 } = {}): Initializer {
  return {
    className: "Identity",
    config: { gain },
    fill: (shape) => {
      if (shape.length !== 2) {
        throw new DataError(
          problem("identity", "a matrix to fill", `rank ${shape.length}`, "Use ones or zeros there."),
        );
      }
      const out = new Float32Array(sizeOf(shape));
      for (let i = 0; i < Math.min(shape[0], shape[1]); i++) out[i * shape[1] + i] = gain;
      return out;
    },
  };
}

/**
 * Orthonormal rows or columns, whichever are fewer (Saxe et al. 2014): normal draws orthonormalised one after another,
 * which is the Q of QR with a positive diagonal in R. For [H, 4H] that is one matrix of H orthonormal rows.
 *
 *   lstm(8, { recurrentInitializer: initializers.orthogonal({ gain: 0.5 }) })
 */
export function orthogonal({ gain = 1, seed = null as number | null } = {}): Initializer {
  return {
    className: "Orthogonal",
    config: { seed, gain },
    fill: (shape, random) => {
      if (shape.length < 2) {
        const next = "Use glorotUniform, or zeros for a bias.";
        throw new DataError(problem("orthogonal", "a matrix to fill", `rank ${shape.length}`, next));
      }
      const r = seed === null ? random : new Random(seed);
      const columns = shape[shape.length - 1];
      const rows = sizeOf(shape) / columns;
      const [few, many] = rows <= columns ? [rows, columns] : [columns, rows];
      const vectors = Array.from({ length: few }, () => drawn(new Float64Array(many), () => r.normal()));
      orthonormalise(vectors);
      const out = new Float32Array(sizeOf(shape));
      for (let k = 0; k < few; k++)
        for (let i = 0; i < many; i++) out[rows <= columns ? k * columns + i : i * columns + k] = gain * vectors[k][i];
      return out;
    },
  };
}

function truncated(r: Random): number {
  let z = r.normal();
  while (Math.abs(z) > 2) z = r.normal();
  return z;
}

function draws(
  className: string,
  config: Initializer["config"],
  seed: number | null,
  draw: (r: Random) => number,
): Initializer {
  return {
    className,
    config,
    fill: (shape, random) => {
      const r = seed === null ? random : new Random(seed);
      return drawn(new Float32Array(sizeOf(shape)), () => draw(r));
    },
  };
}

/** Variance scaling: scale / fan; cutting a normal at two deviations costs 12 % of its deviation, made good here. */
function scaled(
  className: string,
  scale: number,
  mode: "fanIn" | "fanOut" | "fanAvg",
  distribution: "uniform" | "truncatedNormal" | "untruncatedNormal",
  seed: number | null = null,
): Initializer {
  return {
    className,
    config: { seed },
    fill: (shape, random) => {
      const r = seed === null ? random : new Random(seed);
      const [fanIn, fanOut] = fans(shape);
      const fan = { fanIn, fanOut, fanAvg: (fanIn + fanOut) / 2 }[mode];
      const variance = scale / Math.max(1, fan);
      const draw = {
        uniform: () => r.uniform(-1, 1) * Math.sqrt(3 * variance),
        truncatedNormal: () => (truncated(r) * Math.sqrt(variance)) / 0.87962566103423978,
        untruncatedNormal: () => r.normal() * Math.sqrt(variance),
      }[distribution];
      return drawn(new Float32Array(sizeOf(shape)), draw);
    },
  };
}

/** A loop: `from` of typed arrays takes ten times as long, a second for a large embedding. */
function drawn<T extends Float32Array | Float64Array>(out: T, draw: () => number): T {
  for (let i = 0; i < out.length; i++) out[i] = draw();
  return out;
}

function fans(shape: Shape): [number, number] {
  if (shape.length === 0) return [1, 1];
  if (shape.length === 1) return [shape[0], shape[0]];
  const field = sizeOf(shape.slice(0, -2));
  return [shape[shape.length - 2] * field, shape[shape.length - 1] * field];
}

const named = {
  zeros,
  ones,
  constant: () => constant(),
  randomUniform: () => randomUniform(),
  uniform: () => randomUniform(),
  randomNormal: () => randomNormal(),
  normal: () => randomNormal(),
  truncatedNormal: () => truncatedNormal(),
  varianceScaling: () => varianceScaling(),
  glorotUniform: () => glorotUniform(),
  glorotNormal: () => glorotNormal(),
  heUniform: () => heUniform(),
  heNormal: () => heNormal(),
  lecunUniform: () => lecunUniform(),
  lecunNormal: () => lecunNormal(),
  orthogonal: () => orthogonal(),
  identity: () => identity(),
};

/** The initializer behind a name: `initializer("glorotUniform")`. */
export function initializer(like: InitializerLike, who = "initializer"): Initializer {
  if (typeof like === "object" && like !== null && typeof like.fill === "function") return like;
  if (typeof like !== "string") {
    const next =
      "A name, or one that is made: initializers.randomNormal({ stddev: 0.1 }), initializers.constant(matrix).";
    throw new DataError(problem(who, "an initializer", showValue(like), next));
  }
  const make = Object.hasOwn(named, like) ? named[like] : undefined;
  if (!make) throw new DataError(problem(who, "a known initializer", `"${like}"`, suggest(like, Object.keys(named))));
  return make();
}
