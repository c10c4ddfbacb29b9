import { afterEach, expect, test, vi } from "vitest";
import { processScreen } from "../cli/screen/process-screen.ts";
import { screen } from "../train/fit/progress.ts";
import { bar, displayWidth, fitColumns, terminal } from "./terminal.ts";

afterEach(() => vi.unstubAllEnvs());

test("NO_COLOR forbids colours whatever else is asked, FORCE_COLOR asks for them", () => {
  vi.stubEnv("NO_COLOR", "1");
  vi.stubEnv("FORCE_COLOR", "1");
  expect(terminal().color).toBe(false);
  vi.stubEnv("NO_COLOR", "");
  expect(terminal().color).toBe(true);
  vi.stubEnv("FORCE_COLOR", "0");
  expect(terminal().color).toBe(process.stdout.isTTY === true);
});

test("a dumb terminal gets no colours and no line that is drawn again", () => {
  const before = Object.getOwnPropertyDescriptor(process.stdout, "isTTY");
  Object.defineProperty(process.stdout, "isTTY", { value: true, configurable: true });
  const seen = () => [terminal().color, processScreen().terminal, screen().terminal];
  try {
    vi.stubEnv("NO_COLOR", "");
    vi.stubEnv("FORCE_COLOR", "");
    vi.stubEnv("TERM", "xterm");
    expect(seen()).toEqual([true, true, true]);
    vi.stubEnv("TERM", "dumb");
    expect(seen()).toEqual([false, false, false]);
  } finally {
    if (before) Object.defineProperty(process.stdout, "isTTY", before);
    else Reflect.deleteProperty(process.stdout, "isTTY");
  }
});

test("columns are counted as a terminal draws them", () => {
  expect([displayWidth("abc"), displayWidth("日本"), displayWidth("e\u0301"), displayWidth("👍")]).toEqual([
    3, 4, 1, 2,
  ]);
});

test("a text is cut or filled to exactly its columns", () => {
  expect(fitColumns("abcdef", 4)).toBe("abc…");
  expect(fitColumns("ab", 4)).toBe("ab  ");
  expect(fitColumns("ab", 4, "right")).toBe("  ab");
  expect(fitColumns("日本語", 4)).toBe("日… ");
  expect(fitColumns("ab", 0)).toBe("");
});

test("a bar is as long as its fraction, and never longer than its room", () => {
  expect([bar(0, 4), bar(0.5, 4), bar(1, 4), bar(1.2, 4), bar(1 / 32, 4)]).toEqual([
    "    ",
    "██  ",
    "████",
    "████",
    "▏   ",
  ]);
});
