import type { Backend } from "../../src/backends/backend.ts";
import { jsBackend } from "../../src/backends/js/index.ts";
import { compile, lowerFor, type Target } from "../../src/graph/compile.ts";
import { gradients } from "../../src/graph/grad.ts";
import { assign } from "../../src/ops/assign.ts";
import { NdArray, type Numbers } from "../../src/tensor/nd-array.ts";
import { type Shape, sizeOf } from "../../src/tensor/shape.ts";
import { inTrace, type Tensor, Trace } from "../../src/tensor/tensor.ts";

/** A formula over named inputs; the subject of a case. */
export interface Formula {
  inputs: Record<string, NdArray>;
  outputs: (t: Record<string, Tensor>) => (Tensor | null)[];
}

/** One case of an op: compared with its reference, finite differences, and on every backend present. */
export interface Case extends Formula {
  name: string;
  /** f32 against f64 of the reference; says why when it is not the default. */
  tolerance?: number;
  /** false: no derivative (comparisons, argmax). */
  differentiable?: boolean;
}

/** A case as a row of a table. */
export type Row = [
  name: string,
  inputs: Record<string, NdArray>,
  outputs: (t: Record<string, Tensor>) => (Tensor | null)[],
  more?: Partial<Case>,
];
interface Options {
  /** One array per output, null: none. With them a run also gives d Σ output·seed / d input. */
  seeds?: (NdArray | null)[];
  fused?: boolean;
  step?: number;
  seed?: number;
}
interface Found {
  outputs: NdArray[];
  gradients: Record<string, NdArray>;
}

/** Runs a formula on a backend. */
export async function runFormula(backend: Backend, formula: Formula, options: Options = {}): Promise<Found> {
  const prepared = prepare(backend, formula, options);
  try {
    return await prepared.run(formula.inputs);
  } finally {
    prepared.free();
  }
}

/** A formula compiled and loaded once, to be run with many inputs of the same shapes. */
function prepare(
  backend: Backend,
  formula: Formula,
  options: Options,
): { run(inputs: Record<string, NdArray>): Promise<Found>; free(): void } {
  const target: Target = { supports: backend.supports, fused: options.fused };
  const trace = new Trace();
  trace.from = "case";
  const names = Object.keys(formula.inputs);
  const inputs: Record<string, Tensor> = {};
  for (const name of names)
    inputs[name] = trace.leaf("data", formula.inputs[name].shape, { dtype: formula.inputs[name].dtype, name });
  const made = inTrace(trace, () => formula.outputs(inputs));
  const now = lowerFor(target, trace);
  const outputs = made.map((t) => t && now(t));
  const results: { key: string; shape: Shape; dtype: "f32" | "i32" }[] = [];
  const keep = (key: string, t: Tensor) => {
    const leaf = trace.leaf("state", t.shape, { dtype: t.dtype, name: key });
    inTrace(trace, () => assign(leaf, t));
    results.push({ key, shape: t.shape, dtype: t.dtype });
  };
  const wanted = names.filter((n) => differentiated(n, formula.inputs[n]));
  if (options.seeds) {
    const seeds = outputs.flatMap((of, k) => {
      const by = options.seeds![k];
      return of && by ? [{ of, by: trace.leaf("data", by.shape, { name: `seed${k}` }) }] : [];
    });
    const found = gradients(
      trace,
      seeds,
      wanted.map((n) => inputs[n]),
    );
    wanted.forEach((n, k) => {
      const d = found[k];
      if (d) keep(`d ${n}`, d);
    });
  }
  outputs.forEach((t, k) => {
    if (t) keep(`out ${k}`, t);
  });
  const { program } = compile("case", target, trace);
  const executable = backend.load(program, {});
  const run = async (inputs: Record<string, NdArray>) => {
    const data = executable.memory("data");
    for (const name of names) data.write(program.bindings[name].offset, inputs[name].data);
    options.seeds?.forEach((seed, k) => {
      if (seed && program.bindings[`seed${k}`]) data.write(program.bindings[`seed${k}`].offset, seed.data);
    });
    await executable.run({ firstStep: options.step ?? 0, times: 1, seed: options.seed ?? 0 });
    const state = executable.memory("state");
    const read = (key: string) => {
      const r = results.find((x) => x.key === key)!;
      return new NdArray(state.read(program.bindings[key].offset, sizeOf(r.shape), r.dtype), r.shape);
    };
    return {
      outputs: outputs.map((t, k) => (t ? read(`out ${k}`) : new NdArray(new Float32Array(0)))),
      gradients: Object.fromEntries(
        results.filter((r) => r.key.startsWith("d ")).map((r) => [r.key.slice(2), read(r.key)]),
      ),
    };
  };
  return { run, free: () => executable.free() };
}

/** Masks are given, not learned: recurrent ops have no gradient for them. */
const differentiated = (name: string, array: NdArray) =>
  array.dtype === "f32" && !["mask", "xDrop", "hDrop"].includes(name);

/** Σ output · seed, the scalar whose slope the gradients are. */
function project(outputs: NdArray[], seeds: (NdArray | null)[]): number {
  let total = 0;
  outputs.forEach((o, k) => {
    const s = seeds[k];
    if (s) for (let i = 0; i < s.size; i++) total += o.data[i] * s.data[i];
  });
  return total;
}

/** Slopes by central differences in float64, for at most `most` elements of each input. */
export async function finiteDifferences(
  formula: Formula,
  seeds: (NdArray | null)[],
  most = 40,
): Promise<Record<string, { index: number; slope: number }[]>> {
  const reference = prepare(jsBackend({ precision: "f64" }), formula, {});
  const found: Record<string, { index: number; slope: number }[]> = {};
  const step = 1e-5;
  for (const [name, array] of Object.entries(formula.inputs)) {
    if (!differentiated(name, array)) continue;
    found[name] = [];
    const stride = Math.max(1, Math.floor(array.size / most));
    for (let index = 0; index < array.size; index += stride) {
      const at = async (delta: number) => {
        const data = Float64Array.from(array.data);
        data[index] += delta;
        const { outputs } = await reference.run({ ...formula.inputs, [name]: new NdArray(data, array.shape) });
        return project(outputs, seeds);
      };
      found[name].push({ index, slope: ((await at(step)) - (await at(-step))) / (2 * step) });
    }
  }
  reference.free();
  return found;
}

/** Distinct, reproducible numbers: sin of a range, as candle's tests do. `scale` bounds them. */
export function distinct(shape: Shape, salt: number, scale = 1): NdArray {
  const data = new Float64Array(sizeOf(shape));
  for (let i = 0; i < data.length; i++)
    data[i] = scale * Math.sin(1.7 * i + salt * 0.77 + 0.3) * Math.cos(0.37 * i + salt);
  return new NdArray(data, shape);
}

/** Whole numbers from 0 to below `n`. */
export function ids(shape: Shape, n: number, salt = 1): NdArray {
  const data = new Int32Array(sizeOf(shape));
  for (let i = 0; i < data.length; i++) data[i] = (i * 7 + salt * 3 + ((i * i) % 5)) % n;
  return new NdArray(data, shape);
}

/** Zeros and `one`s in no order: a dropout mask, or labels. */
export function cast01(shape: Shape, one = 1): NdArray {
  return new NdArray(
    Float64Array.from(ids(shape, 3, 2).data, (v) => (v === 0 ? 0 : one)),
    shape,
  );
}

/** Largest difference relative to the larger of 1 and the size of the numbers compared. */
export function difference(a: Numbers, b: Numbers): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i] - b[i]) / Math.max(1, Math.abs(a[i]), Math.abs(b[i]));
    if (!(d <= worst))
      worst = Number.isNaN(d) ? (Number.isNaN(a[i]) && Number.isNaN(b[i]) ? worst : Number.POSITIVE_INFINITY) : d;
  }
  return worst;
}
