import { expect, test } from "vitest";
import { NdArray } from "../../tensor/nd-array.ts";
import { curveAreas } from "./curve-areas.ts";

const rows = (second: number[]) =>
  new NdArray(Float32Array.from(second.flatMap((p) => [1 - p, p])), [second.length, 2]);

// scikit-learn 1.9: roc_auc_score, average_precision_score; of three classes one against the rest, macro
test("areas are scikit-learn's, with ties, of two classes and of three", () => {
  const two = curveAreas(Int32Array.from([0, 0, 1, 1, 0, 1, 1, 0]), rows([0.1, 0.4, 0.35, 0.8, 0.5, 0.5, 0.9, 0.2]));
  expect(two.rocAuc).toBeCloseTo(0.84375, 6);
  expect(two.prAuc).toBeCloseTo(0.8541666666666666, 6);
  const p = [0.7, 0.2, 0.1, 0.3, 0.4, 0.3, 0.2, 0.2, 0.6, 0.5, 0.3, 0.2, 0.1, 0.6, 0.3, 0.4, 0.2, 0.4];
  const three = curveAreas(Int32Array.from([0, 1, 2, 1, 1, 0]), new NdArray(Float32Array.from(p), [6, 3]));
  expect(three.rocAuc).toBeCloseTo(0.9583333333333334, 6);
  expect(three.prAuc).toBeCloseTo(0.9444444444444443, 6);
});

test("where one class comes alone there is nothing to tell apart", () => {
  expect(curveAreas(Int32Array.from([1, 1]), rows([0.2, 0.9]))).toEqual({ rocAuc: null, prAuc: null });
});
