import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { evaluatedBleu, wordsOf13a } from "./evaluation.ts";

interface Numbers {
  cases: {
    hypotheses: string[];
    references: string[][];
    bleu: number;
    precisions: number[];
    brevityPenalty: number;
  }[];
  tokens: [text: string, tokens: string[]][];
}
// sacreBLEU's, by test/fixtures/make-bleu-numbers.py
const numbers: Numbers = JSON.parse(
  readFileSync(new URL("../../../test/fixtures/bleu-numbers.json", import.meta.url), "utf8"),
);

test("texts are split as 13a of sacreBLEU splits them", () => {
  expect(numbers.tokens.length).toBeGreaterThan(10);
  for (const [text, tokens] of numbers.tokens) expect(wordsOf13a(text), text).toEqual(tokens);
});

test("BLEU is sacreBLEU's: with one reference and two, without matches, of one sentence and of forty", () => {
  expect(numbers.cases.length).toBeGreaterThan(30);
  for (const { hypotheses, references, bleu, precisions, brevityPenalty } of numbers.cases) {
    const found = evaluatedBleu(hypotheses, references);
    expect(found.bleu).toBeCloseTo(bleu, 8);
    expect(found.brevityPenalty).toBeCloseTo(brevityPenalty, 10);
    if (bleu > 0) for (const [k, p] of found.precisions.entries()) expect(p).toBeCloseTo(precisions[k], 8);
  }
});
