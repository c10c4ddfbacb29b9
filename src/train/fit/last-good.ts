import type { Memory } from "../../backends/backend.ts";
import type { Parameters } from "../parameters.ts";
import type { Split } from "./blocks/blocked-steps.ts";
import type { Broken } from "./no-number.ts";
import type { OptimizerState } from "./session.ts";

/** A training whose steps can be taken again. */
export interface Repeatable<B> {
  /** All that a step changes: weights with carried states, and the optimizer's slots. */
  readonly memories: readonly Memory[];
  /** Number of trained words in the first memory. */
  readonly trained: number;
  readonly state: { iterations: number };
  readonly optimizer: { learningRate: unknown };
  /** Raised whenever something other than a step has written there. */
  writes(): number;
  train(batch: B): Promise<void>;
  /** A batch of several steps as batches of one. */
  steps(batch: B): B[];
  /** A batch that stays as it is, where it lies in memory of the user's. */
  keep(batch: B): B;
  /** The weights are others than they were. */
  changed(): void;
  /** The loss summed since `reset`. */
  loss(): number;
  reset(): void;
  /** Batches between two copies; absent: by the time that they take. */
  readonly every?: number;
}

interface Saved {
  readonly numbers: readonly (Float32Array | Float64Array | Int32Array)[];
  readonly iterations: number;
}

/**
 * Training that can go back to before its loss stopped being a number. It keeps the weights of some moment and the batches
 * since then: taken again, they give the weights of any step after it, bit for bit. The copies are as rare as it takes for them
 * to cost a fiftieth of the time.
 */
export class LastGood<B> {
  readonly #of: Repeatable<B>;
  #saved: Saved | null = null;
  #since: { readonly batch: B; readonly learningRate: unknown }[] = [];
  #writes = 0;
  #iterations = 0;
  #due = 0; // ms

  constructor(of: Repeatable<B>) {
    this.#of = of;
  }

  /** Trains on a batch of one step or several; where its loss is no number, puts back the weights before it and says at which step. */
  async train(batch: B): Promise<Broken | null> {
    const of = this.#of;
    if (this.#stale) {
      const broken = this.#touched ? null : await this.end();
      if (broken) return broken;
      this.#save();
    }
    this.#since.push({ batch: of.keep(batch), learningRate: of.optimizer.learningRate });
    await of.train(batch);
    this.#iterations = of.state.iterations;
    return Number.isFinite(of.loss()) ? null : this.#goBack(true);
  }

  /** Whether the last step has left weights that are no numbers, which no loss has told of; if so, they are put back too. */
  async end(): Promise<Broken | null> {
    return this.#since.length > 0 && !this.#touched && this.#worthless() ? this.#goBack(false) : null;
  }

  #worthless(): boolean {
    const { memories, trained } = this.#of;
    let nothing = 0; // a sum of zeros, but for what is no number: a loop without a way out is several times faster than a search
    for (let at = 0; at < trained; at += piece) {
      const weights = memories[0].read(at, Math.min(piece, trained - at), "f32");
      for (let i = 0; i < weights.length; i++) nothing += weights[i] * 0;
    }
    return Number.isNaN(nothing);
  }

  get #stale(): boolean {
    const { every } = this.#of;
    if (this.#saved === null || this.#touched || this.#since.length >= (every ?? most)) return true;
    return every === undefined && performance.now() >= this.#due;
  }

  /** Whether others than steps have written since. */
  get #touched(): boolean {
    const { state, writes } = this.#of;
    return this.#writes !== writes() || this.#iterations !== state.iterations;
  }

  #save(): void {
    const begun = performance.now();
    this.#saved = this.#now();
    this.#since = [];
    this.#writes = this.#of.writes();
    this.#iterations = this.#of.state.iterations;
    const now = performance.now();
    this.#due = now + rest * (now - begun);
  }

  #now(): Saved {
    const { memories, state } = this.#of;
    return { numbers: memories.map((m) => m.read(0, m.words, "f32")), iterations: state.iterations };
  }

  #put({ numbers, iterations }: Saved): void {
    const { memories, state } = this.#of;
    for (const [k, m] of memories.entries()) m.write(0, numbers[k]);
    state.iterations = iterations;
    this.#of.changed();
  }

  /** Takes the steps again, to the first that breaks something; `inLast`: the last of them had the loss that told of it. */
  async #goBack(inLast: boolean): Promise<Broken> {
    const of = this.#of;
    const now = of.optimizer.learningRate;
    const taken = this.#since;
    const counts = taken.map(({ batch }) => of.steps(batch).length);
    let step = -counts.reduce((a, b) => a + b, 0) + (inLast ? counts.at(-1)! : 0);
    this.#put(this.#saved!);
    for (const [k, { batch, learningRate }] of taken.entries()) {
      of.optimizer.learningRate = learningRate;
      const before = this.#now();
      const told = inLast && k === taken.length - 1;
      if (!told) await of.train(batch);
      if (!told && !this.#worthless()) {
        step += counts[k];
        continue;
      }
      this.#put(before);
      const found = await this.#search(of.steps(batch));
      this.#put(before);
      of.optimizer.learningRate = now;
      this.#saved = null;
      return { ...found, step: step + found.step };
    }
    throw new Error("steps that were taken again gave other numbers");
  }

  /** The first of these steps whose loss is no number, or that leaves weights that are none. */
  async #search(steps: readonly B[]): Promise<Broken> {
    const of = this.#of;
    for (const [step, batch] of steps.entries()) {
      of.reset();
      await of.train(batch);
      const loss = of.loss();
      if (!Number.isFinite(loss)) return { step, loss };
      if (this.#worthless()) return { step, loss: null };
    }
    return { step: steps.length - 1, loss: Number.POSITIVE_INFINITY }; // each is finite, their sum is not
  }
}

/** Training as it is, or able to go back to before its loss was no number. */
export function guardedTraining<B>(
  guarded: boolean,
  optimizer: Repeatable<B>["optimizer"],
  store: Parameters,
  place: { weights: Memory; state: OptimizerState },
  steps: Steps<B>,
): { train(batch: B): Promise<Broken | null>; end(): Promise<Broken | null> } {
  if (!guarded) return { train: (batch) => steps.train(batch).then(() => null), end: async () => null };
  const good = lastGoodOf(optimizer, store, place, steps);
  return { train: (batch) => good.train(batch), end: () => good.end() };
}

/** A training's part of `Repeatable`; the rest is the model's. */
export type Steps<B> = Pick<Repeatable<B>, "train" | "steps" | "keep" | "loss" | "reset" | "every">;

/** Processes that train together copy at the same steps: those that are taken again are everyone's. */
export const rhythmOf = ({ ranks }: Split): { every?: number } => (ranks ? { every: 50 } : {});

/** One for a model's weights and its optimizer's state, and the steps of a training over them. */
export const lastGoodOf = <B>(
  optimizer: Repeatable<B>["optimizer"],
  store: Parameters,
  { weights, state }: { weights: Memory; state: OptimizerState },
  steps: Steps<B>,
): LastGood<B> =>
  new LastGood<B>({
    ...steps,
    memories: [weights, state.memory],
    trained: store.trainableWords,
    state,
    optimizer,
    writes: () => store.writes,
    changed: () => store.changed(),
  });

const piece = 2 ** 18; // words read at a time, so that no second copy of all weights is made
const most = 1000; // crossings between two copies
const rest = 50; // times what a copy took
