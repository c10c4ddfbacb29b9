import { expect, test } from "vitest";
import { CellstateError } from "../src/errors.ts";

/** A mistake, how it is made, and what its error must say. */
export type ErrorCase = readonly [name: string, run: () => unknown, words: readonly RegExp[]];

/** The error thrown at once or by a promise; null where there was none. */
export const thrownBy = (run: () => unknown): Promise<unknown> =>
  Promise.resolve()
    .then(run)
    .then(
      () => null,
      (thrown: unknown) => thrown,
    );

/** A test for each mistake: a typed error that says who, what was expected, what came, what to do, and the words given. */
export function errorTests(cases: readonly ErrorCase[]): void {
  for (const [name, run, words] of cases) {
    test(`${name}: an error that says who, what was expected, what came, what to do`, async () => {
      const error = await thrownBy(run);
      expect(error).toBeInstanceOf(CellstateError);
      const { message } = error as CellstateError;
      const { who, expected, received, wrong, next } = (error as CellstateError).toJSON();
      expect([who, wrong ?? (expected && received), next].every(Boolean), message).toBe(true);
      for (const word of words) expect(message).toMatch(word);
    });
  }
}
