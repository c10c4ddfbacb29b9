import { expect, test } from "vitest";
import { wrap } from "./word-wrap.ts";

test("lines break at spaces, and a word that is wider than a line is cut with an ellipsis", () => {
  const text = "batch_normalization (BatchNormalization)";
  expect(wrap(text, 31, "ellipsis").map((line) => line.trimEnd())).toEqual([
    "batch_normalization",
    "(BatchNormalization)",
  ]);
  expect(wrap(text, 10, "ellipsis")).toEqual(["batch_nor…", "(BatchNor…"]);
  expect(wrap("lstm (LSTM)", 11, "ellipsis")).toEqual(["lstm (LSTM)"]);
});

test("spaces before the first word stay, as the indent of a nested layer", () => {
  expect(wrap("   └ lstm (LSTM)", 12, "ellipsis").map((line) => line.trimEnd())).toEqual(["   └ lstm", "(LSTM)"]);
});

test("folding continues a long word on the next line and loses nothing", () => {
  const text = `Model: "${"x".repeat(25)}" end`;
  const lines = wrap(text, 10, "fold");
  expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
  expect(Math.max(...lines.map((line) => line.length))).toBe(10);
  expect(lines[0].trimEnd()).toBe("Model:");
});

test("an empty text is one empty line", () => {
  expect(wrap("", 5, "ellipsis")).toEqual([""]);
});
