import type { Backend, Memory } from "../backends/backend.ts";
import { DataError, problem, ShapeError, showShape } from "../errors.ts";
import type { AnyLayer, OwnedWeight, Weight } from "../layers/layer.ts";
import { type ArrayLike, asNdArray, NdArray } from "../tensor/nd-array.ts";
import { Random } from "../tensor/random.ts";
import { sameShape, sizeOf } from "../tensor/shape.ts";
import { alignWords } from "../tensor/tensor.ts";
import type { ParameterLocation } from "./fit/step.ts";
import type { Turns } from "./turns.ts";

/** A weight of the model with its layer and place. */
export interface Parameter extends ParameterLocation {
  readonly weight: Weight;
  readonly layer: AnyLayer;
  readonly trainable: boolean;
  /** Position in the order Keras lists weights: layer by layer. */
  readonly order: number;
}

/** Whether a weight is the state that a stateful layer carries from batch to batch: Keras counts it among no weights. */
export const isCarried = (weight: Weight): boolean => weight.name === "rnn_state";

/** Programs count words in 32 bits, and no machine's memory holds what a typing error requests: lstm(2 ** 31). */
function room(words: number, weights: readonly OwnedWeight[]): Float32Array {
  const tooMany = () => {
    const largest = weights.reduce((a, b) => (sizeOf(a.weight.shape) > sizeOf(b.weight.shape) ? a : b));
    const shape = `${largest.weight.name} ${showShape(largest.weight.shape)}`;
    const next = `Most are in ${largest.layer.label}: give it fewer units, or ids of a smaller vocabulary.`;
    return new DataError(
      problem("model", "weights that fit into memory", `${words} numbers, ${shape} among them`, next),
    );
  };
  if (words >= 2 ** 31) throw tooMany();
  try {
    return new Float32Array(words);
  } catch {
    throw tooMany(); // the memory that is left does not hold them
  }
}

/** The store with a weight's newest values. Models that share a layer look here before they compute. */
interface Home {
  /** Null when that model was disposed of: then `numbers` has them, where another model has the weight too. */
  store: Parameters | null;
  numbers: Float32Array | null;
  version: number;
  readonly first: Turns;
  shared: boolean;
}
const homes = new WeakMap<Weight, Home>();
let versions = 0;

/**
 * All parameters of a model in one stretch of memory: trainable ones first, each group in declaration order, so that
 * optimizer, clipping, counting and saving are one loop each. Numbers live on the host until a backend has them. A weight
 * that other models have too is copied over when they have changed it. What writes here waits for the model's turn, and is
 * read from the moment it was written.
 */
export class Parameters {
  readonly list: readonly Parameter[];
  readonly trainableCount: number;
  readonly trainableWords: number;
  readonly words: number;
  #host: Float32Array | null;
  #memory: Memory | null = null;
  readonly #turns: Turns;
  readonly #places: ReadonlyMap<Weight, Parameter>;
  readonly #seen = new Map<Weight, number>();
  /** Written, and waiting for predictions that were called before. */
  readonly #waiting = new Map<Weight, Float32Array>();
  #collected: Map<Parameter, Float32Array> | null = null;
  /** Number of writes to the values by other than steps: by hand, from another model, by a stateful prediction. */
  writes = 0;
  readonly #states: readonly Parameter[];

  constructor(owned: readonly OwnedWeight[], seed: number, turns: Turns) {
    const first = new Map<Weight, OwnedWeight>(); // a layer used twice has its weights once
    for (const entry of owned) if (!first.has(entry.weight)) first.set(entry.weight, entry);
    const numbered = [...first.values()].map((p, order) => ({
      ...p,
      order,
      shape: p.weight.shape,
      from: p.layer.label,
      constraint: p.weight.constraint?.project ?? null,
      name: p.weight.name,
    }));
    let offset = 0;
    const place = (p: (typeof numbered)[number]): Parameter => {
      const placed = { ...p, offset };
      offset += alignWords(sizeOf(p.shape));
      return placed;
    };
    const trainable = numbered.filter((p) => p.trainable).map(place);
    this.trainableWords = offset;
    this.list = [...trainable, ...numbered.filter((p) => !p.trainable).map(place)];
    this.trainableCount = trainable.length;
    this.#turns = turns;
    this.#places = new Map(this.list.map((p) => [p.weight, p]));
    this.#states = this.list.filter((p) => isCarried(p.weight));
    this.words = offset;
    this.#host = room(offset, numbered);
    for (const p of this.list) {
      const home = homes.get(p.weight);
      if (home) {
        if (home.first !== turns) home.shared = true;
        continue; // copied when it is needed
      }
      this.#host.set(p.weight.initializer.fill(p.shape, new Random(seed, 2_000_003 + p.order)), p.offset);
      this.#settle(p);
    }
  }

  /** In Keras's order: layer by layer. */
  get inOrder(): Parameter[] {
    return [...this.list].sort((a, b) => a.order - b.order);
  }

  /** The same without carried states. */
  get learned(): Parameter[] {
    return this.inOrder.filter((p) => !isCarried(p.weight));
  }

  placeOf(weight: Weight): Parameter {
    return this.#places.get(weight)!;
  }

  /** Whether a backend has the numbers. */
  get attached(): boolean {
    return this.#memory !== null;
  }

  /** Moves the numbers to a backend's memory (once), brings them up to date, and returns it. In the model's turn only. */
  attach(backend: Backend, who: string): Memory {
    if (!this.#memory) {
      this.#memory = backend.allocate(Math.max(alignWords(1), this.words)); // a model without weights has a region all the same
      this.#memory.write(0, this.#host!);
      this.#host = null;
    }
    this.refresh(who);
    return this.#memory;
  }

  /** Takes the numbers back from a backend that is being left. */
  detach(): void {
    if (!this.#memory) return;
    this.#host = Float32Array.from(this.#memory.read(0, this.words, "f32"));
    this.#memory.free();
    this.#memory = null;
  }

  /** Copies what other models have changed. Throws DataError while one of them trains. */
  refresh(who: string): void {
    for (const p of this.list) {
      const home = homes.get(p.weight)!;
      if (this.#seen.get(p.weight) === home.version) continue;
      this.#put(p, newest(p, home, who, this.#turns));
      this.#seen.set(p.weight, home.version);
    }
  }

  /** Says that the numbers here are the newest: after training, or when this store takes another's place. */
  changed(): void {
    for (const p of this.list) this.#settle(p);
  }

  /** The same for carried states alone, which predictions change. */
  carried(): void {
    if (this.#states.length > 0) this.writes++;
    for (const p of this.#states) this.#settle(p);
  }

  /** The newest numbers, a copy. Throws DataError while a training changes them. */
  read(p: Parameter, who = "getWeights"): NdArray {
    return new NdArray(newest(p, homes.get(p.weight)!, who), p.shape);
  }

  write(p: Parameter, value: ArrayLike, who: string): void {
    this.writeAll([p], [value], who);
  }

  /** Replaces all of these or, where one does not fit, none. Throws ShapeError then, and DataError in a training. */
  writeAll(places: readonly Parameter[], values: readonly ArrayLike[], who: string): void {
    const all = places.map((p, k) => ({ p, numbers: fitting(p, values[k], who) }));
    for (const { p } of all) {
      const { store } = homes.get(p.weight)!;
      if (store !== this) store?.reading(who); // another model that has the weight too
    }
    if (this.#collected) {
      for (const { p, numbers } of all) this.#collected.set(p, numbers);
      return;
    }
    const waits = this.#turns.write(who, () => {
      for (const { p, numbers } of all) {
        this.#put(p, numbers);
        if (this.#waiting.get(p.weight) === numbers) this.#waiting.delete(p.weight);
      }
    });
    for (const { p, numbers } of all) {
      if (waits) this.#waiting.set(p.weight, numbers);
      this.#settle(p);
    }
  }

  /** In the model's turn: writes all that `act` writes at once, or nothing of it where `act` throws. */
  writeTogether(act: () => void): void {
    const collected = new Map<Parameter, Float32Array>();
    this.#collected = collected;
    try {
      act();
    } finally {
      this.#collected = null;
    }
    for (const [p, numbers] of collected) {
      this.#put(p, numbers);
      this.#settle(p);
    }
  }

  /** Throws DataError while the numbers change: all in training, carried states in predictions too. */
  reading(who: string, carried = false): void {
    this.#turns.reading(who, carried);
  }

  /** Gives all numbers and memory back. Other models keep the weights that they have too. */
  dispose(): void {
    for (const p of this.list) {
      const home = homes.get(p.weight)!;
      if (home.store !== this) continue;
      home.numbers = home.shared ? this.#get(p) : null;
      home.store = null;
    }
    this.#memory?.free();
    this.#memory = null;
    this.#host = null;
  }

  /** The weight here that corresponds to one of another store; `reader`, the turns of the model that reads: its own work is no obstacle. */
  readAs(weight: Weight, who: string, reader?: Turns): Float32Array {
    const waiting = this.#waiting.get(weight);
    if (waiting) return waiting.slice();
    const p = this.#places.get(weight)!;
    if (reader !== this.#turns) this.reading(who, isCarried(weight));
    return this.#get(p);
  }

  #get(p: Parameter): Float32Array {
    const n = sizeOf(p.shape);
    if (this.#memory) return this.#memory.read(p.offset, n, "f32") as Float32Array;
    return this.#host!.slice(p.offset, p.offset + n);
  }

  #put(p: Parameter, data: Float32Array): void {
    this.writes++;
    if (this.#memory) this.#memory.write(p.offset, data);
    else this.#host!.set(data, p.offset);
  }

  #settle(p: Parameter): void {
    const version = ++versions;
    const home = homes.get(p.weight);
    if (home) {
      home.store = this;
      home.numbers = null;
      home.version = version;
    } else {
      homes.set(p.weight, { store: this, numbers: null, version, first: this.#turns, shared: false });
    }
    this.#seen.set(p.weight, version);
  }
}

function newest({ weight, layer }: Parameter, { store, numbers }: Home, who: string, reader?: Turns): Float32Array {
  if (store) return store.readAs(weight, who, reader);
  if (numbers) return numbers.slice();
  const next = "Keep getWeights() of that model, or make the layer again.";
  throw new DataError(problem(who, `the weights of ${layer.label}`, "those of a disposed model", next));
}

function fitting({ weight, layer, shape }: Parameter, value: ArrayLike, who: string): Float32Array {
  const array = asNdArray(value, { who });
  const expected = `${weight.name} ${showShape(shape)} for ${layer.label}`;
  if (sameShape(array.shape, shape)) {
    const wrong = weight.int8 ? array.data.find((q) => Math.round(q) !== q || Math.abs(q) > 127) : undefined;
    if (wrong === undefined) return Float32Array.from(array.data);
    throw new DataError(problem(who, `${expected} in whole numbers from -127 to 127`, `${wrong}`));
  }
  const next = "Give the arrays in the order of getWeights(), each of its shape.";
  throw new ShapeError(problem(who, expected, showShape(array.shape), next));
}
