import { expect, test } from "vitest";
import { pythonExponent, pythonFixed, pythonFloat, pythonThousands } from "./python-format.ts";

test("exact ties round to the even digit, other values to the nearest, as Python does", () => {
  expect([0.5, 1.5, 2.5, 3.5, -2.5, 2.51].map((v) => pythonFixed(v, 0))).toEqual(["0", "2", "2", "4", "-2", "3"]);
  expect([0.125, 0.375, 1023.125].map((v) => pythonFixed(v, 2))).toEqual(["0.12", "0.38", "1023.12"]);
  // 0.00005 is stored a little above the tie, 0.00015 a little below.
  expect([0.00005, 0.00015, 0.03125, 0.09375].map((v) => pythonFixed(v, 4))).toEqual([
    "0.0001",
    "0.0001",
    "0.0312",
    "0.0938",
  ]);
});

test("an exponent has a sign and at least two digits, and its ties go to even as well", () => {
  expect(pythonExponent(9e-4, 4)).toBe("9.0000e-04");
  expect(pythonExponent(0, 4)).toBe("0.0000e+00");
  expect(pythonExponent(-1e-120, 4)).toBe("-1.0000e-120");
  expect([100005, 100015, 999995, 9.99995].map((v) => pythonExponent(v, 4))).toEqual([
    "1.0000e+05",
    "1.0002e+05",
    "1.0000e+06",
    "1.0000e+01", // stored a little above the tie
  ]);
  expect(pythonExponent(1.5, 0)).toBe("2e+00");
  expect(pythonExponent(2.5, 0)).toBe("2e+00");
});

test("what is not a finite number, minus zero and huge numbers are written in Python's words", () => {
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0];
  expect(odd.map((v) => pythonFixed(v, 4))).toEqual(["nan", "inf", "-inf", "-0.0000"]);
  expect(odd.map((v) => pythonExponent(v, 4))).toEqual(["nan", "inf", "-inf", "-0.0000e+00"]);
  expect(pythonFixed(1e22, 2)).toBe("10000000000000000000000.00");
  expect(pythonFixed(2 ** 70, 0)).toBe("1180591620717411303424");
});

test("thousands are set apart by commas", () => {
  expect([0, 999, 1000, 1238000, 1234567890].map(pythonThousands)).toEqual([
    "0",
    "999",
    "1,000",
    "1,238,000",
    "1,234,567,890",
  ]);
});

test("a float is written with the digits that give it back, as Python's str does", () => {
  // each text is what str(float) prints in Python 3
  const cases: [value: number, text: string][] = [
    [3, "3.0"],
    [-0, "-0.0"],
    [0.1 + 0.2, "0.30000000000000004"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [1.5e-7, "1.5e-07"],
    [123456789012345680, "1.2345678901234568e+17"],
    [1e15, "1000000000000000.0"],
    [1e16, "1e+16"],
    [Math.fround(0.001), "0.0010000000474974513"],
    [-1e-300, "-1e-300"],
    [Number.NaN, "nan"],
    [Number.NEGATIVE_INFINITY, "-inf"],
  ];
  for (const [value, text] of cases) expect(pythonFloat(value)).toBe(text);
});
