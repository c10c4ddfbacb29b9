/** The conditional random field beside pytorch-crf, entities beside seqeval: test/fixtures/make-crf-numbers.py, make-entity-numbers.py. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { runFormula } from "../../../test/conformance/harness.ts";
import { jsBackend } from "../../backends/js/index.ts";
import { crfLoss } from "../../ops/crf.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import { entitiesOf, scoreEntities } from "./entities.ts";
import { viterbi } from "./viterbi.ts";

const read = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../../../test/fixtures/${name}.json`, import.meta.url), "utf8")) as T;

interface Chain {
  name: string;
  shape: [number, number, number];
  x: number[];
  transitions: number[];
  first: number[];
  last: number[];
  labels: number[];
  mask: number[];
  losses: number[];
  weights: number[];
  gradients: number[][];
  best: number[][];
}

for (const one of read<Chain[]>("crf-numbers")) {
  const [b, t, k] = one.shape;
  const array = (values: readonly number[], shape: number[]) => new NdArray(Float64Array.from(values), shape);
  const inputs = {
    x: array(one.x, [b, t, k]),
    labels: new NdArray(Int32Array.from(one.labels), [b, t]),
    transitions: array(one.transitions, [k, k]),
    first: array(one.first, [k]),
    last: array(one.last, [k]),
    mask: array(one.mask, [b, t]),
  };

  test(`crf, ${one.name}: losses and gradients of pytorch-crf`, async () => {
    const formula = {
      inputs,
      outputs: (t: Record<string, Parameters<typeof crfLoss>[0]>) => [
        crfLoss(t.x, t.labels, { transitions: t.transitions, first: t.first, last: t.last }, t.mask),
      ],
    };
    const found = await runFormula(jsBackend({ precision: "f64" }), formula, { seeds: [array(one.weights, [b])] });
    one.losses.forEach((loss, row) => {
      expect(found.outputs[0].data[row]).toBeCloseTo(loss, 9);
    });
    for (const [i, name] of ["x", "transitions", "first", "last"].entries())
      one.gradients[i].forEach((d, at) => {
        expect(found.gradients[name].data[at], `d ${name}[${at}]`).toBeCloseTo(d, 9);
      });
  });

  test(`viterbi, ${one.name}: the label sequences of pytorch-crf`, () => {
    one.best.forEach((labels, row) => {
      const scores = inputs.x.row(row).slice(0, labels.length);
      expect(viterbi(scores, inputs)).toEqual(labels);
    });
  });
}

interface Entities {
  marks: string;
  right: string[][];
  predicted: string[][];
  entities: [string, number, number][][];
  precision: number;
  recall: number;
  f1: number;
  byType: Record<string, [number, number, number, number]>;
}

for (const one of read<Entities[]>("entity-numbers"))
  test(`entities of labels ${one.marks}: the spans and scores of seqeval`, () => {
    one.right.forEach((labels, row) => {
      const spans = entitiesOf(labels).map(({ type, start, end }) => [type, start, end - 1]);
      expect(spans, labels.join(" ")).toEqual(one.entities[row]);
    });
    const { precision, recall, f1, byType } = scoreEntities(one.right, one.predicted);
    expect([precision, recall, f1].map((v) => v.toFixed(12))).toEqual(
      [one.precision, one.recall, one.f1].map((v) => v.toFixed(12)),
    );
    for (const [type, [p, r, f, support]] of Object.entries(one.byType)) {
      const mine = byType[type];
      expect([mine.precision, mine.recall, mine.f1].map((v) => v.toFixed(12))).toEqual(
        [p, r, f].map((v) => v.toFixed(12)),
      );
      expect(mine.support).toBe(support);
    }
  });
