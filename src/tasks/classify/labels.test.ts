import { expect, test } from "vitest";
import { labelsOf, stratifiedSplit } from "./labels.ts";

test("very many rows of one class are split like few", () => {
  const { training, validation } = stratifiedSplit(new Int32Array(200_000), 1, 0.25, 1);
  expect([training.length, validation.length]).toEqual([150_000, 50_000]);
  expect(new Set([...training, ...validation]).size).toBe(200_000);
});

test("a column of texts in place of classes is told by one of them, however many there are", () => {
  const texts = Array.from({ length: 20_000 }, (_, i) => `text ${i}`);
  expect(() => labelsOf(texts, "fit")).toThrow(
    'fit: expected at least two rows of each class, received one of "text 0"',
  );
  expect(() => labelsOf([1, "1", 2, 2], "fit")).toThrow("labels that differ as text, received 1 as a number and");
});
