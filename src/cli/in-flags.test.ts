import { expect, test } from "vitest";
import { inFlags } from "./in-flags.ts";
import { cellstate } from "./program.ts";

const program = cellstate();
const commands = [program, ...program.commands, ...program.commands.flatMap((command) => command.commands)];

test("options of the library are told as they are typed", () => {
  for (const [library, typed] of [
    ['Train with horizon: 5, or strategy: "recursive".', "Train with --horizon 5, or --strategy recursive."],
    ["Train with logarithm: false, or add a constant.", "Train with --no-logarithm, or add a constant."],
    ["Leave filters out, or give charLevel: true.", "Leave filters out, or give --char-level."],
    ["or go without: endToken: null.", "or go without: --no-end-token."],
    ['Give targets: ["up", "down"].', "Give --targets up,down."],
    ["an earlier row: { from: 3 }", "an earlier row: --from 3"],
    ["a.fit: validationSplit: expected a fraction", "a.fit: --validation-split: expected a fraction"],
    [
      "a: expected pairs: 0, or a whole number, or null, received 1",
      "a: expected --pairs: 0, or a whole number, received 1",
    ],
    ["textClassifier: output: expected two classes", "textClassifier: --output: expected two classes"],
    ["languageModel.generate: stop: expected one word", "languageModel.generate: --stop: expected one word"],
    ["forecaster: expected targets: different columns", "forecaster: expected --targets: different columns"],
    ["among the 2 words that numWords keeps", "among the 2 words that --num-words keeps"],
    ["a batchSize from 1 to 36", "a --batch-size from 1 to 36"],
  ])
    expect(inFlags(library, commands)).toBe(typed);
});

test("what is no option stays as it is, and so do words of files", () => {
  for (const message of [
    "The file has review, text: give --text NAME.",
    'train.csv: line 3: expected a number in column "label", received "units: 3".',
    'Write a list of numbers for each step: {"sequence": [[1, 2]], "label": "up"}.',
    "layer: expected resetAfter: false.",
    'received only unknown words: "zebra".\n  Try some of its 7 words: "the", "gate".',
    "Already --batch-size 3 and --validation-split 0.1.",
  ])
    expect(inFlags(message, commands)).toBe(message);
});

test("an option's earlier name does what its present one does, and no help shows it", () => {
  const below = (name: string) => commands.find((c) => c.name() === name && c.parent?.name() === "train")!;
  const text = ["--level", "character", "--batch", "4", "--validation", "0.2"];
  for (const [command, words, options] of [
    [below("text"), text, { charLevel: true, batchSize: 4, validationSplit: 0.2 }],
    [below("classify"), ["--vocabulary", "10"], { numWords: 12 }],
    [below("forecast"), ["--target", "a,b"], { targets: ["a", "b"] }],
    [commands.find((c) => c.name() === "generate")!, ["--beam", "3"], { beams: 3 }],
  ] as const) {
    command.parseOptions([...words]);
    expect(command.opts()).toMatchObject(options);
    for (const word of words.filter((word) => word.startsWith("--")))
      expect(command.helpInformation()).not.toMatch(new RegExp(`${word}[ ,]`));
  }
});
