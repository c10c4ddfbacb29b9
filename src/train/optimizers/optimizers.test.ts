import { describe, expect, test } from "vitest";
import { presentBackends } from "../../../test/backends.ts";
import type { Backend } from "../../backends/backend.ts";
import { jsBackend } from "../../backends/js/index.ts";
import { CellstateError } from "../../errors.ts";
import { compile } from "../../graph/compile.ts";
import { dense, input } from "../../layers/index.ts";
import { sequential } from "../../models/sequential.ts";
import { add, mul, sub, unary } from "../../ops/elementwise.ts";
import { inTrace, Trace } from "../../tensor/tensor.ts";
import type { Callback } from "../callbacks/index.ts";
import { exponentialDecay } from "../schedules.ts";
import { isNonMonotone } from "./asgd.ts";
import {
  adadelta,
  adafactor,
  adagrad,
  adam,
  adamax,
  adamw,
  asgd,
  ftrl,
  lamb,
  lion,
  nadam,
  rmsprop,
  sgd,
} from "./index.ts";
import { type OptimizerLike, optimizerOf } from "./named.ts";
import { customOptimizer, type Optimizer, type Segment } from "./optimizer.ts";
import { recordUpdate } from "./update.ts";
import { initialSlots, optimizerSize, optimizerVariables } from "./variables.ts";

const all = { adadelta, adafactor, adagrad, adam, adamax, adamw, asgd, ftrl, lamb, lion, nadam, rmsprop, sgd };

const words = 32;
/** A matrix [2, 3] and a vector [5], with gaps after them as a model's region has. */
const segments = [
  { offset: 0, shape: [2, 3], name: "kernel" },
  { offset: 16, shape: [5], name: "bias" },
];
const wave = (salt: number) => {
  const values = new Float32Array(words);
  for (const { offset, shape } of segments)
    for (let i = 0; i < shape.reduce((a, b) => a * b); i++) values[offset + i] = Math.sin(1.3 * i + salt + offset);
  return values;
};

/** Weights and slots after steps with the given gradients. */
async function steps(
  optimizer: Optimizer,
  gradients: readonly Float32Array[],
  backend: Backend = jsBackend(),
  rate = 0.1,
  places: readonly Segment[] = segments,
  start = wave(0),
) {
  const trace = new Trace();
  const learningRate = trace.leaf("feed", [1], { name: "rate" });
  const iteration = trace.leaf("feed", [1], { name: "iteration" });
  const gradient = trace.leaf("gradients", [words]);
  const weights = trace.leaf("weights", [words]);
  const slots = optimizer.slots.map(() => trace.leaf("optimizer", [words]));
  inTrace(trace, () => {
    recordUpdate(optimizer, { gradient, weights, learningRate, iteration, slots, segments: places });
  });
  const { program } = compile("update", { supports: (op, attrs) => backend.supports(op, attrs) }, trace);
  const executable = backend.load(program, {});
  executable.memory("weights").write(0, start);
  const initial = initialSlots(optimizer, words);
  if (initial) executable.memory("optimizer").write(0, initial);
  for (const [k, g] of gradients.entries()) {
    executable.memory("gradients").write(0, g);
    executable.memory("feed").write(learningRate.location!.offset, Float32Array.of(rate));
    executable.memory("feed").write(iteration.location!.offset, Float32Array.of(k + 1));
    await executable.run({ firstStep: k, times: 1, seed: 0 });
  }
  const read = (region: "weights" | "optimizer", at: number) =>
    Float32Array.from(executable.memory(region).read(at, words, "f32"));
  const found = { weights: read("weights", 0), slots: optimizer.slots.map((_, k) => read("optimizer", k * words)) };
  executable.free();
  return found;
}

const gradients = Array.from({ length: 6 }, (_, k) => wave(k + 1));
const near = (seen: ArrayLike<number>, expected: ArrayLike<number>, digits = 6) => {
  for (let i = 0; i < expected.length; i++) expect(seen[i], `element ${i}`).toBeCloseTo(expected[i], digits);
};

for (const [name, make] of Object.entries(all)) {
  test(`${name} moves the weights downhill on every backend alike, and leaves the gaps at 0`, async () => {
    const reference = await steps(make(), gradients);
    expect(reference.weights).not.toEqual(wave(0));
    for (const backend of await presentBackends())
      near((await steps(make(), gradients, backend)).weights, reference.weights, 5);
    for (const gap of [6, 15, 21, 31]) expect(reference.weights[gap]).toBe(0);
    expect([...reference.weights, ...reference.slots.flatMap((s) => [...s])].every(Number.isFinite)).toBe(true);
  });

  test(`${name} by gathered gradients is ${name} by their mean`, async () => {
    const doubled = gradients.slice(0, 3).flatMap((g) => [g.map((v) => 2 * v), new Float32Array(words)]);
    const once = await steps(make({ clipnorm: 1, weightDecay: 0.1 }), gradients.slice(0, 3));
    const gathered = await steps(make({ clipnorm: 1, weightDecay: 0.1, gradientAccumulationSteps: 2 }), doubled);
    near(gathered.weights, once.weights, 5); // adam's kernel takes 1 − βᵗ in float64, the formula in float32
    gathered.slots.slice(1).forEach((slot, k) => {
      near(slot, once.slots[k]);
    });
  });

  test(`${name} learns: the loss of a line falls`, async () => {
    const model = sequential([input([2]), dense(1)]);
    // Keras's default rates suit long training; these suit forty steps
    const learningRate = { adadelta: 20, ftrl: 0.5, adagrad: 0.5, sgd: 0.1, asgd: 0.1 }[name] ?? 0.05;
    model.compile({ optimizer: make({ learningRate }), loss: "mse", backend: "js" });
    const x = Array.from({ length: 16 }, (_, i) => [Math.sin(i), Math.cos(2 * i)]);
    const { history } = await model.fit(
      x,
      x.map(([a, b]) => a - 2 * b + 0.5),
      { epochs: 20, batchSize: 8, verbose: 0 },
    );
    expect(history.loss.at(-1)!).toBeLessThan(0.7 * history.loss[0]);
  });
}

test("weight decay spares the weights whose names are excluded", async () => {
  const spared = await steps(adamw({ weightDecay: 0.5, excludeFromWeightDecay: ["bias"] }), gradients.slice(0, 1));
  const decayed = await steps(adamw({ weightDecay: 0.5 }), gradients.slice(0, 1));
  const plain = await steps(adam(), gradients.slice(0, 1));
  near(spared.weights.slice(0, 16), decayed.weights.slice(0, 16));
  near(spared.weights.slice(16), plain.weights.slice(16));
  near(
    decayed.weights,
    plain.weights.map((w, i) => w - 0.1 * 0.5 * wave(0)[i]),
  );
});

test("a moving average takes the weights' place every so many steps", async () => {
  const plain: number[] = [];
  let mean = 0;
  let weight = wave(0)[0];
  for (const [k, g] of gradients.entries()) {
    weight -= 0.1 * g[0];
    mean = k === 0 ? weight : 0.8 * mean + 0.2 * weight;
    if ((k + 1) % 3 === 0) weight = mean;
    plain.push(weight);
  }
  const seen = await steps(sgd({ useEma: true, emaMomentum: 0.8, emaOverwriteFrequency: 3 }), gradients);
  expect(seen.weights[0]).toBeCloseTo(plain.at(-1)!, 6);
  expect(seen.slots[0][0]).toBeCloseTo(mean, 6);
});

describe("averaged SGD", () => {
  test("is SGD with the mean of the weights from the first step on", async () => {
    const path: Float32Array[] = [];
    for (let k = 1; k <= 4; k++) path.push((await steps(sgd(), gradients.slice(0, k))).weights);
    const seen = await steps(asgd({ nonMonotone: null }), gradients.slice(0, 4));
    near(seen.weights, path[3]);
    near(
      seen.slots[0],
      path[3].map((_, i) => path.reduce((sum, w) => sum + w[i], 0) / 4),
    );
  });

  test("keeps the weights themselves until its trigger is pulled", async () => {
    const seen = await steps(asgd(), gradients.slice(0, 3));
    expect(seen.slots[0]).toEqual(seen.weights);
    expect(initialSlots(asgd(), 4)).toEqual(new Float32Array(8));
  });

  test("begins when the value is worse than the best of all but the last n epochs", () => {
    expect(isNonMonotone([3, 2, 1], 1)).toBe(false);
    expect(isNonMonotone([3, 2, 2.5], 1)).toBe(false); // 3 alone counts
    expect(isNonMonotone([3, 2, 2.5, 2.1], 1)).toBe(true);
    expect(isNonMonotone([3, 2, 2.5], 0)).toBe(true);
    expect(isNonMonotone([1], 0)).toBe(false);
    expect(isNonMonotone([1, 9, 9, 9, 9, 9], 5)).toBe(false);
    expect(isNonMonotone([1, 9, 9, 9, 9, 9, 9], 5)).toBe(true);
  });

  test("validates with the average and ends with it", async () => {
    const x = Array.from({ length: 8 }, (_, i) => [Math.sin(3 * i), Math.cos(i)]);
    const y = x.map(([a, b]) => a - b);
    const model = sequential([input([2]), dense(1)], { seed: 3 });
    model.compile({ optimizer: asgd({ learningRate: 0.9, nonMonotone: 0 }), loss: "mse", backend: "js" });
    const seen: number[] = [];
    const { history } = await model.fit(x, y, {
      epochs: 12,
      batchSize: 2,
      validationData: [x, y],
      verbose: 0,
      callbacks: [{ onEpochEnd: () => void seen.push(model.optimizerState!.slots[1][0]) }],
    });
    const begun = seen.findIndex((count) => count > 0);
    expect(begun).toBeGreaterThan(0);
    expect(history.val_loss[begun]).toBeGreaterThan(Math.min(...history.val_loss.slice(0, begun)));
    expect(seen.at(-1)).toBe(1 + 4 * (11 - begun)); // 4 steps an epoch
    const { loss } = await model.evaluate(x, y, { verbose: 0 });
    expect(loss).toBeCloseTo(history.val_loss.at(-1)!, 6);
    expect(model.getWeights()[0].data[0]).toBe(model.optimizerState!.slots[0][0]);
  });
});

describe("a training that is interrupted continues bit for bit", () => {
  const x = Array.from({ length: 8 }, (_, i) => [Math.sin(3 * i), Math.cos(i)]);
  const y = x.map(([a, b]) => a - b);
  const others: [string, () => Optimizer][] = [
    ["averaged SGD, before and after its trigger", () => asgd({ learningRate: 0.9, nonMonotone: 0 })],
    ["a moving average", () => adam({ useEma: true, emaMomentum: 0.8 })],
    ["gathered gradients", () => nadam({ gradientAccumulationSteps: 3 })],
  ];
  for (const [name, make] of others) {
    test(`with ${name}`, async () => {
      const run = async (callback: Callback) => {
        const model = sequential([input([2]), dense(1)], { seed: 3 });
        model.compile({ optimizer: make(), loss: "mse", backend: "js" });
        await model.fit(x, y, { epochs: 10, batchSize: 2, validationData: [x, y], verbose: 0, callbacks: [callback] });
        return [...model.getWeights()[0].data, ...model.optimizerState!.slots.flatMap((slot) => [...slot])];
      };
      const saved: Uint8Array[] = [];
      const whole = await run({ onSettled: (state) => void saved.push(state.checkpoint()), batchStride: 3 });
      expect(saved.length).toBeGreaterThan(9);
      for (const bytes of [saved[0], saved[4], saved[saved.length - 2]])
        expect(
          await run({ onTrainBegin: (state) => state.resume(bytes), onSettled: () => {}, batchStride: 3 }),
        ).toEqual(whole);
    });
  }
});

test("a moving average takes the weights' place when training ends", async () => {
  const model = sequential([input([2]), dense(1)]);
  model.compile({ optimizer: sgd({ useEma: true, emaMomentum: 0.5 }), loss: "mse", backend: "js" });
  const before = model.getWeights()[0].data.slice();
  await model.fit([[1, 2]], [1], { epochs: 0, verbose: 0 });
  expect(model.getWeights()[0].data).toEqual(before); // no step, no average
  await model.fit(
    [
      [1, 2],
      [2, 1],
    ],
    [1, 0],
    { epochs: 3, verbose: 0 },
  );
  expect([...model.getWeights()[0].data]).toEqual([...model.optimizerState!.slots[0].slice(0, 2)]);
});

test("a schedule sets the rate of every step", async () => {
  const run = async (learningRate: number | ReturnType<typeof exponentialDecay>) => {
    const model = sequential([input([1]), dense(1, { useBias: false })], { seed: 2 });
    model.compile({ optimizer: sgd({ learningRate }), loss: "mse", backend: "js" });
    const [w] = model.getWeights()[0].data;
    await model.fit([[1]], [0], { epochs: 3, verbose: 0 });
    return model.getWeights()[0].data[0] / w;
  };
  expect(await run(0.1)).toBeCloseTo(0.8 ** 3, 6); // w ← w − rate · 2w
  expect(await run(exponentialDecay(0.1, { decaySteps: 1, decayRate: 0.5 }))).toBeCloseTo(0.8 * 0.9 * 0.95, 6);
});

test("variables are listed as Keras lists them, whatever the rank of a parameter", () => {
  const listed = (o: Optimizer) => optimizerVariables(o, [[4, 2, 3], [5]]).map((v) => `${v.name} [${v.shape}]`);
  expect(listed(adafactor())).toEqual([
    "row [4,2]",
    "column [4,3]",
    "velocity [4,2,3]",
    "row []",
    "column []",
    "velocity [5]",
  ]);
  expect(listed(nadam()).at(-1)).toBe("u_product []");
  expect(
    listed(adam({ amsgrad: true, useEma: true, gradientAccumulationSteps: 2 })).map((v) => v.split(" ")[0]),
  ).toEqual([
    "average",
    "average",
    "gradient_accumulator",
    "gradient_accumulator",
    "momentum",
    "velocity",
    "momentum",
    "velocity",
    "velocity_hat",
    "velocity_hat",
  ]);
});

test("Adafactor factors the last two axes of a box, as the paper's formula says", async () => {
  const shape = [2, 3, 2];
  const box = [{ offset: 0, shape, name: "kernel" }];
  const w = Array.from({ length: 12 }, (_, i) => Math.sin(i + 1));
  const g = Array.from({ length: 12 }, (_, i) => Math.cos(2 * i));
  const mean = (list: number[]) => list.reduce((a, b) => a + b) / list.length;
  const rms = (list: number[]) => Math.sqrt(mean(list.map((v) => v * v)));
  const at = (b: number, r: number, c: number) => g[b * 6 + r * 2 + c] ** 2 + 1e-30;
  // the first step: β₂ is 0, so rows and columns are the means themselves
  const v = g.map((_, i) => {
    const [b, r, c] = [Math.floor(i / 6), Math.floor(i / 2) % 3, i % 2];
    const row = (k: number) => mean([0, 1].map((j) => at(b, k, j)));
    const column = mean([0, 1, 2].map((k) => at(b, k, c)));
    return (row(r) / mean([0, 1, 2].map(row))) * column;
  });
  const u = g.map((d, i) => d / Math.sqrt(v[i]));
  const expected = w.map((x, i) => x - (Math.max(1e-3, rms(w)) * 0.1 * u[i]) / Math.max(1, rms(u)));
  const pad = (list: number[]) => Float32Array.from({ length: words }, (_, i) => list[i] ?? 0);
  const seen = await steps(adafactor(), [pad(g)], jsBackend(), 0.1, box, pad(w));
  near(seen.weights.slice(0, 12), expected);
});

test("an optimizer of one's own is a formula, and has what all have", async () => {
  const signs = customOptimizer(
    "Signs",
    {
      slots: ["steps"],
      update: ({ gradient, weights, learningRate, slots: [n] }) => [
        sub(weights, mul(unary("sign", gradient), learningRate)),
        add(n, 1),
      ],
    },
    { weightDecay: 0.5 },
  );
  const { weights, slots } = await steps(signs, gradients.slice(0, 1));
  near(
    weights,
    wave(0).map((w, i) => w * (1 - 0.5 * 0.1) - 0.1 * Math.sign(gradients[0][i])),
  );
  expect(slots[0][0]).toBe(1);
  expect(() => customOptimizer("Signs", signs.rule, { clipnrm: 1 } as never)).toThrow(/Signs: .*"clipnrm"/);
});

test("FTRL's root and its power are one formula", async () => {
  const byRoot = await steps(ftrl({ l1RegularizationStrength: 0.01 }), gradients);
  const byPower = await steps(ftrl({ l1RegularizationStrength: 0.01, learningRatePower: -0.5000001 }), gradients);
  near(byPower.weights, byRoot.weights, 4); // the powers differ by 1e-7
});

test("an optimizer's numbers are counted as Keras counts its variables", () => {
  const shapes = [[2, 3], [5]];
  expect(optimizerSize(adam(), shapes)).toBe(2 + 2 * 11);
  expect(optimizerSize(sgd(), shapes)).toBe(2);
  expect(optimizerSize(nadam(), shapes)).toBe(2 + 2 * 11 + 1);
  expect(optimizerSize(adafactor(), shapes)).toBe(2 + (2 + 3 + 6) + (1 + 1 + 5));
  const learningRate = exponentialDecay(0.1, { decaySteps: 1, decayRate: 0.5 });
  expect(optimizerSize(sgd({ learningRate, momentum: 0.9 }), shapes)).toBe(1 + 11);
});

test.each<[what: string, make: () => unknown, says: RegExp]>([
  ["an unknown name", () => optimizerOf("adm" as OptimizerLike), /Did you mean "adam"/],
  ["no name", () => optimizerOf(null as never), /a known optimizer, received "null"/],
  ["an object that is none", () => optimizerOf({} as never), /a known optimizer/],
  ["an unknown option", () => adam({ beta_1: 0.9 } as never), /"beta_1"\. Did you mean "beta1"/],
  ["a negative rate", () => sgd({ learningRate: -1 }), /sgd: expected learningRate: .*received -1/],
  ["a rate of NaN", () => rmsprop({ learningRate: Number.NaN }), /received NaN/],
  ["an endless rate", () => lamb({ learningRate: Number.POSITIVE_INFINITY }), /received Infinity/],
  ["a rate in words", () => nadam({ learningRate: "fast" as never }), /received "fast"/],
  ["a beta of 1", () => adamax({ beta2: 1 }), /beta2: a number from 0 to below 1, received 1/],
  ["a negative epsilon", () => adagrad({ epsilon: -1e-7 }), /0 or more, received -1e-7/],
  ["a momentum of 2", () => sgd({ momentum: 2 }), /momentum/],
  ["a word for a flag", () => sgd({ nesterov: "yes" as never }), /true or false, received "yes"/],
  [
    "two ways to clip",
    () => adam({ clipnorm: 1, clipvalue: 1 }),
    /one of clipnorm, globalClipnorm and clipvalue, received clipnorm and clipvalue/,
  ],
  ["a norm of 0", () => adam({ globalClipnorm: 0 }), /above 0, or null, received 0/],
  ["negative decay", () => adamw({ weightDecay: -0.1 }), /weightDecay: a number of 0 or more, or null, received -0.1/],
  [
    "an average that forgets nothing twice",
    () => adam({ useEma: true, emaMomentum: 1.5 }),
    /emaMomentum: a number from 0 to 1/,
  ],
  ["half a step", () => adam({ gradientAccumulationSteps: 1.5 }), /whole number of 2 or more/],
  ["one gathered step", () => adam({ gradientAccumulationSteps: 1 }), /whole number of 2 or more/],
  ["an empty word", () => adamw({ excludeFromWeightDecay: [""] }), /a list of words/],
  ["a rising power", () => ftrl({ learningRatePower: 0.5 }), /0 or less, received 0.5/],
  ["a threshold of 0", () => adafactor({ clipThreshold: 0 }), /above 0, received 0/],
  ["a beta of 0 for the sign", () => lion({ beta1: 0 }), /above 0, up to 1, received 0/],
  ["a rho of null", () => adadelta({ rho: null as never }), /rho.*received null/],
  ["a patience below 0", () => asgd({ nonMonotone: -1 }), /nonMonotone: a whole number of 0 or more, or null/],
])("%s is refused", (_, make, says) => {
  expect(make).toThrow(CellstateError);
  expect(make).toThrow(says);
});
