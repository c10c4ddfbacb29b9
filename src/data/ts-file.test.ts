import { expect, test } from "vitest";
import { FormatError } from "../errors.ts";
import { parseTs } from "./ts-file.ts";

test("channels become features of each step, rows of unlike lengths too", () => {
  const text = "# about\n@problemName x\n@data\n1,2:-3,4e1:a\r\n\n5:6:b c\n";
  expect(parseTs(text)).toEqual([
    {
      sequence: [
        [1, -3],
        [2, 40],
      ],
      label: "a",
    },
    { sequence: [[5, 6]], label: "b c" },
  ]);
});

test.each<[string, string, RegExp]>([
  ["a text without rows", "@data\n", /expected rows .*received none/],
  ["a line without a class", "@data\n1,2,3\n", /line 2: expected channels and a class.*received 1,2,3/],
  ["a class that is missing", "1,2:3,4:\n", /line 1: expected channels and a class/],
  ["channels of unlike lengths", "1,2:3:a\n", /line 1: expected 2 numbers in channel 2, received 1/],
  ["a gap", "1,2:3,4:a\n1,?:3,4:a\n", /line 2: expected numbers, received "\?"/],
  ["an empty cell", "1,:3,4:a\n", /received ""/],
])("%s is refused, saying where and what to do", (_, text, message) => {
  expect(() => parseTs(text)).toThrow(FormatError);
  expect(() => parseTs(text)).toThrow(message);
  expect(() => parseTs(text)).toThrow(/\n {2}\S/);
});
