import { readFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { presentBackends } from "../../../test/backends.ts";
import { everyOther } from "../../../test/thorough.ts";
import type { BackendName } from "../../backends/choose.ts";
import { jsBackend } from "../../backends/js/index.ts";
import { compile } from "../../graph/compile.ts";
import { activation, add, dense, embedding, globalAveragePooling1d, input, lstm } from "../../layers/index.ts";
import { l2 } from "../../layers/weights/regularizers.ts";
import { functional } from "../../models/functional.ts";
import { sequential } from "../../models/sequential.ts";
import { assign } from "../../ops/assign.ts";
import { asNdArray, type NestedNumbers } from "../../tensor/nd-array.ts";
import { inTrace, type Tensor, Trace } from "../../tensor/tensor.ts";
import { adagrad, adam, sgd } from "./index.ts";
import { type OptimizerName, optimizerOf } from "./named.ts";
import { apart, gathered, type Occurrences } from "./occurrences.ts";
import type { EmbeddingGradients } from "./optimizer.ts";

type Nested = readonly NestedNumbers[];
interface Case {
  name: string;
  optimizer: OptimizerName;
  embeddingGradients: EmbeddingGradients;
  /** A second input reads the embedding too. */
  twice: boolean;
  /** The embedding's l2. */
  penalty: number;
  options: Record<string, number | boolean>;
  after: Nested[][];
}
const file = new URL("../../../test/fixtures/embedding-steps.json", import.meta.url);
const { start, batches, cases } = JSON.parse(readFileSync(file, "utf8")) as {
  start: Nested[];
  batches: { first: number[][]; second: number[][]; y: number[][] }[];
  cases: Case[];
};

/** The mean over the steps of tanh(E[ids]), of one reading or the sum of two, then a dense layer. */
function small({ twice, penalty }: Case) {
  const table = embedding(6, 3, penalty > 0 ? { embeddingsRegularizer: l2(penalty) } : {});
  const read = (length: number) => {
    const ids = input([length]);
    return [ids, globalAveragePooling1d()(activation("tanh")(table(ids)))] as const;
  };
  const [first, a] = read(4);
  if (!twice) return functional(first, dense(2)(a));
  const [second, b] = read(2);
  return functional([first, second], dense(2)(add()([a, b])));
}

const present = await presentBackends();
for (const [k, backend] of present.entries()) {
  describe(`an embedding's steps as PyTorch and Keras's formulas have them, on ${backend.name}`, () => {
    for (const c of everyOther(cases, present.length, k))
      test(`${c.name}, of ${c.embeddingGradients}`, async () => {
        const model = small(c);
        const optimizer = optimizerOf(c.optimizer, { ...c.options, embeddingGradients: c.embeddingGradients });
        model.compile({ optimizer, loss: "mse", backend: backend.name });
        model.setWeights(start.map((w) => asNdArray(w)));
        for (const [k, weights] of c.after.entries()) {
          const { first, second, y } = batches[k % batches.length];
          await model.trainOnBatch(c.twice ? [asNdArray(first), asNdArray(second)] : asNdArray(first), asNdArray(y));
          for (const [i, seen] of model.getWeights().entries()) {
            const expected = asNdArray(weights[i]).data;
            // f32 against f64: weights of size 1 to 3, moved by 0.05 (Adadelta 0.3) a step
            for (const [j, v] of seen.data.entries())
              expect(Math.abs(v - expected[j]), `step ${k} weight ${i} [${j}] ${v} ${expected[j]}`).toBeLessThan(5e-6);
          }
        }
      });
  });
}

/** Equal but for rounding: sums of a few f32 numbers. */
function near(seen: ArrayLike<number>, expected: ArrayLike<number>) {
  for (let i = 0; i < expected.length; i++) {
    const most = 1e-5 * Math.abs(expected[i]) + 1e-12;
    expect(Math.abs(seen[i] - expected[i]), `${i}: ${seen[i]} ${expected[i]}`).toBeLessThan(most);
  }
}

test("occurrences that are squared one by one and their sum are told apart by the cases", () => {
  const of = (gradients: EmbeddingGradients) => cases.filter((c) => c.embeddingGradients === gradients);
  const alike = of("each").filter((c, k) => JSON.stringify(c.after) === JSON.stringify(of("sum")[k].after));
  const linear = ["Adam, an embedding with a penalty", "Adam, gathered over two batches", "Lion", "SGD with momentum"];
  expect(alike.map((c) => c.name)).toEqual(linear);
});

describe("padding that rows share", () => {
  const row = [0, 0, 0, 4, 2];
  /** Adagrad's accumulator for each number of the embedding after one step. */
  async function squares(rows: number[][], options: { dropout?: number; backend: BackendName }) {
    const { backend, ...cell } = options;
    const model = sequential([embedding(6, 3), lstm(4, cell), dense(1)], { seed: 5 });
    const optimizer = adagrad({ initialAccumulatorValue: 0 });
    model.compile({ optimizer, loss: "mse", backend });
    await model.trainOnBatch(asNdArray(rows), asNdArray(rows.map(() => [1])));
    return model.optimizerState!.slots[0].slice(0, 18);
  }

  test("occurs once, whether a kernel computes it once or for every row", async () => {
    const rows = [row, [0, 1, 1, 3, 5], [0, 0, 2, 2, 2], [1, 2, 0, 4, 0]];
    const seen: Float32Array[] = [];
    for (const backend of await presentBackends()) seen.push(await squares(rows, { backend: backend.name }));
    for (const other of seen.slice(1)) near(other, seen[0]);
    expect(seen[0].slice(0, 3).every((v) => v > 0)).toBe(true);
  });

  test("counts as in a batch of one row, while words count for each row", async () => {
    for (const backend of await presentBackends()) {
      const one = await squares([row], { backend: backend.name });
      const two = await squares([row, row], { backend: backend.name }); // each row's slope is half as large
      near(two.slice(0, 3), one.slice(0, 3));
      near(
        two.slice(6, 9),
        one.slice(6, 9).map((v) => v / 2),
      );
    }
  });

  test("counts for each row where nothing is shared", async () => {
    vi.stubEnv("CELLSTATE_SHARE_PADDING", "0");
    try {
      const one = await squares([row], { backend: "js" });
      const two = await squares([row, row], { backend: "js" });
      near(
        two,
        one.map((v) => v / 2),
      );
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test("is not shared under dropout of the inputs: every row's padding counts", async () => {
    const seen: Float32Array[] = [];
    for (const backend of await presentBackends())
      seen.push(await squares([row, row], { dropout: 0.4, backend: backend.name }));
    for (const other of seen.slice(1)) near(other, seen[0]);
  });
});

test("shared steps are summed by the op as by smaller ones", async () => {
  const ids = [0, 0, 3, 0, 1, 0, 2, 2, 2];
  const prefix = [2, 1, 0];
  const run = async (formula: (o: Occurrences) => Tensor) => {
    const trace = new Trace();
    const leaf = (name: string, shape: number[], dtype?: "i32") => trace.leaf("data", shape, { name, dtype });
    const read = {
      ids: leaf("ids", [3, 3], "i32"),
      values: leaf("values", [3, 3, 2]),
      prefix: leaf("prefix", [3], "i32"),
    };
    const sums = trace.leaf("state", [4, 2], { name: "sums" });
    inTrace(trace, () => assign(sums, formula({ ...read, rows: 4 })));
    const backend = jsBackend();
    const executable = backend.load(compile("sums", { supports: backend.supports }, trace).program, {});
    const data = executable.memory("data");
    data.write(read.ids.location!.offset, Int32Array.from(ids));
    data.write(
      read.values.location!.offset,
      Float32Array.from({ length: 18 }, (_, i) => Math.sin(i + 1)),
    );
    data.write(read.prefix.location!.offset, Int32Array.from(prefix));
    await executable.run({ firstStep: 0, times: 1, seed: 0 });
    return executable.memory("state").read(sums.location!.offset, 8, "f32").slice();
  };
  for (const of of ["sum", "squares", "sizes"] as const)
    near(await run((o) => gathered([o], of)), await run((o) => gathered([apart(o)], of)));
});

test("a table that a product reads too is no list of occurrences", async () => {
  // adagrad's sum of squares for a word that occurs twice is then that of the sum
  const model = (options: object) => {
    const made = sequential([embedding(4, 2, options), globalAveragePooling1d(), dense(1)], { seed: 2 });
    made.compile({ optimizer: adagrad({ initialAccumulatorValue: 0 }), loss: "mse", backend: "js" });
    return made;
  };
  const tiny = model({ embeddingsRegularizer: l2(1e-20) });
  const plain = model({});
  for (const m of [tiny, plain]) await m.trainOnBatch(asNdArray([[1, 1, 1]]), asNdArray([[1]]));
  const [summed, each] = [tiny, plain].map((m) => m.optimizerState!.slots[0].slice(2, 4));
  expect(summed[0] / each[0]).toBeCloseTo(3, 5);
  expect(summed[1] / each[1]).toBeCloseTo(3, 5);
});

test("a batch of one row of one word is the same both ways", async () => {
  const run = async (embeddingGradients: EmbeddingGradients) => {
    const model = sequential([embedding(3, 2), lstm(2), dense(1)], { seed: 4 });
    model.compile({ optimizer: adam({ embeddingGradients }), loss: "mse", backend: "js" });
    await model.trainOnBatch(asNdArray([[2]]), asNdArray([[1]]));
    return model.getWeights().flatMap((w) => [...w.data]);
  };
  expect(await run("each")).toEqual(await run("sum"));
});

test("another word for it is refused", () => {
  expect(() => sgd({ embeddingGradients: "all" as never })).toThrow(
    /embeddingGradients: one of "each", "sum", received "all"/,
  );
});
