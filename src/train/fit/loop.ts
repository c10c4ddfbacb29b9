import { DataError, problem } from "../../errors.ts";
import { type Callback, type Logs, noLogs, type TrainedModel, type TrainingState } from "../callbacks/callback.ts";
import { required, wholeFrom } from "../options.ts";
import type { Batches } from "./batches.ts";
import type { Split } from "./blocks/blocked-steps.ts";
import { breath, breathe } from "./breathe.ts";
import { History } from "./history.ts";
import { type Broken, noNumber } from "./no-number.ts";
import { ProgressLine } from "./progress.ts";
import type * as Resuming from "./resume.ts";
import type { Sums, TrainingPosition } from "./resume.ts";

/** The loop's view of a model: batches to step over, sums it can read, and an evaluation. */
export interface Trainer<Batch = unknown> {
  readonly model: TrainedModel;
  readonly batches: Batches<Batch>;
  /** Trains on what `batches` gave: one step for each batch in it, in order. Says where a loss was no number. */
  train(batch: Batch): Promise<Broken | null>;
  /** After the last step: the same of weights that it left. */
  end?(): Promise<Broken | null>;
  /** Forgets the sums of loss and metrics. */
  reset(): void;
  /** The running means of the epoch so far. */
  logs(): Logs;
  /** The sums behind `logs`, and putting them back: an epoch continues where it was interrupted. */
  saveSums(): Sums;
  restoreSums(sums: Sums): void;
  /** Loss and metrics on the validation data, if any. `watch` is told of its batches. */
  validate?(watch?: Watch): Promise<Logs>;
  readonly split?: Split;
  /** Order of sums of bfloat16, where the model has any. Default: as floats. */
  readonly bf16?: "floats" | "tiles";
  readonly team?: Team | null;
}

/** Processes that train together. Each calls these at the same places. */
export interface Team {
  /** Whether one of them wants to stop; an aborted signal is passed on to all. */
  agree(stop: boolean): Promise<boolean>;
  /** Called where training continues from a checkpoint. */
  resumes(bytes: Uint8Array): void;
  /** After the callbacks have begun: all continue from the checkpoint that the first process does. */
  begin(state: TrainingState): Promise<void>;
}

/** Hooks for the batches of an evaluation (from 0). */
export interface Watch {
  begin(batch: number): Promise<void>;
  end(batch: number, logs: Logs): Promise<void>;
}

export interface LoopOptions {
  epochs: number;
  initialEpoch: number;
  /** Steps of an epoch; the next continues in the data where this one ended. */
  stepsPerEpoch?: number;
  /** Epochs between validations, or the epochs after which to validate (from 1). Default 1. */
  validationFreq?: number | readonly number[];
  verbose: 0 | 1 | 2;
  callbacks: readonly Callback[];
  signal?: AbortSignal;
  /** Writer of the progress lines; standard output by default. */
  write: (text: string) => void;
  terminal: boolean;
  columns?: number;
}

/**
 * The fit loop: epochs of batches, in crossings of several steps sized by the time a step takes. An AbortSignal ends it
 * after the crossing under way. Whatever throws, the batches are closed.
 */
export async function trainLoop<Batch>(trainer: Trainer<Batch>, options: LoopOptions): Promise<History> {
  checkOptions(options);
  try {
    return await new Loop(trainer, options).run();
  } finally {
    await trainer.batches.close();
  }
}

class Loop<Batch> {
  readonly trainer: Trainer<Batch>;
  readonly callbacks: readonly Callback[];
  readonly history = new History();
  readonly place: TrainingPosition;
  readonly begun: number;
  logs: Logs = noLogs();
  stop = false;
  readonly #options: LoopOptions;
  readonly #state: TrainingState;
  /** Whether the batches stand at `place`. */
  #open = false;
  #secondsPerStep = 0;
  #warned = false;
  #checkpoints: typeof Resuming | null = null; // loaded where a callback may ask for one
  #lastStep = 0; // of its epoch
  #lastBreath = now();
  readonly #settled = new Map<Callback, number>(); // second

  constructor(trainer: Trainer<Batch>, options: LoopOptions) {
    this.trainer = trainer;
    this.callbacks = options.callbacks;
    this.begun = trainer.model.iterations;
    this.place = beginning(options, trainer.batches.length);
    this.#options = options;
    this.#state = this.#view();
  }

  async run(): Promise<History> {
    const { history, place, callbacks } = this;
    const { epochs } = this.#options;
    const begun = now();
    if (callbacks.length > 0) this.#checkpoints = await import("./resume.ts");
    for (const c of callbacks) await c.onTrainBegin?.(this.#state);
    await this.trainer.team?.begin(this.#state);
    for (const c of callbacks) this.#settled.set(c, now());
    history.stopped = place.epoch < epochs && this.#halted; // before it was interrupted
    while (place.epoch < epochs && !(await this.#halts())) {
      const whole = await this.#epoch();
      history.stopped = !whole || (place.epoch < epochs && this.#halted);
    }
    const broken = (await this.trainer.end?.()) ?? null;
    if (broken) throw noNumber("fit", broken, placeOf(broken, place.epoch, place.step, this.#lastStep));
    history.seconds = now() - begun;
    for (const c of callbacks) await c.onTrainEnd?.(this.logs, this.#state);
    return history;
  }

  /** One epoch, or what was left of it; false when it was cut short. */
  async #epoch(): Promise<boolean> {
    const { place, callbacks } = this;
    const { epochs, verbose, write } = this.#options;
    const { epoch } = place;
    if (place.step === 0) {
      this.trainer.reset();
      for (const c of callbacks) await c.onEpochBegin?.(epoch, this.#state);
    }
    if (verbose > 0 && epochs > 1) write(`Epoch ${epoch + 1}/${epochs}\n`);
    const line = new ProgressLine({ ...this.#options, target: this.#target, now });
    const whole = await this.#steps(line);
    if (!whole && place.step === 0) return false; // nothing to tell of
    const logs = this.trainer.logs();
    const verdict = this.#validatesAfter(epoch) && !this.#aborted ? await this.#validate() : null;
    const validated = verdict !== null;
    for (const [k, v] of Object.entries(verdict ?? {})) logs[`val_${k}`] = v;
    for (const c of callbacks) await c.onEpochEnd?.(epoch, logs, this.#state);
    line.finish(place.step, logs);
    this.history.record(epoch, logs);
    this.logs = logs;
    place.epoch++;
    place.step = 0;
    // An epoch that an AbortSignal kept from its validation is not whole: it is gone through again.
    if (whole && validated === this.#validatesAfter(epoch))
      await this.#settle(callbacks.filter((c) => c.settleSeconds === undefined || this.#isLate(c)));
    return whole;
  }

  /** Steps until the epoch's end; false when told to end before it. */
  async #steps(line: ProgressLine): Promise<boolean> {
    const { place } = this;
    const { batches } = this.trainer;
    while (place.step < (this.#target ?? Number.POSITIVE_INFINITY)) {
      if (await this.#halts()) {
        if (this.#aborted) await this.#settle(this.callbacks);
        return false;
      }
      if (!this.#open) await batches.begin(place.pass, place.batch);
      this.#open = true;
      const from = now();
      const taken = await batches.take(this.#most());
      if (taken) await this.#step(taken, from, line);
      else if (this.#endOfData()) return true;
    }
    if (this.#aborted) await this.#settle(this.callbacks);
    if (place.batch === batches.length) this.#nextPass();
    return true;
  }

  async #step({ batch, count }: { batch: Batch; count: number }, from: number, line: ProgressLine): Promise<void> {
    const { place, callbacks, trainer } = this;
    for (const c of callbacks) await c.onTrainBatchBegin?.(place.step, this.#state);
    const broken = await trainer.train(batch);
    if (broken) throw noNumber("fit", broken, placeOf(broken, place.epoch, place.step, this.#lastStep));
    this.#secondsPerStep = (now() - from) / count;
    place.step += count;
    this.#lastStep = place.step;
    place.batch += count;
    place.steps += count;
    if (this.#options.verbose === 1 && this.#options.terminal) line.update(place.step, trainer.logs());
    const due = callbacks.filter((c) => place.steps % strideOf(c) === 0);
    const logs = due.some((c) => c.onTrainBatchEnd) ? trainer.logs() : noLogs();
    for (const c of due) await c.onTrainBatchEnd?.(place.step - 1, logs, this.#state);
    await this.#settle(callbacks.filter((c) => (c.batchStride && due.includes(c)) || this.#isLate(c)));
    if (now() - this.#lastBreath < breath) return;
    await breathe();
    this.#lastBreath = now();
  }

  async #settle(callbacks: readonly Callback[]): Promise<void> {
    for (const c of callbacks) {
      await c.onSettled?.(this.#state);
      this.#settled.set(c, now());
    }
  }

  #isLate(c: Callback): boolean {
    return c.settleSeconds !== undefined && now() - this.#settled.get(c)! >= c.settleSeconds;
  }

  /** Maximum number of steps of the next crossing. */
  #most(): number {
    const { step, steps } = this.place;
    const fitting = this.#secondsPerStep > 0 ? Math.floor(breath / this.#secondsPerStep) : 1;
    const left = (this.#target ?? Number.POSITIVE_INFINITY) - step;
    const untilDue = this.callbacks.map((c) => strideOf(c) - (steps % strideOf(c)));
    return Math.min(left, Math.max(1, Math.min(fitting, 1024)), ...untilDue);
  }

  /** The pass is over: true where the epoch ends with it, false where it began at this end. */
  #endOfData(): boolean {
    const { step, batch, epoch } = this.place;
    const { stepsPerEpoch, verbose, write } = this.#options;
    if (step === 0 && batch === 0) {
      const next =
        "A generator gives its batches once: pass the generator function, which is called again every epoch.";
      throw new DataError(problem("fit", `batches for epoch ${epoch + 1}`, "none", next));
    }
    this.#nextPass();
    if (stepsPerEpoch !== undefined && step > 0 && verbose > 0 && !this.#warned) {
      this.#warned = true;
      const advice = "Give stepsPerEpoch × epochs batches, or fewer stepsPerEpoch.";
      write(`fit: epoch ${epoch + 1} ended with the data, after ${step} of ${stepsPerEpoch} steps. ${advice}\n`);
    }
    return step > 0;
  }

  #nextPass(): void {
    this.place.pass++;
    this.place.batch = 0;
    this.#open = false;
  }

  /** Null where an AbortSignal ended it. */
  async #validate(): Promise<Logs | null> {
    const { callbacks } = this;
    for (const c of callbacks) await c.onTestBegin?.(this.#state);
    const watch: Watch = {
      begin: async (batch) => {
        for (const c of callbacks) await c.onTestBatchBegin?.(batch, this.#state);
      },
      end: async (batch, logs) => {
        for (const c of callbacks) await c.onTestBatchEnd?.(batch, logs, this.#state);
      },
    };
    const watched = callbacks.some((c) => c.onTestBatchBegin || c.onTestBatchEnd);
    const logs = await this.trainer.validate!(watched ? watch : undefined);
    if (this.#aborted) return null;
    for (const c of callbacks) await c.onTestEnd?.(logs, this.#state);
    return logs;
  }

  /** Whether an epoch ends with an evaluation on validation data. */
  #validatesAfter(epoch: number): boolean {
    const { validationFreq = 1 } = this.#options;
    const due =
      typeof validationFreq === "number" ? (epoch + 1) % validationFreq === 0 : validationFreq.includes(epoch + 1);
    return due && this.trainer.validate !== undefined;
  }

  /** Steps of an epoch; undefined while unknown. */
  get #target(): number | undefined {
    return this.#options.stepsPerEpoch ?? this.trainer.batches.length;
  }

  /** Whether to stop here, as every process does. */
  async #halts(): Promise<boolean> {
    if (this.trainer.team) this.stop = await this.trainer.team.agree(this.stop);
    return this.#halted;
  }

  get #halted(): boolean {
    return this.stop || this.#aborted;
  }

  get #aborted(): boolean {
    return this.#options.signal?.aborted === true;
  }

  /** The state shown to callbacks. */
  #view(): TrainingState {
    const loop = this;
    const { epochs, signal, write } = this.#options;
    return {
      model: this.trainer.model,
      epochs,
      history: this.history,
      validates: this.trainer.validate !== undefined,
      write,
      get epoch() {
        return loop.place.epoch;
      },
      get step() {
        return loop.place.step;
      },
      get steps() {
        return loop.place.steps;
      },
      get stepsPerEpoch() {
        return loop.#target;
      },
      get aborted() {
        return signal?.aborted === true;
      },
      get stopTraining() {
        return loop.stop;
      },
      set stopTraining(stop) {
        loop.stop = stop;
      },
      checkpoint: () => loop.#checkpoints!.saveTraining(loop),
      resume: (bytes) => {
        loop.trainer.team?.resumes(bytes);
        return loop.#checkpoints!.resumeTraining(bytes, loop);
      },
    };
  }
}

/** `at`: where the crossing began; `last`: the steps of the epoch before, where it began an epoch. */
function placeOf(broken: Broken, epoch: number, at: number, last: number): string {
  const earlier = at + broken.step < 0;
  const step = at + broken.step + (earlier ? last : 0) + 1;
  return `epoch ${earlier ? epoch : epoch + 1}, step ${step}`;
}

function checkOptions({ initialEpoch, stepsPerEpoch = 1, validationFreq = 1 }: LoopOptions): void {
  const whole = wholeFrom(1)(1);
  required("fit", "initialEpoch", initialEpoch, wholeFrom(0)(0));
  required("fit", "stepsPerEpoch", stepsPerEpoch, whole);
  const fits = (v: unknown) => whole.fits(v) || (Array.isArray(v) && v.every(whole.fits));
  const expected = "a whole number of 1 or more, or a list of epochs from 1";
  required("fit", "validationFreq", validationFreq, { otherwise: validationFreq, expected, fits });
}

/** Start position of training: at the first batch of a pass, or amid the pass that an epoch of fewer steps would have reached. */
function beginning({ initialEpoch, stepsPerEpoch }: LoopOptions, passLength: number | undefined): TrainingPosition {
  const place = { epoch: initialEpoch, step: 0, steps: 0, pass: initialEpoch, batch: 0 };
  if (stepsPerEpoch === undefined) return place;
  if (passLength === undefined) return { ...place, pass: 0 };
  const epochsPerPass = Math.ceil(passLength / stepsPerEpoch);
  const pass = Math.floor(initialEpoch / epochsPerPass);
  return { ...place, pass, batch: (initialEpoch % epochsPerPass) * stepsPerEpoch };
}

/** Number of steps after which a callback's batch hooks are called. */
function strideOf(c: Callback): number {
  if (c.onTrainBatchBegin) return 1;
  return c.batchStride ?? (c.onTrainBatchEnd ? 1 : Number.POSITIVE_INFINITY);
}

const now = (): number => performance.now() / 1000;
