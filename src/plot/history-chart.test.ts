import { expect, test } from "vitest";
import { historyChart } from "./history-chart.ts";

const history = {
  accuracy: [0.762, 0.865, 0.9012, 0.925, 0.941],
  loss: [0.487, 0.328, 0.255, 0.203, 0.165],
  val_accuracy: [0.841, 0.857, 0.8546, 0.851, 0.845],
  val_loss: [0.371, 0.345, 0.352, 0.391, 0.44],
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character starts every colour code
const withoutColor = (text: string) => text.replace(/\x1b\[\d+m/g, "");
const widest = (text: string) =>
  Math.max(
    ...withoutColor(text)
      .split("\n")
      .map((line) => [...line].length),
  );

test("the loss alone is one panel, drawn to the dot", () => {
  expect(historyChart({ loss: [3, 2, 1, 0] }, { columns: 40 }).split("\n")).toEqual([
    "Loss",
    "⠒⠒⠒ train 0",
    "3.00 ┤⠑⠢⢄⡀",
    "     │   ⠈⠑⠢⣀",
    "     │       ⠉⠒⠤⣀",
    "     │           ⠉⠒⠤⣀",
    "1.50 ┤               ⠉⠒⠤⣀",
    "     │                   ⠉⠒⠤⣀",
    "     │                       ⠉⠒⠤⣀",
    "     │                           ⠉⠢⢄⡀",
    "0.00 ┤                              ⠈⠑⠢⢄",
    "     └──────────────────────────────────",
    "      1                                4",
    "                    epoch",
  ]);
});

test("loss and accuracy stand side by side in 80 columns and below each other in 50", () => {
  const wide = historyChart(history, { columns: 80 });
  expect(wide.split("\n")[0]).toMatch(/^Loss {37}Accuracy$/);
  expect(wide.split("\n")[1]).toBe("⠒⠒⠒ train 0.165  ⠒ ⠒ validation 0.44     ⠒⠒⠒ train 0.941  ⠒ ⠒ validation 0.845");
  const narrow = historyChart(history, { columns: 50 }).split("\n");
  expect(narrow.filter((line) => line === "Loss" || line === "Accuracy")).toEqual(["Loss", "Accuracy"]);
  for (const columns of [40, 50, 69, 70, 80, 120])
    expect(widest(historyChart(history, { columns }))).toBeLessThanOrEqual(columns);
});

test("colour adds codes and changes nothing else", () => {
  const plain = historyChart(history, { columns: 80 });
  const colored = historyChart(history, { columns: 80, color: true });
  expect(plain).not.toContain("\x1b");
  expect(colored).toContain("\x1b[34m");
  expect(colored).toContain("\x1b[33m");
  expect(withoutColor(colored)).toBe(plain);
});

test("validation is dashed: every second cell of a level curve is empty", () => {
  const rows = historyChart({ loss: [0, 1], val_loss: [0.5, 0.5] }, { columns: 60 }).split("\n");
  const middle = rows.find((row) => row.startsWith("0.50"))!;
  expect(middle).toMatch(/┤(\S ){8}/);
});

test("one epoch is a mark in the middle, a constant a level line, and gaps stay gaps", () => {
  const one = historyChart({ loss: [0.69] }, { columns: 40 });
  expect(one).toMatch(/ {10}[⠛⣤⠶]\n/);
  expect(one.split("\n").at(-2)).toMatch(/^ +1$/);
  const level = historyChart({ loss: [0.5, 0.5, 0.5] }, { columns: 40 });
  expect(level).toMatch(/^0\.500 ┤⠤{33}$/m);
  const gap = historyChart({ loss: [1, Number.NaN, 1] }, { columns: 40 });
  expect(gap).toMatch(/┤\S {28,}\S/);
  expect(historyChart({ loss: [Number.NaN] })).toContain("train NaN");
});

test("the decimals of the axis follow its range", () => {
  const marks = (loss: number[]) =>
    historyChart({ loss })
      .match(/^ *\S+ ┤/gm)
      ?.map((mark) => mark.slice(0, -2).trim());
  expect(marks([0.69, 0.68])).toEqual(["0.6900", "0.6850", "0.6800"]);
  expect(marks([1500, 500])).toEqual(["1500", "1000", "500"]);
  expect(marks([3e7, 1e7])).toEqual(["3.00e7", "2.00e7", "1.00e7"]);
});
