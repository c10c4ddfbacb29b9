import { expect, test } from "vitest";
import { DataError } from "../errors.ts";
import { corpusBleu } from "./bleu.ts";

const words = (text: string) => text.split(" ");
// The sentences of Papineni et al. 2002, example 1.
const guide = "It is a guide to action which ensures that the military always obeys the commands of the party";
const guides = [
  "It is a guide to action that ensures that the military will forever heed Party commands",
  "It is the guiding principle which guarantees the military forces always being under the command of the Party",
  "It is the practical guide for the army always to heed the directions of the party",
];

test("a word counts no more often than in the reference that has it most: the paper's 2 of 7", () => {
  const references = ["the cat is on the mat", "there is a cat on the mat"].map(words);
  const { precisions } = corpusBleu([words("the the the the the the the")], [references], { maxOrder: 1 });
  expect(precisions).toEqual([2 / 7]);
});

test("one sentence with three references: the shares counted by hand", () => {
  const { bleu, precisions, brevityPenalty } = corpusBleu([words(guide)], [guides.map(words)]);
  expect(precisions).toEqual([17 / 18, 10 / 17, 7 / 16, 4 / 15]);
  expect(brevityPenalty).toBe(1); // 18 words, and so has the second reference
  expect(bleu).toBeCloseTo(((17 / 18) * (10 / 17) * (7 / 16) * (4 / 15)) ** 0.25, 12);
});

test("counts are summed over sentences before they are divided", () => {
  const candidates = ["he read the book because he was interested in world history", "a b"].map(words);
  const references = [[words("he was interested in world history because he read the book")], [words("a b c")]];
  const { precisions, brevityPenalty } = corpusBleu(candidates, references, { maxOrder: 2 });
  expect(precisions).toEqual([13 / 13, 10 / 11]); // "book because" is in no reference
  expect(brevityPenalty).toBeCloseTo(Math.exp(1 - 14 / 13), 12);
});

test("the reference nearest in length counts, of two as near the shorter", () => {
  const penalty = (...lengths: number[]) =>
    corpusBleu([words("a b c")], [lengths.map((n) => new Array<string>(n).fill("a"))]).brevityPenalty;
  expect(penalty(2, 4)).toBe(1);
  expect(penalty(9, 4)).toBeCloseTo(Math.exp(1 - 4 / 3), 12);
});

test("nothing in common is 0, nothing said too", () => {
  expect(corpusBleu([words("x y z w v")], [[words("a b c d e")]]).bleu).toBe(0);
  expect(corpusBleu([[]], [[words("a b")]]).bleu).toBe(0);
});

test("translations without references are refused", () => {
  expect(() => corpusBleu([["a"]], [])).toThrow(DataError);
  expect(() => corpusBleu([["a"]], [])).toThrow(/\n {2}Each translation has a list/);
  expect(() => corpusBleu([["a"]], [[]])).toThrow(/translation 0, received none\.\n {2}Give it one/);
  expect(() => corpusBleu([["a"]], [[["a"]]], { maxOrder: 0 })).toThrow(/maxOrder.*\n {2}Leave it out for 4/);
});
