import { gradientFlow } from "../explain/index.ts";
import {
  adam,
  addingProblem,
  delayedRecall,
  dense,
  embedding,
  gru,
  input,
  type Layer,
  lstm,
  type Model,
  type NdArray,
  sequential,
  simpleRnn,
} from "../index.ts";
import type { CellName, RaceFlow, RaceSettings, RaceState } from "./messages.ts";
import { StepControl } from "./step-control.ts";

interface Rows {
  readonly x: NdArray;
  readonly y: NdArray;
}

/** A memory task: its rows, the layers before and after the recurrent one, the loss of who has learned nothing. */
interface MemoryTask {
  draw(rows: number, length: number, seed: number): Rows;
  readonly before: (length: number) => Layer[];
  readonly after: () => Layer;
  /** Numbers that the recurrent layer reads at a step, and that the network answers with. */
  readonly features: number;
  readonly outputs: number;
  readonly loss: "meanSquaredError" | "sparseCategoricalCrossentropy";
  readonly baseline: number;
}

const symbols = 8;
const tasks: Record<RaceSettings["task"], MemoryTask> = {
  adding: {
    draw: (rows, steps, seed) => addingProblem({ rows, steps, seed }),
    before: (length) => [input([length, 2])],
    after: () => dense(1),
    features: 2,
    outputs: 1,
    loss: "meanSquaredError",
    baseline: 1 / 6,
  },
  recall: {
    draw: (rows, length, seed) => delayedRecall({ rows, delay: length - 2, symbols, seed }),
    before: (length) => [input([length]), embedding(2 * symbols + 2, 16)],
    after: () => dense(symbols, { activation: "softmax" }),
    features: 16,
    outputs: symbols,
    loss: "sparseCategoricalCrossentropy",
    baseline: Math.log(symbols),
  },
};

const layerOf: Record<CellName, (units: number) => Layer> = { lstm, gru, simpleRnn };

/** The gated networks learn soonest at 0.01, the RNN comes furthest at 0.001: docs/labs/memory.md. */
const rates: Record<CellName, number> = { lstm: 0.01, gru: 0.01, simpleRnn: 0.001 };

const order: readonly CellName[] = ["simpleRnn", "lstm", "gru"];
const batch = 32;
const testRows = 100;
const flowRows = 16;
const testSeed = 2 ** 31; // beyond the seeds of rows to train on
const between = 100; // ms between two reports
const turn = 20; // ms of work after which messages are let in
const points = 100; // of a curve, at most

interface Racer {
  readonly model: Model;
  readonly losses: number[];
  readonly seed: number;
}

/** Networks of three kinds that train in step on the same rows; held, let go and ended as a training is. */
export class Race {
  readonly control: StepControl;
  readonly #wanted: RaceSettings;
  readonly #task: MemoryTask;
  readonly #test: Rows;
  readonly #kinds: readonly { cell: CellName; units: number; parameters: number; racers: readonly Racer[] }[];
  readonly #report: (state: RaceState) => void;
  readonly #at: number[] = [];
  #step = 0;
  #rested = 0;
  #disposed = false;

  constructor({ paused, ...wanted }: RaceSettings & { paused: boolean }, report: (state: RaceState) => void) {
    this.#wanted = wanted;
    this.#task = tasks[wanted.task];
    this.#test = this.#task.draw(testRows, wanted.length, testSeed);
    const seeds = Array.from({ length: wanted.seeds }, (_, k) => wanted.seed + k);
    this.#kinds = order.map((cell) => {
      const units = wanted.equal === "units" ? wanted.units : unitsOf(cell, wanted);
      const racers = seeds.map((seed) => ({ model: network(cell, units, wanted, seed), losses: [], seed }));
      return { cell, units, parameters: racers[0].model.countParams(), racers };
    });
    this.control = new StepControl(paused);
    this.#report = report;
  }

  /** Trains all until the steps are done or it is ended. */
  async run(): Promise<void> {
    const { steps } = this.#wanted;
    const every = Math.ceil(steps / points);
    const report = () => this.#report(this.state());
    let reported = performance.now();
    await this.#measure();
    report();
    await this.control.pass();
    while (this.#step < steps && (await this.control.mayStep(report))) {
      if (!(await this.#oneStep())) break;
      if (this.#step % every === 0 || this.#step === steps || this.control.state === "paused") await this.#measure();
      if (performance.now() - reported < between && this.control.state === "running") continue;
      report();
      reported = performance.now();
      await this.control.pass();
    }
    await this.control.finish(report);
  }

  /** A step of every network, each seed on rows of its own that no step had before; false once it is ended. */
  async #oneStep(): Promise<boolean> {
    const { length, seeds } = this.#wanted;
    for (let k = 0; k < seeds; k++) {
      const { seed } = this.#kinds[0].racers[k];
      const { x, y } = this.#task.draw(batch, length, (seed * 10_007 + this.#step) % testSeed);
      for (const { racers } of this.#kinds) {
        await racers[k].model.trainOnBatch(x, y);
        if (!(await this.#goesOn())) return false;
      }
    }
    this.#step++;
    return true;
  }

  /** The loss of every network on the rows held out; nothing where it is ended meanwhile. */
  async #measure(): Promise<void> {
    if (this.#at.at(-1) === this.#step) return;
    const found: [Racer, number][] = [];
    for (const racer of this.#racers()) {
      const { loss } = await racer.model.testOnBatch(this.#test.x, this.#test.y);
      found.push([racer, loss]);
      if (!(await this.#goesOn())) return;
    }
    for (const [racer, loss] of found) racer.losses.push(loss);
    this.#at.push(this.#step);
  }

  /** Lets messages in now and then; false once one of them has ended the race. */
  async #goesOn(): Promise<boolean> {
    if (performance.now() - this.#rested > turn) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      this.#rested = performance.now();
    }
    return this.control.state !== "done";
  }

  #racers = () => this.#kinds.flatMap(({ racers }) => racers);

  /** The gradient of the output that reaches each step, of every network as it is now; null where the race ends meanwhile. */
  flow(): Promise<RaceFlow | null> {
    const over = this.control.state === "done";
    return this.control.between(async () => {
      const step = this.#step;
      const x = this.#test.x.slice(0, flowRows);
      const networks: RaceFlow["networks"][number][] = [];
      for (const { cell, racers } of this.#kinds) {
        const shares: Float64Array[] = [];
        const state = cell === "lstm" ? "c" : "h";
        for (const { model } of racers) {
          if (this.#disposed || (this.control.state === "done" && !over)) return null;
          const [layer] = await gradientFlow(model, x);
          shares.push(shareOfLast(layer[state]!));
          await new Promise((resolve) => setTimeout(resolve, 0));
        }
        networks.push({ cell, state, shares });
      }
      return { step, networks };
    });
  }

  /** Gives the networks' memory back, once nothing computes with them. */
  dispose(): void {
    this.control.end();
    this.#disposed = true;
    void this.control.between(async () => {
      for (const { model } of this.#racers()) model.dispose();
    });
  }

  state(): RaceState {
    return {
      state: this.control.state,
      step: this.#step,
      steps: this.#wanted.steps,
      at: Float64Array.from(this.#at),
      networks: this.#kinds.map(({ cell, units, parameters, racers }) => ({
        cell,
        units,
        parameters,
        learningRate: rates[cell],
        losses: racers.map(({ losses }) => Float64Array.from(losses)),
      })),
      baseline: this.#task.baseline,
    };
  }
}

function network(cell: CellName, units: number, { task, length }: RaceSettings, seed: number): Model {
  const { before, after, loss } = tasks[task];
  const model = sequential([...before(length), layerOf[cell](units), after()], { seed });
  model.compile({ optimizer: adam({ learningRate: rates[cell], globalClipnorm: 1 }), loss });
  return model;
}

/** Parameters of a recurrent layer with the dense one after it. */
const parametersOf: Record<CellName, (features: number, units: number, outputs: number) => number> = {
  lstm: (d, h, v) => 4 * h * (d + h + 1) + (h + 1) * v,
  gru: (d, h, v) => 3 * h * (d + h + 2) + (h + 1) * v,
  simpleRnn: (d, h, v) => h * (d + h + 1) + (h + 1) * v,
};

/** Units with which a network comes closest to the parameters of the LSTM. */
function unitsOf(cell: CellName, { task, units }: RaceSettings): number {
  const { features, outputs } = tasks[task];
  const goal = parametersOf.lstm(features, units, outputs);
  const gap = (h: number) => Math.abs(parametersOf[cell](features, h, outputs) - goal);
  let found = units;
  while (gap(found + 1) < gap(found)) found++;
  return found;
}

/** The mean over rows at each step, divided by that at the last: [T] of [B, T]. */
function shareOfLast({ data, shape: [rows, steps] }: NdArray): Float64Array {
  const mean = new Float64Array(steps);
  for (let k = 0; k < rows * steps; k++) mean[k % steps] += data[k] / rows;
  return mean.map((norm) => norm / mean[steps - 1]);
}
