import { expect, test } from "vitest";
import { thrownBy } from "../../test/error-cases.ts";
import {
  braced,
  type CellstateError,
  DataError,
  invalidOption,
  option,
  problem,
  sentence,
  unknownOption,
  type Words,
} from "../errors.ts";
import { forecaster, textClassifier } from "../index.ts";
import { flagsOf } from "./flags.ts";
import { cellstate } from "./program.ts";

const program = cellstate();
const commands = [program, ...program.commands, ...program.commands.flatMap((command) => command.commands)];

const write = flagsOf(commands);

/** Messages of the API, and of the command line. */
const bothOf = (next: Words) => {
  const error = new DataError(problem("a", "b", "c", next));
  return [error.message, error.messageIn(write)].map((message) => message.split("\n  ")[1]);
};

test("options of the library are told as they are typed", () => {
  for (const [next, library, typed] of [
    [
      sentence`Train with ${option("horizon", 5)}, or ${option("strategy", "recursive")}.`,
      'Train with horizon: 5, or strategy: "recursive".',
      "Train with --horizon 5, or --strategy recursive.",
    ],
    [
      sentence`Train with ${option("logarithm", false)}, or add a constant.`,
      "Train with logarithm: false, or add a constant.",
      "Train with --no-logarithm, or add a constant.",
    ],
    [
      sentence`Leave ${option("filters")} out, or give ${option("charLevel", true)}.`,
      "Leave filters out, or give charLevel: true.",
      "Leave --filters out, or give --char-level.",
    ],
    [sentence`go without: ${option("endToken", null)}.`, "go without: endToken: null.", "go without: --no-end-token."],
    [sentence`Give ${option("targets", ["up", "down"])}.`, 'Give targets: ["up", "down"].', "Give --targets up,down."],
    [
      sentence`Decimal commas: ${braced("decimal", ",")}`,
      'Decimal commas: { decimal: "," }',
      'Decimal commas: --decimal ","',
    ],
    [
      sentence`an earlier row: ${option("from", undefined, "{ from }")}`,
      "an earlier row: { from }",
      "an earlier row: --from ROW",
    ],
    [
      sentence`${option("resume", false, "Delete it")}, or ${option("resume", false, "delete it")}`,
      "Delete it, or delete it",
      "Leave --resume out, or leave --resume out",
    ],
    [sentence`those that ${option("numWords")} keeps`, "those that numWords keeps", "those that --num-words keeps"],
    [sentence`0${{ code: ", or null" }}`, "0, or null", "0"],
    [sentence`${option("resetAfter", false)}`, "resetAfter: false", "resetAfter: false"],
  ] as const)
    expect(bothOf(next)).toEqual([library, typed]);
});

test("the option that an error is about is told as a flag, before what was expected or where the sentence names it", () => {
  for (const [said, library, typed] of [
    [
      invalidOption("a.fit", "validationSplit", "a fraction", "2"),
      "a.fit: validationSplit: expected a fraction, received 2.",
      "a.fit: --validation-split: expected a fraction, received 2.",
    ],
    [
      invalidOption("a", "units", sentence`${option("units")} as a whole number`, "2.5"),
      "a: expected units as a whole number, received 2.5.",
      "a: expected --units as a whole number, received 2.5.",
    ],
    [
      unknownOption("lstm", "dropuot", ["dropout", "useBias"]),
      'lstm: unknown option "dropuot". Did you mean "dropout"?\n  Options: dropout, useBias.',
      'lstm: unknown option "dropuot". Did you mean "--dropout"?\n  Options: --dropout, useBias.',
    ],
  ] as const) {
    const error = new DataError(said);
    expect([error.message, error.messageIn(write)]).toEqual([library, typed]);
  }
});

test("whatever the library complains of in a task's options is told in flags", async () => {
  const told = async (work: () => unknown) => ((await thrownBy(work)) as CellstateError).messageIn(write);
  expect(await told(() => textClassifier({ pairs: -1 as 0 }))).toMatch(
    /^textClassifier: expected --pairs: .*\w, received -1/,
  );
  expect(await told(() => forecaster({ horizon: 0 }))).toMatch(/^forecaster: expected --horizon: /);
  expect(await told(() => forecaster({ coverage: 0.5, intervals: "none" }))).toBe(
    "forecaster: expected --intervals beside --coverage, received none.\n  Give --intervals conformal, or leave --intervals out.",
  );
  const both = { strategy: "recursive", targets: [0] } as const;
  expect(await told(() => forecaster(both))).toMatch(
    /received --targets\.\n {2}Leave --targets out, or give --strategy direct/,
  );
  expect(await told(() => forecaster({ season: 0 }))).not.toContain("null");
});

test("words of files stay as they are, whatever they look like", () => {
  for (const message of [
    'train.csv: expected a number in column "label", received "units: 3".',
    'sequence: expected {"sequence": [[1, 2]], "label": "up"}, received validationSplit: 3.',
  ]) {
    const [who, expected, received] = message.slice(0, -1).split(/: expected |, received /);
    expect(new DataError(problem(who, expected, received)).messageIn(write)).toBe(message);
  }
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
