import { expect, test } from "vitest";
import { profileTable } from "./profile.ts";

const line = { op: "matmul", from: 'dense "dense"', runs: 4, milliseconds: 8, flops: 2e8, peak: 200 };

test("a profile names the slowest instruction first, with its rate and its fraction of the peak", () => {
  const text = profileTable("train", [{ ...line, op: "add", milliseconds: 2, flops: 1e3, from: "loss" }, line]);
  const [title, , first, second] = text.split("\n");
  expect(title).toBe("profile of train: 4 steps of 2.500 ms");
  // 8e8 operations in 8 ms are 100 GFLOP/s, half of 200
  expect(first.trim().split(/\s+/)).toEqual(["80.0", "%", "2.000", "100", "50", "%", "matmul,", "dense", '"dense"']);
  expect(second).toContain("add, loss");
});

test("instructions that take next to nothing are only counted", () => {
  const text = profileTable("train", [line, { ...line, milliseconds: 0.001 }, { ...line, milliseconds: 0 }]);
  expect(text.split("\n").at(-1)).toBe("2 more instructions take less than 0.1 % each");
});

test("a program that never ran, and a backend without a measured peak, are said to be so", () => {
  expect(profileTable("predict", [{ ...line, runs: 0, milliseconds: 0 }])).toContain("never ran");
  expect(profileTable("predict", [{ ...line, peak: 0 }])).toContain(" -  matmul");
});
