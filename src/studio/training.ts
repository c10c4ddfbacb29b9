import { DataError, problem } from "../errors.ts";
import type { Model } from "../index.ts";
import { KeptWeights } from "./kept-weights.ts";
import type { LabRun } from "./labs/index.ts";
import type { TrainingState } from "./messages.ts";
import { type OpenModel, opened } from "./open-model.ts";
import { StepControl } from "./step-control.ts";

interface Wanted {
  readonly lab: string;
  readonly steps: number;
  readonly paused: boolean;
}

const between = 100; // ms between two reports

/** A training, step by step: it can be held, goes on where it was, and goes back to an epoch that is kept. */
export class Training {
  readonly open: OpenModel;
  readonly control: StepControl;
  readonly #steps: number;
  readonly #lab: LabRun;
  readonly #model: Model;
  readonly #report: (state: TrainingState) => void;
  readonly #points = { at: [] as number[], loss: [] as number[], validation: [] as number[] };
  readonly #kept = new KeptWeights();
  /** Steps between two points of the curve, at most: a training of a second has a curve too. */
  readonly #every: number;
  #step = 0;
  #speed = 0;
  #accuracy: number | null = null;

  constructor({ lab, steps, paused }: Wanted, run: LabRun, backend: string, report: (state: TrainingState) => void) {
    this.#steps = steps;
    this.#every = Math.max(1, Math.ceil(steps / 100));
    this.#lab = run;
    this.#model = run.model;
    this.open = opened(`${lab}, in training`, run.model, run.task, backend);
    this.control = new StepControl(paused);
    this.#report = report;
  }

  /** Trains until the steps are done or it is ended. */
  async run(): Promise<void> {
    let reported = 0;
    let since: { time: number; step: number } | null = null;
    const held = () => {
      this.#report(this.state());
      since = null;
    };
    this.#keep();
    this.#report(this.state());
    while (this.#step < this.#steps && (await this.control.mayStep(held))) {
      since ??= { time: performance.now(), step: this.#step };
      const logs = await this.#model.trainOnBatch(...this.#lab.batch(this.#step));
      this.#step++;
      this.#keep();
      const now = performance.now();
      if (this.#step % this.#every === 0) await this.#measure(logs);
      if (now - reported < between && this.#step < this.#steps && this.control.state === "running") continue;
      await this.#measure(logs);
      this.#speed = ((this.#step - since.step) / Math.max(1, now - since.time)) * 1000;
      this.#report(this.state());
      reported = performance.now();
      await this.control.pass();
    }
    await this.control.finish(() => this.#report(this.state()));
  }

  /** Holds the training and goes back to the network after a step. Throws DataError for a step that is not kept. */
  async rewind(step: number): Promise<void> {
    const bytes = this.#kept.at(step);
    if (!bytes) {
      const expected = `one of the steps that are kept: ${this.#kept.steps.slice(0, 20).join(", ")} …`;
      throw new DataError(problem("studio rewind: step", expected, String(step)));
    }
    this.control.pause(true);
    await this.control.between(async () => {
      await this.#model.restore(bytes);
      this.#step = step;
      const { heldOut } = this.#lab;
      this.#accuracy = heldOut ? ((await this.#model.testOnBatch(...heldOut)).accuracy ?? null) : null;
      this.#report(this.state());
    });
  }

  /** The beginning and the end of each epoch. */
  #keep(): void {
    const { epochSteps } = this.#lab;
    if (this.#step % epochSteps === 0) this.#kept.keep(this.#model, this.#step, this.#step / epochSteps);
  }

  /** A point of the curve; one that was measured before a rewind stays as it is. */
  async #measure(logs: Readonly<Record<string, number>>): Promise<void> {
    const { at, loss, validation } = this.#points;
    if (this.#step === at.at(-1)) return;
    const { heldOut } = this.#lab;
    const other = heldOut && (await this.#model.testOnBatch(...heldOut));
    this.#accuracy = (other ?? logs).accuracy ?? null;
    if (this.#step < (at.at(-1) ?? 0)) return;
    at.push(this.#step);
    loss.push(logs.loss);
    if (other) validation.push(other.loss);
  }

  state(): TrainingState {
    const { at, loss, validation } = this.#points;
    return {
      state: this.control.state,
      step: this.#step,
      steps: this.#steps,
      epochSteps: this.#lab.epochSteps,
      kept: Float64Array.from(this.#kept.steps),
      keptBytes: this.#kept.bytes,
      accuracy: this.#accuracy,
      at: Float64Array.from(at),
      loss: Float64Array.from(loss),
      validation: Float64Array.from(validation),
      stepsPerSecond: this.#speed,
      baseline: this.#lab.baseline,
    };
  }
}
