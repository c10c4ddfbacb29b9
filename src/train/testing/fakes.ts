import type { TrainedModel } from "../callbacks/index.ts";
import type { Batches } from "../fit/batches.ts";
import type { LoopOptions, Trainer } from "../fit/loop.ts";

/** A model with one weight: the sum of what it was trained on, so that order and repetition show. */
export function fakeModel(): TrainedModel & { weight: number; taken: number } {
  return {
    name: "fake",
    learningRate: 0.5,
    scheduled: false,
    weight: 0,
    taken: 0,
    get iterations() {
      return this.taken;
    },
    weightNames: ["sum/weight"],
    getWeights: () => [],
    setWeights: () => {},
    save: async () => {},
    snapshot() {
      return new Uint8Array(Float64Array.of(this.weight, this.taken).buffer);
    },
    async restore(bytes) {
      [this.weight, this.taken] = new Float64Array(bytes.slice().buffer);
    },
  };
}

const numbersOf = (batch: unknown) => (batch instanceof Int32Array ? [...batch] : [batch as number]);

/** A trainer of the fake model; `seen` gets the numbers of every epoch. */
export function trainer<Batch>(batches: Batches<Batch>, model = fakeModel(), seen: number[][] = []): Trainer<Batch> {
  let total = 0;
  let rows = 0;
  return {
    model,
    batches,
    async train(batch) {
      for (const n of numbersOf(batch)) {
        seen.at(-1)!.push(n);
        model.weight = Math.sin(model.weight) + n * model.learningRate;
        total += n;
        rows++;
      }
      model.taken++;
      return null;
    },
    reset() {
      total = 0;
      rows = 0;
      seen.push([]);
    },
    logs: () => ({ loss: total / Math.max(1, rows) }),
    saveSums: () => ({ rows, values: Float32Array.of(total), logs: { loss: total } }),
    restoreSums(sums) {
      rows = sums.rows;
      total = sums.values[0];
      seen.push([]);
    },
    validate: async (watch) => {
      await watch?.begin(0);
      await watch?.end(0, { loss: 7 });
      return { loss: 7 };
    },
  };
}

/** Options of a quiet loop, which keep what was said. */
export function options(given: Partial<LoopOptions> = {}): LoopOptions & { said: string[] } {
  const said: string[] = [];
  const write = (text: string) => void said.push(text);
  return { epochs: 1, initialEpoch: 0, verbose: 0, callbacks: [], terminal: false, write, said, ...given };
}
