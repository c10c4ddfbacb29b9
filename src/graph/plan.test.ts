import fc from "fast-check";
import { expect, test } from "vitest";
import { assign } from "../ops/assign.ts";
import { sparseSoftmaxCrossEntropy } from "../ops/cross-entropy.ts";
import { constant, mul } from "../ops/elementwise.ts";
import { inTrace, Trace } from "../tensor/tensor.ts";
import { gradients } from "./grad.ts";
import { placeLifetimes, plan } from "./plan.ts";

const lifetimes = fc.array(
  fc
    .record({ size: fc.integer({ min: 0, max: 9 }).map((n) => n * 16), first: fc.nat(30), span: fc.nat(12) })
    .map(({ size, first, span }) => ({ size, first, last: first + span })),
  { maxLength: 40 },
);

test("no two tensors that live at the same time share memory", () => {
  fc.assert(
    fc.property(lifetimes, (all) => {
      const offsets = placeLifetimes(all);
      for (let i = 0; i < all.length; i++) {
        for (let j = 0; j < i; j++) {
          const inTime = all[i].first <= all[j].last && all[j].first <= all[i].last;
          const inSpace = offsets[i] < offsets[j] + all[j].size && offsets[j] < offsets[i] + all[i].size;
          if (inTime && inSpace) return false;
        }
      }
      return true;
    }),
    { numRuns: 500, seed: 7 },
  );
});

test("memory is never more than without sharing, and one tensor after another needs only the largest", () => {
  fc.assert(
    fc.property(lifetimes, (all) => {
      const offsets = placeLifetimes(all);
      const end = all.reduce((n, l, i) => Math.max(n, offsets[i] + l.size), 0);
      return end <= all.reduce((n, l) => n + l.size, 0);
    }),
    { numRuns: 200, seed: 8 },
  );
  const chain = [32, 64, 16].map((size, i) => ({ size, first: i, last: i }));
  expect(placeLifetimes(chain)).toEqual([0, 0, 0]);
});

/** Where logits lie and where their gradient does; `read`: somebody reads the logits after it. */
function crossEntropyPlaces(read: boolean) {
  const trace = new Trace();
  const x = trace.leaf("data", [32, 100]);
  const y = trace.leaf("data", [32], { dtype: "i32" });
  return inTrace(trace, () => {
    const logits = mul(x, 2);
    const loss = sparseSoftmaxCrossEntropy(logits, y);
    const [dx] = gradients(trace, [{ of: loss, by: constant(1, loss) }], [x]);
    assign(trace.leaf("state", [32, 100]), mul(dx!, 3));
    if (read) assign(trace.leaf("state", [32, 100]), mul(logits, 3));
    const { locations } = plan(trace);
    const back = trace.nodes.find((node) => node.op.name === "sparseSoftmaxCrossEntropyBack")!;
    return [logits, back.outputs[0]].map((t) => locations.get(t)!.offset);
  });
}

test("the gradient of a cross-entropy takes the place of the logits, unless somebody reads them afterwards", () => {
  const [logits, gradient] = crossEntropyPlaces(false);
  expect(gradient).toBe(logits);
  const [kept, apart] = crossEntropyPlaces(true);
  expect(apart).not.toBe(kept);
});
