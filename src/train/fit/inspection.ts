import type { Backend, Executable, Memory } from "../../backends/backend.ts";
import { fusedOps, withRoom } from "../../backends/choose.ts";
import { DataError, problem } from "../../errors.ts";
import { compile, lowerFor } from "../../graph/compile.ts";
import { gradients } from "../../graph/grad.ts";
import type { CallContext } from "../../layers/layer.ts";
import { assign } from "../../ops/assign.ts";
import { cast, constant } from "../../ops/elementwise.ts";
import type { Slot } from "../../program/program.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { type Shape, sizeOf } from "../../tensor/shape.ts";
import { inTrace, type Tensor, Trace } from "../../tensor/tensor.ts";
import { networkOf } from "../network.ts";
import type { Runtime } from "./runtime.ts";
import { type ArrayKind, parameterLeaves } from "./step.ts";

/** Tensors that are asked for, by name. */
export interface Asked<About = unknown> {
  /** Kept with the program, for the asker to find again. */
  readonly about: About;
  readonly results: Readonly<Record<string, Tensor>>;
  /** The gradients of a number, shape [], for tensors of the formula; among the results under their names here. */
  readonly gradient?: { readonly of: Tensor; readonly wrt: Readonly<Record<string, Tensor>> };
}

/** A question about a model: a formula over its inputs, and further arrays, under its weights. */
export interface Question<About = unknown> {
  /** Tells the programs of different questions apart, besides the shapes. */
  readonly key: string;
  /** Arrays besides the model's inputs. */
  readonly given?: Readonly<Record<string, NdArray>>;
  formula(inputs: readonly Tensor[], context: CallContext, given: Readonly<Record<string, Tensor>>): Asked<About>;
}

/** The numbers that were asked for. */
export interface Answer<About> {
  readonly about: About;
  readonly results: Readonly<Record<string, NdArray>>;
}

/** Numbers that the answers to one question may have at most: half a gigabyte. */
const most = 2 ** 27;

/** The program of one question for arrays of one shape. */
class Inspection {
  readonly #executable: Executable;
  readonly #bindings: Readonly<Record<string, Slot>>;
  readonly #names: readonly string[];
  readonly about: unknown;

  constructor(backend: Backend, runtime: Runtime, weights: Memory, inputs: readonly ArrayKind[], question: Question) {
    const target = { supports: (op: string, attrs: never) => backend.supports(op, attrs), fused: fusedOps() };
    const trace = new Trace();
    const leaf = ({ shape, dtype }: ArrayKind, name: string) => trace.leaf("data", shape, { dtype, name });
    let asked: Asked = { about: null, results: {} };
    const network = networkOf(runtime.model.weightStore, (x, context) => {
      const given = Object.entries(question.given ?? {}).map(([name, array]) => [name, leaf(array, name)]);
      asked = question.formula(x, context, Object.fromEntries(given));
      return [];
    });
    const { parameters } = parameterLeaves(trace, network);
    inTrace(trace, () => {
      network.forward(
        inputs.map((kind, k) => leaf(kind, `x ${k}`)),
        parameters,
        false,
      );
    });
    const { results, gradient } = asked;
    this.about = asked.about;
    this.#names = [...Object.keys(results), ...Object.keys(gradient?.wrt ?? {})];
    checkRoom([...Object.values(results), ...Object.values(gradient?.wrt ?? {})].map(({ shape }) => shape));
    show(trace, results);
    // What has no kernel is lowered first: a reference is differentiated, not its kernel.
    if (gradient) show(trace, gradientsOf(trace, gradient, lowerFor(target, trace)));
    const { program } = compile("explain", target, trace);
    this.#bindings = program.bindings;
    this.#executable = backend.load(program, { weights });
  }

  async run(inputs: readonly NdArray[], given: Question["given"], seed: number): Promise<Record<string, NdArray>> {
    const data = this.#executable.memory("data");
    const arrays = Object.entries({ ...Object.fromEntries(inputs.map((a, k) => [`x ${k}`, a])), ...given });
    for (const [name, a] of arrays) if (this.#bindings[name]) data.write(this.#bindings[name].offset, a.data);
    await this.#executable.run({ firstStep: 0, times: 1, seed });
    const state = this.#executable.memory("state");
    const read = (name: string) => {
      const { offset, shape } = this.#bindings[`asked ${name}`];
      return [name, new NdArray(state.read(offset, sizeOf(shape), "f32"), shape)];
    };
    return Object.fromEntries(this.#names.map(read));
  }

  free(): void {
    this.#executable.free();
  }
}

/** Writes results to where they are read. */
function show(trace: Trace, results: Readonly<Record<string, Tensor>>): void {
  inTrace(trace, () => {
    for (const [name, t] of Object.entries(results))
      assign(trace.leaf("state", t.shape, { name: `asked ${name}` }), cast(t, "f32"));
  });
}

/** The gradients that were asked for; zeros where no path leads. */
function gradientsOf(trace: Trace, gradient: NonNullable<Asked["gradient"]>, now: (t: Tensor) => Tensor) {
  const names = Object.keys(gradient.wrt);
  return inTrace(trace, () => {
    trace.from = "gradient";
    const of = now(gradient.of);
    const wrt = names.map((name) => now(gradient.wrt[name]));
    const found = gradients(trace, [{ of, by: constant(1, of) }], wrt);
    return Object.fromEntries(names.map((name, k) => [name, found[k] ?? constant(0, wrt[k], wrt[k].shape)]));
  });
}

function checkRoom(shapes: readonly Shape[]): void {
  const numbers = shapes.reduce((n, shape) => n + sizeOf(shape), 0);
  if (numbers <= most) return;
  const next = "Ask for fewer rows at a time (batchSize), fewer layers, or a shorter sequence.";
  throw new DataError(problem("explain", `at most ${most} numbers in one batch`, `${numbers}`, next));
}

/** Programs of questions about a model, made at first use; a 17th takes the place of all before. */
export class Inspections {
  readonly #made = new Map<string, Inspection>();
  #weights: Memory | null = null;

  /** The answers for one batch. */
  async ask<About>(runtime: Runtime, inputs: readonly NdArray[], question: Question<About>): Promise<Answer<About>> {
    const { model } = runtime;
    const backend = await runtime.backend();
    const weights = await withRoom(backend, () => model.weightStore.attach(backend, "explain"));
    if (this.#weights !== weights) this.free();
    this.#weights = weights;
    const arrays = [...inputs, ...Object.values(question.given ?? {})];
    const key = [question.key, ...arrays.map(({ shape }) => String(shape))].join(";");
    const known = this.#made.get(key);
    if (!known && this.#made.size >= 16) this.free();
    const inspection =
      known ?? (await withRoom(backend, () => new Inspection(backend, runtime, weights, inputs, question)));
    this.#made.set(key, inspection);
    const results = await inspection.run(inputs, question.given, model.seed);
    return { about: inspection.about as About, results };
  }

  free(): void {
    for (const inspection of this.#made.values()) inspection.free();
    this.#made.clear();
    this.#weights = null;
  }
}
