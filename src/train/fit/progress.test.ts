import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { formatEta, formatMetric, formatPerStep, ProgressLine, type ProgressOptions } from "./progress.ts";

beforeEach(() => void vi.stubEnv("NO_COLOR", "")); // colours are tested here, whoever runs the tests
afterEach(() => void vi.unstubAllEnvs());

const esc = "\x1b";
const white = (n: number) => `${esc}[37m${"━".repeat(n)}${esc}[0m`;
const green = (n: number) => `${esc}[32m${"━".repeat(n)}${esc}[0m`;
const bold = (text: string) => `${esc}[1m${text}${esc}[0m`;

/** A line with a clock the test sets, and what it wrote. */
function watch(options: Partial<ProgressOptions>) {
  const written: string[] = [];
  const clock = { seconds: 0 };
  const line = new ProgressLine({
    target: undefined,
    terminal: true,
    verbose: 1,
    write: (text) => written.push(text),
    now: () => clock.seconds,
    ...options,
  });
  const at = (seconds: number, step: number, metrics: Record<string, number>, last = false) => {
    clock.seconds = seconds;
    if (last) line.finish(step, metrics);
    else line.update(step, metrics);
  };
  return { written, at };
}

// The expected text of this and the next three tests is what Keras 3.15.1's own bar wrote for the same calls and clock.
test("the redrawn line is Keras's, character for character", () => {
  const { written, at } = watch({ target: 3 });
  at(1, 1, { loss: 0.5, accuracy: 0.25 });
  at(1.5, 2, { loss: 0.0009, accuracy: 0.5 });
  at(2, 3, { loss: -0.5, accuracy: 0 });
  at(3, 3, { loss: 0.4, accuracy: 0.5, val_loss: 0.1, val_accuracy: 1 }, true);
  expect(written).toEqual([
    `\r${bold("1/3")} ${green(6)}${white(14)} ${bold("2s")} 1s/step - accuracy: 0.2500 - loss: 0.5000`,
    `${"\b".repeat(69)}\r${bold("2/3")} ${green(13)}${white(7)} ${bold("0s")} 500ms/step - accuracy: 0.5000 - loss: 9.0000e-04`,
    `${"\b".repeat(76)}\r${bold("3/3")} ${green(20)}${white(0)} ${bold("0s")} 500ms/step - accuracy: 0.0000e+00 - loss: -0.5000`,
    `${"\b".repeat(77)}\r${bold("3/3")} ${green(20)}${white(0)} ${bold("3s")} 1s/step - accuracy: 0.5000 - loss: 0.4000` +
      " - val_accuracy: 1.0000 - val_loss: 0.1000\n",
  ]);
});

test("NO_COLOR takes the colours, not the bar", () => {
  const before = process.env.NO_COLOR;
  process.env.NO_COLOR = "1";
  try {
    const { written, at } = watch({ target: 4 });
    at(1, 1, { loss: 0.5 });
    expect(written).toEqual([`\r1/4 ${"━".repeat(5)}${"─".repeat(15)} 3s 1s/step - loss: 0.5000`]);
  } finally {
    if (before === undefined) delete process.env.NO_COLOR;
    else process.env.NO_COLOR = before;
  }
});

test("a shorter line covers what the longer one left, and long waits show minutes and hours", () => {
  const { written, at } = watch({ target: 1000 });
  at(100, 1, { loss: 123456.789 });
  at(112.5, 2, { loss: 1 });
  at(113, 999, { loss: 1 });
  expect(written).toEqual([
    `\r${bold("   1/1000")} ${white(20)} ${bold("27:45:00")} 100s/step - loss: 123456.7890`,
    `${"\b".repeat(69)}\r${bold("   2/1000")} ${white(20)} ${bold("3:27:55")} 12s/step - loss: 1.0000       `,
    `${"\b".repeat(62)}\r${bold(" 999/1000")} ${green(19)}${white(1)} ${bold("0s")} 13ms/step - loss: 1.0000    `,
  ]);
});

test("while the number of steps is unknown there is no bar, and the time shown is the time taken", () => {
  const { written, at } = watch({});
  at(0.5, 1, { loss: 0.5 });
  at(1, 12345678, { loss: 0.5 });
  expect(written).toEqual([
    `\r      1/Unknown ${bold("0s")} 500ms/step - loss: 0.5000`,
    `${"\b".repeat(44)}\r12345678/Unknown ${bold("1s")} 0us/step - loss: 0.5000 `,
  ]);
  at(2, 20, { loss: 0.5 }, true);
  expect(written[2]).toContain(`\r${bold("20/20")} ${green(20)}${white(0)} ${bold("2s")}`);
});

test("verbose 2 is one plain line, where a negative value gets an exponent", () => {
  const { written, at } = watch({ target: 782, verbose: 2 });
  at(0.5, 1, { loss: 0.5 });
  at(61.4, 782, { loss: -0.5, accuracy: 1e-5 }, true);
  // Keras lists the loss first here only because that test handed it first; fit hands metrics alphabetically.
  expect(written).toEqual(["782/782 - 61s - 79ms/step - accuracy: 1.0000e-05 - loss: -5.0000e-01\n"]);
});

test("without a terminal an epoch is one line without control characters", () => {
  const { written, at } = watch({ target: 782, terminal: false });
  for (let step = 1; step < 782; step++) at(step * 0.078, step, { loss: 1 / step });
  at(61, 782, { val_loss: 0.4, loss: 0.4321, accuracy: 0.8012 }, true);
  expect(written).toEqual(["782/782 - 61s - 78ms/step - accuracy: 0.8012 - loss: 0.4321 - val_loss: 0.4000\n"]);
});

test("redraws are at least 0.05 s apart, and the last line is always written", () => {
  const { written, at } = watch({ target: 1000 });
  for (let step = 1; step <= 1000; step++) at(step / 1000, step, { loss: step });
  at(1, 1000, { loss: 1000 }, true);
  expect(written.length).toBeGreaterThanOrEqual(20); // 1 s at one redraw every 0.05 s, give or take the clock's rounding
  expect(written.length).toBeLessThanOrEqual(21);
  expect(written.at(-1)).toMatch(/1ms\/step - loss: 1000\.0000\n$/);
});

test("verbose 0 writes nothing", () => {
  const { written, at } = watch({ target: 2, verbose: 0 });
  at(1, 1, { loss: 1 });
  at(2, 2, { loss: 1 }, true);
  expect(written).toEqual([]);
});

test("in a narrow terminal a redrawn line keeps to one row, the last line is whole", () => {
  const { written, at } = watch({ target: 3, columns: 60 });
  at(1, 1, { loss: 0.5, accuracy: 0.25 });
  expect(written[0]).toMatch(/step - accuracy: 0\.2500$/);
  at(2, 3, { loss: 0.5, accuracy: 0.25 }, true);
  expect(written[1]).toMatch(/step - accuracy: 0\.2500 - loss: 0\.5000\n$/);
});

test("a metric that is not a number is said in Python's words", () => {
  expect([Number.NaN, Number.POSITIVE_INFINITY, 0.001, 0.0010001].map((v) => formatMetric(v))).toEqual([
    "nan",
    "inf",
    "1.0000e-03",
    "0.0010",
  ]);
});

test("times change their unit where Keras does", () => {
  expect([0.9, 60, 61, 3600, 3601, 90061].map(formatEta)).toEqual([
    "0s",
    "60s",
    "1:01",
    "60:00",
    "1:00:01",
    "25:01:01",
  ]);
  expect([0, 0.00049, 0.001, 0.0125, 0.9996, 1, 2.5].map(formatPerStep)).toEqual([
    "0s/step",
    "490us/step",
    "1ms/step",
    "12ms/step", // a tie goes to the even digit
    "1000ms/step",
    "1s/step",
    "2s/step",
  ]);
});
