import { expect, test } from "vitest";
import { heldOut } from "./hold-out.ts";
import { labelsOf, stratifiedSplit } from "./labels.ts";

test("very many rows of one class are split like few", () => {
  const { training, validation } = stratifiedSplit(new Int32Array(200_000), 1, 0.25, 1);
  expect([training.length, validation.length]).toEqual([150_000, 50_000]);
  expect(new Set([...training, ...validation]).size).toBe(200_000);
});

test("a column of texts in place of classes is told by one of them, however many there are", () => {
  const texts = Array.from({ length: 20_000 }, (_, i) => `text ${i}`);
  expect(() => labelsOf(texts, "fit")).toThrow(
    'fit: expected at least two rows of each class in row 0, received one of "text 0"',
  );
  expect(() => labelsOf([1, "1", 2, 2], "fit")).toThrow("labels that differ as text, received 1 as a number and");
});

test("a part too small to judge by is not held out, unless it was asked for", () => {
  const ids = Int32Array.from({ length: 182 }, (_, k) => k % 53);
  const usual = { validationSplit: undefined, usual: 0.1, patience: null, others: false };
  const split = heldOut("fit", ids, 53, usual, 1);
  expect([split.training.length, split.validation.length, split.tooFew]).toEqual([182, 0, 0]);
  const asked = heldOut("fit", ids, 53, { ...usual, validationSplit: 0.2 }, 1);
  expect(asked.validation.length).toBe(53);
  expect(asked.tooFew).toBeNull();
  const uneven = Int32Array.from({ length: 182 }, (_, k) => (k < 130 ? 0 : k % 53));
  expect(heldOut("fit", uneven, 53, usual, 1)).toMatchObject({ validation: [], tooFew: 13 }); // of one class of 53
  expect(heldOut("fit", uneven, 53, { ...usual, validationSplit: 0.1 }, 1).validation).toHaveLength(13);
  const two = Int32Array.from({ length: 100 }, (_, k) => k % 2);
  expect(heldOut("fit", two, 2, usual, 1)).toMatchObject({ tooFew: null, validation: { length: 10 } });
  expect(heldOut("fit", two, 2, { ...usual, others: true }, 1)).toMatchObject({ tooFew: null, validation: [] });
  expect(heldOut("fit", two, 2, { ...usual, usual: 0 }, 1)).toMatchObject({ tooFew: null, validation: [] });
});
