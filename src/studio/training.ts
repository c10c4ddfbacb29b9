import {
  adam,
  addingProblem,
  dense,
  gru,
  input,
  type Layer,
  lstm,
  type Model,
  NdArray,
  sequential,
  simpleRnn,
} from "../index.ts";
import { airlinePassengers } from "./airline.ts";
import type { CellName, TrainingState, TrainLab } from "./messages.ts";
import { type OpenModel, opened } from "./open-model.ts";
import { StepControl } from "./step-control.ts";

interface Wanted {
  readonly lab: TrainLab;
  readonly cell: CellName;
  readonly units: number;
  readonly rate: number;
  readonly steps: number;
  readonly seed: number;
  readonly paused: boolean;
}

/** Rows to train on and rows to look at. */
interface LabData {
  readonly x: NdArray;
  readonly y: NdArray;
  readonly heldOut: readonly [NdArray, NdArray];
  readonly batch: number;
  readonly shape: readonly [number | null, number];
  /** Whether a prediction is wanted after each step, or after the last alone. */
  readonly each: boolean;
  readonly baseline: string;
  readonly note: object;
}

const between = 100; // ms between two reports
const span = 24; // months of an airline row
const layerOf: Record<CellName, (units: number, each: boolean) => Layer> = {
  lstm: (units, returnSequences) => lstm(units, { returnSequences }),
  gru: (units, returnSequences) => gru(units, { returnSequences }),
  simpleRnn: (units, returnSequences) => simpleRnn(units, { returnSequences }),
};

/** A training on data that ship, step by step: it can be held, and goes on where it was. */
export class Training {
  readonly open: OpenModel;
  readonly #wanted: Wanted;
  readonly #data: LabData;
  readonly #model: Model;
  readonly #report: (state: TrainingState) => void;
  readonly #points = { at: [] as number[], loss: [] as number[], validation: [] as number[] };
  readonly control: StepControl;
  #step = 0;
  #speed = 0;

  constructor(wanted: Wanted, backend: string, report: (state: TrainingState) => void) {
    this.#wanted = wanted;
    this.#data = labData[wanted.lab](wanted.seed);
    const { shape, note, each } = this.#data;
    const layers = [input([...shape]), layerOf[wanted.cell](wanted.units, each), dense(1)];
    this.#model = sequential(layers, { seed: wanted.seed, name: wanted.lab });
    this.#model.compile({ optimizer: adam({ learningRate: wanted.rate }), loss: "meanSquaredError" });
    this.#model.assets.set("studio.json", new TextEncoder().encode(JSON.stringify(note)));
    this.open = opened(`${wanted.lab}, in training`, this.#model, null, backend);
    this.control = new StepControl(wanted.paused);
    this.#report = report;
  }

  /** Trains until the steps are done or it is ended. */
  async run(): Promise<void> {
    const { steps } = this.#wanted;
    const { x, y, batch, heldOut } = this.#data;
    const rows = x.shape[0];
    let reported = 0;
    let since: { time: number; step: number } | null = null;
    const held = () => {
      this.#report(this.state());
      since = null;
    };
    this.#report(this.state());
    while (this.#step < steps && (await this.control.mayStep(held))) {
      since ??= { time: performance.now(), step: this.#step };
      const from = (this.#step * batch) % Math.max(1, rows - batch + 1);
      const { loss } = await this.#model.trainOnBatch(x.slice(from, from + batch), y.slice(from, from + batch));
      this.#step++;
      const now = performance.now();
      if (now - reported < between && this.#step < steps && this.control.state === "running") continue;
      const { loss: heldOutLoss } = await this.#model.testOnBatch(...heldOut);
      this.#points.at.push(this.#step);
      this.#points.loss.push(loss);
      this.#points.validation.push(heldOutLoss);
      this.#speed = ((this.#step - since.step) / Math.max(1, now - since.time)) * 1000;
      this.#report(this.state());
      reported = performance.now();
      await this.control.pass();
    }
    await this.control.finish(() => this.#report(this.state()));
  }

  state(): TrainingState {
    const { at, loss, validation } = this.#points;
    return {
      state: this.control.state,
      step: this.#step,
      steps: this.#wanted.steps,
      at: Float64Array.from(at),
      loss: Float64Array.from(loss),
      validation: Float64Array.from(validation),
      stepsPerSecond: this.#speed,
      baseline: this.#data.baseline,
    };
  }
}

const labData: Record<TrainLab, (seed: number) => LabData> = {
  /** Two years, and after each month the next one; the last two years are held out. */
  airline() {
    const months = airlinePassengers;
    const train = months.slice(0, -span);
    const [least, most] = [Math.min(...train), Math.max(...train)];
    const scaled = Float32Array.from(months, (v) => (v - least) / (most - least));
    const starts = Array.from({ length: train.length - span }, (_, s) => s);
    const rows = (from: readonly number[], shift: number) =>
      new NdArray(Float32Array.from(from.flatMap((s) => [...scaled.subarray(s + shift, s + shift + span)])), [
        from.length,
        span,
        1,
      ]);
    const last = [months.length - span - 1];
    const naive =
      scaled.slice(-span).reduce((sum, v, k) => sum + (v - scaled[months.length - span - 1 + k]) ** 2, 0) / span;
    return {
      x: rows(starts, 0),
      y: rows(starts, 1),
      heldOut: [rows(last, 0), rows(last, 1)],
      batch: 16,
      shape: [null, 1],
      each: true,
      baseline: `the month before as the forecast: ${naive.toFixed(4)}`,
      note: { example: months.slice(-span).join(" "), shift: least, scale: most - least },
    };
  },
  /** Sequences of 30; always saying 1 has a loss of 1/6. */
  adding(seed) {
    const { x, y } = addingProblem({ rows: 4000, steps: 30, seed });
    const other = addingProblem({ rows: 200, steps: 30, seed: seed + 1 });
    const row = x.row(0).toArray() as number[][];
    const example = row.map(([value, mark]) => `${value.toFixed(2)} ${mark}`).join("; ");
    return {
      x,
      y,
      heldOut: [other.x, other.y],
      batch: 32,
      shape: [null, 2],
      each: false,
      baseline: "always saying 1: 0.1667",
      note: { example },
    };
  },
};
