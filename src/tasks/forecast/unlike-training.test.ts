import { expect, test } from "vitest";
import { NdArray } from "../../tensor/nd-array.ts";
import { combined } from "./candidates/combine.ts";
import type { Method } from "./candidates/method.ts";
import { forecaster } from "./forecaster.ts";
import { learnedData, readLearned } from "./learned.ts";
import { largestMoves, unlikeText, unlikeTraining } from "./unlike-training.ts";

const network: Method = { name: "network", season: 1 };
const naive: Method = { name: "naive", season: 1 };

test("the largest moves of some windows", () => {
  const changes = new NdArray(Float32Array.from([0, 0, 3, 4, 0, 0, 0, 9]), [8, 1]);
  expect(largestMoves(changes, 2, [2, 4, 6])).toBeCloseTo(Math.sqrt(12.5), 6);
});

test("where rows move as no window of training did, the mean is made without the network, and one alone gives way to the next best", async () => {
  const work = {
    all: { rows: 6, values: [Float64Array.from([1, 2, 3, 4, 5, 6])] },
    ...{ logarithm: false, targets: [0], origins: [4, 6], steps: 2, rows: 4, unlike: new Set([1]) },
    ofNetwork: Float64Array.from([10, 20, 100, 200]),
    considered: [[network, naive]],
  };
  expect(Array.from(await combined([[network, naive]], work))).toEqual([7, 12, 6, 6]);
  expect(Array.from(await combined([[network]], work))).toEqual([10, 20, 6, 6]);
  expect(Array.from(await combined([[naive]], { ...work, ofNetwork: null }))).toEqual([4, 4, 6, 6]);
});

test("a series whose rows move ten times more than those of training is told of, and a file keeps what training saw", async () => {
  const calm = Array.from({ length: 120 }, (_, t) => 50 + 3 * Math.sin(t / 2) + ((t * 7) % 5) / 5);
  const wild = Array.from({ length: 30 }, (_, t) => 50 + (t % 2 ? 60 : -60));
  const task = forecaster({ horizon: 2, window: 8, units: 2, backend: "js", min: -1000 });
  await task.fit(calm, { epochs: 2, verbose: 0 });
  const learned = {
    ...task.learned,
    methods: [[network, naive]],
    considered: [[network, naive].map((m) => ({ ...m, error: 1 }))],
  };
  const all = { rows: 150, values: [Float64Array.from([...calm, ...wild])] };
  expect([...unlikeTraining(learned, all, [110, 120, 140, 150])]).toEqual([2, 3]);
  expect(unlikeTraining({ ...learned, considered: [] }, all, [150]).size).toBe(0); // the network, on request
  expect(unlikeText(2, 4)).toEqual([
    "The rows before 2 of 4 forecasts change far more than any trained on: the network is left out there. Train again with them.",
  ]);
  expect(readLearned(learnedData(task.learned)).moves).toBe(task.learned.moves);
});
